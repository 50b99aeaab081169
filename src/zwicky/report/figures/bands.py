"""Bands and steps that several figures share."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from zwicky.evaluation import BinnedQuantiles

__all__ = ["LOG10_M200C_H", "draw_band", "mass_edges", "quiet"]

#: Axis label of the true mass, in the paper's unit.
LOG10_M200C_H = r"$\log_{10}\ M_{200c}\ [h^{-1}\,M_\odot]$"


def draw_band(
    axes: Axes,
    binned: BinnedQuantiles,
    colour: str,
    line: Any = "-",
    label: str | None = None,
    wide: bool = True,
) -> Axes:
    """Median line, 16th-84th percentile band and, if `wide`, the 3rd-97th percentile band.

    Thin edges are drawn round the inner band, so that two bands can be told apart in grey.
    """
    x = binned.centres
    if wide:
        axes.fill_between(x, binned.at(0.03), binned.at(0.97), color=colour, alpha=0.14, linewidth=0)
    axes.fill_between(x, binned.at(0.16), binned.at(0.84), color=colour, alpha=0.26, linewidth=0)
    for level in (0.16, 0.84):
        axes.plot(x, binned.at(level), color=colour, linewidth=0.8, linestyle=line)
    axes.plot(x, binned.at(0.5), color=colour, linewidth=2.0, linestyle=line, label=label)
    return axes


def mass_edges(low: float, high: float, n_clusters: int) -> np.ndarray:
    """Mass bins between `low` and `high`: 0.05 dex for a large sample, 0.1 dex for a small one.

    >>> len(mass_edges(14.0, 15.0, 500))
    11
    """
    return np.linspace(low, high, 1 + round((high - low) / (0.05 if n_clusters > 5000 else 0.1)))


def quiet(axes: Axes) -> Axes:
    """Hide tick labels that a panel below repeats."""
    axes.tick_params(labelbottom=False)
    return axes
