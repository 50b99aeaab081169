"""Line-of-sight velocities: seen from a moving frame, and the velocity of a cluster's centre.

A redshift of a cluster from one galaxy, from X-rays or rounded to three digits is easily 300 km/s off. The
median of its inner galaxies is a better zero.
"""

from __future__ import annotations

import numpy as np

from zwicky.units import SPEED_OF_LIGHT_KMS

__all__ = ["INNER_FRACTION", "compose", "median_velocities"]

#: Inner galaxies lie inside this fraction of the aperture, where interlopers are few.
INNER_FRACTION = 0.5

_MAX_STEPS = 50
#: Larger than twice any velocity, km/s: velocities of different clusters cannot meet in one sorted array.
_APART = 1e6


def compose(v_kms, frame_kms):
    """Velocity `v_kms` seen from a frame that moves at `frame_kms`, in km/s, exact for collinear motion.

    It is the composition for which redshifts multiply, so that shifting velocities and changing the
    cluster's redshift are one and the same.

    >>> float(compose(800.0, 800.0))
    0.0
    """
    v, frame = np.asarray(v_kms, dtype=float), np.asarray(frame_kms, dtype=float)
    return (v - frame) / (1.0 - v * frame / SPEED_OF_LIGHT_KMS**2)


def median_velocities(
    offsets: np.ndarray, radius: np.ndarray, v_los: np.ndarray, aperture: np.ndarray, v_cut_kms: float
) -> np.ndarray:
    """Velocity of the centre of each cluster: the median of its inner galaxies within the cut about it.

    The median moves the cut and the cut the median, so it is repeated until the same galaxies are inside.

    Parameters
    ----------
    offsets : int64, shape (n + 1,)
        Galaxies of cluster i are ``offsets[i]:offsets[i + 1]``.
    radius, v_los : shape (n_galaxies,)
        Projected distance, and velocity in km/s; NaN velocities are left out.
    aperture : shape (n,) or a number
        Radius of each cluster's cylinder, in the unit of `radius`.
    v_cut_kms
        Velocity cut.

    Returns
    -------
    float64, shape (n,)
        In km/s; 0 where there is no inner galaxy.
    """
    n = len(offsets) - 1
    cluster = np.repeat(np.arange(n), np.diff(offsets))
    reach = np.broadcast_to(INNER_FRACTION * np.asarray(aperture), (n,))[cluster]
    inner = np.flatnonzero(np.isfinite(v_los) & (radius <= reach))
    # Sorted by cluster and velocity, so that what lies within a cut is a run and its median the middle of it.
    v = np.clip(v_los[inner].astype(float), -0.4 * _APART, 0.4 * _APART)
    keys = np.sort(cluster[inner] * _APART + v)
    own = np.arange(n) * _APART
    shift = np.zeros(n)
    before = np.full((2, n), -1)
    for _ in range(_MAX_STEPS):
        run = np.stack(
            [
                np.searchsorted(keys, own + compose(-v_cut_kms, -shift), side="left"),
                np.searchsorted(keys, own + compose(v_cut_kms, -shift), side="right"),
            ]
        )
        moving = np.any(run != before, axis=0) & (run[1] > run[0])
        if not moving.any():
            break
        low, high = (run[0] + run[1] - 1) // 2, (run[0] + run[1]) // 2
        at = np.flatnonzero(moving)
        shift[at] = 0.5 * (keys[low[at]] + keys[high[at]]) - own[at]
        before = run
    return shift
