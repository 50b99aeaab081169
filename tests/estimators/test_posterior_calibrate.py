"""Calibration: what was made too narrow is found and undone."""

import numpy as np
import pytest

from zwicky.errors import ZwickyError
from zwicky.estimators.posterior.calibrate import (
    fit_calibration,
    fit_density_stretch,
    fit_memberships,
    fit_widths,
)
from zwicky.estimators.posterior.calibration import Calibration
from zwicky.estimators.posterior.mixture import Mixture


def measured(n, told, seed=0, low=13.0, high=15.2):
    """Clusters of flat masses, measured with 0.2 dex, whose densities say `told`."""
    rng = np.random.default_rng(seed)
    mass = rng.uniform(low, high, n)
    centre = mass + 0.2 * rng.standard_normal(n)
    one = np.ones((n, 1))
    mixture = Mixture(
        0.0 * one, centre[:, None], -2.0 * one, told * one, 0.3 * one, 0.5 * one, low, high
    )  # fmt: skip
    return mixture, mass


@pytest.mark.parametrize("told", [0.15, 0.2, 0.3])
def test_the_stretch_is_the_truth_over_what_was_told(told):
    mixture, mass = measured(4000, told)
    stretch, sharpness = fit_widths(mixture, mass)
    assert stretch == pytest.approx(0.2 / told, rel=0.04)
    assert sharpness == 1.0


@pytest.mark.parametrize("told", [0.05, 0.16])
def test_tails_are_as_heavy_as_they_turn_out(told):
    # One cluster in ten is measured with 0.5 dex; the densities say that `told` of them are.
    rng = np.random.default_rng(3)
    n, true = 20_000, 0.1
    mass = rng.uniform(11.0, 17.0, n)
    width = np.where(rng.random(n) < true, 0.5, 0.1)
    one = np.ones((n, 2))
    mixture = Mixture(
        np.log([1.0 - told, told]) * one,
        (mass + width * rng.standard_normal(n))[:, None] * one,
        -2.0 * one,
        np.array([0.1, 0.5]) * one,
        0.3 * one,
        0.0 * one,
        8.0,
        20.0,
    )
    stretch, sharpness = fit_widths(mixture, mass)
    # The exponent that makes these odds of two Gaussians the true ones.
    wanted = np.log((1.0 - true) / true) / np.log((1.0 - told) / told)
    assert stretch == pytest.approx(1.0, abs=0.02)
    assert sharpness == pytest.approx(wanted, abs=0.05)
    sharp = Calibration(sharpness=sharpness).apply(mixture)
    assert np.exp(sharp.log_weight).sum(axis=1) == pytest.approx(1.0)


def test_the_density_is_as_sure_as_it_turns_out():
    # Mass and density scatter together about two ridges; the width in density was told too small.
    rng = np.random.default_rng(5)
    n, told = 6000, 0.2
    one = np.ones((n, 2))
    mass = np.stack([rng.uniform(13.6, 14.2, n), rng.uniform(14.4, 15.0, n)], axis=1)
    density = np.full((n, 2), [-2.4, -1.8])
    which = rng.integers(0, 2, n)
    draw = rng.multivariate_normal([0.0, 0.0], [[0.1**2, 0.0], [0.0, 0.35**2]], n)
    rows = np.arange(n)
    true_mass, true_density = mass[rows, which] + draw[:, 0], density[rows, which] + draw[:, 1]
    mixture = Mixture(np.log(0.5) * one, mass, density, 0.1 * one, told * one, 0.0 * one, 12.0, 17.0)
    assert fit_density_stretch(mixture, true_mass, true_density) == pytest.approx(0.35 / told, rel=0.05)


def test_density_at_a_mass_is_that_on_the_grid():
    mixture, mass = measured(20, 0.2)
    on_grid = mixture.log_mass_density(mass)[np.arange(20), np.arange(20)]
    assert np.allclose(mixture.log_mass_density_at(mass), on_grid)
    assert np.all(np.isneginf(mixture.log_mass_density_at(np.full(20, 16.0))))


def test_memberships_are_straightened():
    rng = np.random.default_rng(1)
    truth = 1.0 / (1.0 + np.exp(-rng.normal(0.5, 1.5, 40_000)))
    member = rng.random(len(truth)) < truth
    logit = np.log(truth / (1.0 - truth))
    told = 1.0 / (1.0 + np.exp(-(2.0 * logit + 0.6)))
    slope, offset = fit_memberships(told, member)
    assert slope == pytest.approx(0.5, abs=0.02)
    assert offset == pytest.approx(-0.3, abs=0.03)
    assert fit_memberships(told, np.ones(len(told), dtype=bool)) == (1.0, 0.0)


def test_the_floor_is_kept_and_few_clusters_are_refused():
    mixture, mass = measured(500, 0.2)
    made = fit_calibration(
        mixture,
        mass,
        np.full(500, -2.0),
        np.full(4, 0.5),
        np.array([True, False, True, False]),
        floor_dex=0.04,
    )
    assert made.floor_dex == 0.04
    with pytest.raises(ZwickyError, match="hold out a larger share"):
        fit_calibration(mixture[:20], mass[:20], np.full(20, -2.0), np.full(2, 0.5), np.array([True, False]))
