"""The report as one HTML file: pictures inside, no network, readable on a screen and on paper."""

from __future__ import annotations

import base64
import struct
from collections.abc import Mapping
from importlib.resources import files

import jinja2
from markupsafe import Markup

from zwicky import __version__
from zwicky.evaluation import PAPER_TABLE2
from zwicky.report.chapters import CHAPTERS
from zwicky.report.results import RunResults
from zwicky.report.style import METHODS
from zwicky.report.tables import (
    comparison_rows,
    table1_rows,
    table2_rows,
    timing_rows,
    universe_rows,
)
from zwicky.report.words import command, facts, headline, limits, versions

__all__ = ["render_html"]

#: Dots per inch at which the pictures are drawn; CSS has 96.
_DPI = 150


def render_html(run: RunResults, pictures: Mapping[str, bytes]) -> str:
    """The report of a run.

    Parameters
    ----------
    run
        The results.
    pictures
        For each plate of `zwicky.report.chapters.CHAPTERS` its PNG file, by the plate's name.
    """
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = files("zwicky.report").joinpath("report.html.j2").read_text(encoding="utf-8")
    snapshot = run.halos.snapshot
    comparisons = comparison_rows(run.metrics["comparisons"])
    paper_only = [METHODS[name].html for name in PAPER_TABLE2 if name not in run.metrics["table2"]]
    return environment.from_string(template).render(
        version=__version__,
        facts=facts(run),
        headline=headline(run.metrics),
        chapters=_chapters(run, pictures),
        tables={
            "table1": table1_rows(run.metrics["table1"]),
            "table2": table2_rows(run.metrics["table2"]),
            "comparisons": comparisons,
            "universe": universe_rows(
                run.metrics["universe"], float(snapshot.cosmology.efunc(snapshot.redshift))
            ),
            "timing": timing_rows(run.metrics["timing"]),
        },
        range=[f"{edge:g}" for edge in run.metrics["evaluation"]["range_log10_m200c_h"]],
        level=comparisons[0]["level"] if comparisons else "",
        paper_only=Markup(" and ".join(filter(None, (", ".join(paper_only[:-1]), *paper_only[-1:])))),
        paper_only_count=len(paper_only),
        fit_above=f"{run.fit_above_log10_m200c_h:g}",
        limits=limits(run),
        command=command(run),
        versions=versions(run),
        settings_text=run.settings_text,
    )


def _chapters(run: RunResults, pictures: Mapping[str, bytes]) -> list[dict]:
    number, chapters = 0, []
    for chapter in CHAPTERS:
        figures = []
        for plate in chapter.plates:
            number += 1
            png = pictures[plate.name]
            width, height = _png_size(png)
            figures.append(
                {
                    "name": plate.name,
                    "number": number,
                    "title": plate.title,
                    "caption": Markup(plate.caption(run)),
                    "png": base64.b64encode(png).decode("ascii"),
                    "width": round(width * 96 / _DPI),
                    "height": round(height * 96 / _DPI),
                }
            )
        chapters.append(
            {
                "anchor": chapter.anchor,
                "heading": chapter.heading,
                "opening": Markup(chapter.opening),
                "figures": figures,
                "tables": chapter.tables,
            }
        )
    return chapters


def _png_size(png: bytes) -> tuple[int, int]:
    """Width and height in pixels, from the header that every PNG file begins with."""
    return struct.unpack(">II", png[16:24])
