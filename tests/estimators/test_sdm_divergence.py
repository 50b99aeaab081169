"""The divergence kernels against a slow reference, and what they do with difficult clusters."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import cKDTree
from scipy.special import digamma

from zwicky.estimators.sdm.divergence import MAX_NEIGHBOUR, clouds, divergences, joined

FLOOR = 1e-3


def random_clouds(counts, dimensions, k=3, seed=0, spread=1.0):
    rng = np.random.default_rng(seed)
    offsets = np.concatenate([[0], np.cumsum(counts)])
    points = (spread * rng.standard_normal((offsets[-1], dimensions))).astype(np.float32)
    return clouds(tuple(points.T), offsets, k, FLOOR), [
        points[a:b].astype(float) for a, b in itertools.pairwise(offsets)
    ]


def reference(x, y, k):
    """The formula of the module, point by point in float64, by a k-d tree; not clipped at zero."""
    n, d = x.shape
    k_own, k_other = min(k, n - 1), min(k, len(y))
    rho = np.maximum(cKDTree(x).query(x, [k_own + 1])[0][:, 0], FLOOR)
    nu = np.maximum(cKDTree(y).query(x, [k_other])[0][:, 0], FLOOR)
    bias = digamma(k_own) - digamma(k_other)
    return d * np.mean(np.log(nu / rho)) + np.log(len(y) / (n - 1)) + bias


@pytest.mark.parametrize("dimensions", [1, 2])
@pytest.mark.parametrize("k", range(1, MAX_NEIGHBOUR + 1))
def test_equals_the_slow_reference(dimensions, k):
    """Sizes around the vectors' 16, and far below and above k."""
    counts = [2, 3, 4, 5, 15, 16, 17, 31, 32, 33, 55, 140, 700]
    made, points = random_clouds(counts, dimensions, k)
    expected = np.array([[max(0.0, reference(x, y, k)) for y in points] for x in points])
    assert divergences(made, made) == pytest.approx(expected, abs=1e-5)
    assert expected.max() > 1


def boxes(width, counts, dimensions, seed):
    """Clusters spread evenly over [0, width]^d, clear of the edges of a wider box around them."""
    offsets = np.concatenate([[0], np.cumsum(counts)])
    points = width * np.random.default_rng(seed).random((offsets[-1], dimensions)) + 0.5 * (1 - width)
    return clouds(tuple(points.T), offsets, 3, 1e-6)


@pytest.mark.parametrize("dimensions", [1, 2])
@pytest.mark.parametrize("n", [2, 3, 4, 55])
def test_finds_the_divergence_of_boxes_with_any_number_of_galaxies(dimensions, n):
    """KL of even on [0, w]^d from even on [0, 1]^d is -d ln w; the digammas keep 2 and 3 galaxies unbiased.

    Without them 2 galaxies, whose first neighbour is the last, would be off by 1.5.
    """
    inside, around = boxes(1 / 8, np.full(500, n), dimensions, 1), boxes(1.0, np.full(4, 2000), dimensions, 2)
    edges = {2: 0.5, 3: 0.5, 4: 0.4, 55: 0.2}  # a neighbour beyond an edge is farther than the density says
    found = divergences(inside, around).astype(float).mean()
    assert found == pytest.approx(-dimensions * np.log(1 / 8), abs=dimensions * edges[n])


@pytest.mark.parametrize("dimensions", [1, 2])
def test_is_not_symmetric_and_is_nothing_from_itself(dimensions):
    made, _ = random_clouds([40, 60, 55], dimensions)
    found = divergences(made, made)
    assert np.diag(found).tolist() == [0, 0, 0]
    assert not np.allclose(found, found.T)


@pytest.mark.parametrize("dimensions", [1, 2])
def test_repeated_and_identical_points_are_finite(dimensions):
    """A cluster that is one point 30 times, one of two places, and an ordinary one."""
    rng = np.random.default_rng(3)
    points = [
        np.zeros((30, dimensions)),
        np.repeat([[-1.0] * dimensions, [1.0] * dimensions], 15, axis=0),
        rng.standard_normal((30, dimensions)),
    ]
    offsets = np.array([0, 30, 60, 90])
    made = clouds(tuple(np.concatenate(points).T), offsets, 3, FLOOR)
    expected = [[max(0.0, reference(x, y, 3)) for y in points] for x in points]
    found = divergences(made, made)
    assert found == pytest.approx(np.array(expected), abs=1e-5)
    # From a point to an ordinary cluster: its distances are of order 0.1, its own are the floor.
    assert found[0, 2] > dimensions * np.log(0.01 / FLOOR)


@given(
    counts=st.lists(st.integers(2, 40), min_size=2, max_size=6),
    dimensions=st.sampled_from([1, 2]),
    k=st.integers(1, MAX_NEIGHBOUR),
    seed=st.integers(0, 2**16),
    shift=st.floats(-3, 3),
)
def test_properties(counts, dimensions, k, seed, shift):
    """Never negative; no matter the order of galaxies, the company, or a common shift or mirror image."""
    made, points = random_clouds(counts, dimensions, k, seed)
    found = divergences(made, made)
    assert np.isfinite(found).all()
    assert (found >= 0).all()
    rng = np.random.default_rng(seed + 1)
    shuffled = np.concatenate([rng.permutation(x) for x in points])
    again = clouds(tuple(shuffled.T), made.offsets, k, FLOOR)
    assert divergences(again, again) == pytest.approx(found, abs=1e-5)
    moved = clouds(tuple(-shuffled.T + np.float32(shift)), made.offsets, k, FLOOR)
    assert divergences(moved, moved) == pytest.approx(found, abs=2e-3)
    some = np.arange(len(made))[::2]
    assert np.array_equal(divergences(made[some], made[1:]), found[some][:, 1:])
    assert np.array_equal(divergences(joined(made, made[some])[:], made)[len(made) :], found[some])


@pytest.mark.parametrize("dimensions", [1, 2])
def test_does_not_depend_on_the_number_of_threads(dimensions):
    made, _ = random_clouds(np.full(200, 12), dimensions)
    assert np.array_equal(divergences(made, made, workers=1), divergences(made, made, workers=3))
