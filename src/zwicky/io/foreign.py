"""A table that somebody else wrote: columns by name, each read when it is asked for, and what was noticed.

Every reader of `zwicky.io.readers` gives these. Contents are masked arrays of numbers, or of text as the
file has it: what is missing in the file is masked and never a number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from zwicky.errors import ZwickyError

__all__ = ["ForeignColumn", "ForeignTable", "is_missing", "masked_text", "short_reason"]

#: Cells that hold nothing, whatever their case.
MISSING = frozenset(
    ["", "-", "--", "---", "...", "null", "none", "n/a", "na", "<na>", "\\n", "masked", '""', "nodata"]
)


@dataclass(frozen=True)
class ForeignColumn:
    """A column: its name, its unit in the file's own spelling or None, and how its contents are read.

    `is_text` says that the file declares the contents to be text, though they may look like numbers.
    """

    name: str
    unit: str | None
    read: Callable[[], np.ma.MaskedArray] = field(repr=False)
    is_text: bool = False


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
    """

    source: str
    columns: tuple[ForeignColumn, ...] = field(repr=False)
    n_rows: int
    place: str = ""
    name: str = ""
    meta: Mapping[str, Any] = field(default_factory=dict, repr=False)
    notes: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """Names of the columns, in their order."""
        return [column.name for column in self.columns]

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
