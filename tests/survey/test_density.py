"""The density of a survey's galaxies from its own clusters, against clusters made with a known one."""

import dataclasses

import numpy as np
import pytest

from zwicky.errors import ZwickyError
from zwicky.estimators.posterior.mixture import Mixture
from zwicky.survey.density import DensityPrior, fit_density, read_density, write_density


def survey(n, mean=-2.1, scatter=0.1, trend=0.0, seed=0, low=13.0, high=15.4, redshift=(0.05, 0.6)):
    """Clusters whose counts fix log n + 0.8 log M to 0.12 dex and whose kinematics fix log M to 0.25.

    Returns their joint densities, redshifts and masses.
    """
    rng = np.random.default_rng(seed)
    mass, z = rng.uniform(13.6, 15.0, n), rng.uniform(*redshift, n)
    density = mean + trend * (np.log10(1 + z) - np.log10(1.3)) + scatter * rng.standard_normal(n)
    by_motion = mass + 0.25 * rng.standard_normal(n)
    by_counts = density + 0.8 * mass + 0.12 * rng.standard_normal(n)
    # log n given mass is by_counts - 0.8 mass: the joint density is Gaussian.
    density_std = np.hypot(0.8 * 0.25, 0.12)
    one = np.ones((n, 1))
    mixture = Mixture(
        0.0 * one,
        by_motion[:, None],
        (by_counts - 0.8 * by_motion)[:, None],
        0.25 * one,
        density_std * one,
        -0.8 * 0.25 / density_std * one,
        low,
        high,
    )
    return mixture, z, mass


def fitted(n=150, with_trend=False, **made):
    mixture, z, mass = survey(n, **made)
    return fit_density(mixture, z, rng=np.random.default_rng(1), with_trend=with_trend), mixture, z, mass


@pytest.mark.parametrize("scatter", [0.03, 0.1, 0.3])
def test_mean_and_scatter_are_found_within_their_errors(scatter):
    pulls = []
    for seed in range(6):
        prior, *_ = fitted(scatter=scatter, seed=seed)
        error = np.sqrt(np.reshape(prior.covariance, (3, 3)).diagonal())
        pulls.append([(prior.log10_density + 2.1) / error[0], (prior.scatter_dex - scatter) / error[1]])
        assert abs(prior.log10_density + 2.1) < 0.1
        assert abs(prior.scatter_dex - scatter) < 0.07
    assert np.all(np.abs(np.mean(pulls, axis=0)) < 1.2)
    assert np.abs(pulls).max() < 3.5


def test_a_trend_with_redshift_is_found():
    prior, *_ = fitted(trend=-3.0, with_trend=True, n=300)
    error = np.sqrt(prior.covariance[8])
    assert prior.trend == pytest.approx(-3.0, abs=3 * error)
    assert error < 1.0
    near, far = prior.at(np.array([0.05, 0.5]))[0]
    assert near - far > 0.25


@pytest.mark.parametrize("seed", range(4))
def test_a_flux_limit_nearby_is_a_steep_trend_and_no_broad_scatter(seed):
    """As in 2M++: without the trend the densities scatter by 0.25 dex, which is a summit of its own."""
    prior, *_ = fitted(trend=-60.0, with_trend=True, scatter=0.05, n=230, seed=seed, redshift=(0.01, 0.06))
    error = np.sqrt(np.reshape(prior.covariance, (3, 3)).diagonal())
    assert prior.trend == pytest.approx(-60.0, abs=4 * error[2])
    assert prior.scatter_dex == pytest.approx(0.05, abs=max(0.08, 3 * error[1]))


def test_counts_narrow_the_masses_and_the_pulls_stay_one():
    prior, mixture, z, mass = fitted(n=400, scatter=0.05)
    assert prior.counts_help
    assert "counts help" in prior.verdict()
    _, told = mixture.given_density(*prior.at(z))
    inner = (mass > 13.9) & (mass < 14.7)
    grid = np.linspace(13.0, 15.4, 481)

    def moments(m):
        p = np.exp(m.log_mass_density(grid))
        p /= p.sum(axis=1, keepdims=True)
        mean = p @ grid
        return mean, np.sqrt((p * (grid - mean[:, None]) ** 2).sum(axis=1))

    before, after = moments(mixture), moments(told)
    scatter = [np.std((m - mass)[inner]) for m, _ in (before, after)]
    assert scatter[1] < 0.75 * scatter[0]
    pull = ((after[0] - mass) / after[1])[inner]
    assert np.std(pull) == pytest.approx(1.0, abs=0.12)
    assert abs(np.mean(pull)) < 0.3


@pytest.mark.parametrize("scatter", [0.45, 1.0])
def test_an_uneven_survey_falls_silent(scatter):
    prior, *_ = fitted(n=200, scatter=scatter)
    assert prior.scatter_dex > 0.8 * scatter
    assert not prior.counts_help
    assert "do not help" in prior.verdict()


def test_what_is_not_known_well_widens():
    sure = DensityPrior(-2.0, 0.1)
    unsure = dataclasses.replace(sure, covariance=(0.04, 0, 0, 0, 0.01, 0, 0, 0, 0))
    assert sure.at([0.1])[1][0] == pytest.approx(0.1)
    assert unsure.at([0.1])[1][0] == pytest.approx(np.sqrt(0.01 + 0.05))


def test_files_come_back_and_mistakes_are_one_line(tmp_path):
    prior, mixture, z, _ = fitted(n=40)
    write_density(tmp_path / "s.toml", prior)
    assert read_density(tmp_path / "s.toml") == prior
    (tmp_path / "own.toml").write_text("log10_density = -2.3\nscatter_dex = 0.1\n")
    assert read_density(tmp_path / "own.toml") == DensityPrior(-2.3, 0.1)
    (tmp_path / "bad.toml").write_text("log10_density = 200.0\n")
    with pytest.raises(ZwickyError, match="galaxies per"):
        read_density(tmp_path / "bad.toml")
    with pytest.raises(ZwickyError, match="covariance"):
        DensityPrior(-2.0, covariance=(1.0,))
    with pytest.raises(ZwickyError, match="too few"):
        fit_density(mixture[:10], z[:10], rng=np.random.default_rng(1))
