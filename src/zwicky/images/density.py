"""Kernel density maps of clusters: the networks' inputs (Ho et al. 2019, Sec. 3.1, Eqs. 1 and 2)."""

from __future__ import annotations

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.images.kernels import full_slab, product_slab, velocity_slab
from zwicky.images.moments import GalaxyMoments, galaxy_moments
from zwicky.images.settings import ImageSettings
from zwicky.parallel import available_cores, pieces, run_pieces
from zwicky.tables import ClusterSample, Cylinder

__all__ = ["MIN_GALAXIES", "image_faults", "phase_space_images", "velocity_images"]

#: The paper's images, the default.
PAPER = ImageSettings()

#: Fewest galaxies that make an image.
MIN_GALAXIES = 3

# A kernel narrower than this fraction of a cell falls between the cell centres and is not seen.
_NARROWEST = 0.1


def velocity_images(sample: ClusterSample, cylinder: Cylinder, settings: ImageSettings = PAPER) -> np.ndarray:
    """Density of v_los for each cluster (Ho et al. 2019, Eq. 1).

    Parameters
    ----------
    sample
        Of n clusters.
    cylinder
        What the image shows, in any h.
    settings
        Number of cells and bandwidth; those of Ho et al. (2019) by default.

    Returns
    -------
    float32, shape (n, n_cells)
        Sampled at the centres of cells that fill [-v_cut, v_cut]; each row sums to one.

    Raises
    ------
    ZwickyError
        If a cluster makes no image; see `image_faults`.

    Examples
    --------
    >>> images = velocity_images(sample[:2], sample.cylinder)
    >>> images.shape, bool(np.allclose(images.reshape(2, -1).sum(axis=1), 1.0, atol=1e-3))
    ((2, 48), True)
    """
    moments = galaxy_moments(sample)
    _refuse(sample, _faults(sample, moments, cylinder, settings, radii=False))
    v_cut = cylinder.v_cut_kms
    out = np.empty((len(sample), settings.n_cells), np.float32)
    sigma = _kernel_sigma(moments.v_sigma, 2 * v_cut, settings)
    _in_slabs(velocity_slab, sample, (sample.v_los,), (v_cut, sigma, settings.bandwidth, out))
    return out


def phase_space_images(
    sample: ClusterSample, cylinder: Cylinder, settings: ImageSettings = PAPER
) -> np.ndarray:
    """Density in projected phase space for each cluster (Ho et al. 2019, Eq. 2).

    Parameters
    ----------
    sample
        Of n clusters.
    cylinder
        What the image shows, in any h.
    settings
        Number of cells and bandwidth; those of Ho et al. (2019) by default.

    Returns
    -------
    float32, shape (n, n_cells, n_cells)
        Velocity cells along the second axis ([-v_cut, v_cut]), radius cells along the third
        ([0, aperture]), sampled at cell centres, without reflection at the edges; each sums to one.

    Raises
    ------
    ZwickyError
        If a cluster makes no image; see `image_faults`.

    Examples
    --------
    >>> images = phase_space_images(sample[:2], sample.cylinder)
    >>> images.shape, bool(np.allclose(images.reshape(2, -1).sum(axis=1), 1.0, atol=1e-3))
    ((2, 48, 48), True)
    """
    moments = galaxy_moments(sample)
    _refuse(sample, _faults(sample, moments, cylinder, settings, radii=True))
    aperture, v_cut = cylinder.in_h(sample.cosmology.h).aperture_mpc, cylinder.v_cut_kms
    out = np.empty((len(sample), settings.n_cells, settings.n_cells), np.float32)
    v_sigma = _kernel_sigma(moments.v_sigma, 2 * v_cut, settings)
    r_sigma = _kernel_sigma(moments.r_sigma, aperture, settings)
    galaxies = (sample.v_los, sample.r_proj_comoving)
    grid = (v_cut, aperture, v_sigma, r_sigma)
    if settings.kernel == "full":
        _in_slabs(full_slab, sample, galaxies, (*grid, moments.correlation, settings.bandwidth, out))
    else:
        _in_slabs(product_slab, sample, galaxies, (*grid, settings.bandwidth, out))
    return out


def image_faults(
    sample: ClusterSample, cylinder: Cylinder, settings: ImageSettings = PAPER, *, radii: bool = True
) -> dict[int, str]:
    """Rows that make no image, each with the reason in a line.

    Fewer than 3 galaxies, values that are not finite, galaxies outside the cylinder, galaxies that all
    share one velocity or (with `radii`, for 2-D images) one radius, and galaxies on a line if the kernel
    is ``"full"``.
    """
    return _faults(sample, galaxy_moments(sample), cylinder, settings, radii)


def _faults(
    sample: ClusterSample, moments: GalaxyMoments, cylinder: Cylinder, settings: ImageSettings, radii: bool
) -> dict[int, str]:
    aperture, v_cut = cylinder.in_h(sample.cosmology.h).aperture_mpc, cylinder.v_cut_kms

    def rows(condition):
        return np.flatnonzero(condition)

    def narrow(sigma, width):
        return sigma * settings.bandwidth < _NARROWEST * width / settings.n_cells

    faults: dict[int, str] = {}
    counts, m = sample.n_galaxies, moments
    margin = 1 + 1e-4  # galaxies are float32
    for i in rows(counts < MIN_GALAXIES):
        faults[i] = f"has {counts[i]} galaxies; an image needs at least {MIN_GALAXIES}"
    broken = ~np.isfinite(m.v_sigma) | (~np.isfinite(m.r_sigma) if radii else False)
    for i in rows(broken):
        faults.setdefault(i, "has a galaxy whose v_los or r_proj_comoving is not finite; drop that galaxy")
    for i in rows(m.v_max > v_cut * margin):
        faults.setdefault(i, f"has a galaxy at |v_los| = {m.v_max[i]:.0f} km/s; cut at {v_cut:g} km/s")
    for i in rows(narrow(m.v_sigma, 2 * v_cut)):
        faults.setdefault(i, f"has velocities with no spread (sigma = {m.v_sigma[i]:.3g} km/s)")
    if not radii:
        return faults
    for i in rows((m.r_min < 0) | (m.r_max > aperture * margin)):
        text = f"has galaxies at r_proj_comoving = {m.r_min[i]:.4g} to {m.r_max[i]:.4g} Mpc"
        faults.setdefault(i, f"{text}; cut at 0 to {aperture:.4g} Mpc")
    for i in rows(narrow(m.r_sigma, aperture)):
        faults.setdefault(i, f"has radii with no spread (sigma = {m.r_sigma[i]:.3g} Mpc)")
    if settings.kernel == "full":
        # A little short of 1: scipy's factorisation fails there, and the kernel is thinner than a cell.
        for i in rows(np.abs(m.correlation) > 0.9999):
            faults.setdefault(i, f"has galaxies on a line (correlation {m.correlation[i]:.6f})")
    return faults


def _refuse(sample: ClusterSample, faults: dict[int, str]) -> None:
    if not faults:
        return
    row = min(faults)
    others = f" (and {len(faults) - 1} more clusters like it)" if len(faults) > 1 else ""
    raise ZwickyError(f"cluster {sample.cluster_id[row]} (row {row}) {faults[row]}{others}; fix or drop it")


def _kernel_sigma(sigma: np.ndarray, width: float, settings: ImageSettings) -> np.ndarray:
    return np.maximum(sigma, _NARROWEST * width / settings.n_cells / settings.bandwidth)


def _in_slabs(kernel, sample: ClusterSample, galaxies: tuple, parameters: tuple) -> None:
    cuts = pieces(len(sample), 8 * available_cores())
    run_pieces(kernel, [(*galaxies, sample.offsets, a, b, *parameters) for a, b in cuts])
