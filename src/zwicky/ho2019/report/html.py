"""The report as one HTML file: pictures inside, no network, readable on a screen and on paper."""

from __future__ import annotations

import base64
import struct
from collections.abc import Mapping
from typing import Any

import jinja2
from markupsafe import Markup

from zwicky import __version__
from zwicky.ho2019.report.chapters import contents
from zwicky.ho2019.report.limits import limits
from zwicky.ho2019.report.paper_index import paper_index
from zwicky.ho2019.report.plates import Plate
from zwicky.ho2019.report.results import RunResults
from zwicky.ho2019.report.sheets import Sheet
from zwicky.ho2019.report.words import command, facts, headline, subtitle, versions

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
        For each plate of `zwicky.ho2019.report.chapters.contents` its PNG file, by the plate's name.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("zwicky.ho2019.report", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    chapters = contents(run)
    return environment.get_template("report.html.j2").render(
        version=__version__,
        subtitle=subtitle(run),
        facts=facts(run),
        headline=headline(run.metrics),
        index=paper_index(chapters),
        chapters=_chapters(chapters, run, pictures),
        limits=limits(run),
        command=command(run),
        versions=versions(run),
        settings_text=run.settings_text,
    )


def _chapters(chapters: list, run: RunResults, pictures: Mapping[str, bytes]) -> list[dict[str, Any]]:
    number, out = 0, []
    for chapter, items in chapters:
        shown = []
        for item in items:
            if isinstance(item, Plate):
                number += 1
                shown.append(_figure(item, number, run, pictures[item.name]))
            else:
                shown.append(_table(item, run))
        out.append(
            {
                "anchor": chapter.anchor,
                "heading": chapter.heading,
                "opening": Markup(chapter.opening),
                "items": shown,
            }
        )
    return out


def _figure(plate: Plate, number: int, run: RunResults, png: bytes) -> dict[str, Any]:
    width, height = _png_size(png)
    return {
        "is_figure": True,
        "name": plate.name,
        "title": plate.title,
        "label": f"Figure {number}.",
        "paper": plate.paper,
        "caption": Markup(plate.caption(run)),
        "png": base64.b64encode(png).decode("ascii"),
        "width": round(width * 96 / _DPI),
        "height": round(height * 96 / _DPI),
    }


def _table(sheet: Sheet, run: RunResults) -> dict[str, Any]:
    grid = sheet.fill(run)
    return {
        "is_figure": False,
        "name": sheet.name,
        "title": Markup(sheet.title),
        "paper": sheet.paper,
        "caption": Markup(sheet.caption(run)),
        "grid": grid,
        "note": Markup(grid.note),
    }


def _png_size(png: bytes) -> tuple[int, int]:
    """Width and height in pixels, from the header that every PNG file begins with."""
    return struct.unpack(">II", png[16:24])
