"""A corner plot: samples of a posterior, parameter by parameter and pair by pair (Table 3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator
from scipy.ndimage import gaussian_filter

from zwicky.plots.style import METHODS

__all__ = ["contour_levels", "draw_corner"]

#: Shares of the samples inside the contours.
_SHARES = (0.68, 0.95)
_BINS = 60


def draw_corner(
    posteriors: Mapping[str, Mapping[str, np.ndarray]],
    labels: Mapping[str, str],
    errors: Mapping[str, Mapping[str, float | None]],
    axes: np.ndarray,
) -> np.ndarray:
    """Densities of each parameter and contours of each pair, the methods over each other.

    Parameters
    ----------
    posteriors
        For each method (a key of `zwicky.plots.style.METHODS`) its samples by parameter, shape (n,).
    labels
        Parameters to show, in order, with their axis labels.
    errors
        For each method and parameter a standard error that the posterior does not know of (from resampled
        halos); drawn as a bar round the median, where there is one.
    axes : array of Axes, shape (k, k)
        Panels; those above the diagonal are emptied.
    """
    names = list(labels)
    ranges = [_range(posteriors, errors, name) for name in names]
    for i, j in np.ndindex(axes.shape):
        panel: Axes = axes[i, j]
        if j > i:
            panel.set_axis_off()
            continue
        for k, (method, samples) in enumerate(posteriors.items()):
            if i == j:
                _density(panel, samples[names[i]], ranges[i], method)
                _error_bar(panel, samples[names[i]], errors.get(method, {}).get(names[i]), k, method)
            else:
                _contours(panel, samples[names[j]], samples[names[i]], ranges[j], ranges[i], method)
        panel.set_xlim(*ranges[j])
        if i == j:
            panel.set_ylim(0, 1.45)
            panel.set_yticks([])
        else:
            panel.set_ylim(*ranges[i])
            panel.yaxis.set_major_locator(_ticks(*ranges[i]))
        panel.xaxis.set_major_locator(_ticks(*ranges[j]))
        for axis in (panel.xaxis, panel.yaxis):
            axis.set_minor_locator(NullLocator())
        panel.tick_params(
            labelbottom=i == len(names) - 1, labelleft=j == 0 and i > 0, labelsize=8, labelrotation=0
        )
        if i == len(names) - 1:
            panel.set_xlabel(labels[names[j]])
        if j == 0 and i > 0:
            panel.set_ylabel(labels[names[i]])
    return axes


def contour_levels(density: np.ndarray, shares: Sequence[float]) -> np.ndarray:
    """Densities above which given shares of the whole lie, rising.

    >>> contour_levels(np.array([1.0, 2.0, 3.0, 4.0]), [0.4, 0.9])
    array([2., 4.])
    """
    ordered = np.sort(density, axis=None)[::-1]
    inside = np.cumsum(ordered) / ordered.sum()
    at = np.searchsorted(inside, np.asarray(shares) - 1e-12)
    return np.sort(ordered[np.minimum(at, len(ordered) - 1)])


def _range(posteriors: Mapping[str, Any], errors: Mapping[str, Any], name: str) -> tuple[float, float]:
    """What holds nearly all samples of all methods, and the bars of their errors."""
    ends = []
    for method, samples in posteriors.items():
        values = samples[name]
        error = errors.get(method, {}).get(name) or 0.0
        median = np.median(values)
        ends += [*np.quantile(values, [0.001, 0.999]), median - 1.2 * error, median + 1.2 * error]
    low, high = min(ends), max(ends)
    margin = 0.08 * (high - low) or 1e-6
    return low - margin, high + margin


def _ticks(low: float, high: float) -> FixedLocator:
    """A few round numbers away from the ends, where the labels of neighbouring panels would meet."""
    margin = 0.15 * (high - low)
    ticks = MaxNLocator(3).tick_values(low, high)
    return FixedLocator([tick for tick in ticks if low + margin <= tick <= high - margin])


def _density(panel: Axes, values: np.ndarray, limits: tuple[float, float], method: str) -> None:
    """A histogram fine enough for the method's own width, highest at one."""
    style = METHODS[method]
    low, high = np.quantile(values, [0.001, 0.999])
    edges = np.linspace(low, high, 36) if high > low else np.linspace(*limits, 36)
    counts, _ = np.histogram(values, edges)
    smooth = gaussian_filter(counts.astype(float), 1.0, mode="constant")
    centres = 0.5 * (edges[1:] + edges[:-1])
    height = smooth / smooth.max()
    panel.plot(centres, height, color=style.colour, linestyle=style.line, linewidth=1.4)
    panel.fill_between(centres, 0, height, color=style.colour, alpha=0.2, linewidth=0)


def _error_bar(panel: Axes, values: np.ndarray, error: float | None, k: int, method: str) -> None:
    if error is None:
        return
    panel.errorbar(
        np.median(values),
        1.14 + 0.14 * k,
        xerr=error,
        fmt="o",
        color=METHODS[method].colour,
        markersize=3,
        capsize=2,
        linewidth=1.0,
    )


def _contours(
    panel: Axes,
    x: np.ndarray,
    y: np.ndarray,
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    method: str,
) -> None:
    """Contours of the samples' own neighbourhood, so that a narrow method is as smooth as a wide one."""
    style = METHODS[method]
    ends = [np.quantile(v, [0.0005, 0.9995]) for v in (x, y)]
    spans = [(low - 0.3 * (high - low), high + 0.3 * (high - low)) for low, high in ends]
    if any(low == high for low, high in spans):
        panel.plot(np.median(x), np.median(y), "o", color=style.colour, markersize=3)
        return
    counts, x_edges, y_edges = np.histogram2d(x, y, bins=_BINS, range=spans)
    density = gaussian_filter(counts, 1.8, mode="constant")
    levels = contour_levels(density, _SHARES)
    centres = [0.5 * (edges[1:] + edges[:-1]) for edges in (x_edges, y_edges)]
    if len(np.unique(levels)) < len(levels) or levels[-1] >= density.max():
        return
    for level in levels:
        inside = [level, density.max()]
        panel.contourf(*centres, density.T, levels=inside, colors=[style.colour], alpha=0.22)
    panel.contour(
        *centres, density.T, levels=levels, colors=[style.colour], linewidths=1.0, linestyles=style.line
    )
