"""Our tables on disk: Parquet or HDF5, with units and cosmology in the file.

A vector is stored by component. Each column carries its unit and a line about it; the header carries the
cosmology and the rest. What is read is checked against the columns that the table declares.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from zwicky.cosmology import cosmology_from_text, cosmology_to_text
from zwicky.errors import ZwickyError
from zwicky.io.table_files import Column, StoredTable, checked_values, read_file, write_file
from zwicky.tables import GALAXY_COLUMNS, ClusterSample, GalaxyTable, HaloTable, Snapshot, columns_of
from zwicky.tables.columns import REQUIRED

if TYPE_CHECKING:
    from astropy.table import QTable

__all__ = ["read_sample", "read_table", "snapshot_to_qtable", "write_sample", "write_table"]

Table = TypeVar("Table", HaloTable, GalaxyTable)

#: What our columns were called in files of earlier versions: 0.1.0 said r_proj of comoving radii.
FORMER_NAMES = {"r_proj_comoving": "r_proj"}


def write_table(path: Path | str, table: HaloTable | GalaxyTable) -> None:
    """Write a halo or galaxy table whole, as ``.parquet``, ``.hdf5`` or ``.h5``.

    Parameters
    ----------
    path
        Of the file; what stood there is replaced once the new one is complete.
    table
        What to write, units, cosmology and snapshot included.

    Raises
    ------
    ZwickyError
        For another suffix.

    Examples
    --------
    >>> write_table("halos.parquet", halos)
    >>> len(read_table(HaloTable, "halos.parquet")) == len(halos)
    True
    """
    s = table.snapshot
    header = {"simulation": s.simulation, "redshift": s.redshift.hex(), "box_size_mpc": s.box_size.hex()}
    header |= {"zwicky_table": type(table).__name__, "cosmology": cosmology_to_text(s.cosmology)}
    write_file(path, StoredTable(header, _stored_columns(table)))


def read_table(cls: type[Table], path: Path | str) -> Table:
    """Read the halo or galaxy table that `write_table` wrote; units in the file are honoured.

    Parameters
    ----------
    cls
        `HaloTable` or `GalaxyTable`.
    path
        Of the file.

    Returns
    -------
    HaloTable or GalaxyTable
        Bit for bit what was written.

    Raises
    ------
    ZwickyError
        If the file is missing, damaged, holds another kind of table, or content that is not one's.

    Examples
    --------
    >>> write_table("galaxies.hdf5", galaxies)
    >>> read_table(GalaxyTable, "galaxies.hdf5").snapshot.redshift
    0.117
    """
    stored = read_file(path, cls.__name__, *_stored_names(cls), former=FORMER_NAMES)
    with _naming(path):
        snapshot = Snapshot(
            simulation=_header(stored, "simulation"),
            redshift=_hexadecimal(stored, "redshift"),
            box_size=_hexadecimal(stored, "box_size_mpc"),
            cosmology=cosmology_from_text(_header(stored, "cosmology")),
        )
        return cls(snapshot=snapshot, **_table_columns(cls, stored))


def write_sample(path: Path | str, sample: ClusterSample) -> None:
    """Write a `ClusterSample` whole, as ``.parquet``, ``.hdf5`` or ``.h5``; `read_sample` is the inverse.

    Parameters
    ----------
    path
        Of the file; what stood there is replaced once the new one is complete.
    sample
        What to write, cosmology and metadata included.

    Raises
    ------
    ZwickyError
        For another suffix.

    Examples
    --------
    >>> write_sample("clusters.parquet", sample)
    >>> bool((read_sample("clusters.parquet").n_galaxies == sample.n_galaxies).all())
    True
    """
    header = {"cosmology": cosmology_to_text(sample.cosmology), "meta": json.dumps(dict(sample.meta))}
    header["zwicky_table"] = type(sample).__name__
    members = {
        name: Column(getattr(sample, name), unit, about) for name, (_, unit, about) in GALAXY_COLUMNS.items()
    }
    write_file(path, StoredTable(header, _stored_columns(sample), members, sample.offsets))


def read_sample(path: Path | str) -> ClusterSample:
    """Read the `ClusterSample` that `write_sample` wrote; units in the file are honoured.

    Parameters
    ----------
    path
        Of the file.

    Returns
    -------
    ClusterSample
        Bit for bit what was written.

    Raises
    ------
    ZwickyError
        If the file is missing, damaged, holds another kind of table, or content that is not one's.

    Examples
    --------
    >>> write_sample("clusters.hdf5", sample)
    >>> len(read_sample("clusters.hdf5")) == len(sample)
    True
    """
    required, _, optional = _stored_names(ClusterSample)
    stored = read_file(path, "ClusterSample", required, GALAXY_COLUMNS, optional, former=FORMER_NAMES)
    with _naming(path):
        members = {
            name: checked_values(name, stored.members[name], dtype, unit)
            for name, (dtype, unit, _) in GALAXY_COLUMNS.items()
        }
        offsets = checked_values("offsets", Column(np.asarray(stored.offsets)), np.dtype("i8"), "")
        return ClusterSample(
            cosmology=cosmology_from_text(_header(stored, "cosmology")),
            meta=_meta(stored),
            offsets=offsets,
            **_table_columns(ClusterSample, stored),
            **members,
        )


def snapshot_to_qtable(table: HaloTable | GalaxyTable) -> QTable:
    """A halo or galaxy table as an astropy `QTable` with units, vectors by component."""
    import astropy.units as u
    from astropy.table import QTable

    out = QTable()
    for name, column in _stored_columns(table).items():
        out[name] = column.values * u.Unit(column.unit) if column.unit else column.values
        out[name].info.description = column.about
    s = table.snapshot
    out.meta = {"simulation": s.simulation, "redshift": s.redshift, "box_size_mpc": s.box_size}
    out.meta["cosmology"] = cosmology_to_text(s.cosmology)
    return out


def _stored_columns(table: Any) -> dict[str, Column]:
    """Every stored column, vectors by component."""
    columns: dict[str, Column] = {}
    for name, field in columns_of(table).items():
        values, about = getattr(table, name), (field.metadata["unit"], field.metadata["about"])
        if field.metadata["components"]:
            columns |= {
                part: Column(np.ascontiguousarray(values[:, i]), *about)
                for i, part in enumerate(field.metadata["components"])
            }
        else:
            columns[name] = Column(values, *about)
    return columns


def _stored_names(cls: type) -> tuple[list[str], tuple[()], list[str]]:
    """Columns that a file must have, none with several values a row, and columns that it may lack."""
    names: dict[bool, list[str]] = {True: [], False: []}
    for name, field in columns_of(cls).items():
        names[field.metadata["missing"] is REQUIRED] += field.metadata["components"] or [name]
    return names[True], (), names[False]


def _table_columns(cls: type, stored: StoredTable) -> dict[str, np.ndarray]:
    """The columns that a table class declares, each of its kind and in its unit."""
    columns = {}
    rows = {np.size(column.values) for column in stored.columns.values()}
    if len(rows) > 1:
        raise ZwickyError(f"its columns have {min(rows)} to {max(rows)} rows; make the file again")
    for name, field in columns_of(cls).items():
        about = field.metadata
        if about["missing"] is not REQUIRED and name not in stored.columns:
            continue
        parts = [
            checked_values(part, stored.columns[part], about["dtype"], about["unit"])
            for part in about["components"] or [name]
        ]
        columns[name] = np.stack(parts, axis=1) if about["components"] else parts[0]
    return columns


def _header(stored: StoredTable, name: str) -> str:
    if name not in stored.header:
        raise ZwickyError(f"its header has no {name}; make the file again")
    return stored.header[name]


def _hexadecimal(stored: StoredTable, name: str) -> float:
    text = _header(stored, name)
    try:
        value = float.fromhex(text)
    except (ValueError, OverflowError):
        value = np.nan
    if not np.isfinite(value):
        raise ZwickyError(f"its header has {name} = {text!r:.40}, which is no number; make the file again")
    return value


def _meta(stored: StoredTable) -> Mapping[str, Any]:
    text = _header(stored, "meta")
    try:
        meta = json.loads(text)
    except (ValueError, RecursionError):
        meta = None
    if not isinstance(meta, dict):
        raise ZwickyError(f"its header has meta = {text!r:.40}, which is no JSON object; make the file again")
    return meta


@contextlib.contextmanager
def _naming(path: Path | str) -> Iterator[None]:
    """Put the file's name before what is wrong with its content."""
    try:
        yield
    except ZwickyError as error:
        raise ZwickyError(f"{path}: {error}") from error
