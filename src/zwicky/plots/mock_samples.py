"""Training and test sets as mass functions (Fig. 2)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from zwicky.plots.bands import LOG10_M200C_H
from zwicky.plots.style import GREY, INTERLOPERS, MEMBERS

__all__ = ["draw_sample_mass_functions"]


def draw_sample_mass_functions(
    train_log10_m200c_h: np.ndarray,
    test_log10_m200c_h: np.ndarray,
    volume_mpc_h3: float,
    diagnostics: Mapping[str, np.ndarray],
    axes: Axes,
    flat_density: float | None = None,
) -> Axes:
    """Mock clusters per volume and decade of mass, with three times the theoretical mass function.

    Parameters
    ----------
    train_log10_m200c_h, test_log10_m200c_h : float
        log10 of true masses in Msun/h, a row a cluster and line of sight.
    volume_mpc_h3
        Volume of the box in (Mpc/h)^3.
    diagnostics
        ``mass_bin_edges`` (log10 Msun/h) and ``mass_function_tinker`` (h^3 Mpc^-3 dex^-1); without them no
        theory is drawn.
    axes
        Where to draw.
    flat_density
        The density that the training set aims for, in h^3 Mpc^-3 dex^-1.
    """
    highest = max(train_log10_m200c_h.max(), test_log10_m200c_h.max())
    edges = np.arange(13.5, highest + 0.1, 0.1)
    lowest = np.inf
    for values, (colour, line), label in (
        (test_log10_m200c_h, (MEMBERS, "-"), "test: three views of every halo"),
        (train_log10_m200c_h, (INTERLOPERS, "--"), "training: flat by design"),
    ):
        counts, _ = np.histogram(values, edges)
        density = counts / (np.diff(edges) * volume_mpc_h3)
        density = np.where(counts > 0, density, np.nan)
        lowest = min(lowest, np.nanmin(density))
        axes.stairs(density, edges, color=colour, linewidth=1.8, linestyle=line, label=label, baseline=None)
    if "mass_function_tinker" in diagnostics:
        bins = diagnostics["mass_bin_edges"]
        centres, theory = 0.5 * (bins[1:] + bins[:-1]), 3 * diagnostics["mass_function_tinker"]
        shown = (centres >= edges[0]) & (centres <= edges[-1])
        axes.plot(centres[shown], theory[shown], color=GREY, linestyle=":", label="3 × Tinker et al. 2008")
    if flat_density is not None:
        axes.axhline(flat_density, color="black", linewidth=0.7, label="density aimed at in training")
    axes.axvspan(14.0, 15.0, color=GREY, alpha=0.1, linewidth=0)
    axes.set(yscale="log", xlim=(edges[0], edges[-1]), xlabel=LOG10_M200C_H)
    axes.set_ylim(bottom=lowest / 6)  # room for the legend
    axes.set_ylabel(r"$dn/d\log_{10} M\ [h^3\,{\rm Mpc}^{-3}\,{\rm dex}^{-1}]$")
    axes.legend(loc="lower left")
    return axes
