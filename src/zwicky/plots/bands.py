"""Bands and steps that several figures share."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from zwicky.diagnostics import BinnedQuantiles

__all__ = ["LOG10_M200C_H", "draw_band", "draw_interval", "mass_edges", "quiet"]

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
    """Median line, 16th-84th percentile band and, if `wide`, the 3rd-97th percentile band."""
    x = binned.centres
    if wide:
        axes.fill_between(x, binned.at(0.03), binned.at(0.97), color=colour, alpha=0.14, linewidth=0)
    return draw_interval(axes, x, binned.at(0.16), binned.at(0.5), binned.at(0.84), colour, line, label)


def draw_interval(
    axes: Axes,
    x: np.ndarray,
    low: np.ndarray,
    middle: np.ndarray,
    high: np.ndarray,
    colour: str,
    line: Any = "-",
    label: str | None = None,
    fill: float = 0.26,
) -> Axes:
    """A line with a band round it; `fill` is the band's opacity.

    Thin edges are drawn round the band, so that two bands can be told apart in grey.
    """
    if fill:
        axes.fill_between(x, low, high, color=colour, alpha=fill, linewidth=0)
    for edge in (low, high):
        axes.plot(x, edge, color=colour, linewidth=0.8, linestyle=line)
    axes.plot(x, middle, color=colour, linewidth=2.0, linestyle=line, label=label)
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
