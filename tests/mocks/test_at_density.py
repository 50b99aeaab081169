"""Surveys whose tracers have a density: numbers of galaxies follow the masses."""

import dataclasses

import numpy as np
import pytest

from synthetic_clusters import synthetic_clusters
from zwicky.mocks.at_density import observe_at_density
from zwicky.mocks.deep import views_of_sample
from zwicky.mocks.survey_settings import SurveySettings


@pytest.fixture(scope="module")
def views():
    sample = synthetic_clusters(150, seed=3, log10_m200c_h=(13.6, 15.0))
    density = np.full(len(sample), 0.02 * sample.cosmology.h**3)
    return views_of_sample(dataclasses.replace(sample, tracer_density=density))


def test_the_density_is_the_one_asked_for(views):
    rows = np.arange(len(views))
    settings = SurveySettings()

    def falling(z):
        return -2.3 - 3.0 * np.log10(1.0 + z)

    drawn, seen = observe_at_density(
        views, rows, falling, settings, rng=np.random.default_rng(1), aperture_mpc_h=1.6, tracer=0
    )
    assert len(seen) > 100
    assert np.allclose(seen.log10_density, falling(drawn.redshift[seen.look]), atol=1e-9)


def test_half_the_density_is_half_the_galaxies_and_none_is_void(views):
    rows = np.arange(len(views))
    fixed = {"aperture_mpc_h": 1.6, "tracer": 0, "core_loss": 0.0}
    numbers = []
    for log10_density in (-2.0, -2.0 - np.log10(2.0), -9.0):
        _, seen = observe_at_density(
            views, rows, lambda z, d=log10_density: np.full(len(z), d), SurveySettings(),
            rng=np.random.default_rng(1), **fixed,
        )  # fmt: skip
        numbers.append(np.bincount(seen.look, seen.n_galaxies, len(rows)))
    both = (numbers[0] > 0) & (numbers[1] > 0)
    assert numbers[0][both].sum() / numbers[1][both].sum() == pytest.approx(2.0, rel=0.1)
    assert numbers[2].sum() == 0
    # A massive cluster has many.
    mass = views.log10_m200c_h
    heavy, light = numbers[0][mass > 14.6], numbers[0][mass < 14.0]
    assert np.mean(heavy) > 1.4 * np.mean(light)
