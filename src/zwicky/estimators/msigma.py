"""M-sigma: cluster mass from the velocity dispersion alone, the classical estimator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.estimators.base import PointEstimator
from zwicky.images import galaxy_moments
from zwicky.progress import Progress, quiet
from zwicky.settings import from_mapping
from zwicky.tables import ClusterSample

__all__ = ["MSigma", "MSigmaSettings"]


@dataclass(frozen=True)
class MSigmaSettings:
    """Fit of the M-sigma relation (Ho et al. 2019, Sec. 4.1).

    Parameters
    ----------
    min_log10_m200c_h
        Only clusters above this log10 M200c in Msun/h are fitted; lower ones are extrapolated to.

    Examples
    --------
    >>> MSigmaSettings(min_log10_m200c_h=14.0)
    MSigmaSettings(min_log10_m200c_h=14.0)
    """

    min_log10_m200c_h: float = 14.5


@dataclass(frozen=True)
class _Relation:
    """What a fit gives: the numbers of an `MSigma`, as it is stored."""

    sigma15_kms: float
    alpha: float
    scatter_dex: float
    n_fitted: int

    def __post_init__(self):
        for name, value in vars(self).items():
            if not 0 < value < np.inf:
                raise ZwickyError(f"{name} = {value:g} is no M-sigma relation's; fit it again")


class MSigma(PointEstimator):
    """``sigma_v = sigma15 (M200c / 10^15 Msun/h)^alpha`` (Ho et al. 2019, Eq. 5), inverted.

    sigma_v is the unbiased standard deviation of v_los in the cylinder (Eq. 6). The relation is fitted by
    ordinary least squares of log10 sigma_v on log10 M200c - 15, in Msun/h as in Table 1. Eq. 5's h(z) is
    left to the normalisation: to compare with Evrard et al. (2008), scale sigma15 by E(z)^-alpha.

    Parameters
    ----------
    settings : MSigmaSettings, optional
        Which clusters are fitted.

    Attributes
    ----------
    sigma15_kms, alpha : float
        Normalisation at 10^15 Msun/h in km/s, and slope (Table 1).
    scatter_dex : float
        Standard deviation of log10(sigma_pred / sigma_true), the residuals of the fit (Eq. 7).
    n_fitted : int
        Clusters above the mass cut.

    Examples
    --------
    >>> from zwicky.estimators import load_model
    >>> 800 < load_model("m_sigma").sigma15_kms < 1100
    True
    """

    name: ClassVar[str] = "m_sigma"
    about: ClassVar[str] = (
        "The power law between velocity dispersion and mass of a galaxy cluster: M-sigma as in Ho et al. "
        "(2019, ApJ 887, 25), Sec. 4.1."
    )
    settings_class: ClassVar[type] = MSigmaSettings

    def __init__(self, settings: MSigmaSettings | None = None):
        super().__init__(settings)
        self.sigma15_kms = self.alpha = self.scatter_dex = np.nan
        self.n_fitted = 0

    @property
    def is_fitted(self) -> bool:
        """Whether it can predict."""
        return bool(np.isfinite(self.alpha))

    def fit(
        self,
        sample: ClusterSample,
        *,
        rng: np.random.Generator,
        validation: ClusterSample | None = None,
        checkpoint: Path | None = None,
        progress: Progress = quiet,
    ) -> MSigma:
        """Fit sigma15 and alpha; nothing is drawn from `rng`, followed or kept.

        Raises
        ------
        ZwickyError
            If a mass is not known, if fewer than three clusters or a single mass lie above the cut, or if
            a cluster above it has no velocity dispersion.
        """
        self._learn_of(sample)
        sigma = galaxy_moments(sample).v_sigma
        log10_mass = sample.log10_m200c_h
        above = log10_mass >= self.settings.min_log10_m200c_h
        if above.sum() < 3 or np.ptp(log10_mass[above]) == 0:
            raise ZwickyError(
                f"{len(np.unique(log10_mass[above]))} different masses above log10 M200c [Msun/h] = "
                f"{self.settings.min_log10_m200c_h:g}; M-sigma needs 3: lower min_log10_m200c_h"
            )
        for row, fault in _no_dispersion(sample, np.where(above, sigma, 1.0)).items():
            raise ZwickyError(f"cluster {sample.cluster_id[row]} (row {row}) {fault}")
        log10_sigma = np.log10(sigma[above])
        x = log10_mass[above] - 15
        slope, intercept = (float(c) for c in np.polyfit(x, log10_sigma, 1))
        if slope <= 0:
            raise ZwickyError(
                f"the dispersion does not rise with mass (slope {slope:.3g}), so M-sigma cannot be "
                f"inverted; give more clusters than {len(x)} or a wider range of mass"
            )
        self.alpha, self.sigma15_kms = slope, float(10**intercept)
        self.scatter_dex = float(np.std(log10_sigma - slope * x - intercept))
        self.n_fitted = int(above.sum())
        progress("fit", 1, 1, "least squares")
        return self

    def faults(self, sample: ClusterSample) -> dict[int, str]:
        """Rows of another cylinder, or without a velocity dispersion."""
        return super().faults(sample) | _no_dispersion(sample, galaxy_moments(sample).v_sigma)

    def points(self, sample: ClusterSample) -> np.ndarray:
        """log10 M200c in Msun/h from the velocity dispersions, the relation inverted; shape (n,)."""
        log10_sigma = np.log10(galaxy_moments(sample).v_sigma)
        return 15 + (log10_sigma - np.log10(self.sigma15_kms)) / self.alpha

    def __repr__(self) -> str:
        if not self.n_fitted:
            return "<MSigma: not fitted>"
        return (
            f"<MSigma: {self.sigma15_kms:.0f} km/s at 10^15 Msun/h, slope {self.alpha:.3f}, "
            f"scatter {self.scatter_dex:.3f} dex, {self.n_fitted} clusters>"
        )

    def numbers(self) -> dict[str, Any]:
        """The fitted relation."""
        return {field.name: getattr(self, field.name) for field in fields(_Relation)}

    def restore(self, numbers: Mapping[str, Any], weights: Mapping[str, np.ndarray]) -> None:
        """Take back what `numbers` gave."""
        relation = from_mapping(_Relation, numbers, "numbers")
        self.sigma15_kms, self.alpha = relation.sigma15_kms, relation.alpha
        self.scatter_dex, self.n_fitted = relation.scatter_dex, relation.n_fitted


def _no_dispersion(sample: ClusterSample, sigma: np.ndarray) -> dict[int, str]:
    """Rows whose dispersion `sigma` in km/s is not positive, each with the reason."""

    def reason(row: int) -> str:
        n = sample.n_galaxies[row]
        return f"has velocities with no spread ({n} galaxies, sigma = {sigma[row]:.3g} km/s); drop it"

    return {int(row): reason(row) for row in np.flatnonzero(~(sigma > 0))}
