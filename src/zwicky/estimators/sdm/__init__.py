"""Support Distribution Machines: `SDM1D` on velocities, `SDM2D` on phase space."""

from zwicky.estimators.sdm.divergence import Clouds, clouds, divergences
from zwicky.estimators.sdm.estimator import SDM1D, SDM2D
from zwicky.estimators.sdm.settings import SDMSettings

__all__ = ["SDM1D", "SDM2D", "Clouds", "SDMSettings", "clouds", "divergences"]
