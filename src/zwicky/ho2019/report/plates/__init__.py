"""Plates: the report's figures, composed from a run, with their captions."""

from zwicky.ho2019.report.plates.dependence import CORNER, SAMPLING
from zwicky.ho2019.report.plates.masses import PREDICTED_TRUE, RESIDUALS, SCATTER, SHAPES
from zwicky.ho2019.report.plates.methods import ARCHITECTURES, DISPERSION_MASS, LOSSES
from zwicky.ho2019.report.plates.observations import CLUSTER_VIEWS, IMAGES, SAMPLES
from zwicky.ho2019.report.plates.plate import Plate
from zwicky.ho2019.report.plates.universe import MASS_FUNCTION, POWER_SPECTRUM, SIGMA_MASS, SLICE

__all__ = [
    "ARCHITECTURES",
    "CLUSTER_VIEWS",
    "CORNER",
    "DISPERSION_MASS",
    "IMAGES",
    "LOSSES",
    "MASS_FUNCTION",
    "POWER_SPECTRUM",
    "PREDICTED_TRUE",
    "RESIDUALS",
    "SAMPLES",
    "SAMPLING",
    "SCATTER",
    "SHAPES",
    "SIGMA_MASS",
    "SLICE",
    "Plate",
]
