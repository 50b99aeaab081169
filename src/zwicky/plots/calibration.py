"""Whether posteriors hold what they say: histograms of where the truth lies, and coverage in bins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from zwicky.plots.style import GREY

__all__ = ["draw_binned", "draw_pit"]


def draw_pit(share: Sequence[float], error: Sequence[float], colour: str, axes: Axes) -> Axes:
    """Histogram of the probability that a posterior gives to masses below the truth, over an even one.

    Even is right; a hump tells of intervals that are too wide, horns of ones too narrow, a slope of a lean:
    down to the right where masses come out high.

    Parameters
    ----------
    share, error
        Shares of the clusters in equal bins from 0 to 1, and their standard errors, shape (b,).
    colour
        Of the bars.
    axes
        Panel.

    Returns
    -------
    Axes
        The same, drawn on.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> axes = draw_pit([0.24, 0.26, 0.25, 0.25], [0.02] * 4, "C0", Figure().subplots())
    >>> len(axes.containers)
    1
    """
    n = len(share)
    height, bar = n * np.asarray(share, dtype=float), n * np.asarray(error, dtype=float)
    edges = np.linspace(0.0, 1.0, n + 1)
    axes.stairs(height, edges, fill=True, color=colour, alpha=0.3)
    axes.stairs(height, edges, color=colour, linewidth=1.4)
    axes.errorbar(0.5 * (edges[1:] + edges[:-1]), height, bar, fmt="none", ecolor=colour, elinewidth=1.0)
    axes.axhline(1.0, color=GREY, linewidth=1.0, linestyle="--")
    shared = axes.get_ylim()[1] if axes.has_data() and not axes.get_autoscaley_on() else 0.0
    axes.set(xlim=(0, 1), ylim=(0, max(shared, 1.15 * height.max(initial=1.0))))
    return axes


def draw_binned(
    bins: Sequence[Mapping[str, Any]],
    values: Sequence[float],
    errors: Sequence[float],
    axes: Axes,
    *,
    aim: float,
    colour: str,
    line: Any = "-",
) -> Axes:
    """A number of each bin at the middle of the bin, with its error, and what it should be.

    Parameters
    ----------
    bins
        With ``low`` and ``high``.
    values, errors
        One a bin.
    axes
        Panel.
    aim
        Where the values should be, drawn in grey.
    colour, line
        How this one is shown.
    """
    middle = [0.5 * (found["low"] + found["high"]) for found in bins]
    axes.axhline(aim, color=GREY, linewidth=0.8, linestyle="-", zorder=0)
    axes.errorbar(
        middle, values, errors, color=colour, linestyle=line, marker="o", markersize=3, linewidth=1.4,
        elinewidth=0.9,
    )  # fmt: skip
    return axes
