"""Evaluation: every cluster weighed by an estimator that never saw its halo."""

from zwicky.evaluation.calibration import Bin, calibration, sample_prior
from zwicky.evaluation.crossval import CrossValidation, cross_validate
from zwicky.evaluation.train_views import train_on_universes
from zwicky.evaluation.trained_model import train_model

__all__ = [
    "Bin",
    "CrossValidation",
    "calibration",
    "cross_validate",
    "sample_prior",
    "train_model",
    "train_on_universes",
]
