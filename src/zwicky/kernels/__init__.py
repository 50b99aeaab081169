"""Compiled code: how it is declared and kept, and the vectors that its innermost loops are written in."""

from zwicky.kernels.compiled import CompiledCodeWarning, kernel
from zwicky.kernels.vectors import LANES, VectorCode

__all__ = ["LANES", "CompiledCodeWarning", "VectorCode", "kernel"]
