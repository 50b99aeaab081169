"""Our tables on disk: Parquet or HDF5, with units and cosmology in the file.

A vector is stored by component. In Parquet a `ClusterSample` is one row a cluster with its galaxies as list
columns, so that pandas and polars read it as it is; in HDF5 it is flat arrays with their offsets. Each
column carries its unit and a line about it; the header carries the cosmology and the rest. PyArrow does it
rather than astropy's tables, whose Parquet reader wants pandas and takes vectors row by row.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import astropy.units as u
import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from astropy.table import QTable

from zwicky.cosmology import cosmology_from_text, cosmology_to_text
from zwicky.errors import ZwickyError
from zwicky.io.files import whole_file
from zwicky.tables import MEMBER_COLUMNS, ClusterSample, GalaxyTable, HaloTable, Snapshot, columns_of

__all__ = ["read_sample", "read_table", "snapshot_to_qtable", "write_sample", "write_table"]

Table = TypeVar("Table", HaloTable, GalaxyTable)

#: Reads one stored column, converted to the unit given.
_Reader = Callable[[str, str], np.ndarray]


def write_table(path: Path | str, table: HaloTable | GalaxyTable) -> None:
    """Write a halo or galaxy table whole, as ``.parquet``, ``.hdf5`` or ``.h5``.

    Raises
    ------
    ZwickyError
        For another suffix.
    """
    s = table.snapshot
    header = {"simulation": s.simulation, "redshift": s.redshift.hex(), "box_size_mpc": s.box_size.hex()}
    _write(Path(path), table, header | {"cosmology": cosmology_to_text(s.cosmology)})


def read_table(cls: type[Table], path: Path | str) -> Table:
    """Read the halo or galaxy table that `write_table` wrote; units in the file are honoured.

    Raises
    ------
    ZwickyError
        If the file is missing, unreadable or holds another kind of table.
    """
    header, columns, _ = _read(cls, Path(path))
    snapshot = Snapshot(
        simulation=header["simulation"],
        redshift=float.fromhex(header["redshift"]),
        box_size=float.fromhex(header["box_size_mpc"]),
        cosmology=cosmology_from_text(header["cosmology"]),
    )
    return cls(snapshot=snapshot, **columns)


def write_sample(path: Path | str, sample: ClusterSample) -> None:
    """Write a `ClusterSample` whole, as ``.parquet``, ``.hdf5`` or ``.h5``.

    Raises
    ------
    ZwickyError
        For another suffix.
    """
    header = {"cosmology": cosmology_to_text(sample.cosmology), "meta": json.dumps(dict(sample.meta))}
    _write(Path(path), sample, header)


def read_sample(path: Path | str) -> ClusterSample:
    """Read the `ClusterSample` that `write_sample` wrote; units in the file are honoured.

    Raises
    ------
    ZwickyError
        If the file is missing, unreadable or holds another kind of table.
    """
    header, columns, members = _read(ClusterSample, Path(path))
    cosmology = cosmology_from_text(header["cosmology"])
    return ClusterSample(cosmology=cosmology, meta=json.loads(header["meta"]), **columns, **members)


def snapshot_to_qtable(table: HaloTable | GalaxyTable) -> QTable:
    """A halo or galaxy table as an astropy `QTable` with units, vectors by component."""
    out = QTable()
    for name, (values, unit, about) in _stored_columns(table).items():
        out[name] = values * u.Unit(unit) if unit else values
        out[name].info.description = about
    s = table.snapshot
    out.meta = {"simulation": s.simulation, "redshift": s.redshift, "box_size_mpc": s.box_size}
    out.meta["cosmology"] = cosmology_to_text(s.cosmology)
    return out


def _stored_columns(table: Any) -> dict[str, tuple[np.ndarray, str, str]]:
    """Values, unit and description of every stored column, vectors by component."""
    columns = {}
    for name, field in columns_of(table).items():
        values, about = getattr(table, name), (field.metadata["unit"], field.metadata["about"])
        if field.metadata["components"]:
            columns |= {
                part: (np.ascontiguousarray(values[:, i]), *about)
                for i, part in enumerate(field.metadata["components"])
            }
        else:
            columns[name] = (values, *about)
    return columns


def _write(path: Path, table: Any, header: dict[str, str]) -> None:
    writer, _ = _format_of(path)
    header = {"zwicky_table": type(table).__name__, **header}
    members = {}
    if isinstance(table, ClusterSample):
        members = {name: (getattr(table, name), *about[1:]) for name, about in MEMBER_COLUMNS.items()}
    with whole_file(path) as temporary:
        writer(temporary, header, _stored_columns(table), members, getattr(table, "offsets", None))


def _read(cls: type, path: Path) -> tuple[dict[str, str], dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Header, columns and member arrays (with offsets, if `cls` has any)."""
    _, opener = _format_of(path)
    try:
        header, read, offsets = opener(path)
    except (OSError, pa.ArrowException) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise ZwickyError(f"{path}: cannot be read ({reason}); make it again") from error
    found = header.get("zwicky_table")
    if found != cls.__name__:
        raise ZwickyError(
            f"{path}: holds {found or 'no table of ours'}, not a {cls.__name__}; give another file"
        )
    try:
        columns = {}
        for name, field in columns_of(cls).items():
            parts = [read(part, field.metadata["unit"]) for part in field.metadata["components"] or [name]]
            columns[name] = np.stack(parts, axis=1) if field.metadata["components"] else parts[0]
        members = {}
        if cls is ClusterSample:
            members = {name: read(name, unit) for name, (_, unit, _) in MEMBER_COLUMNS.items()}
            members["offsets"] = offsets
    except KeyError as error:
        raise ZwickyError(f"{path}: column {error} is missing; make the file again") from error
    return header, columns, members


def _converted(values: np.ndarray, stored: str, wanted: str) -> np.ndarray:
    return values if stored == wanted else values * u.Unit(stored).to(wanted)


def _write_parquet(
    path: Path, header: dict, columns: dict, members: dict, offsets: np.ndarray | None
) -> None:
    arrays, fields = [], []
    for name, (values, unit, about) in (columns | members).items():
        array = pa.array(values)
        if name in members:
            array = pa.LargeListArray.from_arrays(pa.array(offsets), array)
        arrays.append(array)
        metadata = {"unit": unit, "description": about}
        fields.append(pa.field(name, array.type, nullable=False, metadata=metadata))
    schema = pa.schema(fields, metadata=header)
    pq.write_table(pa.Table.from_arrays(arrays, schema=schema), path, compression="zstd")


def _open_parquet(path: Path) -> tuple[dict[str, str], _Reader, np.ndarray | None]:
    table = pq.read_table(path).combine_chunks()
    header = {k.decode(): v.decode() for k, v in (table.schema.metadata or {}).items()}

    def column(name: str) -> pa.Array:
        if name not in table.column_names:
            raise KeyError(name)
        chunks = table[name].chunks
        return chunks[0] if chunks else pa.array([], type=table.schema.field(name).type)

    def read(name: str, unit: str) -> np.ndarray:
        values = column(name)
        if pa.types.is_large_list(values.type):
            values = values.values
        stored = (table.schema.field(name).metadata or {}).get(b"unit", unit.encode()).decode()
        return _converted(values.to_numpy(zero_copy_only=False), stored, unit)

    lists = [field.name for field in table.schema if pa.types.is_large_list(field.type)]
    return header, read, np.asarray(column(lists[0]).offsets) if lists else None


def _write_hdf5(path: Path, header: dict, columns: dict, members: dict, offsets: np.ndarray | None) -> None:
    with h5py.File(path, "w") as file:
        file.attrs.update(header)
        for name, (values, unit, about) in (columns | members).items():
            dataset = file.create_dataset(name, data=values)
            dataset.attrs.update({"unit": unit, "description": about})
        if offsets is not None:
            file.create_dataset("offsets", data=offsets)


def _open_hdf5(path: Path) -> tuple[dict[str, str], _Reader, np.ndarray | None]:
    with h5py.File(path, "r") as file:
        arrays = {name: (data[...], str(data.attrs.get("unit", ""))) for name, data in file.items()}
        header = {name: str(value) for name, value in file.attrs.items()}

    def read(name: str, unit: str) -> np.ndarray:
        values, stored = arrays[name]
        return _converted(values, stored, unit)

    return header, read, arrays["offsets"][0] if "offsets" in arrays else None


_FORMATS = {
    ".parquet": (_write_parquet, _open_parquet),
    ".hdf5": (_write_hdf5, _open_hdf5),
    ".h5": (_write_hdf5, _open_hdf5),
}


def _format_of(path: Path) -> tuple[Callable, Callable]:
    if path.suffix not in _FORMATS:
        raise ZwickyError(f"{path}: suffix {path.suffix!r} is not known; use one of {', '.join(_FORMATS)}")
    return _FORMATS[path.suffix]
