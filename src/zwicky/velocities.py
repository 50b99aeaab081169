"""Line-of-sight velocities: seen from a moving frame, and the velocity of a cluster's centre.

A redshift of a cluster from one galaxy, from X-rays or rounded to three digits is easily 300 km/s off. The
median of its inner galaxies is a better zero.
"""

from __future__ import annotations

import numpy as np

from zwicky.kernels import kernel
from zwicky.parallel import cluster_pieces, run_pieces
from zwicky.units import SPEED_OF_LIGHT_KMS

__all__ = ["INNER_FRACTION", "compose", "median_velocities"]

#: Inner galaxies lie inside this fraction of the aperture, where interlopers are few.
INNER_FRACTION = 0.5

_MAX_STEPS = 50


def compose(v_kms, frame_kms):
    """Velocity `v_kms` seen from a frame that moves at `frame_kms`, in km/s, exact for collinear motion.

    It is the composition for which redshifts multiply, so that shifting velocities and changing the
    cluster's redshift are one and the same.

    Parameters
    ----------
    v_kms, frame_kms
        Velocities in km/s, numbers or arrays.

    Returns
    -------
    float64
        In km/s.

    Examples
    --------
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

    Examples
    --------
    >>> v = np.array([900.0, 1000.0, 1100.0, -1500.0])
    >>> median_velocities(np.array([0, 4]), np.full(4, 0.1), v, 2.0, 2200.0)
    array([1000.])
    """
    offsets = np.ascontiguousarray(offsets)
    radius, v_los = np.ascontiguousarray(radius), np.ascontiguousarray(v_los)
    n = len(offsets) - 1
    reach = np.ascontiguousarray(np.broadcast_to(INNER_FRACTION * np.asarray(aperture, dtype=float), (n,)))
    shift = np.zeros(n)
    arrays = (offsets, radius, v_los, reach, float(v_cut_kms))
    run_pieces(_medians, [(*arrays, first, last, shift) for first, last in cluster_pieces(n)])
    return shift


@kernel
def _medians(offsets, radius, v_los, reach, v_cut_kms, first, last, shift):
    for c in range(first, last):
        a, b = offsets[c], offsets[c + 1]
        shift[c] = median_velocity(radius[a:b], v_los[a:b], reach[c], v_cut_kms)


@kernel
def median_velocity(radius, v_los, reach, v_cut_kms):
    """What `median_velocities` finds for one cluster whose inner galaxies are those within `reach`."""
    inner = np.empty(len(radius))
    n = 0
    for i in range(len(radius)):
        if radius[i] <= reach and np.isfinite(v_los[i]):
            inner[n] = v_los[i]
            n += 1
    # Sorted, what lies within a cut is a run and its median the middle of it.
    inner = np.sort(inner[:n])
    shift = 0.0
    low_before, high_before = -1, -1
    for _ in range(_MAX_STEPS):
        low = np.searchsorted(inner, composed(-v_cut_kms, -shift))
        high = np.searchsorted(inner, composed(v_cut_kms, -shift), side="right")
        if high <= low or (low == low_before and high == high_before):
            break
        shift = 0.5 * (inner[(low + high - 1) // 2] + inner[(low + high) // 2])
        low_before, high_before = low, high
    return shift


@kernel(inline="always")
def composed(v, frame):
    """`compose` for one number, compiled."""
    return (v - frame) / (1.0 - v * frame / SPEED_OF_LIGHT_KMS**2)
