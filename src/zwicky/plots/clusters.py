"""Single clusters: one in its three views (Fig. 1), and the images that the networks see (Fig. 3)."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from zwicky.plots.bands import quiet
from zwicky.plots.style import INTERLOPERS, MEMBERS, method_style

__all__ = ["draw_cluster_views", "draw_phase_space_image", "scatter_galaxies"]


def scatter_galaxies(
    x: np.ndarray, y: np.ndarray, is_member: np.ndarray, axes: Axes, size: float = 16.0
) -> Axes:
    """Galaxies as points: true members filled, interlopers open, so that grey print keeps them apart."""
    axes.scatter(
        x[~is_member],
        y[~is_member],
        s=size,
        facecolor="none",
        edgecolor=INTERLOPERS,
        linewidth=1.0,
        label="interlopers",
    )
    axes.scatter(
        x[is_member], y[is_member], s=size, color=MEMBERS, edgecolor="white", linewidth=0.4, label="members"
    )
    return axes


def draw_cluster_views(
    x_proj_mpc_h: np.ndarray,
    y_proj_mpc_h: np.ndarray,
    depth_mpc_h: np.ndarray,
    v_los_kms: np.ndarray,
    is_member: np.ndarray,
    aperture_mpc_h: float,
    v_cut_kms: float,
    axes: tuple[Axes, Axes, Axes],
) -> tuple[Axes, Axes, Axes]:
    """One cluster from the side, in phase space and on the sky (Ho et al. 2019, Fig. 1).

    Parameters
    ----------
    x_proj_mpc_h, y_proj_mpc_h : float, shape (n,)
        Position on the sky relative to the centre, comoving Mpc/h.
    depth_mpc_h : float, shape (n,)
        Position along the line of sight relative to the centre, comoving Mpc/h, away from the observer.
    v_los_kms : float, shape (n,)
        Line-of-sight velocity in the cluster's rest frame, km/s.
    is_member : bool, shape (n,)
        True members.
    aperture_mpc_h, v_cut_kms
        The cylinder.
    axes
        Panels of the side view, of the phase space, and of the sky.

    Returns
    -------
    tuple of Axes
        The same three, drawn on.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> rng = np.random.default_rng(1)
    >>> x, y, depth = rng.normal(0.0, 0.4, (3, 50))
    >>> axes = tuple(Figure().subplots(1, 3))
    >>> drawn = draw_cluster_views(x, y, depth, rng.normal(0, 700, 50), depth < 1, 1.6, 2200.0, axes)
    >>> drawn[2] is axes[2]
    True
    """
    side, phase, sky = axes
    scatter_galaxies(depth_mpc_h, x_proj_mpc_h, is_member, side)
    reach = 1.08 * max(np.abs(depth_mpc_h).max(initial=1.0), aperture_mpc_h)
    side.set(xlim=(-reach, reach), ylim=(-1.1 * aperture_mpc_h, 1.1 * aperture_mpc_h))
    for edge in (-aperture_mpc_h, aperture_mpc_h):
        side.axhline(edge, color="black", linewidth=0.7, linestyle="--")
    side.set_xlabel(r"distance along the line of sight $[h^{-1}\,{\rm Mpc}]$")
    side.set_ylabel(r"$x_{\rm proj}\ [h^{-1}\,{\rm Mpc}]$")
    side.legend(loc="upper right", ncols=2, frameon=True, framealpha=0.9, edgecolor="none")
    scatter_galaxies(np.hypot(x_proj_mpc_h, y_proj_mpc_h), v_los_kms, is_member, phase)
    phase.axhline(0.0, color="black", linewidth=0.5)
    phase.set(xlim=(0, aperture_mpc_h), ylim=(-v_cut_kms, v_cut_kms))
    phase.set_xlabel(r"$R_{\rm proj}\ [h^{-1}\,{\rm Mpc}]$")
    phase.set_ylabel(r"$v_{\rm los}\ [{\rm km\,s^{-1}}]$")
    scatter_galaxies(x_proj_mpc_h, y_proj_mpc_h, is_member, sky)
    angle = np.linspace(0, 2 * np.pi, 200)
    sky.plot(aperture_mpc_h * np.cos(angle), aperture_mpc_h * np.sin(angle), "k--", linewidth=0.7)
    limit = 1.08 * aperture_mpc_h
    sky.set(xlim=(-limit, limit), ylim=(-limit, limit))
    for square in (phase, sky):
        square.set_box_aspect(1)
    sky.set_xlabel(r"$x_{\rm proj}\ [h^{-1}\,{\rm Mpc}]$")
    sky.set_ylabel(r"$y_{\rm proj}\ [h^{-1}\,{\rm Mpc}]$")
    return axes


def draw_phase_space_image(
    velocity_image: np.ndarray,
    phase_space_image: np.ndarray,
    r_proj_mpc_h: np.ndarray,
    v_los: np.ndarray,
    is_member: np.ndarray,
    aperture_mpc_h: float,
    v_cut: float,
    axes: tuple[Axes, Axes],
) -> tuple[Axes, Axes]:
    """The 1-D and the 2-D image of one cluster, with its galaxies on the latter (a column of Fig. 3).

    Parameters
    ----------
    velocity_image : float, shape (v,)
        Density of line-of-sight velocity, sum one.
    phase_space_image : float, shape (v, r)
        Density in velocity and projected radius, sum one.
    r_proj_mpc_h, v_los, is_member : shape (n,)
        The galaxies: projected radius in comoving Mpc/h, velocity, true membership.
    aperture_mpc_h, v_cut
        The cylinder: the image covers 0 to the aperture and minus to plus the velocity cut, which is in the
        unit of `v_los`, whatever that is.
    axes
        Panel of the 1-D image and panel of the 2-D image; both have velocity along the horizontal.

    Returns
    -------
    tuple of Axes
        The same, drawn on.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from zwicky.images import phase_space_images, velocity_images
    >>> one = sample[0]
    >>> images = velocity_images(one, one.cylinder)[0], phase_space_images(one, one.cylinder)[0]
    >>> axes = tuple(Figure().subplots(2))
    >>> r_proj_mpc_h = one.r_proj_comoving * one.cosmology.h
    >>> drawn = draw_phase_space_image(*images, r_proj_mpc_h, one.v_los, one.is_member, 1.6, 2200.0, axes)
    >>> drawn == axes
    True
    """
    top, bottom = axes
    edges = np.linspace(-v_cut, v_cut, len(velocity_image) + 1)
    top.stairs(velocity_image, edges, fill=True, color=method_style("cnn_1d").colour, alpha=0.3)
    top.stairs(velocity_image, edges, color=method_style("cnn_1d").colour, linewidth=1.2)
    top.set(xlim=(-v_cut, v_cut))  # the height stays automatic: panels of a row may share it
    bottom.imshow(
        phase_space_image.T,
        origin="lower",
        extent=(-v_cut, v_cut, 0, aperture_mpc_h),
        aspect="auto",
        cmap="Greys",
        vmax=1.35 * phase_space_image.max(),  # the darkest cell stays lighter than the points on it
        interpolation="nearest",
    )
    scatter_galaxies(v_los, r_proj_mpc_h, is_member, bottom, size=6.0)
    bottom.set(xlim=(-v_cut, v_cut), ylim=(0, aperture_mpc_h))
    quiet(top)
    return axes
