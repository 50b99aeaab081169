import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare, kstest

from zwicky.errors import ZwickyError
from zwicky.images.thinning import thinned


def test_fractions_are_uniform_and_members_equally_likely(clusters):
    sample = clusters(3000, seed=1, interlopers=60, log10_m200c_h=(15, 15.1))
    number = np.arange(len(sample.v_los))  # told apart, and exact in float32
    few = thinned(dataclasses.replace(sample, v_los=number), 0.2, rng=np.random.default_rng(0))
    fraction = few.n_galaxies / sample.n_galaxies
    assert kstest(fraction, "uniform", (0.2, 0.8)).pvalue > 1e-3
    # Where in its cluster's list a kept galaxy was.
    place = (number - np.repeat(sample.offsets[:-1], sample.n_galaxies)) / np.repeat(
        sample.n_galaxies, sample.n_galaxies
    )
    kept = place[few.v_los.astype(int)]
    counts, everyone = (np.histogram(p, 10, (0, 1))[0] for p in (kept, place))
    assert chisquare(counts, everyone * counts.sum() / everyone.sum()).pvalue > 1e-3


@settings(max_examples=30, deadline=None)
@given(low=st.floats(0.01, 1), seed=st.integers(0, 2**31), floor=st.integers(0, 40))
def test_a_thinned_cluster_is_a_subset_of_the_right_size(clusters, low, seed, floor):
    sample = clusters(20, seed=2)
    few = thinned(sample, low, at_least=floor, rng=np.random.default_rng(seed))
    n, kept = sample.n_galaxies, few.n_galaxies
    assert np.all(kept >= np.minimum(n, np.maximum(floor, np.floor(low * n))))
    assert np.all(kept <= n)
    for i in range(len(sample)):
        whole, part = sample[i], few[i]
        at = np.searchsorted(np.sort(whole.v_los), part.v_los)
        assert np.array_equal(np.sort(whole.v_los)[at], part.v_los)


def test_a_fixed_rate_and_a_repeated_seed(clusters):
    sample = clusters(50, seed=3)
    half = thinned(sample, 0.5, 0.5, at_least=0, rng=np.random.default_rng(5))
    assert np.array_equal(half.n_galaxies, np.rint(0.5 * sample.n_galaxies))
    again = thinned(sample, 0.5, 0.5, at_least=0, rng=np.random.default_rng(5))
    assert np.array_equal(half.v_los, again.v_los)
    assert np.array_equal(half.log10_m200c, sample.log10_m200c)


def test_impossible_fractions_are_refused(clusters):
    with pytest.raises(ZwickyError, match=r"fractions 0.5 to 0.2"):
        thinned(clusters(2), 0.5, 0.2, rng=np.random.default_rng(0))
