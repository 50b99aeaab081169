"""Counting galaxies: the law that was put in is found, and nothing but numbers is looked at."""

import dataclasses

import numpy as np
import pytest

from zwicky.errors import ZwickyError
from zwicky.estimators import build_estimator

RNG = np.random.default_rng(0)


def fitted(name, sample, **settings):
    return build_estimator(name, settings).fit(sample, rng=RNG)


def with_masses(sample, log10_m200c_h):
    return dataclasses.replace(sample, log10_m200c=log10_m200c_h - np.log10(sample.cosmology.h))


def test_a_cubic_in_the_logarithm_is_found(clusters):
    sample = clusters(200, seed=1)
    x = np.log10(sample.n_galaxies)
    sample = with_masses(sample, 13.0 + 0.4 * x + 0.3 * x**2 - 0.05 * x**3)
    weighed = fitted("counts", sample).predict(sample).log10_m200c
    np.testing.assert_allclose(weighed, sample.log10_m200c, atol=1e-9)


def test_inner_counts_are_those_within_a_comoving_radius(clusters):
    sample = clusters(200, seed=2)
    rows = np.repeat(np.arange(len(sample)), sample.n_galaxies)
    inner = np.bincount(rows[sample.r_proj_comoving * sample.cosmology.h < 0.4], minlength=len(sample))
    truth = 13.5 + 0.5 * np.log10(sample.n_galaxies) + 0.2 * np.log10(1 + inner)
    sample = with_masses(sample, truth)
    model = fitted("counts_inner", sample, inner_mpc_h=0.4, degree=1)
    np.testing.assert_allclose(model.predict(sample).log10_m200c, sample.log10_m200c, atol=1e-9)
    other = fitted("counts_inner", sample, inner_mpc_h=0.8, degree=1).predict(sample).log10_m200c
    assert np.abs(other - sample.log10_m200c).max() > 0.01


@pytest.mark.parametrize("name", ["counts", "counts_inner"])
def test_velocities_are_not_looked_at(clusters, name):
    sample = clusters(200, seed=3)
    model = fitted(name, sample)
    stirred = dataclasses.replace(sample, v_los=sample.v_los[::-1].copy())
    assert np.array_equal(model.predict(stirred).log10_m200c, model.predict(sample).log10_m200c)


@pytest.mark.parametrize(("name", "degree"), [("counts", 0), ("counts", 6), ("counts_inner", 0)])
def test_a_degree_that_makes_no_sense_is_refused(name, degree):
    with pytest.raises(ZwickyError, match=f"degree = {degree} is not allowed; give at least 1 and at most 5"):
        build_estimator(name, {"degree": degree})


def test_too_few_clusters_are_refused(clusters):
    with pytest.raises(ZwickyError, match="3 clusters do not settle the 4 terms of counts"):
        fitted("counts", clusters(3, seed=4))
    with pytest.raises(ZwickyError, match=r"inner_mpc_h = 0.*is not allowed; give above 0 \(such as 0.5\)"):
        build_estimator("counts_inner", {"inner_mpc_h": 0.0})
