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
    found = np.array([[q[1] for q in stack(mock(seed=s), common_dex=0.0).quantiles()] for s in range(20)])
    assert 10 ** abs(found[:, 0].mean() - 14.3) < 1.05
    assert found[:, 1].mean() == pytest.approx(0.15, abs=0.04)


def test_errors_are_as_large_as_they_say():
    pulls, inside = [], []
    for seed in range(40):
        (low, middle, high), (s_low, _, s_high) = stack(mock(seed=seed), common_dex=0.0).quantiles()
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
    # What all clusters share is in the interval of the mean, and not in the error that bins are compared by.
    low, high = (table[f"log10_m200c_mean_p{p}"][0] for p in (16, 84))
    alone = table["log10_m200c_mean_err_alone"][0]
    assert 0.5 * (high - low) == pytest.approx(np.hypot(alone, table.meta["common_dex"]), rel=0.03)
    with pytest.raises(ZwickyError, match="do not rise"):
        stack_bins(together, richness, np.array([20.0, 10.0]))
    with pytest.raises(ZwickyError, match="too few"):
        stack(mock(2))
    with pytest.raises(ZwickyError, match="has no posterior"):
        stack(MassPosterior.from_points(np.full(5, 14.0)))


def test_what_all_masses_share_does_not_average_down():
    one = stack(mock(300, seed=4), common_dex=0.1)
    (low, middle, high), scatter = one.quantiles()
    (alone_low, alone, alone_high), same = one.quantiles(together=False)
    assert middle == pytest.approx(alone, abs=2e-3)
    assert np.array_equal(scatter, same)
    assert 0.5 * (high - low) == pytest.approx(np.hypot(0.5 * (alone_high - alone_low), 0.1), rel=0.02)
    with pytest.raises(ZwickyError, match="common_dex = -1 is not allowed"):
        stack(mock(), common_dex=-1.0)


def test_a_broad_population_is_not_punished_for_what_the_model_cannot_know():
    """Clusters from one edge of the model's range to the other: the scatter is not to be too small."""
    rng = np.random.default_rng(3)
    mass = rng.normal(14.3, 0.35, 1000)
    mass = mass[np.abs(mass - 14.3) < 0.5][:400]
    grid = mass_grid()
    measured = mass + 0.05 * rng.standard_normal(len(mass))
    values = -0.5 * ((grid - measured[:, None]) / 0.05) ** 2
    values[:, np.abs(grid - 14.3) > 0.5] = -np.inf
    found = stack(MassPosterior.from_log_density(values), common_dex=0.0)
    low, high = found.quantiles((0.025, 0.975))[1]
    assert mass.std() < low < 0.35 < high
