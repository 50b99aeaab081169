"""Report: the figures and tables of a finished run, in one HTML file."""

from zwicky.report.chapters import CHAPTERS, Chapter, contents
from zwicky.report.html import render_html
from zwicky.report.paper_index import PAPER_ITEMS, PaperItem, paper_index
from zwicky.report.plates import Plate
from zwicky.report.results import Predictions, RunResults, read_galaxies, read_run
from zwicky.report.sheets import Cell, Grid, Row, Sheet
from zwicky.report.style import METHODS, Method, new_figure, report_style
from zwicky.report.write import write_report

__all__ = [
    "CHAPTERS",
    "METHODS",
    "PAPER_ITEMS",
    "Cell",
    "Chapter",
    "Grid",
    "Method",
    "PaperItem",
    "Plate",
    "Predictions",
    "Row",
    "RunResults",
    "Sheet",
    "contents",
    "new_figure",
    "paper_index",
    "read_galaxies",
    "read_run",
    "render_html",
    "report_style",
    "write_report",
]
