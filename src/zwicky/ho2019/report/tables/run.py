"""The run itself: its simulation in numbers, how long everything took, and the paper's conclusions."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup, escape

from zwicky.ho2019.paper import PAPER_TIMES_S
from zwicky.ho2019.report.formats import duration, grouped, number, significant
from zwicky.ho2019.report.items import measured, table
from zwicky.ho2019.report.results import RunResults
from zwicky.ho2019.report.tables.table import Cell, Row, Table, cells
from zwicky.plots import METHODS
from zwicky.universe.relations import EVRARD_2008

__all__ = ["typeset"]


@table("simulation")
def _simulation(run: RunResults) -> Table:
    universe, snapshot = run.metrics["universe"], run.halos.snapshot
    # The published relation is one of h(z) M200c: at a given M200c in Msun/h it is higher by E(z)^slope.
    efunc = float(snapshot.cosmology.efunc(snapshot.redshift))
    sigma15, slope, scatter_ln = EVRARD_2008
    sigma15_text = f"{sigma15 * efunc**slope:.0f} km/s"
    at = "σ<sub>1D</sub> at <i>M</i><sub>200c</sub> = 10<sup>15</sup> M<sub>⊙</sub>/<i>h</i>"
    rows = (
        ("n_particles", "Particles", grouped, "", ""),
        ("box_size_mpc_h", "Side of the box", lambda v: number(v, 0), " Mpc/<i>h</i>", ""),
        ("redshift", "Redshift", lambda v: number(v, 3), "", ""),
        ("halos_above_1e14", "Halos above 10<sup>14</sup> M<sub>⊙</sub>/<i>h</i>", grouped, "", ""),
        ("sigma15_kms", at, lambda v: number(v, 0), " km/s", sigma15_text),
        ("sigma_slope", "Slope of σ<sub>1D</sub>(<i>M</i>)", lambda v: number(v, 3), "", number(slope, 3)),
        ("sigma_scatter_ln", "Scatter in ln σ<sub>1D</sub>", lambda v: number(v, 3), "", f"{scatter_ln:.3f}"),
        ("wall_s", "Time to make it", duration, "", ""),
        ("pairs_per_s", "Pair forces a second", lambda v: significant(v, 2), "", ""),
    )
    known = [
        Row((Cell(Markup(what), "text"), *cells([Markup(words(universe[key]) + unit), Markup(published)])))
        for key, what, words, unit, published in rows
        if _is_number(universe.get(key))
    ]
    return Table((Cell("", "text"), *cells(["This universe", "Published"])), tuple(known))


# What the stages and the measurements of one cluster are called where underscores would not do.
_WORDS = {
    "m_sigma": Markup("<i>M</i>–σ"),
    "table3": "mass and richness dependence",
    "table4": "sampling",
    "leakage": "folds in space",
    "image_1d": "density map of velocity",
    "image_2d": "density map of phase space",
}
_OF_METHOD = {"cnn_1d": "cnn_ten_folds", "cnn_2d": "cnn_ten_folds"} | dict.fromkeys(
    ("sdm_1d", "sdm_2d"), "sdm_ten_folds"
)
_OF_FOLD = {"cnn_1d": "cnn_fold", "cnn_2d": "cnn_fold"}
_OF_CLUSTER = {"image_1d": "image_1d", "image_2d": "image_2d", "cnn_1d": "network", "cnn_2d": "network"}


@table("times-table", "Sec. 5.5", measured("timing"))
def _times(run: RunResults) -> Table:
    timing = run.metrics["timing"]
    stages = {name.removesuffix("_s"): s for name, s in timing.items() if _is_number(s)}
    folds = {name[len("train_") :]: s for name, s in stages.items() if name.startswith("train_")}
    fold = {name[len("fold_") :]: s for name, s in stages.items() if name.startswith("fold_")}
    other = {name: s for name, s in stages.items() if not name.startswith(("train_", "fold_", "folds_"))}
    one = {name: 1e-6 * us for name, us in timing.get("per_cluster_us", {}).items() if _is_number(us)}
    rows = [
        *_group("Training and weighing, ten folds", folds, _OF_METHOD),
        *_group("Training one fold", fold, _OF_FOLD),
        *_group("One cluster", one, _OF_CLUSTER),
        *_group("Everything else", other, {}),
    ]
    return Table((Cell("", "text"), *cells(["This run", "Paper", "Paper / ours"])), tuple(rows))


def _group(title: str, seconds: Mapping[str, float], paper: Mapping[str, str]) -> list[Row]:
    rows = [Row((Cell(title, "text", 4),), "group")] if seconds else []
    for name, ours in seconds.items():
        theirs = PAPER_TIMES_S[paper[name]] if name in paper else None
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
        return METHODS[name].html
    return _WORDS.get(name, name.replace("_", " "))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


#: Beyond this many of our errors a difference is given as "more than".
_MANY_SIGMA = 30.0

_UNITS = {"us": "µs"}
_DECIMALS = {"%": 1, "dex": 3, "s": 0, "us": 1}
_GREEK = {"mu": "μ", "sigma": "σ", "alpha": "α"}


def typeset(text: str) -> Markup:
    """Plain text with its symbols as they are printed.

    >>> typeset("CNN_2D and M-sigma: sigma_0 < 1")
    Markup('CNN<sub>2D</sub> and <i>M</i>–σ: σ<sub>0</sub> &lt; 1')
    """
    html = str(escape(text))
    html = re.sub(r"\b(CNN|SDM)_([12]D)\b", r"\1<sub>\2</sub>", html)
    html = html.replace("M-sigma", "<i>M</i>–σ")
    html = re.sub(r"\b(mu|sigma|alpha)_(\d)", lambda m: f"{_GREEK[m[1]]}<sub>{m[2]}</sub>", html)
    return Markup(html)


def _judged(run: RunResults) -> bool:
    return bool(run.metrics.get("claims")) and all("verdict" in claim for claim in run.metrics["claims"])


@table("claims-table", "Sec. 6", _judged)
def _claims(run: RunResults) -> Table:
    rows, before = [], None
    for claim in run.metrics["claims"]:
        conclusion = claim["number"]
        first = conclusion != before
        told = Markup("{}<br><small>{}</small>").format(typeset(claim["claim"]), typeset(claim["text"]))
        number_cell = Cell(str(conclusion) if first else "", "text strong")
        row = (number_cell, Cell(told, "text prose"), *cells(_values(claim)), _verdict(claim))
        rows.append(Row(row, "top first" if first else "top"))
        before = conclusion
    middle = Cell("The paper says", "text"), *cells(["Paper", "This run"])
    return Table((Cell("", "text"), *middle, Cell("Verdict", "text")), tuple(rows), wide=True)


def _values(claim: Mapping[str, Any]) -> tuple[str, str]:
    """The paper's number, and ours with its error."""
    unit, error = claim.get("unit", ""), claim["error"]
    decimals = _DECIMALS.get(unit, 3)
    suffix = f"\N{NO-BREAK SPACE}{_UNITS.get(unit, unit)}" if unit else ""
    paper = "" if claim["paper"] is None else f"{number(claim['paper'], decimals)}{suffix}"
    spread = "" if error is None else f" ± {number(error, decimals)}"
    return paper, f"{number(claim['ours'], decimals)}{spread}{suffix}"


def _verdict(claim: Mapping[str, Any]) -> Cell:
    """The verdict, and by how many of our errors the two differ."""
    word, sigma = claim["verdict"], claim["sigma"]
    kind = {"agrees": "yes", "opposite sign": "no"}.get(word, "half")
    if sigma is not None:
        many = abs(sigma) > _MANY_SIGMA
        word += f", > {_MANY_SIGMA:g} σ apart" if many else f", {abs(sigma):.1f} σ apart"
    return Cell(word, f"text verdict {kind}")
