"""Put a cluster's velocities on the median of its inner galaxies.

A redshift of a cluster from one galaxy, from X-rays or rounded to three digits is easily 300 km/s off,
and an image that is off centre is unlike any the networks have seen.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from zwicky.cosmology import comoving_transverse_mpc
from zwicky.survey.clusters import ObservedClusters
from zwicky.tables import Cylinder
from zwicky.units import SPEED_OF_LIGHT_KMS
from zwicky.velocities import compose, median_velocities

__all__ = ["recentre"]


def recentre(clusters: ObservedClusters, cylinder: Cylinder) -> ObservedClusters:
    """Clusters whose velocities are about `median_velocities`, with `recentred_kms` saying by how much.

    The redshift moves with the velocities, and radii that were computed on the sky with the redshift.
    """
    sample = clusters.sample
    here = cylinder.in_h(sample.cosmology.h)
    shift = median_velocities(
        sample.offsets, sample.r_proj_comoving, sample.v_los, here.aperture_mpc, here.v_cut_kms
    )
    beta = shift / SPEED_OF_LIGHT_KMS
    redshift = (1.0 + sample.redshift) * np.sqrt((1.0 + beta) / (1.0 - beta)) - 1.0
    counts = sample.n_galaxies
    r_proj_comoving = sample.r_proj_comoving
    if clusters.from_sky:
        ratio = comoving_transverse_mpc(redshift, sample.cosmology) / comoving_transverse_mpc(
            sample.redshift, sample.cosmology
        )
        r_proj_comoving = r_proj_comoving * np.repeat(ratio, counts)
    moved = dataclasses.replace(
        sample,
        redshift=redshift,
        r_proj_comoving=r_proj_comoving,
        v_los=compose(sample.v_los, np.repeat(shift, counts)),
    )
    return dataclasses.replace(clusters, sample=moved, recentred_kms=shift)
