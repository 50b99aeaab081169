"""Evaluation: every cluster weighed by an estimator that never saw its halo."""

from zwicky.evaluation.by_fold import FoldModels, fold_models, fold_relations
from zwicky.evaluation.calibration import (
    Bin,
    calibration,
    reweighed,
    sample_prior,
    with_errors_of_training,
)
from zwicky.evaluation.crossval import CrossValidation, cross_validate
from zwicky.evaluation.sampling import SAMPLING_RATES, SubsamplingDeviation, measure_deviations, some_halos
from zwicky.evaluation.train_views import split_by_halo, train_on_universes
from zwicky.evaluation.trained_model import train_model

__all__ = [
    "SAMPLING_RATES",
    "Bin",
    "CrossValidation",
    "FoldModels",
    "SubsamplingDeviation",
    "calibration",
    "cross_validate",
    "fold_models",
    "fold_relations",
    "measure_deviations",
    "reweighed",
    "sample_prior",
    "some_halos",
    "split_by_halo",
    "train_model",
    "train_on_universes",
    "with_errors_of_training",
]
