"""Tables of any layout as named columns in chunks: Parquet, HDF5, FITS, ECSV and text.

What a file is, is read from its first bytes. Each format says which columns it has and streams the wanted
ones; a column of vectors is one column a component, ``Pos[0]`` and so on. Nothing here knows what a column
means.
"""

from __future__ import annotations

import csv
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.simulations.binary_tables import open_fits, open_hdf5, open_parquet
from zwicky.simulations.table_file import Column, Stream, TableFile, components, faults, joined
from zwicky.simulations.text import TextTable, open_text, read_columns

__all__ = ["open_table", "start_of"]

#: A line of names longer than this is no line of text.
LONGEST_NAMES = 1 << 20


def open_table(path: Path | str, table: str | None = None) -> TableFile:
    """Look into a table: its kind and its columns, none of its rows (but ECSV is read whole).

    Parameters
    ----------
    path
        Parquet, HDF5 (a dataset a column, or one dataset of records), FITS, ECSV, or text with the names
        of the columns above the first row, separated by commas or blanks. Text and ECSV may be gzip.
    table
        HDF5 group or dataset, or FITS extension; where None, the root, or the first table.

    Raises
    ------
    ZwickyError
        If the file is missing, empty, damaged or no table, or if there is no `table` of that name.
    """
    path = Path(path)
    start = start_of(path)
    if not start:
        raise ZwickyError(f"{path}: the file is empty; fetch or write it again")
    known = [(kind, opener) for kind, recognised, opener in _KINDS if recognised(start)]
    if not known:
        raise ZwickyError(f"{path}: is no table known here; give Parquet, HDF5, FITS, ECSV or CSV")
    kind, opener = known[0]
    in_parts = kind in ("HDF5", "FITS")
    if table is not None and not in_parts:
        raise ZwickyError(f"{path}: table = {table!r}, but {kind} holds one table only; leave it out")
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    if packed and (in_parts or kind == "Parquet"):
        raise ZwickyError(f"{path}: is {kind} in gzip, which cannot be read in parts; unpack it with gunzip")
    with faults(path, kind):
        columns, stream = opener(path, table)
    return TableFile(path, kind, columns, stream)


def start_of(path: Path) -> bytes:
    """The first 64 KiB of a file, decompressed where it is gzip.

    Raises
    ------
    ZwickyError
        If the file is missing or cannot be read.
    """
    with open_text(path) as file:
        return file.read(1 << 16)


def _open_ecsv(path: Path, _: str | None) -> tuple[dict[str, Column], Stream]:
    from astropy.table import Table

    with open_text(path) as file:
        text = file.read().decode("utf-8")
    if not text.endswith("\n"):
        raise ZwickyError(
            f"{path}: the last line has no end, so it may be cut short; fetch the file again, or end it with "
            "a line break if it is whole"
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table = Table.read(text, format="ascii.ecsv")
    columns = joined(
        components(name, table[name].shape[1:], str(table[name].unit or ""), len(table))
        for name in table.colnames
    )

    def stream(sources: Sequence[str], rows: int, integers: frozenset[str]) -> Iterator[dict]:
        for a in range(0, len(table), rows):
            yield {name: _filled(table[name][a : a + rows], f"{path}: {name}") for name in sources}

    return columns, stream


def _filled(values: np.ndarray, where: str) -> np.ndarray:
    if not np.any(getattr(values, "mask", False)):
        return np.asarray(values)
    if values.dtype.kind != "f":
        raise ZwickyError(f"{where} has missing values; fill them or leave the rows out")
    return np.asarray(values.filled(np.nan))


def _open_text(path: Path, _: str | None) -> tuple[dict[str, Column], Stream]:
    names, start = _names_of(path)
    delimiter = "," if "," in names else " "
    words = [word.strip() for word in next(csv.reader([names]))] if delimiter == "," else names.split()
    twice = [word for word in words if words.count(word) > 1]
    if twice:
        raise ZwickyError(f"{path}: two columns are called {twice[0]!r}; rename one")

    def stream(sources: Sequence[str], rows: int, integers: frozenset[str]) -> Iterator[dict]:
        return read_columns(TextTable(path, tuple(words), integers, start, delimiter), sources, rows)

    return {word: Column(word) for word in words}, stream


def _names_of(path: Path) -> tuple[str, int]:
    """The line that names the columns, plain or the last comment before the rows, and where rows start."""
    names, start = b"", 0
    with open_text(path) as file:
        while line := file.readline(LONGEST_NAMES):
            words = line.strip()
            comment = words.startswith(b"#")
            if words and not comment and _is_number(words.replace(b",", b" ").split()[:1]):
                break
            start += len(line)
            names = words or names
            if words and not comment:
                break
    text = names.decode("utf-8-sig").lstrip("#").strip()
    if not text:
        raise ZwickyError(f"{path}: no line names the columns; put one above the first row")
    return text, start


def _is_number(words: list[bytes]) -> bool:
    try:
        return bool([float(word) for word in words])
    except ValueError:
        return False


_KINDS: tuple[tuple[str, Callable[[bytes], bool], Callable], ...] = (
    ("Parquet", lambda start: start.startswith(b"PAR1"), open_parquet),
    ("HDF5", lambda start: start.startswith(b"\x89HDF\r\n\x1a\n"), open_hdf5),
    ("FITS", lambda start: start.startswith(b"SIMPLE  ="), open_fits),
    ("ECSV", lambda start: start.startswith(b"# %ECSV"), _open_ecsv),
    ("text", lambda start: b"\0" not in start, _open_text),
)
