"""The report's tables: each is registered where it is filled."""

from zwicky.ho2019.report.tables import accuracy, dependence, run
from zwicky.ho2019.report.tables.table import Cell, Row, Table

__all__ = ["Cell", "Row", "Table", "accuracy", "dependence", "run"]
