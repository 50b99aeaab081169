"""Simulations: foreign catalogues in, universe directories out."""

from zwicky.simulations.column_map import ColumnMap, read_column_map
from zwicky.simulations.describe import describe_catalog, describe_file, describe_map
from zwicky.simulations.fields import FIELDS, UNITS, Field
from zwicky.simulations.formats import (
    OpenedSnapshot,
    detect_format,
    open_catalog,
    open_mapped,
    open_snapshot,
)
from zwicky.simulations.importing import import_catalogs
from zwicky.simulations.known import KnownReader
from zwicky.simulations.layouts import FORMATS, Layout
from zwicky.simulations.mapped import MappedReader
from zwicky.simulations.reader import CatalogHeader, CatalogReader, Counted, Range
from zwicky.simulations.record import ImportRecord, Source
from zwicky.simulations.selection import ImportSettings

__all__ = [
    "FIELDS",
    "FORMATS",
    "UNITS",
    "CatalogHeader",
    "CatalogReader",
    "ColumnMap",
    "Counted",
    "Field",
    "ImportRecord",
    "ImportSettings",
    "KnownReader",
    "Layout",
    "MappedReader",
    "OpenedSnapshot",
    "Range",
    "Source",
    "describe_catalog",
    "describe_file",
    "describe_map",
    "detect_format",
    "import_catalogs",
    "open_catalog",
    "open_mapped",
    "open_snapshot",
    "read_column_map",
]
