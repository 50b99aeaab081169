"""Predicted masses against true ones (Fig. 7) and their residuals (Fig. 8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from scipy.stats import gaussian_kde

from zwicky.diagnostics import binned_quantiles, residuals
from zwicky.plots.bands import LOG10_M200C_H, draw_band, draw_interval, mass_edges, quiet
from zwicky.plots.style import GREY, in_order, method_style

__all__ = ["draw_predicted_true", "draw_residual_comparison", "draw_scatter_summary"]


def draw_predicted_true(
    name: str, log10_true_h: np.ndarray, log10_predicted_h: np.ndarray, axes: tuple[Axes, Axes]
) -> tuple[Axes, Axes]:
    """Distribution of predicted mass, above, and of the residual, below (Ho et al. 2019, Fig. 7).

    Parameters
    ----------
    name
        The method, a key of `zwicky.plots.style.METHODS` or any other name.
    log10_true_h, log10_predicted_h : float, shape (n,)
        log10 of masses in Msun/h; true masses outside 14 to 15 are left out.
    axes
        Panel of masses and panel of residuals.

    Returns
    -------
    tuple of Axes
        The same, drawn on.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> truth = sample.log10_m200c_h
    >>> predicted = truth + np.random.default_rng(1).normal(0.0, 0.1, len(truth))
    >>> axes = draw_predicted_true("cnn_2d", truth, predicted, tuple(Figure().subplots(2)))
    >>> len(axes)
    2
    """
    top, bottom = axes
    method = method_style(name)
    inside = (log10_true_h >= 14.0) & (log10_true_h <= 15.0) & np.isfinite(log10_predicted_h)
    true, predicted = log10_true_h[inside], log10_predicted_h[inside]
    edges = mass_edges(14.0, 15.0, len(true))
    draw_band(top, binned_quantiles(true, predicted, edges), method.colour, label="median")
    draw_band(bottom, binned_quantiles(true, residuals(predicted, true), edges), method.colour)
    top.plot([14, 15], [14, 15], color=GREY, linestyle="--", linewidth=1.0)
    bottom.axhline(0.0, color=GREY, linestyle="--", linewidth=1.0)
    top.set(xlim=(14, 15), ylim=(13.5, 15.5), title=method.label)
    top.set_ylabel(r"$\log_{10}\ M_{\rm pred}\ [h^{-1}\,M_\odot]$")
    bottom.set(xlim=(14, 15), ylim=(-0.5, 0.5), ylabel=r"$\epsilon$ [dex]", xlabel=LOG10_M200C_H)
    quiet(top)
    return axes


def draw_residual_comparison(
    names: Sequence[str],
    log10_true_h: np.ndarray,
    log10_predicted_h: Mapping[str, np.ndarray],
    axes: tuple[Axes, Axes],
    limit: float = 0.75,
    reference: str | None = None,
) -> tuple[Axes, Axes]:
    """Residuals of some methods by true mass, and their distributions (Ho et al. 2019, Fig. 8).

    Parameters
    ----------
    names
        Methods, keys of `zwicky.plots.style.METHODS` or any other name and of `log10_predicted_h`.
    log10_true_h
        log10 of true masses in Msun/h, shape (n,); outside 14 to 15 they are left out.
    log10_predicted_h
        log10 of predicted masses in Msun/h, shape (n,) each.
    axes
        Panel by mass, and panel of the distributions, which shares its vertical axis.
    limit
        Residuals are shown between minus and plus this, in dex.
    reference
        A method drawn in outline, for comparison.

    Returns
    -------
    tuple of Axes
        The same, drawn on.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> truth = sample.log10_m200c_h
    >>> predicted = {"cnn_2d": truth + np.random.default_rng(1).normal(0.0, 0.1, len(truth))}
    >>> axes = draw_residual_comparison(["cnn_2d"], truth, predicted, tuple(Figure().subplots(1, 2)))
    >>> len(axes[0].lines) > 0
    True
    """
    by_mass, marginal = axes
    inside = (log10_true_h >= 14.0) & (log10_true_h <= 15.0)
    true = log10_true_h[inside]
    grid = np.linspace(-limit, limit, 301)
    for name in [*names, *([reference] if reference else [])]:
        method, outline = method_style(name), name == reference
        epsilon = residuals(log10_predicted_h[name][inside], true)
        binned = binned_quantiles(true, epsilon, mass_edges(14.0, 15.0, len(true)))
        low, middle, high = (binned.at(level) for level in (0.16, 0.5, 0.84))
        style = method.colour, method.line, method.label, 0.0 if outline else 0.26
        draw_interval(by_mass, binned.centres, low, middle, high, *style)
        epsilon = epsilon[np.isfinite(epsilon)]
        if len(epsilon) < 3 or not np.ptp(epsilon):
            continue
        density = gaussian_kde(epsilon)(grid)
        marginal.plot(density, grid, color=method.colour, linestyle=method.line)
        if outline:
            continue
        low, high = np.quantile(epsilon, [0.16, 0.84])
        marginal.fill_betweenx(
            grid,
            0,
            density,
            where=(grid >= low) & (grid <= high),
            color=method.colour,
            alpha=0.22,
            linewidth=0,
        )
    for panel in axes:
        panel.axhline(0.0, color=GREY, linestyle="--", linewidth=1.0)
        panel.set_ylim(-limit, limit)
    by_mass.set(xlim=(14, 15), ylabel=r"$\epsilon$ [dex]")
    by_mass.legend(loc="upper right", ncols=3, fontsize=8.5, columnspacing=1.2)
    marginal.set_xlim(left=0)
    marginal.tick_params(labelleft=False)
    return axes


def draw_scatter_summary(
    table2: Mapping[str, Mapping[str, float]], published: Mapping[str, Mapping[str, float]], axes: Axes
) -> Axes:
    """Scatter of each method with its error, and the published one, smallest at the top.

    Parameters
    ----------
    table2
        For each method ``scatter`` and ``scatter_error`` in dex.
    published
        For some methods the ``scatter`` that Ho et al. (2019) give.
    axes
        Where to draw.

    Returns
    -------
    Axes
        The same, drawn on.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ours = {"cnn_2d": {"scatter": 0.125, "scatter_error": 0.004}}
    >>> axes = draw_scatter_summary(ours, {"cnn_2d": {"scatter": 0.132}}, Figure().subplots())
    >>> len(axes.get_yticklabels())
    1
    """
    names = [name for name in in_order(table2) if table2[name]["scatter"] is not None]
    names.sort(key=lambda name: table2[name]["scatter"])
    for row, name in enumerate(names):
        method, ours = method_style(name), table2[name]
        first = row == 0
        axes.barh(row - 0.12, ours["scatter"], height=0.4, color=method.colour, alpha=0.3)
        axes.errorbar(
            ours["scatter"],
            row - 0.12,
            xerr=ours["scatter_error"] or 0.0,
            fmt="o",
            color=method.colour,
            markersize=6,
            capsize=3,
            label="this run" if first else None,
        )
        if name in published:
            axes.plot([0, published[name]["scatter"]], [row + 0.22] * 2, color=GREY, linewidth=0.8)
            axes.plot(
                published[name]["scatter"],
                row + 0.22,
                "D",
                markerfacecolor="white",
                markeredgecolor="black",
                markersize=5,
                label="Ho et al. 2019, other mocks" if first else None,
            )
    axes.set_yticks(range(len(names)), [method_style(n).label for n in names])
    axes.tick_params(axis="y", which="both", length=0)
    axes.tick_params(axis="y", which="minor", left=False, right=False)
    axes.set(ylim=(len(names) - 0.4, -0.6), xlabel=r"scatter $\sigma_\epsilon$ [dex]")
    axes.set_xlim(left=0)
    axes.legend(loc="upper right", reverse=True)
    return axes
