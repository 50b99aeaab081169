"""Evaluation: every cluster weighed by an estimator that never saw its halo."""

from zwicky.evaluation.by_fold import FoldModels, fold_models, fold_relations
from zwicky.evaluation.crossval import CrossValidation, cross_validate
from zwicky.evaluation.sampling import SAMPLING_RATES, Drift, measure_drift, some_halos
from zwicky.evaluation.trained_model import train_model

__all__ = [
    "SAMPLING_RATES",
    "CrossValidation",
    "Drift",
    "FoldModels",
    "cross_validate",
    "fold_models",
    "fold_relations",
    "measure_drift",
    "some_halos",
    "train_model",
]
