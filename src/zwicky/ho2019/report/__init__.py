"""Report: the figures and tables of a finished run, in one HTML file."""

from zwicky.ho2019.report.chapters import CHAPTERS, Chapter, contents
from zwicky.ho2019.report.html import render_html
from zwicky.ho2019.report.paper_index import PAPER_ITEMS, PaperItem, paper_index
from zwicky.ho2019.report.plates import Plate
from zwicky.ho2019.report.results import Predictions, RunResults, read_galaxies, read_run
from zwicky.ho2019.report.sheets import Cell, Grid, Row, Sheet
from zwicky.ho2019.report.write import write_report
from zwicky.plots.style import METHODS, Method, new_figure, report_style

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
