"""Estimators: ways to weigh a cluster, behind one interface.

The estimators themselves are imported when they are asked for: the networks bring PyTorch with them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from zwicky.estimators.base import Estimator, PointEstimator
from zwicky.estimators.error_table import ErrorTable
from zwicky.estimators.mass_posterior import MassPosterior, join_posteriors, mass_grid
from zwicky.estimators.model_files import load_model, read_provenance, save_model, shipped_models
from zwicky.estimators.msigma import MSigma, MSigmaSettings
from zwicky.estimators.prior import Prior
from zwicky.estimators.registry import build_estimator, estimator_class, estimator_names
from zwicky.estimators.training import Losses, TrainingRange

if TYPE_CHECKING:
    from zwicky.estimators.cnn.estimator import CNN1D, CNN2D
    from zwicky.estimators.cnn.settings import CNNSettings
    from zwicky.estimators.sdm.estimator import SDM1D, SDM2D
    from zwicky.estimators.sdm.settings import SDMSettings

__all__ = [
    "CNN1D",
    "CNN2D",
    "SDM1D",
    "SDM2D",
    "CNNSettings",
    "ErrorTable",
    "Estimator",
    "Losses",
    "MSigma",
    "MSigmaSettings",
    "MassPosterior",
    "PointEstimator",
    "Prior",
    "SDMSettings",
    "TrainingRange",
    "build_estimator",
    "estimator_class",
    "estimator_names",
    "join_posteriors",
    "load_model",
    "mass_grid",
    "read_provenance",
    "save_model",
    "shipped_models",
]

_LATER = {
    "CNN1D": "cnn.estimator",
    "CNN2D": "cnn.estimator",
    "CNNSettings": "cnn.settings",
    "SDM1D": "sdm.estimator",
    "SDM2D": "sdm.estimator",
    "SDMSettings": "sdm.settings",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
