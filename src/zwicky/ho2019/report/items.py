"""Figures and tables of the report: what makes each from a run, and which runs can have it.

A figure or table is registered where it is made; its place in the report, its title and its words are in the
templates. It is left out of the report of a run that lacks what it needs: a small or old one, one without
some method, one on a universe of which nobody here has seen the particles.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from zwicky.ho2019.report.results import RunResults

__all__ = [
    "FIGURES",
    "PAPER_ITEMS",
    "TABLES",
    "Item",
    "diagnosed",
    "figure",
    "halo_dispersions",
    "measured",
    "paper_index",
    "posteriors",
    "table",
    "weighed_by",
]

Needs = Callable[[RunResults], bool]


@dataclass(frozen=True)
class Item:
    """A figure or table.

    Parameters
    ----------
    make
        Makes a matplotlib ``Figure``, the bytes of an SVG, or a `Table` from a run.
    paper
        What it corresponds to in Ho et al. (2019), a key of `PAPER_ITEMS`; empty if nothing.
    needs
        Whether a run has what it takes.
    """

    make: Callable[[RunResults], Any]
    paper: str
    needs: Needs


#: By name, which is its anchor in the page and the name of a figure's files.
FIGURES: dict[str, Item] = {}
TABLES: dict[str, Item] = {}

#: Everything that the paper shows, in words.
PAPER_ITEMS = {
    "Fig. 1": "a cluster in three views",
    "Fig. 2": "training and test mass functions",
    "Fig. 3": "input images",
    "Fig. 4": "network architectures",
    "Fig. 5": "loss curves",
    "Fig. 6": "M–σ relations",
    "Fig. 7": "predicted and true mass",
    "Fig. 8": "residuals of all methods",
    "Fig. 9": "normalised residuals",
    "Fig. 10": "deviation with sampling rate",
    "Table 1": "fits of M–σ",
    "Table 2": "scatter, skewness, kurtosis",
    "Table 3": "mass and richness dependence",
    "Table 4": "robustness to sampling",
    "Sec. 5.1": "who is better, and by how much",
    "Eqs. 9–10": "effect on cluster counts",
    "Sec. 5.5": "times",
    "Sec. 6": "conclusions, one by one",
}


def _always(run: RunResults) -> bool:
    return True


def figure(name: str, paper: str = "", needs: Needs = _always) -> Callable[[Callable], Callable]:
    """Register the function below as the maker of a figure."""
    return _registered(FIGURES, name, paper, needs)


def table(name: str, paper: str = "", needs: Needs = _always) -> Callable[[Callable], Callable]:
    """Register the function below as the maker of a table."""
    return _registered(TABLES, name, paper, needs)


def _registered(
    items: dict[str, Item], name: str, paper: str, needs: Needs
) -> Callable[[Callable], Callable]:
    def register(make: Callable) -> Callable:
        items[name] = Item(make, paper, needs)
        return make

    return register


def paper_index(run: RunResults) -> dict[str, list[str]]:
    """For everything that the paper shows, the anchors of what a run's report has of it, tables first."""
    items = [(name, item) for name, item in {**TABLES, **FIGURES}.items() if item.needs(run)]
    return {paper: [name for name, item in items if item.paper == paper] for paper in PAPER_ITEMS}


def measured(*names: str) -> Needs:
    """All of these entries of the metrics are there and not empty."""
    return lambda run: all(run.metrics.get(name) for name in names)


def weighed_by(*methods: str) -> Needs:
    """At least one of these methods weighed the test clusters."""
    return lambda run: any(name in run.predictions.log10_predicted_h for name in methods)


def diagnosed(*names: str) -> Needs:
    """These diagnostics of the universe were measured."""
    return lambda run: all(name in run.diagnostics for name in names)


def halo_dispersions(run: RunResults) -> bool:
    """The halos carry the velocity dispersion of their matter."""
    return bool(np.isfinite(run.halos.sigma_1d).any())


def posteriors(*methods: str) -> Needs:
    """The samples behind Table 3 were kept for at least one of these methods."""
    return lambda run: any(name in run.posteriors for name in methods)
