"""M-sigma: cluster mass from the velocity dispersion alone, the classical estimator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.estimators.base import Estimator, Prediction
from zwicky.estimators.training_sample import require_known_masses, training_range
from zwicky.images import ImageSettings, member_moments
from zwicky.settings import from_mapping, to_mapping
from zwicky.tables import ClusterSample
from zwicky.units import log10_msun

__all__ = ["MSigma", "MSigmaSettings"]


@dataclass(frozen=True)
class MSigmaSettings:
    """Fit of the M-sigma relation (Ho et al. 2019, Sec. 4.1).

    Parameters
    ----------
    min_log10_m200c_h
        Only clusters above this log10 M200c in Msun/h are fitted; lower ones are extrapolated to.
    """

    min_log10_m200c_h: float = 14.5


class MSigma(Estimator):
    """``sigma_v = sigma15 (M200c / 10^15 Msun/h)^alpha`` (Ho et al. 2019, Eq. 5), inverted.

    sigma_v is the unbiased standard deviation of the members' v_los (Eq. 6). The relation is fitted by
    ordinary least squares of log10 sigma_v on log10 M200c - 15, in Msun/h as in Table 1. Eq. 5's h(z) is
    left to the normalisation: to compare with Evrard et al. (2008), scale sigma15 by E(z)^-alpha.

    Attributes
    ----------
    sigma15_kms, alpha : float
        Normalisation at 10^15 Msun/h in km/s, and slope (Table 1).
    scatter_dex : float
        Standard deviation of log10(sigma_pred / sigma_true), the residuals of the fit (Eq. 7).
    n_fitted : int
        Clusters above the mass cut.
    """

    name: ClassVar[str] = "m_sigma"
    resumable: ClassVar[bool] = False
    side_by_side: ClassVar[bool] = False
    steps: ClassVar[int] = 1

    def __init__(self, settings: MSigmaSettings | None = None):
        self.settings = settings or MSigmaSettings()
        self.sigma15_kms = self.alpha = self.scatter_dex = np.nan
        self.n_fitted = 0
        self.training: dict[str, Any] = {}

    @classmethod
    def from_settings(cls, images: ImageSettings | None, settings: Mapping[str, Any]) -> MSigma:
        """An unfitted estimator; see `zwicky.estimators.build_estimator`. Images are not looked at."""
        return cls(from_mapping(MSigmaSettings, settings, "m_sigma"))

    def fit(self, sample: ClusterSample, rng: np.random.Generator) -> MSigma:
        """Fit sigma15 and alpha; `rng` is not used.

        Raises
        ------
        ZwickyError
            If a mass is not known, if fewer than three clusters or a single mass lie above the cut, or if
            a cluster above it has no velocity dispersion.
        """
        require_known_masses(sample)
        moments = member_moments(sample)
        log10_mass = sample.log10_m200c_h
        above = log10_mass >= self.settings.min_log10_m200c_h
        if above.sum() < 3 or np.ptp(log10_mass[above]) == 0:
            raise ZwickyError(
                f"{len(np.unique(log10_mass[above]))} different masses above log10 M200c [Msun/h] = "
                f"{self.settings.min_log10_m200c_h:g}; M-sigma needs 3: lower min_log10_m200c_h"
            )
        log10_sigma = _log10_sigma(sample, moments.v_sigma, above)[above]
        x = log10_mass[above] - 15
        self.alpha, intercept = (float(c) for c in np.polyfit(x, log10_sigma, 1))
        if self.alpha <= 0:
            raise ZwickyError(
                f"the dispersion does not rise with mass (slope {self.alpha:.3g}), so M-sigma cannot be "
                f"inverted; give more clusters than {len(x)} or a wider range of mass"
            )
        self.sigma15_kms = float(10**intercept)
        self.scatter_dex = float(np.std(log10_sigma - self.alpha * x - intercept))
        self.n_fitted = int(above.sum())
        self.training = training_range(sample, moments)
        return self

    def predict(self, sample: ClusterSample) -> Prediction:
        """Masses from the velocity dispersions, the relation inverted.

        Raises
        ------
        ZwickyError
            If the relation is not fitted, or a cluster has no velocity dispersion.
        """
        if not np.isfinite(self.alpha):
            raise ZwickyError("this MSigma is not fitted; call fit, or load a model")
        log10_sigma = _log10_sigma(sample, member_moments(sample).v_sigma, np.ones(len(sample), bool))
        log10_mass_h = 15 + (log10_sigma - np.log10(self.sigma15_kms)) / self.alpha
        return Prediction(log10_msun(log10_mass_h, sample.cosmology.h))

    def __repr__(self) -> str:
        if not self.n_fitted:
            return "<MSigma: not fitted>"
        return (
            f"<MSigma: {self.sigma15_kms:.0f} km/s at 10^15 Msun/h, slope {self.alpha:.3f}, "
            f"scatter {self.scatter_dex:.3f} dex, {self.n_fitted} clusters>"
        )

    def configuration(self) -> dict[str, Any]:
        """Settings, for ``config.toml``."""
        return {"settings": to_mapping(self.settings)}

    def normalisation(self) -> dict[str, Any]:
        """Fitted numbers, for ``normalisation.json``."""
        names = ("sigma15_kms", "alpha", "scatter_dex", "n_fitted")
        return {name: getattr(self, name) for name in names} | {"training": self.training}

    def weights(self) -> dict[str, np.ndarray]:
        """No arrays."""
        return {}

    @classmethod
    def from_parts(
        cls,
        configuration: Mapping[str, Any],
        normalisation: Mapping[str, Any],
        weights: Mapping[str, np.ndarray],
    ) -> MSigma:
        """The estimator whose parts the three methods above gave."""
        estimator = cls(from_mapping(MSigmaSettings, configuration["settings"], "settings"))
        for name, value in normalisation.items():
            setattr(estimator, name, value)
        return estimator


def _log10_sigma(sample: ClusterSample, sigma: np.ndarray, used: np.ndarray) -> np.ndarray:
    bad = np.flatnonzero(used & ~(sigma > 0))
    if len(bad):
        row = bad[0]
        raise ZwickyError(
            f"cluster {sample.cluster_id[row]} (row {row}) has no velocity dispersion: "
            f"{sample.n_galaxies[row]} galaxies, sigma = {sigma[row]:.3g} km/s; drop it"
        )
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.log10(sigma)
