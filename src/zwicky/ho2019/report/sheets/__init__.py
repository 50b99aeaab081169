"""Sheets: the report's tables, filled from a run, with their captions."""

from zwicky.ho2019.report.sheets.accuracy import COMPARISONS, TABLE1, TABLE2
from zwicky.ho2019.report.sheets.claims import CLAIMS
from zwicky.ho2019.report.sheets.counts import COUNTS
from zwicky.ho2019.report.sheets.dependence import LEAKAGE, TABLE3, TABLE4
from zwicky.ho2019.report.sheets.run import SIMULATION, TIMES
from zwicky.ho2019.report.sheets.sheet import Cell, Grid, Row, Sheet

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
