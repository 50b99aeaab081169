"""Catalogs: foreign simulation catalogues in, universe directories out."""

from zwicky.catalogs.column_map import ColumnMap, read_column_map
from zwicky.catalogs.describe import describe_catalog, describe_file, describe_map
from zwicky.catalogs.formats import (
    FORMATS,
    OpenedSnapshot,
    detect_format,
    open_catalog,
    open_mapped,
    open_snapshot,
)
from zwicky.catalogs.importing import import_catalogs
from zwicky.catalogs.mapped import MappedReader
from zwicky.catalogs.reader import FIELDS, UNITS, CatalogHeader, CatalogReader, Counted, Field, Range
from zwicky.catalogs.record import ImportRecord, Source
from zwicky.catalogs.selection import ImportSettings

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
