"""Readers of other people's tables: FITS, Parquet, VOTable, HDF5, ECSV and text of every layout.

What a file is, is read from its first bytes and only then from its suffix, so that a renamed file is still
read. Every fault of a file becomes one line, nothing but the file itself is opened, and memory and time grow
no faster than its size. Nothing here knows what a galaxy is.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from zwicky.errors import ZwickyError
from zwicky.io.foreign import ForeignTable, short_reason
from zwicky.io.kinds import kind_of
from zwicky.io.readers.unpack import content_of

__all__ = ["read_tables"]


def read_tables(path: Path | str) -> list[ForeignTable]:
    """Every table of a file of any known format; columns are read when they are asked for.

    Parameters
    ----------
    path
        CSV, text, ECSV, FITS, Parquet, VOTable or HDF5; it may be compressed with gzip, bzip2 or xz.

    Raises
    ------
    ZwickyError
        If the file is missing, empty, cut short, without rows or holds no table.
    """
    path = Path(path)
    data = content_of(path)
    kind = _kind_of(bytes(data[:512]), path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tables = _reader(kind)(data, path.name)
    except ZwickyError as error:
        text = str(error)
        raise error if text.startswith(str(path)) else ZwickyError(_at(path, text)) from error
    except Exception as error:  # whatever the libraries raise over a damaged file
        raise ZwickyError(
            f"{path}: cannot be read as {kind} ({short_reason(error)}); {_advice(kind, data)}"
        ) from error
    if not tables:
        raise ZwickyError(f"{path}: holds no table; give one with a row a galaxy or a cluster")
    filled = [table for table in tables if table.n_rows]
    if not filled:
        raise ZwickyError(f"{path}: the table has no rows; give one with a row a galaxy or a cluster")
    return filled


#: Kinds of file by their names, the module that reads each and the suffixes that promise it.
_KINDS = {
    "FITS": ("fits", {".fits", ".fit"}),
    "Parquet": ("parquet", {".parquet", ".pq"}),
    "HDF5": ("hdf5", set()),
    "VOTable": ("votable", {".vot", ".xml"}),
    "ECSV": ("ecsv", {".ecsv"}),
    "a text table": ("text", set()),
}


def _kind_of(start: bytes, path: Path) -> str:
    """By the first bytes, or else by the suffix; what neither tells is text."""
    words = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    kind = kind_of(words)
    if words.startswith(b"<?xml") or b"<VOTABLE" in words:
        kind = "VOTable"
    suffixes = {suffix.lower() for suffix in path.suffixes[-2:]}
    promised = (name for name, (_, theirs) in _KINDS.items() if suffixes & theirs)
    return kind if kind in _KINDS else next(promised, "a text table")


def _reader(kind: str) -> Callable[[bytes, str], list[ForeignTable]]:
    # Each format's libraries are imported only for a file of that format.
    name, _ = _KINDS[kind]
    return getattr(import_module(f"zwicky.io.readers.{name}"), f"read_{name}")


def _at(path: Path, text: str) -> str:
    """A reader's message with the whole path where the reader knew only the name."""
    return f"{path}{text.removeprefix(path.name)}" if text.startswith(path.name) else f"{path}: {text}"


def _advice(kind: str, data: bytes) -> str:
    """What to do about a file that cannot be read: whether it ends too early can be seen at its end."""
    cut_short = {
        "FITS": data[:7] == b"SIMPLE " and len(data) % 2880 > 0,
        "Parquet": data[:4] == b"PAR1" and data[-4:] != b"PAR1",
        "HDF5": True,
        "VOTable": data[:1] == b"<" and b"</VOTABLE>" not in data[-200:].upper(),
        "ECSV": data[:7] == b"# %ECSV" and bytes(data).rpartition(b"\n# ")[2].count(b"\n") < 2,
    }.get(kind, False)
    if cut_short:
        return "the file may be cut short: fetch or write it again"
    return "give CSV, text, ECSV, FITS, Parquet, VOTable or HDF5 under a name that says which"
