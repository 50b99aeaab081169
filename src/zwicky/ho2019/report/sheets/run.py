"""Sheets of the run itself: its simulation in numbers, and how long everything took (Sec. 5.5)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from zwicky.ho2019.paper import PAPER_TIMES_S
from zwicky.ho2019.report.formats import count, duration, number, significant
from zwicky.ho2019.report.needs import measured
from zwicky.ho2019.report.results import RunResults
from zwicky.ho2019.report.sheets.sheet import Cell, Grid, Row, Sheet, cells
from zwicky.plots.style import METHODS
from zwicky.universe.relations import EVRARD_2008

__all__ = ["SIMULATION", "TIMES"]


def _simulation(run: RunResults) -> Grid:
    universe, snapshot = run.metrics["universe"], run.halos.snapshot
    # The published relation is one of h(z) M200c: at a given M200c in Msun/h it is higher by E(z)^slope.
    efunc = float(snapshot.cosmology.efunc(snapshot.redshift))
    sigma15, slope, scatter_ln = EVRARD_2008
    rows = (
        ("n_particles", "Particles", count, "", ""),
        ("box_size_mpc_h", "Side of the box", lambda v: number(v, 0), " Mpc/<i>h</i>", ""),
        ("redshift", "Redshift", lambda v: number(v, 3), "", ""),
        ("halos_above_1e14", "Halos above 10<sup>14</sup> M<sub>⊙</sub>/<i>h</i>", count, "", ""),
        (
            "sigma15_kms",
            "σ<sub>1D</sub> at <i>M</i><sub>200c</sub> = 10<sup>15</sup> M<sub>⊙</sub>/<i>h</i>",
            lambda v: number(v, 0),
            " km/s",
            f"{sigma15 * efunc**slope:.0f} km/s",
        ),
        ("sigma_slope", "Slope of σ<sub>1D</sub>(<i>M</i>)", lambda v: number(v, 3), "", number(slope, 3)),
        (
            "sigma_scatter_ln",
            "Scatter in ln σ<sub>1D</sub>",
            lambda v: number(v, 3),
            "",
            number(scatter_ln, 3),
        ),
        ("wall_s", "Time to make it", duration, "", ""),
        ("pairs_per_s", "Pair forces a second", lambda v: significant(v, 2), "", ""),
    )
    known = (
        (Markup(what), Markup(words(universe[key]) + unit), Markup(published))
        for key, what, words, unit, published in rows
        if _is_number(universe.get(key))
    )
    return Grid(
        (Cell("", "text"), *cells(["This universe", "Published"])),
        tuple(Row((Cell(what, "text"), Cell(ours), Cell(published))) for what, ours, published in known),
    )


def _simulation_caption(run: RunResults) -> str:
    if not _is_number(run.metrics["universe"].get("sigma15_kms")):
        return ""
    return (
        "The relation of Evrard et al. (2008) beside ours, converted from <i>h</i>(<i>z</i>) <i>M</i> to "
        "<i>M</i>."
    )


# What the stages and the measurements of one cluster are called where underscores would not do.
_WORDS = {
    "m_sigma": Markup("<i>M</i>–σ"),
    "table3": "mass and richness dependence",
    "table4": "sampling",
    "leakage": "folds in space",
    "image_1d": "density map of velocity",
    "image_2d": "density map of phase space",
}

_PAPER_OF_METHOD = {
    "cnn_1d": PAPER_TIMES_S["cnn_ten_folds"],
    "cnn_2d": PAPER_TIMES_S["cnn_ten_folds"],
    "sdm_1d": PAPER_TIMES_S["sdm_ten_folds"],
    "sdm_2d": PAPER_TIMES_S["sdm_ten_folds"],
}

_PAPER_OF_FOLD = {"cnn_1d": PAPER_TIMES_S["cnn_fold"], "cnn_2d": PAPER_TIMES_S["cnn_fold"]}

_PAPER_OF_CLUSTER = {
    "image_1d": PAPER_TIMES_S["image_1d"],
    "image_2d": PAPER_TIMES_S["image_2d"],
    "cnn_1d": PAPER_TIMES_S["network"],
    "cnn_2d": PAPER_TIMES_S["network"],
}


def _times(run: RunResults) -> Grid:
    timing = run.metrics["timing"]
    stages = {name.removesuffix("_s"): s for name, s in timing.items() if _is_number(s)}
    folds = {name[len("train_") :]: s for name, s in stages.items() if name.startswith("train_")}
    fold = {name[len("fold_") :]: s for name, s in stages.items() if name.startswith("fold_")}
    other = {name: s for name, s in stages.items() if not name.startswith(("train_", "fold_", "folds_"))}
    one = {name: 1e-6 * us for name, us in timing.get("per_cluster_us", {}).items() if _is_number(us)}
    rows = [
        *_group("Training and weighing, ten folds", folds, _PAPER_OF_METHOD),
        *_group("Training one fold", fold, _PAPER_OF_FOLD),
        *_group("One cluster", one, _PAPER_OF_CLUSTER),
        *_group("Everything else", other, {}),
    ]
    head = (
        Cell("", "text"),
        *cells(["This run", "Paper", "Paper / ours"]),
    )
    note = (
        "Wall-clock times. The paper's are from two nodes of 14 cores each, ours from the machine that is "
        "named at the end of this report. The paper gives one time, about ten minutes, for the ten folds of "
        "“both CNN architectures”, and about six hours for each SDM. The last column compares machines and "
        "programs at once, not methods."
    )
    return Grid(head, tuple(rows), Markup(note))


def _group(title: str, seconds: Mapping[str, float], paper: Mapping[str, float]) -> list[Row]:
    rows = [Row((Cell(title, "text", 4),), "group")] if seconds else []
    for name, ours in seconds.items():
        theirs = paper.get(name)
        ratio = theirs / ours if theirs and ours else None
        times = "" if ratio is None else f"{number(ratio, 0 if ratio >= 10 else 1)} ×"
        published = "" if theirs is None else f"~{duration(theirs)}" if theirs > 1 else duration(theirs)
        rows.append(Row((Cell(_stage(name), "text in"), *cells([duration(ours), published, times]))))
    return rows


def _stage(name: str) -> str:
    """A stage or measurement in words.

    >>> str(_stage("weigh_m_sigma")), str(_stage("cnn_1d")), _stage("mocks")
    ('galaxies to mass, <i>M</i>–σ', 'CNN<sub>1D</sub>', 'mocks')
    """
    if name.startswith("weigh_"):
        return Markup("galaxies to mass, {}").format(_stage(name[len("weigh_") :]))
    if name in METHODS:
        return Markup(METHODS[name].html)
    return _WORDS.get(name, name.replace("_", " "))


def _times_caption(run: RunResults) -> str:
    return "How long it takes, ours beside the paper's."


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


SIMULATION = Sheet("simulation", "The simulation in numbers.", _simulation, _simulation_caption)
TIMES = Sheet("times-table", "Times.", _times, _times_caption, "Sec. 5.5", measured("timing"))
