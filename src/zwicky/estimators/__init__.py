"""Estimators: ways to weigh a cluster, behind one interface."""

from zwicky.estimators.base import Estimator, Prediction
from zwicky.estimators.cnn import CNN1D, CNN2D, CNNSettings
from zwicky.estimators.model_files import (
    load_model,
    model_directory,
    read_provenance,
    save_model,
    shipped_models,
)
from zwicky.estimators.msigma import MSigma, MSigmaSettings
from zwicky.estimators.registry import ESTIMATORS, build_estimator, estimator_class
from zwicky.estimators.sdm import SDM1D, SDM2D, SDMSettings

__all__ = [
    "CNN1D",
    "CNN2D",
    "ESTIMATORS",
    "SDM1D",
    "SDM2D",
    "CNNSettings",
    "Estimator",
    "MSigma",
    "MSigmaSettings",
    "Prediction",
    "SDMSettings",
    "build_estimator",
    "estimator_class",
    "load_model",
    "model_directory",
    "read_provenance",
    "save_model",
    "shipped_models",
]
