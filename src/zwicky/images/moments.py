"""Moments of each cluster's galaxies: the dispersions that set bandwidths and feed M-sigma."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zwicky.kernels import kernel
from zwicky.parallel import available_cores, pieces, run_pieces
from zwicky.tables import ClusterSample

__all__ = ["GalaxyMoments", "galaxy_moments"]


@dataclass(frozen=True, eq=False)
class GalaxyMoments:
    """Moments of the galaxies of n clusters; NaN with too few galaxies, or where one of them is NaN.

    Parameters
    ----------
    v_mean, v_sigma : float64, shape (n,)
        Mean and standard deviation (Ho et al. 2019, Eq. 6, ddof = 1) of v_los, km/s.
    r_sigma : float64, shape (n,)
        Standard deviation (ddof = 1) of r_proj_comoving, comoving Mpc.
    correlation : float64, shape (n,)
        Pearson's, between v_los and r_proj_comoving.
    v_max : float64, shape (n,)
        The largest absolute v_los, km/s.
    r_min, r_max : float64, shape (n,)
        Extremes of r_proj_comoving, comoving Mpc.

    Examples
    --------
    >>> moments = galaxy_moments(sample[:3])
    >>> bool(np.all(moments.r_min < moments.r_max))
    True
    """

    v_mean: np.ndarray
    v_sigma: np.ndarray
    r_sigma: np.ndarray
    correlation: np.ndarray
    v_max: np.ndarray
    r_min: np.ndarray
    r_max: np.ndarray


def galaxy_moments(sample: ClusterSample) -> GalaxyMoments:
    """Moments of v_los and r_proj_comoving for every cluster, in float64.

    Parameters
    ----------
    sample
        Of n clusters.

    Returns
    -------
    GalaxyMoments
        Arrays of shape (n,).

    Examples
    --------
    >>> galaxy_moments(sample[:2]).v_sigma.round().shape
    (2,)
    """
    n = len(sample)
    out = np.full((7, n), np.nan)
    cuts = pieces(n, 4 * available_cores())
    run_pieces(_moments, [(sample.v_los, sample.r_proj_comoving, sample.offsets, a, b, out) for a, b in cuts])
    return GalaxyMoments(*out)


@kernel(error_model="numpy", fastmath={"contract", "reassoc", "nsz"})
def _moments(v, r, offsets, first, last, out):
    for c in range(first, last):
        start, stop = offsets[c], offsets[c + 1]
        n = stop - start
        if n < 1:
            continue
        sum_v, sum_r = 0.0, 0.0
        v_max, r_min, r_max = 0.0, np.inf, -np.inf
        for i in range(start, stop):
            sum_v += v[i]
            sum_r += r[i]
            v_max = max(v_max, abs(v[i]))
            r_min = min(r_min, r[i])
            r_max = max(r_max, r[i])
        mean_v, mean_r = sum_v / n, sum_r / n
        vv, rr, vr = 0.0, 0.0, 0.0
        for i in range(start, stop):
            dv, dr = v[i] - mean_v, r[i] - mean_r
            vv += dv * dv
            rr += dr * dr
            vr += dv * dr
        out[0, c] = mean_v
        out[4, c], out[5, c], out[6, c] = v_max, r_min, r_max
        if n > 1:
            out[1, c] = np.sqrt(vv / (n - 1))
            out[2, c] = np.sqrt(rr / (n - 1))
            scale = np.sqrt(vv * rr)
            out[3, c] = vr / scale if scale > 0.0 else np.nan
