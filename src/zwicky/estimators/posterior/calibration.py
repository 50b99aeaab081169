"""From the networks' densities to ones that hold what they say: fitted on clusters nothing was trained on."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from zwicky.errors import ZwickyError
from zwicky.estimators.posterior.mixture import Mixture

__all__ = ["Calibration"]

#: What says less than this is neither sharpened nor blunted further: it lies outside the range of mass.
_LEAST_LOG_SHARE = -30.0


@dataclass(frozen=True)
class Calibration:
    """How the densities of an ensemble are widened, and its memberships straightened.

    Parameters
    ----------
    stretch
        Factor of the Gaussians' standard deviations in mass.
    sharpness
        Exponent of the Gaussians' shares of the probability. Above one, small ones, which make the tails,
        count less: tails hardly show under a flat prior, but the mass function multiplies the lower by a
        hundred. Gaussians that say the same count as several.
    density_stretch
        Factor of those in the density of the tracers, correlations kept: the marginal of the mass stays, and
        a density that is known says less.
    floor_dex
        Added to them in quadrature: what no mock cluster can tell, such as the difference between simulations
        of galaxies (docs/results.md).
    member_slope, member_offset
        Of the memberships' logits.
    """

    stretch: float = 1.0
    sharpness: float = 1.0
    density_stretch: float = 1.0
    floor_dex: float = 0.0
    member_slope: float = 1.0
    member_offset: float = 0.0

    def __post_init__(self):
        names = ("stretch", "sharpness", "density_stretch", "member_slope")
        factors = {name: getattr(self, name) for name in names}
        if not min(factors.values()) > 0 or not self.floor_dex >= 0:
            said = ", ".join(f"{name} = {value}" for name, value in factors.items())
            raise ZwickyError(
                f"{said}, floor_dex = {self.floor_dex}; give positive numbers, and a floor of at least 0"
            )

    def apply(self, mixture: Mixture) -> Mixture:
        """The mixture with wider Gaussians; what mass and density share grows no wider by the floor."""
        log_weight = mixture.log_weight
        if self.sharpness != 1.0:  # of the shares inside the range of mass: what lies beyond says nothing
            share = np.maximum(mixture.log_share(), _LEAST_LOG_SHARE)
            log_weight = log_weight + (self.sharpness - 1.0) * share
            log_weight = log_weight - logsumexp(log_weight, axis=1, keepdims=True)
        stretched = self.stretch * mixture.mass_std
        std = np.hypot(stretched, self.floor_dex)
        return dataclasses.replace(
            mixture,
            log_weight=log_weight,
            mass_std=std,
            density_std=self.density_stretch * mixture.density_std,
            rho=mixture.rho * stretched / std,
        )

    def membership(self, probability: np.ndarray) -> np.ndarray:
        """Calibrated probabilities, same shape."""
        p = np.clip(probability, 1e-9, 1.0 - 1e-9)
        logit = self.member_slope * np.log(p / (1.0 - p)) + self.member_offset
        return 1.0 / (1.0 + np.exp(-logit))
