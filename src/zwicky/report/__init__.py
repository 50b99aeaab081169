"""Report: the figures and tables of a finished run, in one HTML file."""

from zwicky.report.chapters import CHAPTERS, Chapter
from zwicky.report.html import render_html
from zwicky.report.plates import Plate
from zwicky.report.results import Predictions, RunResults, read_galaxies, read_run
from zwicky.report.style import METHODS, Method, new_figure, report_style
from zwicky.report.write import write_report

__all__ = [
    "CHAPTERS",
    "METHODS",
    "Chapter",
    "Method",
    "Plate",
    "Predictions",
    "RunResults",
    "new_figure",
    "read_galaxies",
    "read_run",
    "render_html",
    "report_style",
    "write_report",
]
