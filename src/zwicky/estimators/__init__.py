"""Estimators: ways to weigh a cluster, behind one interface.

The estimators themselves are imported when they are asked for: the networks bring PyTorch with them.
"""

from typing import TYPE_CHECKING

from zwicky.estimators.base import Estimator, PointEstimator
from zwicky.estimators.conditional import ConditionalEstimator
from zwicky.estimators.error_table import ErrorTable
from zwicky.estimators.join import join_posteriors
from zwicky.estimators.mass_posterior import MassPosterior, mass_grid
from zwicky.estimators.model_files import (
    DEFAULT_MODEL,
    load_model,
    read_provenance,
    save_model,
    shipped_models,
)
from zwicky.estimators.msigma import MSigma, MSigmaSettings
from zwicky.estimators.prior import Prior
from zwicky.estimators.registry import build_estimator, estimator_class, estimator_names
from zwicky.estimators.training import Losses, TrainingRange
from zwicky.lazy import contents

if TYPE_CHECKING:
    from zwicky.estimators.cnn.estimator import CNN1D, CNN2D
    from zwicky.estimators.cnn.settings import CNNSettings
    from zwicky.estimators.posterior_files import read_posterior, write_posterior
    from zwicky.estimators.sdm.estimator import SDM1D, SDM2D
    from zwicky.estimators.sdm.settings import SDMSettings

__all__ = [
    "CNN1D",
    "CNN2D",
    "DEFAULT_MODEL",
    "SDM1D",
    "SDM2D",
    "CNNSettings",
    "ConditionalEstimator",
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
    "read_posterior",
    "read_provenance",
    "save_model",
    "shipped_models",
    "write_posterior",
]

__getattr__, __dir__ = contents(
    __name__,
    {
        "CNN1D": "zwicky.estimators.cnn.estimator",
        "CNN2D": "zwicky.estimators.cnn.estimator",
        "CNNSettings": "zwicky.estimators.cnn.settings",
        "SDM1D": "zwicky.estimators.sdm.estimator",
        "SDM2D": "zwicky.estimators.sdm.estimator",
        "SDMSettings": "zwicky.estimators.sdm.settings",
        "read_posterior": "zwicky.estimators.posterior_files",
        "write_posterior": "zwicky.estimators.posterior_files",
    },
)
