"""A table on disk as named columns of numbers, in chunks, whatever its format.

A column of vectors is one column a component, ``Pos[0]`` and so on.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.io.cells import decimals
from zwicky.io.foreign import ForeignColumn, ForeignTable, Stream
from zwicky.io.kinds import faults

__all__ = ["Column", "TableFile", "components", "joined", "native", "without_gaps"]

#: A vector longer than this is a spectrum or a history, not a position.
LONGEST_VECTOR = 64


@dataclass(frozen=True)
class Column:
    """Where a column is found: the file's own name, the component of a vector, unit and rows if known."""

    source: str
    component: int | None = None
    unit: str = ""
    rows: int | None = None


@dataclass(frozen=True)
class TableFile:
    """A table on disk: its columns by name, and a function that streams them."""

    path: Path
    kind: str
    columns: dict[str, Column]
    stream: Stream

    @classmethod
    def of(cls, table: ForeignTable, path: Path, kind: str) -> TableFile:
        """What a reader found in a file, as columns of numbers."""
        columns = joined(
            components(column.name, column.shape, column.unit or "", table.n_rows)
            for column in table.columns
            if column.shape is not None
        )
        return cls(path, kind, columns, table.stream or _slices(table))

    def column(self, name: str) -> Column:
        """The column of that name.

        Raises
        ------
        ZwickyError
            If there is none: with the nearest name, or all of them.
        """
        if name in self.columns:
            return self.columns[name]
        near = difflib.get_close_matches(name, self.columns, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(self.columns) or 'none'}"
        if f"{name}[0]" in self.columns:
            hint = f"it is a column of vectors: give a component, '{name}[0]'"
        raise ZwickyError(f"{self.path}: has no column {name!r}; {hint}")

    def chunks(
        self, columns: Sequence[str], rows: int, integers: frozenset[str] = frozenset()
    ) -> Iterator[dict[str, np.ndarray]]:
        """The columns named, at most `rows` rows at a time: int64 for `integers`, else as `native` gives.

        Raises
        ------
        ZwickyError
            If the file is damaged, or a column is not there or does not hold numbers.
        """
        wanted = {name: self.column(name) for name in columns}
        sources = list(dict.fromkeys(column.source for column in wanted.values()))
        whole = frozenset(column.source for name, column in wanted.items() if name in integers)
        with faults(self.path, self.kind):
            for chunk in self.stream(sources, rows, whole):
                yield {
                    name: self._numbers(chunk, column, name, name in integers)
                    for name, column in wanted.items()
                }

    def _numbers(
        self, chunk: Mapping[str, np.ndarray], column: Column, name: str, integer: bool
    ) -> np.ndarray:
        values, where = chunk[column.source], f"{self.path}: {name}"
        values = values if column.component is None else values[:, column.component]
        return native(without_gaps(values, where), where, integer)


def _slices(table: ForeignTable) -> Stream:
    """The stream of a table that is read whole; text becomes the numbers that are written in it."""

    def stream(names: Sequence[str], rows: int, integers: frozenset[str]) -> Iterator[dict]:
        columns = {column.name: column for column in table.columns}
        whole = {name: _of_text(table, columns[name], name in integers) for name in names}
        for a in range(0, table.n_rows, rows):
            yield {name: values[a : a + rows] for name, values in whole.items()}

    return stream


def _of_text(table: ForeignTable, column: ForeignColumn, integer: bool) -> np.ma.MaskedArray:
    contents = table.contents(column)
    if contents.dtype.kind != "O" or column.is_text:
        return contents
    gaps = np.ma.getmaskarray(contents)
    cells = ["0" if gap else cell for cell, gap in zip(contents.data, gaps, strict=True)]
    if column.shape:
        return np.ma.asarray(np.array([json.loads(cell) for cell in cells], np.float64))
    try:
        whole = integer and not any("_" in cell for cell in cells)
        values = np.array([int(cell) for cell in cells], np.int64) if whole else decimals(cells)[0]
    except ValueError:  # what is no integer may be a number, and if it is too large a float says so
        values = decimals(cells)[0]
    return np.ma.MaskedArray(values, mask=gaps)


def native(values: np.ndarray, where: str, integer: bool) -> np.ndarray:
    """Numbers in the machine's byte order: int64, float32 or float64.

    Parameters
    ----------
    values : shape (n,)
        As a file holds them.
    where
        File and column, for the message.
    integer
        Whether int64 is wanted: floats must then be whole numbers of at most 2^53, above which they have
        lost digits.

    Raises
    ------
    ZwickyError
        If the values are no numbers, are too large, or are fractions where integers are wanted.
    """
    kind, size = values.dtype.kind, values.dtype.itemsize
    if kind in "bi" or (kind == "u" and size < 8):
        # A view of whole rows would hold on to all of them.
        return np.ascontiguousarray(values, np.int64)
    if kind == "u":
        if np.any(values > np.iinfo(np.int64).max):
            raise ZwickyError(f"{where} holds {values.max()}, more than an int64; renumber it")
        return values.astype(np.int64)
    if kind != "f":
        raise ZwickyError(f"{where} holds {values.dtype}, not numbers; name another column")
    if integer:
        whole = np.isfinite(values) & (values == np.rint(values)) & (np.abs(values) <= 2.0**53)
        if not whole.all():
            raise ZwickyError(
                f"{where} holds {values[~whole][0]!s} where a whole number is wanted, and floats lose digits "
                "above 2^53; store it as a 64-bit integer"
            )
        return values.astype(np.int64)
    return values.astype(np.float32 if size <= 4 else np.float64, copy=False)


def components(name: str, shape: Sequence[int], unit: str, rows: int | None) -> dict[str, Column]:
    """A column, or one for each component of a vector; none for what is neither."""
    if not shape:
        return {name: Column(name, None, unit, rows)}
    if len(shape) > 1 or shape[0] > LONGEST_VECTOR:
        return {}
    return {f"{name}[{i}]": Column(name, i, unit, rows) for i in range(shape[0])}


def joined(columns: Iterable[dict[str, Column]]) -> dict[str, Column]:
    """Several `components` as one; of two columns with one name the last."""
    return {name: column for part in columns for name, column in part.items()}


def without_gaps(values: np.ndarray, where: str) -> np.ndarray:
    """Values as a plain array: what is missing is NaN.

    Raises
    ------
    ZwickyError
        If something is missing where no NaN can stand.
    """
    gaps = np.ma.getmaskarray(values)
    if not gaps.any():
        return np.asarray(values)
    if values.dtype.kind != "f":
        raise ZwickyError(f"{where} has {gaps.sum()} missing values; fill them or leave the rows out")
    return np.asarray(values.filled(np.nan))
