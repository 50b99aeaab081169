"""A picture of weighed clusters: galaxies in projected phase space, the image the network saw, the mass."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.images import phase_space_images
from zwicky.io.files import check_file_name, written_whole
from zwicky.survey.clusters import ObservedClusters
from zwicky.survey.field_figure import draw_field
from zwicky.tables import ClusterSample, Cylinder
from zwicky.units import log10_msun_h

if TYPE_CHECKING:
    from astropy.table import QTable
    from matplotlib.axes import Axes

__all__ = ["MAX_PANELS", "PLOT_SUFFIXES", "check_plot", "draw_cluster", "write_figure"]

#: Clusters drawn in one figure; of a longer table the first ones.
MAX_PANELS = 6

#: Picture formats that `write_figure` writes.
PLOT_SUFFIXES = (".png", ".pdf", ".svg")

_AROUND = 1.25  # how far beyond the cylinder a panel shows, in apertures and velocity cuts


def draw_cluster(
    ax: Axes,
    around: ClusterSample,
    cylinder: Cylinder,
    *,
    log10_m200c: float,
    error: float,
    title: str,
    msun_h: bool = False,
) -> Axes:
    """Draw one cluster: galaxies, the density image as contours, the cylinder and the dispersion.

    Parameters
    ----------
    around : ClusterSample
        One row with the galaxies in and about the cylinder.
    cylinder
        What the model looks at, in any h.
    log10_m200c, error
        Mass in Msun and its error in dex for the title; NaN for a cluster that was not weighed.
    title
        The cluster's name, and more.
    msun_h
        Give the mass in Msun/h as well.

    Returns
    -------
    Axes
    """
    h = around.cosmology.h
    inside = around.in_cylinder(cylinder)
    edge_r, edge_v = cylinder.aperture_mpc_h, cylinder.v_cut_kms
    if np.isfinite(log10_m200c):
        _draw_image(ax, inside, cylinder)
        sigma, middle = float(np.std(inside.v_los, ddof=1)), float(np.mean(inside.v_los))
        ax.axhline(middle, color="0.25", lw=1.0, ls="-.")
        for side in (-1, 1):
            label = rf"mean $\pm\sigma_v$ = {sigma:.0f} km/s" if side == 1 else None
            ax.axhline(middle + side * sigma, color="0.25", lw=1.0, ls=":", label=label)
    ax.plot(
        around.r_proj_comoving * h,
        around.v_los,
        "o",
        ms=2.6,
        mfc="white",
        mec="0.45",
        mew=0.6,
        label="outside",
    )
    ax.plot(
        inside.r_proj_comoving * h,
        inside.v_los,
        "o",
        ms=2.8,
        color="black",
        label=f"{len(inside.v_los)} in the cylinder",
    )
    ax.plot([0, edge_r, edge_r, 0], [edge_v, edge_v, -edge_v, -edge_v], color="black", lw=1.2)
    ax.set(
        xlim=(0, _AROUND * edge_r),
        ylim=(-_AROUND * edge_v, (_AROUND + 0.2) * edge_v),
        xlabel=r"$R_{\rm proj}$ [comoving Mpc/$h$]",
        ylabel=r"$v_{\rm los}$ [km/s]",
    )
    mass = "no mass"
    if np.isfinite(log10_m200c):
        spread = rf" \pm {error:.2f}" if np.isfinite(error) else ""
        mass = rf"$\log_{{10}} M_{{200c}}\,[M_\odot] = {log10_m200c:.2f}{spread}$"
        if msun_h:
            mass += rf", $[M_\odot/h]$: {log10_msun_h(log10_m200c, h):.2f}"
    ax.set_title(f"{title.replace('$', chr(92) + '$')}\n{mass}", fontsize=10)
    ax.legend(loc="upper center", ncols=3, fontsize=7, frameon=False, handletextpad=0.3, columnspacing=1.0)
    return ax


def write_figure(
    path: Path | str, clusters: ObservedClusters, table: QTable, cylinder: Cylinder, *, msun_h: bool = False
) -> None:
    """Draw the first `MAX_PANELS` clusters of a table that `weigh` gave, and write the figure whole.

    A centre that was proposed is drawn in a panel of its own. `msun_h` gives masses in Msun/h as well.

    Raises
    ------
    ZwickyError
        If the suffix is not one of `PLOT_SUFFIXES` or the file cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    path = Path(path)
    check_plot(path)
    n = min(len(clusters), MAX_PANELS)
    panels = n + (clusters.proposed is not None)
    columns = min(panels, 3)
    rows = -(-panels // columns)
    figure = Figure(figsize=(4.6 * columns, 4.1 * rows), layout="constrained")
    FigureCanvasAgg(figure)
    sample = clusters.sample
    for i in range(n):
        draw_cluster(
            figure.add_subplot(rows, columns, i + 1),
            sample[i],
            cylinder,
            log10_m200c=float(table["log10_m200c"][i]),
            error=float(table["log10_m200c_err"][i]),
            title=f"{table['cluster_id'][i]}, z = {sample.redshift[i]:.3f}",
            msun_h=msun_h,
        )
    if clusters.proposed is not None:
        draw_field(
            figure.add_subplot(rows, columns, panels),
            clusters.proposed,
            cylinder,
            cosmology=sample.cosmology,
        )
    with written_whole(path) as temporary:
        figure.savefig(temporary, dpi=150)


def check_plot(path: Path | str) -> None:
    """Refuse a suffix that `write_figure` does not know, before any work is done."""
    if Path(path).suffix.lower() not in PLOT_SUFFIXES:
        raise ZwickyError(f"{path}: is not a picture we write; use a suffix of {', '.join(PLOT_SUFFIXES)}")
    check_file_name(path)


def _draw_image(ax: Axes, inside: ClusterSample, cylinder: Cylinder) -> None:
    image = phase_space_images(inside, cylinder)[0]
    n = len(image)
    radius = (np.arange(n) + 0.5) / n * cylinder.aperture_mpc_h
    velocity = ((np.arange(n) + 0.5) / n * 2 - 1) * cylinder.v_cut_kms
    levels = image.max() * np.array([0.05, 0.15, 0.3, 0.5, 0.7, 0.9, 1.01])
    ax.contourf(radius, velocity, image, levels=levels, cmap="Greys", vmin=0, vmax=2.2 * image.max())
