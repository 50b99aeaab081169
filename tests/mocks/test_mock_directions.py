import numpy as np
import pytest
from scipy.spatial import SphericalVoronoi
from scipy.stats import kstest

from zwicky.mocks.directions import (
    even_lines,
    fibonacci_lattice,
    join_lines,
    orthogonal_lines,
    random_rotation,
)


def test_orthogonal_lines_are_the_axes_of_each_halo():
    lines = orthogonal_lines(np.array([4, 9]))
    assert lines.halo.tolist() == [4, 4, 4, 9, 9, 9]
    assert lines.number.tolist() == [0, 1, 2, 0, 1, 2]
    np.testing.assert_array_equal(lines.direction[3:], np.eye(3))


@pytest.mark.parametrize("n", [50, 123, 500])
def test_fibonacci_points_share_the_sphere_evenly(n):
    points = fibonacci_lattice(n)
    np.testing.assert_allclose(np.linalg.norm(points, axis=1), 1.0)
    areas = SphericalVoronoi(points).calculate_areas() * n / (4 * np.pi)
    assert areas.std() < 0.03
    # The points nearest to the poles have the most uneven cells.
    assert 0.8 < areas.min() < areas.max() < 1.1
    random = np.random.default_rng(0).normal(size=(n, 3))
    random /= np.linalg.norm(random, axis=1)[:, None]
    assert areas.std() < 0.1 * SphericalVoronoi(random).calculate_areas().std() * n / (4 * np.pi)


def closest_lines(points):
    """Smallest angle between two lines, over that of n equal caps on the half-sphere."""
    cosines = np.abs(points @ points.T)[np.triu_indices(len(points), 1)]
    return np.arccos(cosines.max()) / np.arccos(1 - 1 / len(points))


@pytest.mark.parametrize("n", [2, 3, 7, 20, 97, 123, 400])
def test_even_lines_do_not_face_each_other(n):
    lines = even_lines(n)
    assert lines.shape == (n, 3)
    assert closest_lines(lines) > 0.5


def test_points_of_the_whole_sphere_do():
    assert min(closest_lines(fibonacci_lattice(n)) for n in (7, 20, 97, 123)) < 0.1


def test_rotations_are_proper_and_uniform():
    rng = np.random.default_rng(1)
    turns = np.array([random_rotation(rng=rng) for _ in range(1000)])
    np.testing.assert_allclose(turns @ turns.transpose(0, 2, 1), np.tile(np.eye(3), (1000, 1, 1)), atol=1e-12)
    np.testing.assert_allclose(np.linalg.det(turns), 1.0)
    # Each entry of a uniform rotation is uniform in [-1, 1] (Archimedes).
    for entry in turns.reshape(1000, 9).T:
        assert kstest(entry, "uniform", (-1, 2)).pvalue > 1e-3


def test_joined_lines_keep_their_order():
    one, other = orthogonal_lines(np.array([4])), orthogonal_lines(np.array([2, 3]))
    both = join_lines([one, other[2:]])
    assert both.halo.tolist() == [4, 4, 4, 2, 3, 3, 3]
    assert both.number.tolist() == [0, 1, 2, 2, 0, 1, 2]
