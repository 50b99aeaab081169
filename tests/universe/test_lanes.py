import platform

import numpy as np
import pytest
from numba import config, njit

from zwicky.kernels import LANES
from zwicky.universe.lanes import FAR, add_lanes, keep_near, pull
from zwicky.universe.pairs import ShortRange


@njit
def _pull(x, y, z, first, stop, target, c, cutoff2, softening2):
    coefficients = (c[0], c[1], c[2], c[3], c[4], c[5], c[6])
    return pull(x, y, z, first, stop, target[0], target[1], target[2], coefficients, cutoff2, softening2)


@njit
def _add(target, k, source, j, shift):
    add_lanes(target, k, source, j, shift)


@njit
def _keep(points, j, low, high, distance2, near, k):
    bounds = (low[0], low[1], low[2]), (high[0], high[1], high[2])
    return keep_near(
        points[0], points[1], points[2], j, bounds[0], bounds[1], distance2, near[0], near[1], near[2], k
    )


def pulled(points, first, stop, target, force):
    padded = np.full((3, points.shape[1] + LANES), FAR, dtype=np.float32)
    padded[:, : points.shape[1]] = points
    squares = np.float32(force.cutoff**2), np.float32(force.softening**2)
    return np.array(_pull(*padded, first, stop, target, force.coefficients(), *squares))


@pytest.mark.parametrize("n", [1, 15, 16, 17, 1000])
def test_pull_is_the_sum_over_points_inside_the_cutoff(n):
    rng = np.random.default_rng(n)
    force = ShortRange(0.05, 1.0, 4.5)
    points = rng.uniform(-5, 5, (3, n)).astype(np.float32)
    target = rng.uniform(-1, 1, 3).astype(np.float32)
    separation = points.astype(float) - target.astype(float)[:, None]
    r2 = (separation**2).sum(axis=0)
    weight = (r2 + force.softening**2) ** -1.5 - np.polynomial.polynomial.polyval(
        r2, force.coefficients().astype(float)
    )
    terms = np.where(r2 < force.cutoff**2, weight, 0.0) * separation
    near = np.where(r2 < force.cutoff**2, (r2 + force.softening**2) ** -1.5, 0.0) * np.abs(separation)
    found = pulled(points, 0, n, target, force)
    assert np.all(np.abs(found - terms.sum(axis=1)) <= 3e-4 * near.sum(axis=1))


def test_pull_of_nothing_is_nothing_and_of_itself_too():
    force = ShortRange(0.05, 1.0, 4.5)
    points = np.ones((3, 40), dtype=np.float32)
    assert np.all(pulled(points, 7, 7, points[:, 0] + np.float32(0.5), force) == 0)
    assert np.all(pulled(points, 0, 40, points[:, 0], force) == 0)


def test_pull_starts_anywhere_and_stops_at_a_whole_vector():
    force = ShortRange(0.05, 1.0, 4.5)
    points = np.random.default_rng(5).uniform(-1, 1, (3, 3 * LANES)).astype(np.float32)
    target = np.zeros(3, dtype=np.float32)
    some = pulled(points, 5, 5 + LANES + 1, target, force)
    assert np.array_equal(some, pulled(points[:, 5 : 5 + 2 * LANES], 0, 2 * LANES, target, force))


def test_add_lanes_copies_a_vector_from_anywhere_to_anywhere():
    source = np.arange(60, dtype=np.float32)
    target = np.full(60, -1.0, dtype=np.float32)
    _add(target, 3, source, 21, np.float32(0.5))
    assert np.array_equal(target[3 : 3 + LANES], source[21 : 21 + LANES] + 0.5)
    assert np.all(target[:3] == -1)
    assert np.all(target[3 + LANES :] == -1)


@pytest.mark.parametrize("distance", [0.0, 0.7, 3.0, 100.0])
def test_points_near_a_box_are_kept_in_order(distance):
    points = np.random.default_rng(3).uniform(-4, 4, (3, LANES)).astype(np.float32)
    low, high = np.array([-1.0, -0.5, 0.0], np.float32), np.array([1.0, 0.5, 2.0], np.float32)
    near = np.full((3, 5 + LANES), FAR, dtype=np.float32)
    n = _keep(tuple(points), 0, low, high, np.float32(distance**2), tuple(near), 5)
    away = np.maximum(np.maximum(low[:, None] - points, points - high[:, None]), 0)
    wanted = points[:, (away.astype(float) ** 2).sum(axis=0) < distance**2]
    assert n == wanted.shape[1]
    assert np.array_equal(near[:, 5 : 5 + n], wanted)
    assert np.all(near[:, :5] == FAR)


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="looks for names of x86 registers")
def test_code_is_for_the_processor_that_is_named():
    pulled(np.ones((3, 40), dtype=np.float32), 0, 40, np.zeros(3, np.float32), ShortRange(0.05, 1.0, 4.5))
    code = " ".join(_pull.inspect_asm().values())
    widest = max(width for width in ("xmm", "ymm", "zmm") if width in code)
    assert widest == {"generic": "xmm", "haswell": "ymm"}.get(config.CPU_NAME, widest)
    assert ("rsqrt14" in code) == (widest == "zmm")
