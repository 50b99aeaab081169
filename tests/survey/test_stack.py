"""Stacks recover the truth from clusters that are weighed badly."""

import numpy as np
import pytest

from zwicky.errors import ZwickyError
from zwicky.estimators import MassPosterior, Prior, mass_grid
from zwicky.survey.stack import stack, stack_bins


def mock(n=100, mean=14.3, scatter=0.15, seed=0, width=(0.25, 0.4)):
    """Clusters with broad posteriors of their own widths, skewed by the edge of a trained range."""
    rng = np.random.default_rng(seed)
    mass = mean + scatter * rng.standard_normal(n)
    std = rng.uniform(*width, n)
    measured = mass + std * rng.standard_normal(n)
    values = -0.5 * ((mass_grid() - measured[:, None]) / std[:, None]) ** 2
    values[:, mass_grid() < 13.0] = -np.inf
    return MassPosterior.from_log_density(values)


def test_the_mean_is_recovered_within_five_per_cent():
    found = np.array([[q[1] for q in stack(mock(seed=s)).quantiles()] for s in range(20)])
    assert 10 ** abs(found[:, 0].mean() - 14.3) < 1.05
    assert found[:, 1].mean() == pytest.approx(0.15, abs=0.04)


def test_errors_are_as_large_as_they_say():
    pulls, inside = [], []
    for seed in range(40):
        (low, middle, high), (s_low, _, s_high) = stack(mock(seed=seed)).quantiles()
        pulls.append((middle - 14.3) / (0.5 * (high - low)))
        inside.append(s_low < 0.15 < s_high)
    assert 0.75 < np.std(pulls) < 1.3
    assert 0.5 < np.mean(inside) <= 0.95


def test_the_prior_that_masses_were_weighed_under_is_divided_out():
    plain = mock(seed=3)
    tilted = plain.with_prior(Prior.from_function("steep", lambda m: -2.0 * m, mass_grid()))
    ours, theirs = (stack(p).quantiles()[0] for p in (plain, tilted))
    assert np.allclose(ours, theirs, atol=2e-3)


def test_bins_of_richness():
    parts = [mock(60, 14.0, seed=1), mock(60, 14.6, seed=2), mock(2, 14.6, seed=3)]
    from zwicky.estimators import join_posteriors

    together = join_posteriors([*parts, MassPosterior.from_points(np.array([14.0]))])
    richness = np.concatenate([np.full(60, 15.0), np.full(60, 40.0), [80.0, 90.0], [15.0]])
    table = stack_bins(together, richness, np.array([10.0, 20.0, 60.0, 90.0]), name="richness")
    assert table["n_clusters"].tolist() == [60, 60, 2]
    assert table["log10_m200c_mean"][0] == pytest.approx(14.0, abs=0.15)
    assert table["log10_m200c_mean"][1] == pytest.approx(14.6, abs=0.15)
    assert np.isnan(table["scatter_dex"][2])
    assert table.meta["left_out"] == 1
    assert "selection" in table.meta
    with pytest.raises(ZwickyError, match="do not rise"):
        stack_bins(together, richness, np.array([20.0, 10.0]))
    with pytest.raises(ZwickyError, match="too few"):
        stack(mock(2))
    with pytest.raises(ZwickyError, match="has no posterior"):
        stack(MassPosterior.from_points(np.full(5, 14.0)))
