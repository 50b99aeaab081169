"""Put a cluster's velocities on the median of its inner galaxies.

A redshift of a cluster from one galaxy, from X-rays or rounded to three digits is easily 300 km/s off,
and an image that is off centre is unlike any the networks have seen.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from zwicky.survey.clusters import ObservedClusters, comoving_transverse_mpc
from zwicky.tables import Cylinder
from zwicky.units import SPEED_OF_LIGHT_KMS

__all__ = ["INNER_FRACTION", "compose", "median_velocity", "recentre"]

#: Inner galaxies lie inside this fraction of the aperture, where interlopers are few.
INNER_FRACTION = 0.5

_MAX_STEPS = 50


def compose(v_kms, frame_kms):
    """Velocity `v_kms` seen from a frame that moves at `frame_kms`, in km/s, exact for collinear motion.

    It is the composition for which redshifts multiply, so that shifting velocities and changing the
    cluster's redshift are one and the same.

    >>> float(compose(800.0, 800.0))
    0.0
    """
    v, frame = np.asarray(v_kms, dtype=float), np.asarray(frame_kms, dtype=float)
    return (v - frame) / (1.0 - v * frame / SPEED_OF_LIGHT_KMS**2)


def median_velocity(r_proj: np.ndarray, v_los: np.ndarray, cylinder: Cylinder) -> float:
    """Velocity of the centre in km/s: the median of the inner galaxies within the cut about it.

    The median moves the cut and the cut the median, so it is repeated until the same galaxies are
    inside. 0 where there is no inner galaxy; NaN values are left out. `cylinder` is in the h of `r_proj`.
    """
    inner = v_los[np.isfinite(v_los) & (r_proj <= INNER_FRACTION * cylinder.aperture_mpc)].astype(float)
    shift, before = 0.0, None
    for _ in range(_MAX_STEPS):
        inside = np.abs(compose(inner, shift)) <= cylinder.v_cut_kms
        if not inside.any() or (before is not None and np.array_equal(inside, before)):
            break
        shift, before = float(np.median(inner[inside])), inside
    return shift


def recentre(clusters: ObservedClusters, cylinder: Cylinder) -> ObservedClusters:
    """Clusters whose velocities are about `median_velocity`, with `recentred_kms` saying by how much.

    The redshift moves with the velocities, and radii that were computed on the sky with the redshift.
    """
    sample = clusters.sample
    cuts = list(zip(sample.offsets[:-1], sample.offsets[1:], strict=True))
    here = cylinder.in_h(sample.cosmology.h)
    shift = np.array([median_velocity(sample.r_proj[a:b], sample.v_los[a:b], here) for a, b in cuts])
    beta = shift / SPEED_OF_LIGHT_KMS
    redshift = (1.0 + sample.redshift) * np.sqrt((1.0 + beta) / (1.0 - beta)) - 1.0
    counts = sample.n_galaxies
    r_proj = sample.r_proj
    if clusters.from_sky:
        ratio = comoving_transverse_mpc(redshift, sample.cosmology) / comoving_transverse_mpc(
            sample.redshift, sample.cosmology
        )
        r_proj = r_proj * np.repeat(ratio, counts)
    moved = dataclasses.replace(
        sample, redshift=redshift, r_proj=r_proj, v_los=compose(sample.v_los, np.repeat(shift, counts))
    )
    return dataclasses.replace(clusters, sample=moved, recentred_kms=shift)
