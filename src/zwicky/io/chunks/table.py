"""A table on disk as named columns of numbers, in chunks, whatever its format."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.io.kinds import faults

__all__ = ["Column", "Stream", "TableFile", "components", "joined", "native", "without_gaps"]

#: Yields {source: values} for the sources named, at most so many rows at once; the last are the integers.
Stream = Callable[[Sequence[str], int, frozenset[str]], Iterator[Mapping[str, np.ndarray]]]

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
                    name: native(self._component(chunk, column), f"{self.path}: {name}", name in integers)
                    for name, column in wanted.items()
                }

    @staticmethod
    def _component(chunk: Mapping[str, np.ndarray], column: Column) -> np.ndarray:
        values = chunk[column.source]
        return values if column.component is None else values[:, column.component]


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


def components(name: str, shape: tuple[int, ...], unit: str, rows: int | None) -> dict[str, Column]:
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
    if not np.any(getattr(values, "mask", False)):
        return np.asarray(values)
    if values.dtype.kind != "f":
        raise ZwickyError(f"{where} has missing values; fill them or leave the rows out")
    return np.asarray(values.filled(np.nan))
