"""The compiled velocity of one cluster's centre against NumPy's of many."""

from itertools import pairwise

import numpy as np

from zwicky.mocks.survey_kernels import _median_velocity
from zwicky.velocities import INNER_FRACTION, median_velocities

APERTURE, CUT = 1.6, 2200.0


def one_by_one(offsets, r, v):
    work = np.empty(max(np.diff(offsets)))
    return [
        _median_velocity(r[a:b], v[a:b], b - a, INNER_FRACTION * APERTURE, CUT, work)
        for a, b in pairwise(offsets.tolist())
    ]


def test_the_medians_are_the_same():
    rng = np.random.default_rng(3)
    n = rng.integers(0, 40, 300)  # few galaxies, even and odd numbers of them, none
    offsets = np.r_[0, np.cumsum(n)]
    centre = np.repeat(rng.uniform(-1500, 1500, len(n)), n)
    far = rng.random(len(centre)) < 0.3
    v = centre + np.where(far, rng.uniform(-4000, 4000, len(centre)), rng.normal(0, 700, len(centre)))
    r = rng.uniform(0, 2 * APERTURE, len(v))
    together = median_velocities(offsets, r, v, APERTURE, CUT)
    np.testing.assert_allclose(one_by_one(offsets, r, v), together, atol=1e-5)
    assert np.abs(together[n > 5]).max() > 1000.0


def test_without_inner_galaxies_nothing_moves():
    offsets, r, v = np.array([0, 2, 2]), np.array([1.2, 1.5]), np.array([500.0, 900.0])
    assert one_by_one(offsets, r, v) == median_velocities(offsets, r, v, APERTURE, CUT).tolist() == [0, 0]
