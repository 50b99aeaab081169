"""`ConditionalEstimator`: an estimator that is told how each cluster was observed.

What it adds to `Estimator` is asked for by this type and never by name: training on deep views, posteriors
under a prior of the tracers' density, memberships, and how unlike its training a cluster is.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from zwicky.estimators.base import Estimator
from zwicky.estimators.mass_posterior import MassPosterior
from zwicky.progress import Progress, quiet
from zwicky.tables import ClusterSample

if TYPE_CHECKING:
    from zwicky.estimators.posterior.mixture import Mixture
    from zwicky.mocks.deep import DeepViews
    from zwicky.mocks.survey_settings import SurveySettings

__all__ = ["ConditionalEstimator", "Reading"]


@dataclass(frozen=True, eq=False)
class Reading:
    """What a conditional estimator tells of n clusters.

    Parameters
    ----------
    mixture
        Joint densities of log10 M200c [Msun/h] and log10 n [(h/Mpc)^3], flat prior in both.
    p_unlike : float64, shape (n,)
        Chance that a cluster of the training distribution looks as odd as each one.
    """

    mixture: Mixture
    p_unlike: np.ndarray


class ConditionalEstimator(Estimator):
    """Posteriors of mass and tracer density, conditional on what each row was observed with.

    Parameters
    ----------
    settings : optional
        An instance of `settings_class`; its defaults if left out.

    Examples
    --------
    >>> from zwicky.estimators import load_model
    >>> model = load_model("posterior")
    >>> low, high = model.range_log10_m200c_h
    >>> bool(low < 13.0 and high > 15.0), model.membership(sample[:2]).shape == (sample[:2].n_galaxies.sum(),)
    (True, True)
    """

    @property
    @abstractmethod
    def range_log10_m200c_h(self) -> tuple[float, float]:
        """Masses in log10 Msun/h that its flat prior covers; the posterior is zero elsewhere."""

    @property
    @abstractmethod
    def survey(self) -> SurveySettings:
        """What galaxies are and how they are observed in what it learns from."""

    @property
    def needs_histories(self) -> bool:
        """Whether it learns of red or blue galaxies, which are told apart by when they fell into a halo."""
        return self.survey.kinds != ("all",)

    @abstractmethod
    def fit_views(
        self,
        views: DeepViews,
        *,
        rng: np.random.Generator,
        validation: DeepViews | None = None,
        checkpoint: Path | None = None,
        progress: Progress = quiet,
    ) -> Self:
        """Learn from deep views, observed anew in every epoch; see `Estimator.fit` for the rest."""

    @abstractmethod
    def calibrate_views(
        self, views: DeepViews, *, rng: np.random.Generator, floor_dex: float = 0.0
    ) -> dict[str, Any]:
        """Correct widths and memberships with views that nothing was trained on; returns what was found.

        `floor_dex` is added to every mass in quadrature: what no mock cluster can tell.
        """

    @abstractmethod
    def read(self, sample: ClusterSample) -> Reading:
        """What one look at clusters without faults tells."""

    def joint(self, sample: ClusterSample) -> Mixture:
        """Joint densities of log10 M200c [Msun/h] and log10 n [(h/Mpc)^3], flat prior in both."""
        return self.read(sample).mixture

    def p_unlike(self, sample: ClusterSample) -> np.ndarray:
        """Chance that a cluster of the training distribution looks as odd as each one, shape (n,)."""
        return self.read(sample).p_unlike

    @abstractmethod
    def mass_posterior(self, mixture: Mixture, sample: ClusterSample) -> MassPosterior:
        """The marginal of the mass on the grid that all estimators share."""

    @abstractmethod
    def membership(self, sample: ClusterSample) -> np.ndarray:
        """Probability of each galaxy to lie inside r200c in space, float64, shape (n_galaxies,)."""
