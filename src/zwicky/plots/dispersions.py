"""The classical relation: velocity dispersion of the galaxies against mass (Fig. 6)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from zwicky.diagnostics import binned_quantiles
from zwicky.plots.bands import LOG10_M200C_H, draw_band, mass_edges
from zwicky.plots.style import method_style

__all__ = ["draw_dispersion_mass"]


def draw_dispersion_mass(
    catalogue: str,
    log10_true_h: np.ndarray,
    sigma_v_kms: np.ndarray,
    fit: Mapping[str, float],
    fit_above_log10_m200c_h: float,
    axes: Axes,
) -> Axes:
    """Distribution of velocity dispersion in bins of mass, with the fitted power law and its scatter.

    Parameters
    ----------
    catalogue
        ``pure`` or ``contaminated``.
    log10_true_h : float, shape (n,)
        log10 of the true M200c in Msun/h.
    sigma_v_kms : float, shape (n,)
        Velocity dispersion (Eq. 6) in km/s.
    fit
        The row of Table 1: sigma15_kms, alpha, scatter_dex.
    fit_above_log10_m200c_h
        log10 of the mass in Msun/h above which the relation was fitted; marked by a dotted line.
    axes
        Where to draw.
    """
    method = method_style(f"m_sigma_{catalogue}")
    # The training set is flat in mass, so that its most massive clusters fill their bins too.
    low, high = np.floor(10 * log10_true_h.min()) / 10, np.ceil(10 * log10_true_h.max()) / 10
    binned = binned_quantiles(log10_true_h, np.log10(sigma_v_kms), mass_edges(low, high, len(log10_true_h)))
    draw_band(axes, binned, method.colour, label="median, 16–84 %, 3–97 %")
    x = np.array([low, high])
    line = np.log10(fit["sigma15_kms"]) + fit["alpha"] * (x - 15.0)
    axes.plot(x, line, color="black", linestyle="--", linewidth=1.4, label="fit and its scatter")
    for sign in (-1, 1):
        axes.plot(x, line + sign * fit["scatter_dex"], color="black", linestyle="--", linewidth=0.6)
    axes.axvline(fit_above_log10_m200c_h, color="black", linestyle=":", linewidth=1.2)
    axes.set(xlim=(low, high), ylim=(2.1, 3.3), xlabel=LOG10_M200C_H, title=method.label)
    axes.set_ylabel(r"$\log_{10}\ \sigma_v\ [{\rm km\,s^{-1}}]$")
    axes.legend(loc="lower right", frameon=True, framealpha=1.0, edgecolor="none")
    return axes
