"""A table that somebody else wrote: columns by name, each read when it is asked for, and what was noticed.

Every reader of `zwicky.io.readers` gives these. Contents are masked arrays of numbers, or of text as the
file has it: what is missing in the file is masked and never a number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from zwicky.errors import ZwickyError

__all__ = ["ForeignColumn", "ForeignTable", "Stream", "is_missing", "masked_text", "named", "short_reason"]

#: Yields {name: values} for the columns named, at most so many rows at once; the last are the integers.
Stream = Callable[[Sequence[str], int, frozenset[str]], Iterator[Mapping[str, np.ndarray]]]

#: Cells that hold nothing, whatever their case.
MISSING = frozenset(
    ["", "-", "--", "---", "...", "null", "none", "n/a", "na", "<na>", "\\n", "masked", '""', "nodata"]
)


@dataclass(frozen=True)
class ForeignColumn:
    """A column of a table.

    Parameters
    ----------
    name
        What the file calls it.
    unit
        In the file's own spelling, or None.
    read
        Gives the contents of all rows.
    is_text
        Whether the file declares the contents to be text, though they may look like numbers.
    shape
        Of the contents of one row; None where rows differ or hold no numbers and no text.
    """

    name: str
    unit: str | None
    read: Callable[[], np.ma.MaskedArray] = field(repr=False)
    is_text: bool = False
    shape: tuple[int, ...] | None = ()


@dataclass(frozen=True)
class ForeignTable:
    """One table of a file.

    Parameters
    ----------
    source
        Name of the file, for messages.
    columns
        In their order; two may have one name.
    n_rows
        Rows of every column.
    place
        Which table of its file, ``"HDU 1"``; empty where there is only one.
    name
        What the file calls the table, to choose it by; may be empty.
    meta
        Plain values that the file says about the whole table.
    notes
        What a reader noticed, one line each, without the name of the file.
    stream
        Reads some columns in parts, where the format allows that; what is missing is masked.
    """

    source: str
    columns: tuple[ForeignColumn, ...] = field(repr=False)
    n_rows: int
    place: str = ""
    name: str = ""
    meta: Mapping[str, Any] = field(default_factory=dict, repr=False)
    notes: tuple[str, ...] = ()
    stream: Stream | None = field(default=None, repr=False)

    @property
    def names(self) -> list[str]:
        """Names of the columns, in their order."""
        return [column.name for column in self.columns]

    @property
    def title(self) -> str:
        """Place and name of the table in its file; empty where it has neither."""
        return f"{self.place} {self.name}".strip() if self.name != self.place else self.place

    def contents(self, column: ForeignColumn) -> np.ma.MaskedArray:
        """The contents of one of the columns, shape (n_rows,): numbers, or text in an object array.

        Raises
        ------
        ZwickyError
            If they cannot be read or are not one number or word a row.
        """
        try:
            contents = column.read()
        except ZwickyError:
            raise
        except Exception as error:  # whatever the libraries raise over a damaged file
            raise ZwickyError(
                f"{self.source}: {column.name} cannot be read ({short_reason(error)}); name another column, "
                "or write the file again"
            ) from error
        if contents.shape != (self.n_rows,):
            raise ZwickyError(
                f"{self.source}: {column.name} holds arrays of shape {contents.shape[1:]}, not one number a "
                "row; write one row a galaxy"
            )
        return contents


def named(tables: Sequence[ForeignTable], asked: str) -> ForeignTable:
    """The table that a file calls so, or whose place or number in the file that is.

    Raises
    ------
    ZwickyError
        If there is none: with those that there are.
    """
    for i, table in enumerate(tables):
        if asked.lower() in (table.name.lower(), table.place.lower(), table.place.rpartition(" ")[2]):
            return table
        if asked == str(i + 1) and not table.place:
            return table
    there = ", ".join(f"{table.title or 'one without a name'}" for table in tables[:20])
    raise ZwickyError(f"{tables[0].source}: has no table {asked!r}; it has {there}")


def is_missing(cell: str) -> bool:
    """Whether a cell of text holds nothing.

    >>> [is_missing(cell) for cell in ("", "NULL", "--", "0", "nan")]
    [True, True, True, False, False]
    """
    return cell.strip().lower() in MISSING


def masked_text(cells: list[str]) -> np.ma.MaskedArray:
    """Cells of text as an object array of shape (n,), masked where they hold nothing."""
    values = np.empty(len(cells), dtype=object)
    values[:] = cells
    return np.ma.MaskedArray(values, mask=np.fromiter(map(is_missing, cells), bool, len(cells)))


def short_reason(error: Exception, length: int = 160) -> str:
    """What an exception says, in one short line."""
    text = " ".join(str(error)[: 20 * length].split()) or type(error).__name__
    return text if len(text) <= length else text[: length - 3] + "..."
