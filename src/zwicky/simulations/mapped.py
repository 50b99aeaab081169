"""The reader of any table, told by a column map what its columns are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import astropy.units as u
import numpy as np

from zwicky.errors import ZwickyError
from zwicky.io.readers import open_table
from zwicky.io.readers.table_file import TableFile
from zwicky.simulations.column_map import KINDS, ColumnMap, MappedColumn
from zwicky.simulations.fields import FIELDS, UNITS, Field, units_of
from zwicky.simulations.paths import files_meant
from zwicky.simulations.reader import CatalogHeader
from zwicky.simulations.table_reader import TableReader

__all__ = ["MappedReader"]

#: Columns that no file has.
_ROW_NUMBER, _NO_PARENT = "(number of the row)", "(-1 in every row)"


class MappedReader(TableReader):
    """Halos or galaxies in any table: Parquet, HDF5, FITS, numpy, ECSV or text, in one file or several.

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
        where = f"{name} [{kind}]"
        if not (paths or mapped.files):
            raise ZwickyError(f"{where}: names no file; write file = '...' or give one")
        files = files_meant(paths or mapped.files, where)
        tables = [open_table(path, mapped.table) for path in files]
        notes: list[str] = []
        fields = {
            field: _field(field, column, tables, f"{where} {field}", notes)
            for field, column in mapped.columns.items()
        }
        made: dict[str, Callable[[int, int], np.ndarray]] = {_NO_PARENT: lambda done, n: np.full(n, -1)}
        first = mapped.columns["object_id"].first if "object_id" in mapped.columns else None
        if first is not None:
            made[_ROW_NUMBER] = lambda done, n: np.arange(first + done, first + done + n)
        rows = [_rows_of(table, fields, where) for table in tables]
        super().__init__(tables, fields, _header(column_map, tables, rows, notes), made=made)
        self.column_map = column_map
        self.map_path = column_map.path
        self.kind = kind
        self.cosmology = column_map.cosmology
        parent = mapped.columns.get("parent_id")
        if parent is not None:
            self.parent_of = parent.of
            self.names_itself = parent.column is not None and parent.of == "rows" and "object_id" in fields


def _field(
    name: str, column: MappedColumn, tables: Sequence[TableFile], where: str, notes: list[str]
) -> Field:
    """Where a field is, in which unit; what the file says against the map is noted."""
    if column.first is not None:
        return Field(_ROW_NUMBER)
    if column.always is not None:
        return Field(_NO_PARENT)
    for table in tables:
        try:
            table.column(column.column)
        except ZwickyError as error:
            raise ZwickyError(f"{where}: {error}") from error
    if not FIELDS[name][1]:
        return Field(column.column)
    written = tables[0].columns[column.column].unit
    stated = _known_unit(written, name)
    if column.unit is None and stated is None:
        said = f"says {written!r}" if written else "does not say it"
        raise ZwickyError(
            f"{where}: which unit? {tables[0].path} {said}; write {name} = "
            f'{{ column = "{column.column}", unit = "..." }} with one of {", ".join(units_of(name))}'
        )
    if column.unit is not None and stated is not None and stated != column.unit:
        notes.append(f"{column.column} is read in {column.unit}, as the map says; the file says {written}")
    return Field(column.column, column.unit or stated)


def _rows_of(table: TableFile, fields: dict[str, Field], where: str) -> int | None:
    """Rows of the mapped columns of a file; None where only reading would tell."""
    rows = {f.column: table.columns[f.column].rows for f in fields.values() if f.column in table.columns}
    if not rows:
        raise ZwickyError(f"{where}: no field has a column; add at least one")
    if len(set(rows.values())) > 1:
        lengths = ", ".join(f"{name} {n}" for name, n in rows.items())
        raise ZwickyError(f"{table.path}: columns of different lengths ({lengths}); name those of one table")
    return next(iter(rows.values()))


def _header(
    m: ColumnMap, tables: Sequence[TableFile], rows: Sequence[int | None], notes: Sequence[str]
) -> CatalogHeader:
    columns = dict.fromkeys(name for table in tables for name in table.columns)
    kinds = dict.fromkeys(table.kind for table in tables)
    return CatalogHeader(
        f"column map, {', '.join(kinds)}",
        tuple(columns),
        simulation=m.simulation,
        scale_factor=m.scale_factor,
        box_size_mpc_h=m.box_size_mpc_h,
        h=None if m.cosmology is None else float(m.cosmology.h),
        omega_m=None if m.cosmology is None else float(m.cosmology.Om0),
        omega_lambda=None if m.cosmology is None else float(m.cosmology.Ode0),
        n_rows=None if None in rows else sum(rows),
        notes=tuple(notes),
    )


def _known_unit(written: str, field: str) -> str | None:
    """The key of `UNITS` that a file's own unit means; None if it means none.

    >>> _known_unit("km / s", "vx"), _known_unit("Mpc / littleh", "x"), _known_unit("pixel", "x")
    ('km/s', 'Mpc/h', None)
    """
    if not written:
        return None
    plain = " ".join(written.replace("littleh", "h").split()).replace(" /", "/").replace("/ ", "/")
    for unit in units_of(field):
        factor, h_power, a_power, canonical = UNITS[unit]
        if plain == unit:
            return unit
        if h_power == a_power == 0 and factor * u.Unit(canonical) == u.Unit(written, parse_strict="silent"):
            return unit
    return None
