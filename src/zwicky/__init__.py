"""Zwicky: masses of galaxy clusters from the motions of their galaxies."""

__version__ = "0.1.0"

__all__ = ["__version__"]
