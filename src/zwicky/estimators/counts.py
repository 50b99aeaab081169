"""Counting: cluster mass from the number of galaxies in the cylinder, the estimator to beat.

Counts use no velocity beyond the cut of the cylinder, and their normalisation belongs to the tracers: a model
holds for the tracer density that it was trained on, and for no other. On mocks of one density they are as
good as much cleverer things, which is why every table of methods has a row of them.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.estimators.base import PointEstimator
from zwicky.progress import Progress, quiet
from zwicky.settings import check_ranges, setting
from zwicky.tables import ClusterSample

__all__ = ["Counts", "CountsInner", "CountsInnerSettings", "CountsSettings"]


@dataclass(frozen=True)
class CountsSettings:
    """Fit of a mass to the number of galaxies.

    Parameters
    ----------
    degree
        Of the polynomial in log10 of the number.
    """

    degree: int = setting(3, "[1, 5]")

    def __post_init__(self):
        check_ranges(self)


@dataclass(frozen=True)
class CountsInnerSettings(CountsSettings):
    """Fit of a mass to the number of galaxies and to that of the inner ones.

    Parameters
    ----------
    degree
        Of the polynomial in log10 of the two numbers: all terms up to it.
    inner_mpc_h
        Galaxies within this projected radius are inner ones, comoving Mpc/h.
    """

    inner_mpc_h: float = setting(0.5, "(0, inf)", "such as 0.5")


class _Counts(PointEstimator):
    """log10 M200c in Msun/h as a polynomial in the logarithms of numbers, by least squares."""

    def __init__(self, settings: Any = None):
        super().__init__(settings)
        self.coefficients = np.zeros(0)

    @abstractmethod
    def _terms(self, sample: ClusterSample) -> np.ndarray:
        """The terms of the polynomial for each cluster, float64, shape (n, k)."""

    @property
    def is_fitted(self) -> bool:
        """Whether it can predict."""
        return len(self.coefficients) > 0

    def fit(
        self,
        sample: ClusterSample,
        *,
        rng: np.random.Generator,
        validation: ClusterSample | None = None,
        checkpoint: Path | None = None,
        progress: Progress = quiet,
    ) -> _Counts:
        """Fit the polynomial; nothing is drawn from `rng`, followed or kept.

        Raises
        ------
        ZwickyError
            If a mass is not known, a cluster has fewer than two galaxies, or there are fewer different
            clusters than terms.
        """
        self._learn_of(sample)
        self._refuse(sample, self.faults(sample))
        terms = self._terms(sample)
        if np.linalg.matrix_rank(terms) < terms.shape[1]:
            raise ZwickyError(
                f"{len(sample)} clusters do not settle the {terms.shape[1]} terms of {self.name}; give more "
                "clusters of different numbers of galaxies, or a lower degree"
            )
        self.coefficients = np.linalg.lstsq(terms, sample.log10_m200c_h, rcond=None)[0]
        progress("fit", 1, 1, "least squares")
        return self

    def faults(self, sample: ClusterSample) -> dict[int, str]:
        """Rows of another cylinder, or with fewer than two galaxies: one is the cluster's own centre."""
        n = sample.n_galaxies
        few = {
            int(row): f"has {n[row]} of the 2 galaxies that it takes; drop it"
            for row in np.flatnonzero(n < 2)
        }
        return super().faults(sample) | few

    def points(self, sample: ClusterSample) -> np.ndarray:
        """log10 M200c in Msun/h, shape (n,)."""
        return self._terms(sample) @ self.coefficients

    def __repr__(self) -> str:
        name = type(self).__name__
        if not self.is_fitted:
            return f"<{name}: not fitted>"
        return f"<{name}: {len(self.coefficients)} terms, from {self.coefficients[0]:.2f} at 50 galaxies>"

    def numbers(self) -> dict[str, Any]:
        """The coefficients, from the constant term on."""
        return {"coefficients": self.coefficients.tolist()}

    def restore(self, numbers: Mapping[str, Any], weights: Mapping[str, np.ndarray]) -> None:
        """Take back what `numbers` gave."""
        self.coefficients = np.array(numbers["coefficients"], dtype=float)


class Counts(_Counts):
    """A polynomial in log10 of the number of galaxies in the cylinder.

    Right where all clusters are seen by tracers of one density; it knows nothing of velocities.

    Parameters
    ----------
    settings : CountsSettings, optional
        Degree of the polynomial.

    Examples
    --------
    >>> counts = Counts().fit(sample, rng=np.random.default_rng(1))
    >>> bool(np.std(counts.points(sample) - sample.log10_m200c_h) < 0.5)
    True
    """

    name: ClassVar[str] = "counts"
    about: ClassVar[str] = (
        "Mass from the number of galaxies in the cylinder: a cubic in its logarithm, for the tracer density "
        "of the training sample alone."
    )
    settings_class: ClassVar[type] = CountsSettings

    def _terms(self, sample: ClusterSample) -> np.ndarray:
        return np.vander(_log10_of(sample.n_galaxies), self.settings.degree + 1, increasing=True)


class CountsInner(_Counts):
    """A polynomial in log10 of the number of galaxies and of one more than the number of inner ones.

    Parameters
    ----------
    settings : CountsInnerSettings, optional
        Degree of the polynomial, and how far out a galaxy is an inner one.

    Examples
    --------
    >>> counts = CountsInner().fit(sample, rng=np.random.default_rng(1))
    >>> counts.is_fitted
    True
    """

    name: ClassVar[str] = "counts_inner"
    about: ClassVar[str] = (
        "Mass from the number of galaxies in the cylinder and from that of those near its axis: a cubic in "
        "their logarithms, for the tracer density of the training sample alone."
    )
    settings_class: ClassVar[type] = CountsInnerSettings

    def _terms(self, sample: ClusterSample) -> np.ndarray:
        near = sample.r_proj_comoving * sample.cosmology.h < self.settings.inner_mpc_h
        inner = np.diff(np.concatenate([[0], np.cumsum(near)])[sample.offsets])
        all_, near_ = _log10_of(sample.n_galaxies), np.log10(1.0 + inner)
        n = self.settings.degree
        return np.stack([all_**i * near_**j for i in range(n + 1) for j in range(n + 1 - i)], axis=-1)


def _log10_of(number: np.ndarray) -> np.ndarray:
    """log10 of a number of galaxies, less that of fifty: powers of it are not all alike."""
    return np.log10(np.maximum(number, 1) / 50.0)
