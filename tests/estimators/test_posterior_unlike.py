"""Odd clusters: p is uniform on clusters like the mocks, and small on what no cluster is."""

import dataclasses
import itertools

import numpy as np
import pytest
from scipy.stats import kstest

from synthetic_clusters import synthetic_clusters
from zwicky.errors import ZwickyError
from zwicky.estimators.posterior.oddities import STATISTICS, phase_space_statistics
from zwicky.estimators.posterior.told import conditions
from zwicky.estimators.posterior.unlike import Unlike

APERTURE = 1.6


def thinned_clusters(n, seed):
    """Synthetic clusters that keep a tenth to all of their galaxies."""
    rng = np.random.default_rng(seed)
    sample = synthetic_clusters(n, seed=seed, log10_m200c_h=(13.4, 15.2))
    keep = rng.random(sample.offsets[-1]) < np.repeat(rng.uniform(0.15, 1.0, n), sample.n_galaxies)
    sample = sample.select_galaxies(keep)
    return sample[sample.n_galaxies >= 4]


def inputs(sample):
    n, h = len(sample), sample.cosmology.h
    known = conditions(
        sample.n_galaxies, sample.redshift, np.full(n, APERTURE), np.full(n, 30.0), np.zeros(n),
        np.zeros(n, dtype=bool), np.zeros(n),
    )  # fmt: skip
    return sample.r_proj_comoving * h / APERTURE, sample.v_los, known, sample.offsets


@pytest.fixture(scope="module")
def unlike():
    return Unlike.fit(*inputs(thinned_clusters(6000, 1)), rng=np.random.default_rng(1))


def rich(n=300, seed=5, mass=(14.5, 15.1)):
    sample = synthetic_clusters(n, seed=seed, log10_m200c_h=mass)
    return sample[sample.n_galaxies >= 40]


def cut(sample):
    """Only what lies in the aperture and the velocity cut."""
    inside = (sample.r_proj_comoving * sample.cosmology.h <= APERTURE) & (np.abs(sample.v_los) <= 2200.0)
    kept = sample.select_galaxies(inside)
    return kept[kept.n_galaxies >= 10]


def test_p_is_uniform_on_clusters_like_the_mocks(unlike):
    fresh = thinned_clusters(3000, 2)
    p = unlike.p_value(*inputs(fresh))
    assert kstest(p, "uniform").pvalue > 1e-3
    assert np.mean(p < 0.01) == pytest.approx(0.01, abs=0.008)
    for part in np.array_split(np.argsort(fresh.n_galaxies), 3):
        assert np.mean(p[part] < 0.1) == pytest.approx(0.1, abs=0.04)


def test_order_of_galaxies_does_not_matter(unlike):
    share, v, known, offsets = inputs(thinned_clusters(50, 3))
    turned = np.concatenate([np.arange(a, b)[::-1] for a, b in itertools.pairwise(offsets)])
    first = phase_space_statistics(share, v, known, offsets)
    assert first.shape == (len(known), len(STATISTICS))
    assert np.allclose(first, phase_space_statistics(share[turned], v[turned], known, offsets))


def shifted(sample, kms):
    return cut(dataclasses.replace(sample, v_los=sample.v_los + np.float32(kms)))


def off_centre(sample, mpc_h):
    """Seen about a point so far from the centre; galaxies stand at random angles."""
    rng = np.random.default_rng(3)
    angle, r = (
        rng.uniform(0, 2 * np.pi, len(sample.r_proj_comoving)),
        sample.r_proj_comoving * sample.cosmology.h,
    )
    moved = np.hypot(r * np.cos(angle) + mpc_h, r * np.sin(angle))
    return cut(dataclasses.replace(sample, r_proj_comoving=moved / sample.cosmology.h))


def blends(sample):
    """Two clusters in one line of sight, 1800 km/s apart."""
    return shifted(pairs(sample, 1800.0), -900.0)


def pairs(sample, kms):
    n = len(sample) // 2
    one, two = sample[np.arange(n)], sample[n + np.arange(n)]
    parts = []
    for i in range(n):
        first, second = slice(*one.offsets[i : i + 2]), slice(*two.offsets[i : i + 2])
        r = np.concatenate([one.r_proj_comoving[first], two.r_proj_comoving[second]])
        parts.append((r, np.concatenate([one.v_los[first], two.v_los[second] + kms])))
    counts = [len(r) for r, _ in parts]
    return dataclasses.replace(
        one,
        offsets=np.concatenate([[0], np.cumsum(counts)]),
        r_proj_comoving=np.concatenate([r for r, _ in parts]),
        v_los=np.concatenate([v for _, v in parts]),
        is_member=np.zeros(sum(counts), dtype=bool),
    )


ODD = {
    # Two clusters make a broad one more often than two peaks: less is seen of them than of the others.
    "blend": (blends, 0.05, 0.6),
    "centre 1 Mpc/h off": (lambda s: off_centre(s, 1.0), 0.01, 0.8),
    "frame 1000 km/s off": (lambda s: shifted(s, 1000.0), 0.01, 0.9),
    "half by velocity": (lambda s: s.select_galaxies(s.v_los > 0), 0.01, 0.9),
    "half by position": (lambda s: s.select_galaxies(s.r_proj_comoving * s.cosmology.h > 0.8), 0.01, 0.8),
}


@pytest.mark.parametrize("name", ODD)
def test_p_is_small_for_what_is_no_cluster(unlike, name):
    change, level, found = ODD[name]
    sample = rich(mass=(14.1, 14.5) if name == "blend" else (14.5, 15.1))
    assert np.mean(unlike.p_value(*inputs(sample)) < level) < 2.0 * level + 0.02
    odd = change(sample)
    p = unlike.p_value(*inputs(odd[odd.n_galaxies >= 4]))
    assert np.mean(p < level) > found, np.mean(p < level)


def test_arrays_give_it_back_and_damage_is_seen(unlike):
    data = inputs(thinned_clusters(100, 4))
    assert np.array_equal(Unlike.of(unlike.arrays()).p_value(*data), unlike.p_value(*data))
    for broken in ({"edges": np.zeros(99)}, {"level": np.full(96, np.nan)}):
        with pytest.raises(ZwickyError, match="save the model again"):
            Unlike.of(unlike.arrays() | broken)
    with pytest.raises(ZwickyError, match="too few"):
        Unlike.fit(*inputs(thinned_clusters(100, 4)), rng=np.random.default_rng(1))
