"""Settings from a file or from a named scale."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from zwicky.errors import ZwickyError
from zwicky.settings import read_toml

__all__ = ["from_config_or_scale"]

T = TypeVar("T")


def from_config_or_scale(cls: type[T], config: Path | None, scale: str, scales: Mapping[str, T]) -> T:
    """Settings from the TOML file `config` if it is given, else those of a named scale.

    Raises
    ------
    ZwickyError
        If there is no scale of that name, or if the file does not hold these settings.
    """
    if config is not None:
        return read_toml(cls, config)
    if scale not in scales:
        raise ZwickyError(f"--scale {scale!r} is not known; use one of {', '.join(scales)}")
    return scales[scale]
