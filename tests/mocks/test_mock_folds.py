import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from zwicky.errors import ZwickyError
from zwicky.mocks import halo_folds, spatial_folds


def test_halo_folds_are_the_mass_rank_modulo_n():
    mass = 10 ** np.random.default_rng(0).uniform(13.5, 15, 237)
    fold = halo_folds(mass, 10)
    for rank, row in enumerate(np.argsort(mass)[::-1]):
        assert fold[row] == rank % 10


@given(st.integers(2, 13), st.integers(0, 200), st.integers(0, 1000))
@settings(deadline=None)
def test_spatial_folds_are_equal_and_apart(n_folds, more, seed):
    position = np.random.default_rng(seed).uniform(0, 100, (n_folds + more, 3))
    fold = spatial_folds(position, n_folds)
    sizes = np.bincount(fold, minlength=n_folds)
    assert len(sizes) == n_folds
    assert sizes.min() >= 1
    assert np.ptp(sizes) <= 1 + np.log2(n_folds)
    low = np.array([position[fold == f].min(axis=0) for f in range(n_folds)])
    high = np.array([position[fold == f].max(axis=0) for f in range(n_folds)])
    for a, b in itertools.combinations(range(n_folds), 2):
        assert np.any((high[a] < low[b]) | (high[b] < low[a]))


def test_spatial_folds_keep_neighbours_together():
    rng = np.random.default_rng(1)
    position = rng.uniform(0, 1000, (5000, 3))
    neighbour = cKDTree(position).query(position, 2)[1][:, 1]
    spatial, by_rank = spatial_folds(position, 10), halo_folds(rng.random(5000), 10)
    assert np.mean(spatial == spatial[neighbour]) > 0.75
    assert np.mean(by_rank == by_rank[neighbour]) < 0.2


@pytest.mark.parametrize(
    "cut", [lambda n: halo_folds(np.ones(n), 5), lambda n: spatial_folds(np.ones((n, 3)), 5)]
)
def test_too_few_halos(cut):
    assert sorted(cut(5)) == [0, 1, 2, 3, 4]
    with pytest.raises(ZwickyError, match="4 halos cannot fill 5 folds; lower n_folds"):
        cut(4)
