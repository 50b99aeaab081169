"""A run's figures and report, written beside its results."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from zwicky.ho2019.report.items import FIGURES
from zwicky.ho2019.report.render import render_html
from zwicky.ho2019.report.results import read_run
from zwicky.io.files import written_whole
from zwicky.plots import report_style
from zwicky.progress import Progress, quiet

__all__ = ["write_report"]


def write_report(directory: Path | str, progress: Progress = quiet) -> Path:
    """Draw every figure that a run has the results for, and write its report.

    Writes ``figures/NAME.png`` and ``figures/NAME.pdf`` (``figures/NAME.svg`` of a drawing) for each figure
    and ``report.html``, each file whole or not at all. Same results, same versions: same pictures.

    Parameters
    ----------
    directory
        What ``zwicky reproduce`` wrote.
    progress
        Told of the steps, as the stage ``report``.

    Returns
    -------
    Path
        The report.

    Raises
    ------
    ZwickyError
        If the directory or a file in it is missing or unreadable.
    """
    directory = Path(directory)
    run = read_run(directory)
    drawn = {name: item for name, item in FIGURES.items() if item.needs(run)}
    steps = len(drawn) + 1

    pictures = {}
    for done, (name, item) in enumerate(drawn.items()):
        progress("report", done, steps, f"figure {name}")
        with report_style():
            pictures[name] = _save(item.make(run), directory / "figures" / name)
    progress("report", len(drawn), steps, "report.html")
    path = directory / "report.html"
    html = render_html(run, pictures)
    with written_whole(path) as temporary:
        temporary.write_text(html, encoding="utf-8")
    progress("report", steps, steps, "done")
    return path


def _save(figure: Figure | bytes, stem: Path) -> bytes:
    """Write a figure as PNG and PDF, without dates or versions in them, or an SVG; returns the PNG or SVG."""
    if isinstance(figure, bytes):
        with written_whole(stem.with_suffix(".svg")) as temporary:
            temporary.write_bytes(figure)
        return figure
    for suffix, metadata in ((".png", {"Software": None}), (".pdf", {"CreationDate": None})):
        with written_whole(stem.with_suffix(suffix)) as temporary:
            figure.savefig(temporary, metadata=metadata)
        figure.set_layout_engine("none")  # laid out by the first save: the second need not solve it again
    return stem.with_suffix(".png").read_bytes()
