"""The reader of any table, told by a column map what its columns are."""

from __future__ import annotations

import difflib
import glob
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import astropy.units as u
import numpy as np

from zwicky.errors import ZwickyError
from zwicky.simulations.column_map import KINDS, ColumnMap, MappedColumn
from zwicky.simulations.reader import FIELDS, UNITS, CatalogHeader, CatalogReader, Field, by_number
from zwicky.simulations.table_file import TableFile
from zwicky.simulations.tables import open_table

__all__ = ["MappedReader"]

#: Columns that no file has.
_ROW_NUMBER, _NO_PARENT = "(number of the row)", "(-1 in every row)"


class MappedReader(CatalogReader):
    """Halos or galaxies in any table: Parquet, HDF5, FITS, ECSV or text, in one file or several.

    Parameters
    ----------
    column_map
        What the columns are.
    kind
        ``"halos"`` or ``"galaxies"``.
    paths
        Files to read instead of those that the map names; patterns are allowed.

    Raises
    ------
    ZwickyError
        If the map has no such table, a file is missing or damaged, a column is not there, or neither the
        map nor the file says a unit that is needed.
    """

    def __init__(
        self, column_map: ColumnMap, kind: str, paths: Path | str | Sequence[Path | str] = ()
    ) -> None:
        if kind not in KINDS:
            raise ZwickyError(f"kind = {kind!r} is not allowed; use one of {', '.join(KINDS)}")
        name = column_map.path.name
        mapped = getattr(column_map, kind)
        if mapped is None:
            raise ZwickyError(f"{name}: has no {kind}; write [{kind}.columns] or give another file for them")
        self.column_map = column_map
        self.map_path = column_map.path
        self.kind = kind
        named = [paths] if isinstance(paths, str | Path) else list(paths)
        self.paths = _files(named or mapped.files, f"{name} [{kind}]")
        self._tables = [open_table(path, mapped.table) for path in self.paths]
        self._columns: Mapping[str, MappedColumn] = mapped.columns
        self.cosmology = column_map.cosmology
        if "parent_id" in mapped.columns:
            self.parent_of = mapped.columns["parent_id"].of
        notes: list[str] = []
        self.fields = {
            field: self._field(field, column, f"{name} [{kind}] {field}", notes)
            for field, column in mapped.columns.items()
        }
        self._rows = [self._rows_of(table) for table in self._tables]
        self.header = self._header(notes)

    def raw_chunks(self, columns: Sequence[str], rows: int) -> Iterator[dict[str, np.ndarray]]:
        """Columns by their own names, file by file; see `CatalogReader.raw_chunks`.

        Where a row that is its own parent has none, the number of the row's object comes along.
        """
        unknown = [name for name in columns if name not in (*self.header.columns, _ROW_NUMBER, _NO_PARENT)]
        if unknown:
            raise ZwickyError(
                f"{self.paths[0]}: has no column {unknown[0]!r}; it has {', '.join(self.header.columns)}"
            )
        wanted = list(dict.fromkeys(columns))
        if "parent_id" in self.fields and self.fields["parent_id"].column in wanted and self._names_itself:
            wanted = list(dict.fromkeys([*wanted, self.fields["object_id"].column]))
        integers = frozenset(f.column for name, f in self.fields.items() if FIELDS[name][0] == "i8")
        in_file = [name for name in wanted if name not in (_ROW_NUMBER, _NO_PARENT)]
        # Something must be read to know how many rows there are.
        counting = in_file or [
            next(f.column for f in self.fields.values() if f.column in self.header.columns)
        ]
        first = self._columns["object_id"].first if _ROW_NUMBER in wanted else None
        done = 0
        for table in self._tables:
            for chunk in table.chunks(counting, rows, integers):
                n = len(next(iter(chunk.values())))
                if first is not None:
                    chunk[_ROW_NUMBER] = np.arange(first + done, first + done + n)
                if _NO_PARENT in wanted:
                    chunk[_NO_PARENT] = np.full(n, -1)
                done += n
                yield {name: chunk[name] for name in wanted}

    @property
    def _names_itself(self) -> bool:
        """Whether a parent may be the row itself, which then has none."""
        parent = self._columns.get("parent_id")
        return (
            parent is not None
            and parent.column is not None
            and parent.of == "rows"
            and "object_id" in self.fields
        )

    def _canonical(
        self, name: str, raw: Mapping[str, np.ndarray], h: float, scale_factor: float
    ) -> np.ndarray:
        values = super()._canonical(name, raw, h, scale_factor)
        if name == "parent_id" and self._names_itself:
            return np.where(values == raw[self.fields["object_id"].column], -1, values)
        return values

    def _field(self, name: str, column: MappedColumn, where: str, notes: list[str]) -> Field:
        if column.first is not None:
            return Field(_ROW_NUMBER)
        if column.always is not None:
            return Field(_NO_PARENT)
        for table in self._tables:
            if column.column not in table.columns:
                vector = f"{column.column}[0]"
                near = difflib.get_close_matches(column.column, table.columns, n=1)
                hint = f"it has {', '.join(table.columns) or 'none'}"
                if vector in table.columns:
                    hint = f"it is a column of vectors: give a component, {vector!r}"
                elif near:
                    hint = f"did you mean {near[0]!r}?"
                raise ZwickyError(f"{where}: {table.path} has no column {column.column!r}; {hint}")
        dimension = FIELDS[name][1]
        if not dimension:
            return Field(column.column)
        written = self._tables[0].columns[column.column].unit
        stated = _known_unit(written, dimension)
        if column.unit is None and stated is None:
            said = f"says {written!r}" if written else "does not say it"
            fitting = ", ".join(unit for unit, (*_, of) in UNITS.items() if of == dimension)
            raise ZwickyError(
                f"{where}: which unit? {self.paths[0]} {said}; write {name} = "
                f'{{ column = "{column.column}", unit = "..." }} with one of {fitting}'
            )
        if column.unit is not None and stated is not None and stated != column.unit:
            notes.append(
                f"{column.column} is read in {column.unit}, as the map says; the file says {written}"
            )
        return Field(column.column, column.unit or stated)

    def _rows_of(self, table: TableFile) -> int | None:
        """Rows of the mapped columns of a file; None where only reading would tell."""
        rows = {
            f.column: table.columns[f.column].rows for f in self.fields.values() if f.column in table.columns
        }
        if not rows:
            raise ZwickyError(
                f"{self.column_map.path.name} [{self.kind}]: no field has a column; add at least one"
            )
        if len(set(rows.values())) > 1:
            lengths = ", ".join(f"{name} {n}" for name, n in rows.items())
            raise ZwickyError(
                f"{table.path}: columns of different lengths ({lengths}); name those of one table"
            )
        return next(iter(rows.values()))

    def _header(self, notes: list[str]) -> CatalogHeader:
        m = self.column_map
        columns = dict.fromkeys(name for table in self._tables for name in table.columns)
        kinds = dict.fromkeys(table.kind for table in self._tables)
        return CatalogHeader(
            f"column map, {', '.join(kinds)}",
            tuple(columns),
            simulation=m.simulation,
            scale_factor=m.scale_factor,
            box_size_mpc_h=m.box_size_mpc_h,
            h=None if m.cosmology is None else float(m.cosmology.h),
            omega_m=None if m.cosmology is None else float(m.cosmology.Om0),
            omega_lambda=None if m.cosmology is None else float(m.cosmology.Ode0),
            n_rows=None if None in self._rows else sum(self._rows),
            notes=tuple(notes),
        )


def _files(named: Sequence[Path | str], where: str) -> tuple[Path, ...]:
    """The files meant, patterns resolved."""
    if not named:
        raise ZwickyError(f"{where}: names no file; write file = '...' or give one")
    found: list[Path] = []
    for name in named:
        path = Path(name)
        files = (
            [path]
            if path.exists()
            else sorted((Path(match) for match in glob.glob(str(path))), key=by_number)
        )
        if not files:
            raise ZwickyError(f"{where}: {path} is not there; check the name, or put it beside the map")
        if any(file.is_dir() for file in files):
            raise ZwickyError(f"{where}: {path} is a directory; give a file or a pattern such as '{path}/*'")
        found += files
    twice = [path for path in found if found.count(path) > 1]
    if twice:
        raise ZwickyError(f"{where}: {twice[0]} is named twice; name each file once")
    return tuple(found)


def _known_unit(written: str, dimension: str) -> str | None:
    """The key of `UNITS` that a file's own unit means; None if it means none.

    >>> _known_unit("km / s", "km/s"), _known_unit("Mpc / littleh", "Mpc"), _known_unit("pixel", "Mpc")
    ('km/s', 'Mpc/h', None)
    """
    if not written:
        return None
    plain = " ".join(written.replace("littleh", "h").split()).replace(" /", "/").replace("/ ", "/")
    for unit, (factor, h_power, a_power, of) in UNITS.items():
        if of != dimension:
            continue
        if plain == unit:
            return unit
        if h_power == a_power == 0 and factor * u.Unit(of) == u.Unit(written, parse_strict="silent"):
            return unit
    return None
