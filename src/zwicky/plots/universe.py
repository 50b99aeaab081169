"""The universe itself: a slice of it, and its statistics against theory."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.ticker import FixedLocator, NullFormatter
from scipy.ndimage import gaussian_filter

from zwicky.diagnostics import binned_quantiles
from zwicky.plots.bands import LOG10_M200C_H, quiet
from zwicky.plots.style import GREY, MEMBERS, method_style
from zwicky.tables import HaloTable
from zwicky.universe.relations import EVRARD_2008

__all__ = [
    "draw_mass_function",
    "draw_power_spectrum",
    "draw_sigma_mass",
    "draw_slice",
    "log_binned",
]


def draw_slice(diagnostics: Mapping[str, np.ndarray], h: float, axes: Axes) -> Axes:
    """Projected matter density of a slab of the box, in units of the mean.

    The map is smoothed periodically, by a pixel or by as much as puts a dozen particles of the mean
    density under the kernel, so that single particles do not show as noise.

    Parameters
    ----------
    diagnostics
        ``slice_map``, particles a pixel of a slab, and ``slice_extent_mpc``, its side in comoving Mpc: of a
        universe's ``diagnostics_*.npz``.
    h
        Of the cosmology, for the scale in Mpc/h.
    axes
        Panel.

    Returns
    -------
    Axes
        The same, drawn on.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> diagnostics = {"slice_map": np.full((20, 20), 30), "slice_extent_mpc": 100.0}
    >>> axes = draw_slice(diagnostics, 0.7, Figure().subplots())
    >>> round(axes.get_xlim()[1])
    70
    """
    counts = np.asarray(diagnostics["slice_map"], dtype=float)
    width = max(1.0, float(np.sqrt(12.0 / (4.0 * np.pi * counts.mean()))))
    contrast = gaussian_filter(counts, width, mode="wrap") / counts.mean()
    side = float(diagnostics["slice_extent_mpc"]) * h
    image = axes.imshow(
        np.maximum(contrast, 1e-2).T,
        origin="lower",
        extent=(0, side, 0, side),
        cmap="magma",
        norm=LogNorm(0.2, max(5.0, float(np.quantile(contrast, 0.9995)))),
        interpolation="bilinear",
        rasterized=True,
    )
    axes.set(xlabel=r"$x\ [h^{-1}\,{\rm Mpc}]$", ylabel=r"$y\ [h^{-1}\,{\rm Mpc}]$")
    axes.tick_params(which="both", color="white")
    bar = axes.figure.colorbar(image, ax=axes, fraction=0.046, pad=0.02, extend="both")
    bar.set_label("projected density / mean")
    return axes


def draw_mass_function(
    diagnostics: Mapping[str, np.ndarray], volume_mpc_h3: float, axes: tuple[Axes, Axes]
) -> tuple[Axes, Axes]:
    """Number of halos by mass against Tinker et al. (2008): the function above, the ratio below.

    Parameters
    ----------
    diagnostics
        ``mass_bin_edges`` (log10 Msun/h), ``mass_counts``, ``mass_function_tinker`` (h^3 Mpc^-3 dex^-1).
    volume_mpc_h3
        Volume of the box in (Mpc/h)^3.
    axes
        Panel of the function and panel of the ratio.

    Returns
    -------
    tuple of Axes
        The same, drawn on.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> diagnostics = {
    ...     "mass_bin_edges": np.array([14.0, 14.5, 15.0]), "mass_counts": np.array([40, 5]),
    ...     "mass_function_tinker": np.array([9e-5, 8e-6]),
    ... }
    >>> axes = draw_mass_function(diagnostics, 1e6, tuple(Figure().subplots(2)))
    >>> len(axes)
    2
    """
    top, bottom = axes
    edges, counts = diagnostics["mass_bin_edges"], np.asarray(diagnostics["mass_counts"], dtype=float)
    theory = diagnostics["mass_function_tinker"]
    centres, widths = 0.5 * (edges[1:] + edges[:-1]), np.diff(edges)
    seen = counts > 0
    measured, error = counts / (volume_mpc_h3 * widths), np.sqrt(counts) / (volume_mpc_h3 * widths)
    style = {"fmt": "o", "color": MEMBERS, "markersize": 4.5, "capsize": 2, "elinewidth": 1.0}
    top.plot(centres, theory, color=GREY, linestyle="--", label="Tinker et al. 2008")
    top.errorbar(centres[seen], measured[seen], error[seen], label="this universe", **style)
    top.set(yscale="log", ylabel=r"$dn/d\log_{10} M\ [h^3\,{\rm Mpc}^{-3}\,{\rm dex}^{-1}]$")
    top.set_xlim(edges[0], edges[:-1][seen].max(initial=edges[0]) + 2 * widths[-1])
    top.set_ylim(bottom=0.3 * measured[seen].min(initial=theory.max()))  # the theory goes on without end
    top.legend(loc="upper right")
    bottom.axhspan(0.85, 1.15, color=GREY, alpha=0.15, linewidth=0)
    bottom.axhline(1.0, color=GREY, linestyle="--", linewidth=1.0)
    bottom.errorbar(centres[seen], (measured / theory)[seen], (error / theory)[seen], **style)
    bottom.set(ylim=(0.5, 1.5), ylabel="ratio", xlabel=LOG10_M200C_H)
    quiet(top)
    return axes


def draw_sigma_mass(
    halos: HaloTable, axes: tuple[Axes, Axes], min_log10_hm: float = 13.5
) -> tuple[Axes, Axes]:
    """Velocity dispersion of the matter in halos against mass, with Evrard et al. (2008).

    Above, a point a halo, the running median and 16th-84th percentiles, and the published line; below,
    the median over the line. The mass is h(z) M200c in Msun, the variable of the published fit.

    Parameters
    ----------
    halos
        With dispersions.
    axes
        Panel of the dispersions and panel of the ratio.
    min_log10_hm
        The lightest halos shown, log10 of h(z) M200c in Msun.

    Returns
    -------
    tuple of Axes
        The same, drawn on.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> axes = draw_sigma_mass(halos, tuple(Figure().subplots(2)))
    >>> len(axes[0].lines) > 0
    True
    """
    top, bottom = axes
    snapshot = halos.snapshot
    hubble = snapshot.cosmology.H(snapshot.redshift).to_value("km/(s Mpc)") / 100.0
    mass, sigma = np.log10(hubble * halos.m200c), halos.sigma_1d
    keep = (mass > min_log10_hm) & (sigma > 0)
    mass, sigma = mass[keep], sigma[keep]
    highest = max(mass.max(initial=min_log10_hm + 1.0), min_log10_hm + 0.2)
    edges = np.arange(min_log10_hm, highest + 0.1, 0.1)
    grid = np.array([edges[0], edges[-1]])

    sigma15, slope, scatter_ln = EVRARD_2008

    def published(log10_hm):
        return sigma15 * 10.0 ** (slope * (log10_hm - 15.0))

    step = max(1, len(mass) // 20_000)
    top.plot(
        mass[::step],
        sigma[::step],
        ".",
        color=method_style("cnn_2d").colour,
        markersize=2.0,
        alpha=0.25,
        rasterized=True,
    )
    line, spread = published(grid), np.exp(scatter_ln)
    top.fill_between(grid, line / spread, line * spread, color="#c44e00", alpha=0.25, linewidth=0)
    top.plot(grid, line, color="#c44e00", linestyle="--", label="Evrard et al. 2008, with its 4.3 % scatter")
    binned = binned_quantiles(mass, sigma / published(mass), edges, levels=(0.16, 0.5, 0.84), min_count=5)
    x, (low, median, high) = binned.centres, binned.values.T
    scale = published(x)
    style = {"fmt": "o", "color": "black", "markersize": 4, "capsize": 2, "elinewidth": 1.0}
    top.errorbar(
        x,
        median * scale,
        np.array([median - low, high - median]) * scale,
        label="this universe: median, 16–84 %",
        **style,
    )
    top.set(yscale="log")
    top.yaxis.set_major_locator(FixedLocator([200, 300, 400, 600, 800, 1000, 1500]))
    top.yaxis.set_major_formatter("{x:.0f}")
    top.yaxis.set_minor_formatter(NullFormatter())
    top.set(ylabel=r"$\sigma_{\rm 1D}\ [{\rm km\,s^{-1}}]$")
    top.legend(loc="upper left")
    bottom.axhspan(0.96, 1.04, color=GREY, alpha=0.15, linewidth=0)
    bottom.axhline(1.0, color="#c44e00", linestyle="--", linewidth=1.0)
    error = 1.2533 * 0.5 * (high - low) / np.sqrt(np.maximum(binned.counts, 1))  # of a median, Gaussian
    bottom.errorbar(x, median, error, **style)
    bottom.set(ylim=(0.88, 1.12), ylabel="median / line", xlabel=r"$\log_{10}\ h(z)\,M_{200c}\ [M_\odot]$")
    quiet(top)
    return axes


def draw_power_spectrum(diagnostics: Mapping[str, np.ndarray], axes: tuple[Axes, Axes]) -> tuple[Axes, Axes]:
    """Power spectrum of the matter, linear theory and HMcode-2020 (Mead et al. 2021), and ratios to both.

    Linear bins are averaged into logarithmic ones, all curves alike, weighted by their number of modes.

    Parameters
    ----------
    diagnostics
        ``k_mpc_h`` (h/Mpc) and, in (Mpc/h)^3, ``power``, ``power_linear`` and ``power_nonlinear``, the last
        NaN where there is none: of a universe's ``diagnostics_*.npz``.
    axes
        Panel of the spectra and panel of the ratios.

    Returns
    -------
    tuple of Axes
        The same, drawn on.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> k = np.linspace(0.05, 2.0, 200)
    >>> power = 5e4 * k / (1.0 + (k / 0.02) ** 2.5)
    >>> diagnostics = {"k_mpc_h": k, "power": power, "power_linear": power, "power_nonlinear": power * np.nan}
    >>> axes = draw_power_spectrum(diagnostics, tuple(Figure().subplots(2)))
    >>> len(axes[0].lines) > 0
    True
    """
    top, bottom = axes
    names = ("k_mpc_h", "power", "power_linear", "power_nonlinear")
    k, power, linear, nonlinear = log_binned(*(diagnostics[name] for name in names))
    top.plot(k, linear, color=GREY, linestyle=":", label="linear theory")
    if np.isfinite(nonlinear).any():
        top.plot(k, nonlinear, color="#c44e00", linestyle="--", label="HMcode-2020, non-linear")
        bottom.plot(k, power / nonlinear, "o-", color=MEMBERS, markersize=3, linewidth=1.0, label="to HMcode")
    top.plot(k, power, "o", color=MEMBERS, markersize=3.5, label="this universe")
    top.set(xscale="log", yscale="log", ylabel=r"$P(k)\ [(h^{-1}\,{\rm Mpc})^3]$")
    top.legend(loc="lower left")
    bottom.axhspan(0.95, 1.05, color=GREY, alpha=0.15, linewidth=0)
    bottom.axhline(1.0, color=GREY, linewidth=0.8)
    bottom.plot(k, power / linear, color=GREY, linestyle=":", label="to linear theory")
    bottom.set(xscale="log", ylim=(0.7, 1.5), ylabel="ratio", xlabel=r"$k\ [h\,{\rm Mpc}^{-1}]$")
    bottom.legend(loc="upper left", ncols=2, frameon=True, framealpha=1.0, edgecolor="none")
    quiet(top)
    return axes


def log_binned(k: np.ndarray, *columns: np.ndarray, per_dex: int = 20) -> tuple[np.ndarray, ...]:
    """Average k and functions of it over bins of log k, weighted by k^2, as the number of modes is.

    A bin that holds one value gives that value; an empty one gives none.

    >>> k, twice = log_binned(np.array([1.0, 10.0, 10.1]), np.array([2.0, 20.0, 20.2]))
    >>> k.round(2), (twice / k).round(2)
    (array([ 1.  , 10.05]), array([2., 2.]))
    """
    bins = np.unique(np.floor(per_dex * np.log10(k)), return_inverse=True)[1]
    weight = np.bincount(bins, k**2)
    return tuple(np.bincount(bins, k**2 * column) / weight for column in (k, *columns))
