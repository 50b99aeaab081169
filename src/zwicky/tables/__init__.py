"""Tables: inert data with units and provenance."""

from zwicky.tables.clusters import MEMBER_COLUMNS, ClusterSample, concatenate
from zwicky.tables.columns import columns_of, take
from zwicky.tables.cylinder import Cylinder
from zwicky.tables.lookup import RowIndex, rows_of
from zwicky.tables.overdensities import density_200c, density_virial, r200c, rvir
from zwicky.tables.snapshots import GalaxyTable, HaloTable, Snapshot

__all__ = [
    "MEMBER_COLUMNS",
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
    "rows_of",
    "rvir",
    "take",
]
