"""Simulations: foreign catalogues in, universe directories out."""

from zwicky.simulations.column_map import ColumnMap, read_column_map
from zwicky.simulations.fields import FIELDS, UNITS
from zwicky.simulations.formats import OpenedSnapshot, detect_format, open_catalog, open_mapped, open_snapshot
from zwicky.simulations.importing import import_catalogs
from zwicky.simulations.layouts import FORMATS
from zwicky.simulations.reader import CatalogHeader, CatalogReader
from zwicky.simulations.selection import ImportSettings

__all__ = [
    "FIELDS",
    "FORMATS",
    "UNITS",
    "CatalogHeader",
    "CatalogReader",
    "ColumnMap",
    "ImportSettings",
    "OpenedSnapshot",
    "detect_format",
    "import_catalogs",
    "open_catalog",
    "open_mapped",
    "open_snapshot",
    "read_column_map",
]
