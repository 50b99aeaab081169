"""Tables: inert data with units and provenance."""

from zwicky.tables.clusters import GALAXY_COLUMNS, TRACERS, ClusterSample, concatenate
from zwicky.tables.columns import columns_of, ragged_rows, take
from zwicky.tables.cylinder import Cylinder
from zwicky.tables.lookup import RowIndex, rows_of
from zwicky.tables.overdensities import density_200c, density_virial, r200c, r200c_at, rvir
from zwicky.tables.snapshots import GalaxyTable, HaloTable, Snapshot

__all__ = [
    "GALAXY_COLUMNS",
    "TRACERS",
    "ClusterSample",
    "Cylinder",
    "GalaxyTable",
    "HaloTable",
    "RowIndex",
    "Snapshot",
    "columns_of",
    "concatenate",
    "density_200c",
    "density_virial",
    "r200c",
    "r200c_at",
    "ragged_rows",
    "rows_of",
    "rvir",
    "take",
]
