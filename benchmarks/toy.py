"""Clusters with the paper's typical number of galaxies, for timing; their masses mean little."""

from __future__ import annotations

import numpy as np

from zwicky.cosmology import paper_cosmology
from zwicky.tables import ClusterSample
from zwicky.units import mpc


def toy_clusters(n: int, mean_galaxies: int = 55, seed: int = 0) -> ClusterSample:
    """`n` clusters in ten folds, Poisson richness, dispersions that follow the mass, even radii."""
    rng = np.random.default_rng(seed)
    cosmology = paper_cosmology()
    aperture = float(mpc(1.6, cosmology.h))
    counts = 10 + rng.poisson(mean_galaxies - 10, n)
    offsets = np.concatenate([[0], np.cumsum(counts)])
    log10_mass_h = rng.uniform(13.5, 15, n)
    sigma = np.repeat(1000 * 10 ** (0.35 * (log10_mass_h - 15)), counts)
    return ClusterSample(
        cosmology=cosmology,
        cluster_id=np.arange(n),
        halo_id=np.arange(n),
        direction=np.tile([0.0, 0.0, 1.0], (n, 1)),
        redshift=np.full(n, 0.117),
        log10_m200c=log10_mass_h - np.log10(cosmology.h),
        n_true=counts,
        fold=np.arange(n) % 10,
        offsets=offsets,
        r_proj_comoving=aperture * np.sqrt(rng.random(offsets[-1])),
        v_los=np.clip(sigma * rng.standard_normal(offsets[-1]), -2200, 2200),
        is_member=np.ones(offsets[-1], bool),
        aperture_mpc=np.full(n, aperture),
        v_cut_kms=np.full(n, 2200.0),
        meta={"source": "toy clusters for timing"},
    )
