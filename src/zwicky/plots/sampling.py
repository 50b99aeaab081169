"""How masses drift when galaxies are missing (Fig. 10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from zwicky.plots.bands import draw_interval
from zwicky.plots.style import GREY, method_style

__all__ = ["draw_sampling"]


def draw_sampling(
    names: Sequence[str], table4: Mapping[str, Mapping[str, Any]], axes: Axes, limit: float = 0.4
) -> Axes:
    """Median and 16th to 84th percentile of the subsampled mass deviation (Eq. 14) against sampling rate.

    Parameters
    ----------
    names
        Methods, keys of `zwicky.plots.style.METHODS` or any other name and of `table4`.
    table4
        For each method ``rates``, ``median``, ``p16`` and ``p84`` (lists; offsets from the median, dex), and
        ``window``, the rates that Table 4 takes together.
    axes
        Where to draw.
    limit
        Deviations are shown between minus and plus this, in dex.
    """
    for name in names:
        row, method = table4[name], method_style(name)
        rates = np.asarray(row["rates"], dtype=float)
        median, p16, p84 = (np.asarray(row[key], dtype=float) for key in ("median", "p16", "p84"))
        band = median + p16, median, median + p84
        draw_interval(axes, rates, *band, method.colour, method.line, method.label, fill=0.22)
    window = next((table4[name]["window"] for name in names), None)
    if window is not None:
        axes.axvspan(*window, color=GREY, alpha=0.10, linewidth=0)
    axes.axhline(0.0, color=GREY, linestyle="--", linewidth=1.0)
    axes.set(xlim=(0, 1), ylim=(-limit, limit))
    axes.legend(loc="lower right", fontsize=8.5)
    return axes
