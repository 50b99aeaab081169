"""Looks in which tracers are as dense as a survey's: numbers of galaxies then follow the masses."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from zwicky.mocks.conditions import Conditions, ObservedViews, draw_conditions, observe
from zwicky.mocks.deep import DeepViews
from zwicky.mocks.survey_settings import SurveySettings

__all__ = ["observe_at_density"]

#: Galaxies that the first look expects, which tells how dense tracers are for so many.
_FIRST = 10.0


def observe_at_density(
    views: DeepViews,
    rows: np.ndarray,
    log10_density: Callable[[np.ndarray], np.ndarray],
    settings: SurveySettings,
    *,
    rng: np.random.Generator,
    **fixed: float,
) -> tuple[Conditions, ObservedViews]:
    """Observe deep views with tracers of given densities.

    Training draws how many galaxies a cluster is to have, whatever its mass; a survey has tracers of a
    density, and a massive cluster has many of them. Every view is looked at twice with one stream of random
    numbers: the first look tells the density that ten galaxies mean, the second has as many as the survey.

    Parameters
    ----------
    views, rows
        What is looked at; a row may come more than once.
    log10_density
        Takes the redshifts of the n clusters, gives log10 of their tracers' comoving density, (h/Mpc)^3.
    settings
        Ranges of everything else.
    rng
        Randomness.
    fixed
        As for `zwicky.mocks.conditions.draw_conditions`.

    Returns
    -------
    Conditions, ObservedViews
        Of the second look; one with too few galaxies, too many, or more than there are particles is void.
    """
    drawn = draw_conditions(views, rows, settings, rng=rng, **(fixed | {"n_wanted": _FIRST}))
    seed = int(rng.integers(2**62))
    first = observe(views, rows, drawn, dataclasses.replace(settings, n_min=1), seed=seed)
    wanted, n_wanted = log10_density(drawn.redshift), np.zeros(len(rows))
    n_wanted[first.look] = _FIRST * 10.0 ** (wanted[first.look] - first.log10_density)
    drawn = dataclasses.replace(drawn, n_wanted=n_wanted)
    return drawn, observe(views, rows, drawn, settings, seed=seed)
