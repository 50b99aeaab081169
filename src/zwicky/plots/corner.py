"""A corner plot: samples of a posterior, parameter by parameter and pair by pair (Table 3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator

from zwicky.extras import require
from zwicky.plots.style import method_style

__all__ = ["draw_corner"]

#: Shares of the samples inside the contours; opacities outside them, between them and inside both.
_SHARES = (0.68, 0.95)
_OPACITIES = (0.0, 0.22, 0.4)
_STYLE = {
    "bins": 100,
    "smooth": 3.0,
    "smooth1d": 2.5,
    "levels": _SHARES,
    "plot_datapoints": False,
    "plot_density": False,
    "no_fill_contours": True,
    "fill_contours": True,
    "max_n_ticks": 3,
}


def draw_corner(
    posteriors: Mapping[str, Mapping[str, np.ndarray]],
    labels: Mapping[str, str],
    errors: Mapping[str, Mapping[str, float | None]],
    axes: np.ndarray,
) -> np.ndarray:
    """Densities of each parameter and contours of each pair (68 and 95 %), the methods over each other.

    Parameters
    ----------
    posteriors
        For each method its samples by parameter, shape (n,).
    labels
        Parameters to show, in order, with their axis labels.
    errors
        For each method and parameter a standard error that the posterior does not know of (from resampled
        halos); drawn as a bar round the median, where there is one.
    axes : array of Axes, shape (k, k)
        All panels of their figure; those above the diagonal are emptied.

    Returns
    -------
    array of Axes, shape (k, k)
        The same, drawn on.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> rng = np.random.default_rng(1)
    >>> posterior = {"scatter": rng.normal(0.1, 0.01, 500), "slope": rng.normal(0.0, 0.1, 500)}
    >>> axes = Figure().subplots(2, 2)
    >>> draw_corner({"cnn_2d": posterior}, {"scatter": "dex", "slope": "slope"}, {}, axes) is axes
    True
    """
    require("corner", "train", "the corner plot")
    from corner import corner

    names = list(labels)
    ranges = [_range(posteriors, errors, name) for name in names]
    figure = axes[0, 0].figure
    figure.set_layout_engine(None)  # one of ours would make columns of unequal width
    for k, (method, samples) in enumerate(posteriors.items()):
        style = method_style(method)
        corner(
            np.column_stack([samples[name] for name in names]),
            fig=figure,
            range=ranges,
            color=style.colour,
            hist_kwargs={"linestyle": style.line, "linewidth": 1.4},
            contour_kwargs={"linestyles": style.line, "linewidths": 1.0},
            contourf_kwargs={"colors": [to_rgba(style.colour, alpha) for alpha in _OPACITIES]},
            **_STYLE,
        )
        for i, name in enumerate(names):
            _to_height_one(axes[i, i], style.colour)
            error = errors.get(method, {}).get(name)
            if error is not None:
                bar = {"color": style.colour, "markersize": 3, "capsize": 2, "linewidth": 1.0}
                axes[i, i].errorbar(np.median(samples[name]), 1.14 + 0.14 * k, xerr=error, fmt="o", **bar)
    _tidy(axes, list(labels.values()), ranges)
    return axes


def _range(posteriors: Mapping[str, Any], errors: Mapping[str, Any], name: str) -> tuple[float, float]:
    """What holds nearly all samples of all methods, and the bars of their errors."""
    ends = []
    for method, samples in posteriors.items():
        error = errors.get(method, {}).get(name) or 0.0
        median = np.median(samples[name])
        ends += [*np.quantile(samples[name], [0.001, 0.999]), median - 1.2 * error, median + 1.2 * error]
    low, high = min(ends), max(ends)
    margin = 0.08 * (high - low) or 1e-6
    return low - margin, high + margin


def _to_height_one(panel: Axes, colour: str) -> None:
    """Scale the steps just drawn to a curve of height one: narrow and wide densities share a panel."""
    curve = panel.lines[-1]
    x, height = (values.reshape(-1, 2).mean(axis=1) for values in curve.get_data())
    curve.set_data(x, height / height.max())
    panel.fill_between(x, 0, height / height.max(), color=colour, alpha=0.2, linewidth=0)


def _tidy(axes: np.ndarray, labels: list[str], ranges: list[tuple[float, float]]) -> None:
    """Upper panels away, one set of labels a row and column, ticks where neighbours' labels do not meet."""
    last = len(labels) - 1
    ticks = []
    for low, high in ranges:
        inner = 0.15 * (high - low)
        round_numbers = MaxNLocator(3).tick_values(low, high)
        ticks.append(FixedLocator([x for x in round_numbers if low + inner <= x <= high - inner]))
    for i, j in np.ndindex(axes.shape):
        panel = axes[i, j]
        if j > i:
            panel.set_axis_off()
            continue
        panel.set_xlim(*ranges[j])
        panel.xaxis.set_major_locator(FixedLocator(ticks[j].locs))
        if i > j:
            panel.set_ylim(*ranges[i])
            panel.yaxis.set_major_locator(FixedLocator(ticks[i].locs))
        else:
            panel.set_ylim(0, 1.45)
        for axis in (panel.xaxis, panel.yaxis):
            axis.set_minor_locator(NullLocator())
        panel.tick_params(labelbottom=i == last, labelleft=j == 0 and i > 0, labelsize=8, labelrotation=0)
        panel.set_xlabel(labels[j] if i == last else "")
        panel.set_ylabel(labels[i] if j == 0 and i > 0 else "")
        for axis in (panel.xaxis, panel.yaxis):
            axis.set_label_coords(*((0.5, -0.16) if axis is panel.xaxis else (-0.3, 0.5)))
