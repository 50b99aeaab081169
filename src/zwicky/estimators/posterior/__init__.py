"""The posterior: masses conditional on how a cluster was observed."""

from zwicky.estimators.posterior.estimator import Posterior
from zwicky.estimators.posterior.settings import PosteriorSettings

__all__ = ["Posterior", "PosteriorSettings"]
