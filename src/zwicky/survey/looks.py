"""Mock clusters seen as a survey sees its own, and what a model makes of them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.estimators import ConditionalEstimator
from zwicky.mocks.at_density import observe_at_density
from zwicky.mocks.conditions import sample_of
from zwicky.mocks.deep import DeepViews, halo_numbers
from zwicky.mocks.survey_settings import SurveySettings
from zwicky.survey.density import DensityPrior
from zwicky.survey.told import Told
from zwicky.survey.weigh import weigh_sample
from zwicky.tables import TRACERS

if TYPE_CHECKING:
    from astropy.cosmology import FLRW

__all__ = ["MockLooks", "mock_looks"]


@dataclass(frozen=True, eq=False)
class MockLooks:
    """n mock clusters that a survey observed.

    Parameters
    ----------
    halo : int64, shape (n,)
        A number for each halo: looks at one halo are no independent clusters.
    log10_m200c, redshift : float64, shape (n,)
        Truth, Msun.
    n_galaxies : int64, shape (n,)
        Galaxies in the cylinder; 0 where there are none.
    predicted : float64, shape (n,)
        The model's log10 M200c [Msun], NaN of clusters with too few galaxies to be weighed.
    """

    halo: np.ndarray
    log10_m200c: np.ndarray
    redshift: np.ndarray
    n_galaxies: np.ndarray
    predicted: np.ndarray

    def __len__(self) -> int:
        return len(self.halo)


def mock_looks(
    model: ConditionalEstimator,
    views: DeepViews,
    rows: np.ndarray,
    density: DensityPrior,
    told: Told,
    cosmology: FLRW,
    *,
    rng: np.random.Generator,
    with_counts: bool = True,
    **fixed: float | np.ndarray,
) -> MockLooks:
    """Observe deep views as a survey does, and weigh what is seen.

    Parameters
    ----------
    model
        The posterior that weighs.
    views, rows
        What is looked at; a row may come more than once. Looks that ask for more tracers than a view has
        particles are left out.
    density
        Of the survey's galaxies, from `zwicky.survey.fit_density`: each cluster's is drawn from it.
    told
        How the survey observes, which the model is told; what is None is drawn from the ranges of training
        and not told, but the aperture, which is then the largest. Without an error of the centre, velocities
        are put on the median of the inner galaxies.
    cosmology
        The observer's, for radii and masses in Msun.
    rng
        Randomness.
    with_counts
        Whether masses are weighed with the density, as by ``zwicky predict --survey``.
    fixed
        Conditions with one value for all clusters, or one for each, not told to the model.

    Raises
    ------
    ZwickyError
        If the aperture or the kind of tracer is not one that mock clusters have.
    """
    away = rng.standard_normal(len(rows))

    def densities(redshift):
        mean, std = density.at(redshift)
        return mean + std * away

    settings = dataclasses.replace(model.survey, n_min=1)
    drawn, seen = observe_at_density(
        views, rows, densities, settings, rng=rng, **(_conditions(told, settings) | fixed)
    )
    sample = sample_of(views, drawn, seen, cosmology)
    unknown = np.full(len(sample), np.nan)
    hidden = {"tracer_density": unknown}
    if told.redshift_error_kms is None:
        hidden["redshift_error_kms"] = unknown
    sample = dataclasses.replace(sample, **hidden)
    sound = np.setdiff1d(np.arange(len(sample)), list(model.faults(sample)))
    predicted, counts = np.full((2, len(rows)), np.nan)
    counts[seen.look] = sample.n_galaxies
    predicted[seen.look[sound]] = weigh_sample(
        sample[sound], model, density if with_counts else None
    ).log10_m200c
    # Void though galaxies were to be expected: more were asked for than there are particles.
    void = np.isnan(counts) & (drawn.n_wanted > 5.0)
    kept = np.flatnonzero(~void)
    h = cosmology.h
    return MockLooks(
        halo=halo_numbers(views)[rows[kept]],
        log10_m200c=views.log10_m200c_h[rows[kept]] - np.log10(h),
        redshift=drawn.redshift[kept],
        n_galaxies=np.nan_to_num(counts[kept]).astype(np.int64),
        predicted=predicted[kept],
    )


def _conditions(told: Told, settings: SurveySettings) -> dict[str, float]:
    """What is the same for all clusters, as `zwicky.mocks.conditions.draw_conditions` takes it."""
    low, high = settings.aperture_mpc_h
    aperture = high if told.aperture_mpc_h is None else told.aperture_mpc_h
    if not low <= aperture <= high:
        raise ZwickyError(
            f"aperture = {aperture:g} is not allowed here; give {low:g} to {high:g} comoving Mpc/h"
        )
    if told.tracer is not None and told.tracer not in settings.kinds:
        kinds = ", ".join(settings.kinds)
        raise ZwickyError(f"tracer {told.tracer!r} is not allowed here; use one of {kinds}")
    fixed: dict[str, float] = {"aperture_mpc_h": aperture, "recentred": float(told.centre_error_kms is None)}
    fixed["tracer_known"] = float(told.tracer is not None)
    if told.tracer is not None:
        fixed["tracer"] = TRACERS.index(told.tracer)
    for name in ("redshift_error_kms", "centre_error_kms"):
        value = getattr(told, name)
        if value is not None:
            fixed[name] = value
    return fixed
