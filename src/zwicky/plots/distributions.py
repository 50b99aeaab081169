"""Residuals in units of their own scatter, against the normal distribution (Fig. 9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from scipy.stats import norm

from zwicky.diagnostics import residuals
from zwicky.plots.style import GREY, method_style

__all__ = ["draw_normalised_residuals"]

#: Width of the bins, in standard deviations.
_BIN = 0.25


def draw_normalised_residuals(
    names: Sequence[str],
    log10_true_h: np.ndarray,
    log10_predicted_h: Mapping[str, np.ndarray],
    axes: tuple[Axes, Axes],
    limit: float = 5.0,
) -> tuple[Axes, Axes]:
    """Density of (epsilon - mean) / scatter for some methods, with the normal one: straight and in logs.

    Histograms, not smoothed: a kernel would widen what is compared with the normal distribution.

    Parameters
    ----------
    names
        Methods, keys of `zwicky.plots.style.METHODS` or any other name and of `log10_predicted_h`.
    log10_true_h
        log10 of true masses in Msun/h, shape (n,); outside 14 to 15 they are left out.
    log10_predicted_h
        log10 of predicted masses in Msun/h, shape (n,) each.
    axes
        Panel with a straight axis, for the middle; panel with a logarithmic one, for the tails.
    limit
        Residuals are shown between minus and plus this, in standard deviations.

    Returns
    -------
    tuple of Axes
        The same, drawn on.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> truth = sample.log10_m200c_h
    >>> predicted = {"cnn_2d": truth + np.random.default_rng(1).normal(0.0, 0.1, len(truth))}
    >>> axes = draw_normalised_residuals(["cnn_2d"], truth, predicted, tuple(Figure().subplots(1, 2)))
    >>> axes[1].get_yscale()
    'log'
    """
    inside = (log10_true_h >= 14.0) & (log10_true_h <= 15.0)
    edges = np.arange(-limit, limit + 0.5 * _BIN, _BIN)
    centres = 0.5 * (edges[1:] + edges[:-1])
    grid = np.linspace(-limit, limit, 201)
    rarest = np.inf
    for panel in axes:
        panel.plot(grid, norm.pdf(grid), color=GREY, linewidth=4.0, alpha=0.4, label="normal distribution")
    for name in names:
        method = method_style(name)
        epsilon = residuals(log10_predicted_h[name], log10_true_h)[inside]
        epsilon = epsilon[np.isfinite(epsilon)]
        if len(epsilon) < 3 or not np.ptp(epsilon):
            continue
        scatter = epsilon.std(ddof=1)
        x = (epsilon - epsilon.mean()) / scatter
        counts, _ = np.histogram(x, edges)
        density = counts / (len(x) * _BIN)
        rarest = min(rarest, 1.0 / (len(x) * _BIN))
        label = rf"{method.label}, $\sigma_\epsilon$ = {scatter:.3f}"
        axes[0].plot(centres, density, color=method.colour, linestyle=method.line, label=label)
        seen = np.where(counts > 0, density, np.nan)
        axes[1].plot(centres, seen, color=method.colour, linestyle=method.line, marker=".", markersize=3)
    axes[0].set(xlim=(-3.5, 3.5), ylim=(0, None), ylabel="probability density")
    axes[1].set(xlim=(-limit, limit), yscale="log")
    if np.isfinite(rarest):
        axes[1].set_ylim(0.3 * rarest, 1.0)
    handles, labels = axes[0].get_legend_handles_labels()
    axes[1].legend(handles, labels, loc="lower center", fontsize=7.5, handlelength=2.4)
    return axes
