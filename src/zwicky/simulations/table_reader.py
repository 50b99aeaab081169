"""The one reader: a catalogue in tables on disk, whatever says what their columns are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.io.readers.table_file import TableFile
from zwicky.simulations.fields import FIELDS, Field
from zwicky.simulations.reader import CatalogHeader, CatalogReader

__all__ = ["TableReader"]

#: Two rows of one snapshot agree to this in the columns that are the same in all.
_CONSTANT = 1e-4


class TableReader(CatalogReader):
    """A catalogue in tables on disk.

    Parameters
    ----------
    tables
        At least one, with the same columns one after the other, or with the same rows side by side.
    fields
        The canonical fields that they have.
    header
        What they say of themselves.
    same_rows
        Whether each has other columns of the same rows.
    constant
        Columns that are the same in every row of one snapshot.
    made
        Columns that no file has: for each name, a function of the first row's place and the number of rows.
    """

    def __init__(
        self,
        tables: Sequence[TableFile],
        fields: dict[str, Field],
        header: CatalogHeader,
        *,
        same_rows: bool = False,
        constant: Sequence[str] = (),
        made: Mapping[str, Callable[[int, int], np.ndarray]] | None = None,
    ) -> None:
        self.paths = tuple(table.path for table in tables)
        self.fields = fields
        self.header = header
        self._tables = tuple(tables)
        self._same_rows = same_rows
        self._constant = tuple(constant)
        self._made = dict(made or {})

    def raw_chunks(self, columns: Sequence[str], rows: int) -> Iterator[dict[str, np.ndarray]]:
        """Columns by their own names, file by file; see `CatalogReader.raw_chunks`."""
        wanted = list(dict.fromkeys(columns))
        made = {name: make for name, make in self._made.items() if name in wanted}
        read = list(dict.fromkeys([*(name for name in wanted if name not in made), *self._constant]))
        # Something must be read to know how many rows there are.
        read = read or [next(f.column for f in self.fields.values() if f.column not in self._made)]
        constant: dict[str, float] = {}
        done = 0
        for table, chunk in self._parts(read, rows):
            self._check_constant(table, chunk, constant)
            n = len(chunk[read[0]])
            chunk |= {name: make(done, n) for name, make in made.items()}
            done += n
            yield {name: chunk[name] for name in wanted}

    def _parts(self, names: Sequence[str], rows: int) -> Iterator[tuple[TableFile, dict[str, np.ndarray]]]:
        """Chunks of the columns named, with the table that they are from (the first of several)."""
        integers = frozenset(f.column for name, f in self.fields.items() if FIELDS[name][0] == "i8")
        if not self._same_rows:
            for table in self._tables:
                for chunk in table.chunks(names, rows, integers):
                    yield table, chunk
            return
        home = {name: table for table in reversed(self._tables) for name in table.columns}
        streams = []
        for table in self._tables:
            # The first is asked for what no table has, and says so.
            share = [name for name in names if home.get(name, self._tables[0]) is table]
            if share:
                streams.append(table.chunks(share, rows, integers))
        for chunks in zip(*streams, strict=True):
            yield self._tables[0], {name: values for chunk in chunks for name, values in chunk.items()}

    def _check_constant(
        self, table: TableFile, chunk: Mapping[str, np.ndarray], constant: dict[str, float]
    ) -> None:
        for name in self._constant:
            value = constant.setdefault(name, float(chunk[name][0]))
            other = chunk[name][np.abs(chunk[name] - value) > _CONSTANT]
            if len(other):
                raise ZwickyError(
                    f"{table.path}: rows of more than one snapshot ({name} {value:g} and {other[0]:g}); keep "
                    "those of one"
                )
