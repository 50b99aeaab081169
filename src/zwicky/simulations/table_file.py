"""A table on disk as named columns of numbers, in chunks, whatever its format."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from zwicky.errors import ZwickyError

__all__ = ["Column", "Stream", "TableFile", "components", "faults", "joined", "native", "only_file"]

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

    def chunks(
        self, columns: Sequence[str], rows: int, integers: frozenset[str] = frozenset()
    ) -> Iterator[dict[str, np.ndarray]]:
        """The columns named, at most `rows` rows at a time: int64 for `integers`, else as `native` gives.

        Raises
        ------
        ZwickyError
            If the file is damaged, or a column does not hold numbers.
        """
        wanted = {name: self.columns[name] for name in columns}
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


@contextmanager
def faults(path: Path, kind: str) -> Iterator[None]:
    """Turn whatever a library raises over a damaged file into one line."""
    try:
        yield
    except ZwickyError:
        raise
    except Exception as error:
        reason = " ".join(str(error).split())[:160] or type(error).__name__
        raise ZwickyError(
            f"{path}: cannot be read as {kind} ({reason}); the file may be damaged or cut short: fetch or "
            "write it again"
        ) from error


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
        return values.astype(np.int64, copy=False)
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


def only_file(paths: Path | str | Sequence[Path | str]) -> Path:
    """The one file that is meant, of a format that has a snapshot in one file.

    Raises
    ------
    ZwickyError
        If more are given, or none.
    """
    given = [Path(paths)] if isinstance(paths, str | Path) else [Path(path) for path in paths]
    if len(given) != 1:
        names = ", ".join(str(path) for path in given) or "no file"
        raise ZwickyError(f"{names}: this format has a snapshot in one file; give one")
    return given[0]
