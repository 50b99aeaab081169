"""The report as one HTML file: pictures inside, no network, readable on a screen and on paper.

The words are in ``templates``, a file a chapter: where its figures and tables go, and what is in them.
"""

from __future__ import annotations

import base64
import re
import struct
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import jinja2
from markupsafe import Markup

from zwicky import __version__
from zwicky.diagnostics import COUNTS_SLOPE
from zwicky.estimators import CNNSettings
from zwicky.ho2019.paper import MDPL2_PARTICLE_MSUN_H, PAPER_TABLE2, PAPER_TABLE3
from zwicky.ho2019.report import calibration, figures, formats, tables  # noqa: F401 (which register what they make)
from zwicky.ho2019.report.examples import typical_row
from zwicky.ho2019.report.items import FIGURES, PAPER_ITEMS, TABLES, paper_index
from zwicky.ho2019.report.results import RunResults
from zwicky.io.files import provenance
from zwicky.pages import page_environment
from zwicky.plots import method_style
from zwicky.plots.style import in_order
from zwicky.settings import to_mapping
from zwicky.units import critical_density

__all__ = ["CHAPTERS", "headline", "render_html"]

#: Chapters in order, by anchor, which is the name of the template; one that has nothing to show is left out.
CHAPTERS = {
    "result": "The result",
    "universe": "The universe",
    "observations": "Mock observations",
    "m-sigma": "The classical way: one number",
    "networks": "The networks",
    "residuals-of-all": "All methods beside each other",
    "calibration": "Do the intervals hold?",
    "dependence": "Mass and richness",
    "robustness": "With galaxies missing",
    "neighbours": "Neighbours",
    "times": "Times",
    "conclusions": "What the paper concludes, and what we find",
}

#: Dots per inch at which the pictures are drawn; CSS has 96.
_DPI = 150


def render_html(run: RunResults, pictures: Mapping[str, bytes]) -> str:
    """The report of a run.

    Parameters
    ----------
    run
        The results.
    pictures
        For each figure that the run can have its PNG or SVG file, by name.
    """
    page, environment = _Page(run, pictures), _environment()
    chapters = []
    for anchor, heading in CHAPTERS.items():
        shown = page.shown
        template = environment.get_template(f"chapters/{anchor}.html.j2")
        body = Markup(template.render(**page.names(), **_facts(run)))
        if page.shown > shown:
            chapters.append({"anchor": anchor, "heading": heading, "body": body})
    return environment.get_template("report.html.j2").render(
        run=run,
        version=__version__,
        facts=_at_a_glance(run),
        headline=headline(run.metrics),
        index=paper_index(run),
        paper_items=PAPER_ITEMS,
        chapters=chapters,
        versions=_versions(run),
        mdpl2_particle_msun_h=MDPL2_PARTICLE_MSUN_H,
        particle_msun_h=_particle_msun_h(run),
    )


def headline(metrics: Mapping[str, Any]) -> Markup:
    """The result in a few sentences, of the best of the paper's methods that an observer can have.

    Whatever else scatters less on these mocks, such as counting galaxies of one density, is told beside it.
    """
    measured = [name for name, row in metrics["table2"].items() if row["scatter"] is not None]
    measured = [name for name in measured if name != "m_sigma_pure"] or measured
    papers = [name for name in measured if name in PAPER_TABLE2] or measured

    def least(names: list[str]) -> str | None:
        return min(names, key=lambda name: metrics["table2"][name]["scatter"], default=None)

    best, better = least(papers), least(measured)
    template = _environment().get_template("headline.html.j2")
    return Markup(
        template.render(metrics=metrics, best=best, better=None if better == best else better).strip()
    )


class _Page:
    """What the chapters call: figures and tables, which count themselves, and notes below tables.

    Each is given its words by the template's ``call`` block, and gives nothing where the run lacks it.
    """

    def __init__(self, run: RunResults, pictures: Mapping[str, bytes]):
        self.run, self.pictures = run, pictures
        self.shown = self.n_figures = 0
        self.set: Any = _environment().get_template("items.html.j2").module

    def names(self) -> dict[str, Callable]:
        return {"figure": self.figure, "table": self.table, "note": self.note}

    def figure(self, name: str, title: str, caller: Callable[[], str]) -> str:
        item = FIGURES[name]
        if not item.needs(self.run):
            return ""
        self.shown += 1
        self.n_figures += 1
        picture = _embedded(self.pictures[name])
        return self.set.figure(name, self.n_figures, title, item.paper, *picture, caller())

    def table(self, name: str, title: str, caller: Callable[[], str]) -> str:
        item = TABLES[name]
        if not item.needs(self.run):
            return ""
        self.shown += 1
        return self.set.table(name, title, item.paper, item.make(self.run), caller())

    def note(self, table: str, caller: Callable[[], str]) -> str:
        if not TABLES[table].needs(self.run):
            return ""
        return Markup('<p class="note">{}</p>').format(caller())


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    environment = page_environment("zwicky.ho2019.report")
    environment.filters |= {name: getattr(formats, name) for name in formats.__all__}
    environment.filters["html"] = lambda name: method_style(name).html
    return environment


def _facts(run: RunResults) -> dict[str, Any]:
    """What chapters speak of beside the run itself."""
    absent = [name for name in in_order(PAPER_TABLE2) if name not in run.metrics["table2"]]
    training = to_mapping(CNNSettings()) | run.settings.get("training", {})
    return {
        "run": run,
        "missing": absent,
        "paper_table3": PAPER_TABLE3,
        "training": training,
        "counts_slope": COUNTS_SLOPE,
        "example": lambda sample: sample[typical_row(sample)],
    }


def _particle_msun_h(run: RunResults) -> float | None:
    """Mass of a particle of a universe of our own."""
    n, snapshot = run.metrics["universe"].get("n_particles"), run.halos.snapshot
    cosmology = snapshot.cosmology
    matter = cosmology.Om0 * critical_density(cosmology.H0.value) * snapshot.box_size**3
    return None if n is None else matter * run.h / n


def _at_a_glance(run: RunResults) -> list[tuple[str, str]]:
    """Name and value, in the order shown."""
    universe = run.metrics["universe"]
    particles = universe.get("n_particles")
    rows = [
        ("Simulation", run.halos.snapshot.simulation if run.is_imported else None),
        ("Particles", None if particles is None else formats.grouped(particles)),
        ("Box", f"{formats.number(universe.get('box_size_mpc_h'), 0)} Mpc/h"),
        ("Redshift", f"{universe['redshift']:g}"),
        (
            "Mock clusters",
            f"{formats.grouped(len(run.mocks.train))} training, {formats.grouped(len(run.mocks.test))} test",
        ),
        ("Seed", run.settings.get("seed", run.settings.get("universe", {}).get("seed"))),
        ("Zwicky", __version__),
    ]
    return [(name, str(value)) for name, value in rows if value is not None]


def _versions(run: RunResults) -> list[tuple[str, str]]:
    """Versions that made the universe, and the machine."""
    made = {**provenance(), **run.provenance}
    packages = sorted(made.get("packages", {}).items())
    names = [(name, made[name]) for name in ("zwicky", "python")]
    return [(name, str(value)) for name, value in (*names, *packages, ("machine", made["machine"]))]


def _embedded(picture: bytes) -> tuple[str, tuple[int, int]]:
    """A PNG's or SVG's data URL, and its width and height in CSS pixels."""
    if picture.startswith(b"\x89PNG"):
        kind, size = "png", struct.unpack(">II", picture[16:24])  # the header of every PNG file
        shape = tuple(round(pixels * 96 / _DPI) for pixels in size)
    else:
        kind, size = "svg+xml", re.search(rb'width="([\d.]+)pt" height="([\d.]+)pt"', picture).groups()
        shape = tuple(round(float(points) * 96 / 72) for points in size)
    return f"data:image/{kind};base64,{base64.b64encode(picture).decode('ascii')}", shape
