"""Report: the figures and tables of a finished run, in one HTML file."""

from zwicky.ho2019.report.items import FIGURES, PAPER_ITEMS, TABLES, paper_index
from zwicky.ho2019.report.render import CHAPTERS, headline, render_html
from zwicky.ho2019.report.results import Predictions, RunResults, read_galaxies, read_run
from zwicky.ho2019.report.write import write_report

__all__ = [
    "CHAPTERS",
    "FIGURES",
    "PAPER_ITEMS",
    "TABLES",
    "Predictions",
    "RunResults",
    "headline",
    "paper_index",
    "read_galaxies",
    "read_run",
    "render_html",
    "write_report",
]
