"""The one interface of every mass estimator, and what it returns."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

import numpy as np

from zwicky.tables import ClusterSample

__all__ = ["Estimator", "Prediction"]


@dataclass(frozen=True)
class Prediction:
    """Masses of n clusters.

    Parameters
    ----------
    log10_m200c : float64, shape (n,)
        Point estimates of log10 of M200c in Msun.
    grid : float64, shape (g,), optional
        Grid of log10 M200c in Msun that all posteriors share.
    density : float64, shape (n, g), optional
        Posterior density on the grid, each row integrating to one.
    """

    log10_m200c: np.ndarray
    grid: np.ndarray | None = field(default=None, repr=False)
    density: np.ndarray | None = field(default=None, repr=False)


class Estimator(ABC):
    """A way to weigh clusters: learn from a sample with known masses, predict another."""

    @abstractmethod
    def fit(self, sample: ClusterSample, rng: np.random.Generator) -> Estimator:
        """Learn from `sample`, whose `log10_m200c` are known; returns self."""

    @abstractmethod
    def predict(self, sample: ClusterSample) -> Prediction:
        """Masses of the clusters of `sample`, row by row."""
