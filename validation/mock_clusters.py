"""Mock clusters that methods are compared on: samples of deep views under a good survey's conditions."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from validation.posterior import CLEAN
from zwicky.cosmology import paper_cosmology
from zwicky.images.density import image_faults
from zwicky.mocks.at_density import observe_at_density
from zwicky.mocks.conditions import draw_conditions, observe, sample_of
from zwicky.mocks.deep import DeepViews, halo_numbers
from zwicky.mocks.survey_settings import SurveySettings
from zwicky.tables import ClusterSample, Cylinder

__all__ = ["DENSITY", "MASSES", "PRIOR", "flat_rows", "learning", "numbers", "survey_of", "whole"]

#: log10 M200c [Msun/h] of test clusters, and of training clusters, the prior of all methods; both flat.
MASSES, PRIOR = (14.0, 15.0), (13.5, 15.3)
#: Fewest galaxies of a cluster that is weighed, by every method.
LEAST = 5
MAX_REDSHIFT = 0.35
SETTINGS = SurveySettings()
#: Galaxies of clusters of 10^14.5 Msun/h, and log10 of the tracers' density [(h/Mpc)^3] that makes so many.
DENSITY = {26: -2.36, 104: -1.75}
#: Numbers of galaxies of training clusters where they say nothing of the mass; log-uniform.
N_LEARNED = (8.0, 320.0)


def flat_rows(
    views: DeepViews, n: int, masses: tuple[float, float], *, rng: np.random.Generator
) -> np.ndarray:
    """n rows of views at z < 0.35, flat in the logarithm of the mass; a view may come more than once."""
    mass = views.log10_m200c_h
    inside = np.flatnonzero((mass >= masses[0]) & (mass < masses[1]) & (views.redshift < MAX_REDSHIFT))
    bins = np.floor(10.0 * (mass[inside] - masses[0]) + 1e-9).astype(int)
    weight = 1.0 / np.bincount(bins)[bins]
    return rng.choice(inside, n, p=weight / weight.sum())


def whole(sample: ClusterSample) -> ClusterSample:
    """Clusters that every method can weigh, with galaxies enough and some spread; the cylinder is told."""
    h = sample.cosmology.h
    cylinder = Cylinder.in_mpc_h(SETTINGS.aperture_mpc_h[1], SETTINGS.v_cut_kms, h)
    cut = sample.in_cylinder(cylinder)
    cut = cut[cut.n_galaxies >= LEAST]
    return cut[np.setdiff1d(np.arange(len(cut)), list(image_faults(cut, cylinder)))]


def _sample(views: DeepViews, drawn, seen) -> ClusterSample:
    sample = sample_of(views, drawn, seen, paper_cosmology())
    # Halos of different universes may have one id.
    return dataclasses.replace(sample, halo_id=halo_numbers(views)[seen.row])


def numbers(
    views: DeepViews, n_galaxies: float | np.ndarray, *, looks: int, rng: np.random.Generator, **fixed: float
) -> ClusterSample:
    """Test clusters with so many galaxies whatever their mass."""
    rows = flat_rows(views, 200 * looks, MASSES, rng=rng)
    drawn = draw_conditions(views, rows, SETTINGS, rng=rng, n_wanted=float(n_galaxies), **(CLEAN | fixed))
    return _sample(views, drawn, observe(views, rows, drawn, SETTINGS, seed=int(rng.integers(2**62))))


def learning(
    views: DeepViews,
    n: int,
    *,
    rng: np.random.Generator,
    masses: tuple[float, float] = PRIOR,
    **fixed: float,
) -> ClusterSample:
    """Clusters of all numbers of galaxies, which say nothing of their masses."""
    rows = flat_rows(views, n, masses, rng=rng)
    drawn = draw_conditions(views, rows, SETTINGS, rng=rng, **(CLEAN | fixed))
    drawn = dataclasses.replace(drawn, n_wanted=np.exp(rng.uniform(*np.log(N_LEARNED), n)))
    return whole(_sample(views, drawn, observe(views, rows, drawn, SETTINGS, seed=int(rng.integers(2**62)))))


def survey_of(
    views: DeepViews,
    log10_density: float | Callable[[np.ndarray], np.ndarray],
    n: int,
    masses: tuple[float, float],
    *,
    rng: np.random.Generator,
    **fixed: float,
) -> ClusterSample:
    """Clusters seen by tracers of a density, one for all or a function of n redshifts."""
    density = log10_density if callable(log10_density) else lambda z: np.full(len(z), log10_density)
    rows = flat_rows(views, n, masses, rng=rng)
    drawn, seen = observe_at_density(views, rows, density, SETTINGS, rng=rng, **(CLEAN | fixed))
    return whole(_sample(views, drawn, seen))
