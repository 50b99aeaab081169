"""Sums of Gaussians with an exponential of their own, against SciPy's density."""

import numpy as np
from scipy.stats import norm

from zwicky.estimators.posterior.gaussians import sum_of_gaussians


def test_sums_are_scipys():
    rng = np.random.default_rng(1)
    n, k = 50, 12
    height, mean = rng.random((n, k)), rng.uniform(12.5, 15.5, (n, k))
    std = np.exp(rng.uniform(np.log(0.01), np.log(0.8), (n, k)))
    grid = np.linspace(12.0, 16.2, 421)
    found = np.zeros((n, 421))
    sum_of_gaussians(height, mean, std, grid, found)
    weight = height * std * np.sqrt(2.0 * np.pi)
    expected = (weight[:, :, None] * norm(mean[:, :, None], std[:, :, None]).pdf(grid)).sum(axis=1)
    # Single precision: the farther out, the fewer digits.
    assert np.allclose(found, expected, rtol=1e-4, atol=1e-30)
    near = expected > 1e-3
    assert np.allclose(found[near], expected[near], rtol=5e-6)


def test_far_from_everything_is_next_to_nothing():
    found = np.zeros((1, 3))
    one = np.ones((1, 1))
    sum_of_gaussians(one, 14.0 * one, 0.01 * one, np.array([12.0, 14.0, 16.2]), found)
    assert found[0, 1] == 1.0
    assert np.all(found[0, [0, 2]] < 1e-36)
