"""Our tables on disk: Parquet or HDF5, with units and cosmology in the file.

Halo and galaxy tables go through astropy's `QTable`. A `ClusterSample` in Parquet is one row a cluster
with its galaxies as list columns, so that pandas and polars read it as it is; in HDF5 it is flat arrays.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypeVar

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

_FORMATS = {".parquet": "parquet", ".hdf5": "hdf5", ".h5": "hdf5"}


def _format_of(path: Path) -> str:
    if path.suffix not in _FORMATS:
        raise ZwickyError(f"{path}: suffix {path.suffix!r} is not known; use one of {', '.join(_FORMATS)}")
    return _FORMATS[path.suffix]


def snapshot_to_qtable(table: HaloTable | GalaxyTable) -> QTable:
    """A halo or galaxy table as an astropy `QTable` with units and metadata."""
    out = QTable()
    for name, f in columns_of(table).items():
        values = getattr(table, name)
        # A vector is stored by component: astropy writes and reads columns of vectors row by row.
        parts = zip(f.metadata["components"], values.T, strict=True) if values.ndim == 2 else [(name, values)]
        for part, numbers in parts:
            out[part] = numbers * u.Unit(f.metadata["unit"]) if f.metadata["unit"] else numbers
            out[part].info.description = f.metadata["about"]
    s = table.snapshot
    out.meta = {
        "zwicky_table": type(table).__name__,
        "simulation": s.simulation,
        "redshift": s.redshift,
        "box_size_mpc": s.box_size,
        "cosmology": cosmology_to_text(s.cosmology),
    }
    return out


def write_table(path: Path | str, table: HaloTable | GalaxyTable) -> None:
    """Write a halo or galaxy table whole, as ``.parquet``, ``.hdf5`` or ``.h5``."""
    path = Path(path)
    kind = _format_of(path)
    options = {"path": "table", "serialize_meta": True} if kind == "hdf5" else {}
    with whole_file(path) as temporary:
        snapshot_to_qtable(table).write(temporary, format=kind, overwrite=True, **options)


def read_table(cls: type[Table], path: Path | str) -> Table:
    """Read the halo or galaxy table that `write_table` wrote; units in the file are honoured.

    Raises
    ------
    ZwickyError
        If the file is missing, unreadable or holds another kind of table.
    """
    path = Path(path)
    kind = _format_of(path)
    try:
        data = QTable.read(path, format=kind, **({"path": "table"} if kind == "hdf5" else {}))
    except Exception as error:
        raise ZwickyError(f"{path}: cannot be read as {kind} ({_reason(error)}); make it again") from error
    found = data.meta.get("zwicky_table")
    if found != cls.__name__:
        raise ZwickyError(
            f"{path}: holds {found or 'no Zwicky table'}, not a {cls.__name__}; give another file"
        )
    snapshot = Snapshot(
        simulation=data.meta["simulation"],
        redshift=float(data.meta["redshift"]),
        box_size=float(data.meta["box_size_mpc"]),
        cosmology=cosmology_from_text(data.meta["cosmology"]),
    )
    values = {}
    for name, f in columns_of(cls).items():
        parts = [
            _numbers(data, part, f.metadata["unit"], path) for part in f.metadata["components"] or [name]
        ]
        values[name] = np.stack(parts, axis=1) if f.metadata["components"] else parts[0]
    return cls(snapshot=snapshot, **values)


def _numbers(data: QTable, name: str, unit: str, path: Path) -> np.ndarray:
    if name not in data.colnames:
        raise ZwickyError(f"{path}: column {name!r} is missing; it has {', '.join(data.colnames)}")
    return data[name].to_value(unit) if unit else np.asarray(data[name])


def write_sample(path: Path | str, sample: ClusterSample) -> None:
    """Write a `ClusterSample` whole, as ``.parquet``, ``.hdf5`` or ``.h5``."""
    path = Path(path)
    kind = _format_of(path)
    header = {
        "zwicky_table": "ClusterSample",
        "cosmology": cosmology_to_text(sample.cosmology),
        "meta": json.dumps(dict(sample.meta)),
    }
    with whole_file(path) as temporary:
        if kind == "parquet":
            _write_sample_parquet(temporary, sample, header)
        else:
            _write_sample_hdf5(temporary, sample, header)


def read_sample(path: Path | str) -> ClusterSample:
    """Read the `ClusterSample` that `write_sample` wrote.

    Raises
    ------
    ZwickyError
        If the file is missing, unreadable or holds another kind of table.
    """
    path = Path(path)
    kind = _format_of(path)
    try:
        header, arrays = (_read_sample_parquet if kind == "parquet" else _read_sample_hdf5)(path)
    except Exception as error:
        raise ZwickyError(f"{path}: cannot be read as {kind} ({_reason(error)}); make it again") from error
    if header.get("zwicky_table") != "ClusterSample":
        raise ZwickyError(f"{path}: holds no ClusterSample; give a file that `zwicky mock` wrote")
    return ClusterSample(
        cosmology=cosmology_from_text(header["cosmology"]), meta=json.loads(header["meta"]), **arrays
    )


def _reason(error: Exception) -> str:
    text = str(error).splitlines()
    return text[0] if text else type(error).__name__


def _write_sample_parquet(path: Path, sample: ClusterSample, header: dict[str, str]) -> None:
    arrays, fields = [], []
    for name, f in columns_of(sample).items():
        values = getattr(sample, name)
        if f.metadata["width"] > 1:
            array = pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), f.metadata["width"])
        else:
            array = pa.array(values)
        arrays.append(array)
        fields.append(_field(name, array.type, f.metadata["unit"], f.metadata["about"]))
    for name, (_, unit, about) in MEMBER_COLUMNS.items():
        array = pa.LargeListArray.from_arrays(pa.array(sample.offsets), pa.array(getattr(sample, name)))
        arrays.append(array)
        fields.append(_field(name, array.type, unit, about))
    schema = pa.schema(fields, metadata=header)
    pq.write_table(pa.Table.from_arrays(arrays, schema=schema), path, compression="zstd")


def _field(name: str, kind: pa.DataType, unit: str, about: str) -> pa.Field:
    return pa.field(name, kind, nullable=False, metadata={"unit": unit, "description": about})


def _read_sample_parquet(path: Path) -> tuple[dict, dict]:
    table = pq.read_table(path).combine_chunks()
    header = {k.decode(): v.decode() for k, v in (table.schema.metadata or {}).items()}
    arrays = {}
    for name in (*columns_of(ClusterSample), *MEMBER_COLUMNS):
        chunks = table[name].chunks
        values = chunks[0] if chunks else pa.array([], type=table.schema.field(name).type)
        if name in MEMBER_COLUMNS:
            arrays["offsets"] = np.asarray(values.offsets)
            values = values.values
        elif pa.types.is_fixed_size_list(values.type):
            arrays[name] = values.flatten().to_numpy(zero_copy_only=False).reshape(-1, values.type.list_size)
            continue
        arrays[name] = values.to_numpy(zero_copy_only=False)
    return header, arrays


def _write_sample_hdf5(path: Path, sample: ClusterSample, header: dict[str, str]) -> None:
    with h5py.File(path, "w") as file:
        file.attrs.update(header)
        file.create_dataset("offsets", data=sample.offsets)
        described = {n: (f.metadata["unit"], f.metadata["about"]) for n, f in columns_of(sample).items()}
        described |= {name: (unit, about) for name, (_, unit, about) in MEMBER_COLUMNS.items()}
        for name, (unit, about) in described.items():
            dataset = file.create_dataset(name, data=getattr(sample, name))
            dataset.attrs.update({"unit": unit, "description": about})


def _read_sample_hdf5(path: Path) -> tuple[dict, dict]:
    with h5py.File(path, "r") as file:
        names = (*columns_of(ClusterSample), "offsets", *MEMBER_COLUMNS)
        return dict(file.attrs), {name: file[name][...] for name in names}
