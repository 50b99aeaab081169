"""Tables as astropy's: any file read whole, and our results written in the formats that observers use."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import astropy.units as u
import numpy as np
from astropy.table import Column, MaskedColumn, QTable, Table

from zwicky.errors import ZwickyError
from zwicky.io.cells import decimals
from zwicky.io.files import check_file_name, written_whole
from zwicky.io.foreign import ForeignColumn, ForeignTable
from zwicky.io.readers import read_tables

__all__ = ["OUTPUT_FORMATS", "check_output", "read_any", "write_any"]

#: Suffixes that `write_any` knows, and astropy's name for each.
OUTPUT_FORMATS = {
    ".csv": "ascii.csv",
    ".ecsv": "ascii.ecsv",
    ".fits": "fits",
    ".parquet": "parquet",
    ".vot": "votable",
    ".xml": "votable",
}

_LONG = 1000

#: What makes a spreadsheet run a cell.
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def read_any(path: Path | str, columns: Sequence[str] | None = None) -> Table:
    """Read the first table of a file of any format, with its units, its metadata and missing values masked.

    Text that is a number in every row becomes numbers.

    Parameters
    ----------
    path
        What `zwicky.io.readers.read_tables` reads.
    columns
        Names of those that are wanted; None takes all.

    Raises
    ------
    ZwickyError
        If the file is missing, empty, cut short, without rows, not a table or without one of the columns.
    """
    found = read_tables(path)[0]
    if absent := [name for name in columns or () if name not in found.names]:
        raise ZwickyError(f"{path}: has no column {absent[0]}; it has {', '.join(found.names[:12])}")
    table = Table(meta=dict(found.meta))
    for column in found.columns:
        if columns is not None and column.name not in columns:
            continue
        table[column.name] = _astropy_column(found, column)
        if column.unit:
            table[column.name].unit = u.Unit(column.unit, parse_strict="silent")
    return table


def _astropy_column(table: ForeignTable, column: ForeignColumn) -> Column:
    contents = table.contents(column)
    mask, values = np.ma.getmaskarray(contents), contents.data
    if values.dtype.kind == "O":
        cells = ["" if gap else str(cell) for cell, gap in zip(values, mask, strict=True)]
        # NumPy's text takes the longest cell's room in every row.
        values = np.array(cells, dtype=object if max(map(len, cells)) > _LONG else None)
        if not column.is_text and not mask.all():
            try:
                numbers = np.full(len(cells), np.nan)
                numbers[~mask] = decimals([cell for cell, gap in zip(cells, mask, strict=True) if not gap])[0]
                values = numbers
            except ValueError:
                pass
    return MaskedColumn(values, mask=mask) if mask.any() else Column(values)


def check_output(path: Path | str) -> None:
    """Refuse a name that `write_any` could not write to, before any work is done.

    Raises
    ------
    ZwickyError
        If the suffix is not known or the name cannot be a file's.
    """
    path = Path(path)
    if path.suffix.lower() not in OUTPUT_FORMATS:
        raise ZwickyError(
            f"{path}: suffix {path.suffix!r} is not known; use one of {', '.join(OUTPUT_FORMATS)}"
        )
    check_file_name(path)


def write_any(path: Path | str, table: QTable) -> None:
    """Write a table whole, in the format of the suffix; an older file of that name is replaced.

    In CSV, text that a spreadsheet would run begins with an apostrophe, which makes it text there too.

    Raises
    ------
    ZwickyError
        If the suffix is not known or the file cannot be written.
    """
    path = Path(path)
    check_output(path)
    kind = OUTPUT_FORMATS[path.suffix.lower()]
    if kind == "ascii.csv":
        table = _without_formulas(table)
    try:
        with written_whole(path) as temporary:
            table.write(temporary, format=kind, overwrite=True)
    except ZwickyError:  # is a ValueError too, and says what is wrong
        raise
    except ValueError as error:  # FITS holds no letters beyond ASCII
        reason = " ".join(str(error).split())[:120]
        raise ZwickyError(f"{path}: cannot hold this table ({reason}); give a name in .ecsv") from error


def _without_formulas(table: QTable) -> QTable:
    table = table.copy()
    for name in table.colnames:
        if table[name].dtype.kind == "U":
            table[name] = [
                f"'{text}" if text.startswith(_FORMULAS) else text for text in table[name].tolist()
            ]
    return table
