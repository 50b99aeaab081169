"""Evaluation: how well masses are recovered, with errors that know about halos."""

from zwicky.evaluation.crossval import CrossValidation, cross_validate
from zwicky.evaluation.experiment import NETWORKS, cross_validate_networks, fit_relations, write_results
from zwicky.evaluation.paper import (
    PAPER_RANGE_LOG10_M200C_H,
    PAPER_TABLE1,
    PAPER_TABLE2,
    PAPER_TIMES_S,
    paper_scatter_ratio,
)
from zwicky.evaluation.residuals import (
    BinnedQuantiles,
    ResidualStatistics,
    ScatterRatio,
    binned_quantiles,
    compare_scatter,
    residual_statistics,
    residuals,
)
from zwicky.evaluation.summary import COMPARISONS, summarise
from zwicky.evaluation.trained_model import train_model

__all__ = [
    "COMPARISONS",
    "NETWORKS",
    "PAPER_RANGE_LOG10_M200C_H",
    "PAPER_TABLE1",
    "PAPER_TABLE2",
    "PAPER_TIMES_S",
    "BinnedQuantiles",
    "CrossValidation",
    "ResidualStatistics",
    "ScatterRatio",
    "binned_quantiles",
    "compare_scatter",
    "cross_validate",
    "cross_validate_networks",
    "fit_relations",
    "paper_scatter_ratio",
    "residual_statistics",
    "residuals",
    "summarise",
    "train_model",
    "write_results",
]
