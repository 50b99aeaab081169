"""Clusters drawn from a simple law, for tests that need a sample with a signal and no universe.

Dispersion, radius and richness follow the mass; interlopers fill the cylinder evenly. The networks can
learn it, and its parameters are known.
"""

import numpy as np

from zwicky.cosmology import paper_cosmology
from zwicky.tables import ClusterSample

APERTURE_MPC_H, V_CUT_KMS = 1.6, 2200.0
SIGMA15_KMS, ALPHA, SCATTER_DEX = 1080.0, 0.34, 0.03


def synthetic_clusters(n, seed=0, interlopers=15, log10_m200c_h=(13.6, 15.1), v_cut=V_CUT_KMS, dense=1):
    """`n` clusters with uniform log10 mass, in ten folds; galaxies in the paper's cylinder, `dense` times."""
    rng = np.random.default_rng(seed)
    cosmology = paper_cosmology()
    h = cosmology.h
    aperture = APERTURE_MPC_H / h
    log10_mass_h = rng.uniform(*log10_m200c_h, n)
    sigma = SIGMA15_KMS * 10 ** (ALPHA * (log10_mass_h - 15) + SCATTER_DEX * rng.standard_normal(n))
    scale = 0.7 / h * 10 ** ((log10_mass_h - 15) / 3)
    n_true = dense * 12 + rng.poisson(dense * 25 * 10 ** (0.5 * (log10_mass_h - 14)))
    n_false = rng.poisson(dense * interlopers, n)
    counts = n_true + n_false
    row = np.repeat(np.arange(n), counts)
    offsets = np.concatenate([[0], np.cumsum(counts)])
    total = offsets[-1]
    member = np.arange(total) - offsets[row] < n_true[row]
    v_member = np.clip(sigma[row] * rng.standard_normal(total), -v_cut, v_cut)
    r_member = np.minimum(scale[row] * np.sqrt(rng.exponential(1.0, total)), aperture)
    v = np.where(member, v_member, rng.uniform(-v_cut, v_cut, total))
    r = np.where(member, r_member, aperture * np.sqrt(rng.random(total)))
    return ClusterSample(
        cosmology=cosmology,
        cluster_id=1000 + np.arange(n),
        halo_id=np.arange(n),
        direction=np.tile([0.0, 0.0, 1.0], (n, 1)),
        redshift=np.full(n, 0.117),
        log10_m200c=log10_mass_h - np.log10(h),
        n_true=n_true,
        fold=np.arange(n) % 10,
        offsets=offsets,
        r_proj_comoving=r,
        v_los=v,
        is_member=member,
        aperture_mpc=np.full(n, aperture),
        v_cut_kms=np.full(n, v_cut),
        meta={"source": "synthetic clusters"},
    )
