"""Sheets: the report's tables, filled from a run, with their captions."""

from zwicky.report.sheets.accuracy import COMPARISONS, TABLE1, TABLE2
from zwicky.report.sheets.claims import CLAIMS
from zwicky.report.sheets.counts import COUNTS
from zwicky.report.sheets.dependence import LEAKAGE, TABLE3, TABLE4
from zwicky.report.sheets.run import SIMULATION, TIMES
from zwicky.report.sheets.sheet import Cell, Grid, Row, Sheet

__all__ = [
    "CLAIMS",
    "COMPARISONS",
    "COUNTS",
    "LEAKAGE",
    "SIMULATION",
    "TABLE1",
    "TABLE2",
    "TABLE3",
    "TABLE4",
    "TIMES",
    "Cell",
    "Grid",
    "Row",
    "Sheet",
]
