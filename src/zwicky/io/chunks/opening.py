"""Tables of any layout as named columns in chunks: Parquet, HDF5, FITS, numpy, ECSV and text.

What a file is, is read from its first bytes. Each kind says which columns it has and streams the wanted
ones; a column of vectors is one column a component, ``Pos[0]`` and so on. Nothing here knows what a column
means.
"""

from __future__ import annotations

import csv
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from zwicky.errors import ZwickyError
from zwicky.io.chunks.binary import open_fits, open_hdf5, open_npy, open_parquet
from zwicky.io.chunks.head import read_head
from zwicky.io.chunks.table import Column, Stream, TableFile, components, joined, without_gaps
from zwicky.io.chunks.text import TextTable, read_columns
from zwicky.io.kinds import faults, is_packed, kind_of, open_bytes, start_of

__all__ = ["open_table"]

#: Kinds whose bytes are read from where they stand, which gzip does not allow.
_IN_PLACE = ("Parquet", "HDF5", "FITS", "numpy")


def open_table(path: Path | str, table: str | None = None) -> TableFile:
    """Look into a table: its kind and its columns, none of its rows (but ECSV is read whole).

    Parameters
    ----------
    path
        Parquet, HDF5 (a dataset a column, or one dataset of records), FITS, a structured array of numpy,
        ECSV, or text with the names of the columns above the first row, separated by commas or blanks.
        Text and ECSV may be gzip.
    table
        HDF5 group or dataset, or FITS extension; where None, the root, or the first table.

    Raises
    ------
    ZwickyError
        If the file is missing, empty, damaged or no table, or if there is no `table` of that name.
    """
    path = Path(path)
    kind = kind_of(start_of(path))
    if not kind:
        raise ZwickyError(f"{path}: is no table known here; give Parquet, HDF5, FITS, ECSV or CSV")
    if table is not None and kind not in ("HDF5", "FITS"):
        raise ZwickyError(f"{path}: table = {table!r}, but {kind} holds one table only; leave it out")
    if kind in _IN_PLACE and is_packed(path):
        raise ZwickyError(f"{path}: is {kind} in gzip, which cannot be read in parts; unpack it with gunzip")
    with faults(path, kind):
        columns, stream = _OPENERS[kind](path, table)
    return TableFile(path, kind, columns, stream)


def _open_ecsv(path: Path, _: str | None) -> tuple[dict[str, Column], Stream]:
    from astropy.table import Table

    with open_bytes(path) as file:
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
            yield {name: without_gaps(table[name][a : a + rows], f"{path}: {name}") for name in sources}

    return columns, stream


def _open_text(path: Path, _: str | None) -> tuple[dict[str, Column], Stream]:
    """Columns named by the line above the first row, plain or a comment."""
    head = read_head(path, bare_names=True)
    names = head.lines[-1].lstrip("#").strip() if head.lines else ""
    if not names:
        raise ZwickyError(f"{path}: no line names the columns; put one above the first row")
    delimiter = "," if "," in names else " "
    words = [word.strip() for word in next(csv.reader([names]))] if delimiter == "," else names.split()
    twice = [word for word in words if words.count(word) > 1]
    if twice:
        raise ZwickyError(f"{path}: two columns are called {twice[0]!r}; rename one")

    def stream(sources: Sequence[str], rows: int, integers: frozenset[str]) -> Iterator[dict]:
        return read_columns(TextTable(path, tuple(words), integers, head.size, delimiter), sources, rows)

    return {word: Column(word) for word in words}, stream


_OPENERS: dict[str, Callable[[Path, str | None], tuple[dict[str, Column], Stream]]] = {
    "Parquet": open_parquet,
    "HDF5": open_hdf5,
    "FITS": open_fits,
    "numpy": open_npy,
    "ECSV": _open_ecsv,
    "text": _open_text,
}
