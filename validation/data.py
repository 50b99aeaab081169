"""Where the catalogues are: ``../shared/data`` beside the project. They are not part of it."""

from __future__ import annotations

from pathlib import Path

from zwicky.errors import ZwickyError

__all__ = ["DATA", "catalogue"]

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def catalogue(*parts: str) -> Path:
    """The path of a file in the data folder.

    Raises
    ------
    ZwickyError
        If it is not there.
    """
    path = DATA.joinpath(*parts)
    if not path.exists():
        raise ZwickyError(f"{path}: is not there; put the catalogue into that folder")
    return path
