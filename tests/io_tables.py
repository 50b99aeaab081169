"""Small tables of every kind that `zwicky.io` stores."""

import numpy as np

from zwicky.tables import ClusterSample, GalaxyTable, HaloTable, Snapshot


def halos_of(cosmology):
    rng = np.random.default_rng(3)
    n = 3
    return HaloTable(
        Snapshot("made", 0.117, 100.0, cosmology), np.arange(n), rng.random((n, 3)) * 100,
        rng.standard_normal((n, 3)) * 300, 10 ** rng.uniform(13, 15, n), rng.random(n) + 0.5,
        rng.random(n) * 500, rng.integers(-1, 9, n),
    )  # fmt: skip


def galaxies_of(cosmology):
    rng = np.random.default_rng(1)
    n = 50
    return GalaxyTable(
        Snapshot("made", 0.117, 100.0, cosmology), 2**53 + 1 + np.arange(n), rng.random((n, 3)) * 100,
        rng.standard_normal((n, 3)) * 300, rng.integers(-1, 5, n), rng.integers(-1, 9, n),
        rng.random(n) < 0.1,
    )  # fmt: skip


def sample_of(cosmology):
    rng = np.random.default_rng(2)
    counts = np.array([3, 0, 5])
    return ClusterSample(
        cosmology=cosmology, cluster_id=[1, 2, 2**60], halo_id=[-1, 5, 6], direction=rng.random((3, 3)),
        redshift=[0.1, 0.2, 0.3], log10_m200c=[14.0, np.nan, 15.0], n_true=[1, -1, 3], fold=[0, -1, 2],
        offsets=np.concatenate([[0], np.cumsum(counts)]), r_proj_comoving=rng.random(8),
        v_los=rng.standard_normal(8), is_member=rng.random(8) < 0.5,
        aperture_mpc=[2.36, np.nan, 1.5], v_cut_kms=np.full(3, 2200.0),
        redshift_error_kms=[30.0, 0.0, 100.0], centre_error_kms=[0.0, 50.0, 300.0],
        tracer_density=np.full(3, 0.01), completeness=[1.0, 0.5, 0.9], tracer=[0, 1, -1],
        meta={"source": "made"},
    )  # fmt: skip
