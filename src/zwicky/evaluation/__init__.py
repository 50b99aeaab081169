"""Evaluation: how well masses are recovered, with errors that know about halos."""

from zwicky.evaluation.by_fold import FoldModels, fold_models, fold_relations
from zwicky.evaluation.claims import check_claims
from zwicky.evaluation.crossval import CrossValidation, cross_validate
from zwicky.evaluation.dependence import measure_dependence
from zwicky.evaluation.experiment import (
    MACHINES,
    NETWORKS,
    cross_validate_machines,
    cross_validate_networks,
    fit_relations,
)
from zwicky.evaluation.leakage import measure_leakage, redealt
from zwicky.evaluation.lognormality import COUNTS_SLOPE, edgeworth_term, lognormal_factor
from zwicky.evaluation.paper import (
    METHOD_NAMES,
    PAPER_EDGEWORTH,
    PAPER_INTRINSIC_SHARE,
    PAPER_RANGE_LOG10_M200C_H,
    PAPER_TABLE1,
    PAPER_TABLE2,
    PAPER_TABLE3,
    PAPER_TABLE4,
    PAPER_TIMES_S,
    paper_scatter_ratio,
)
from zwicky.evaluation.predictions import masses_h, weigh_test
from zwicky.evaluation.residuals import (
    BinnedQuantiles,
    ResidualStatistics,
    ScatterRatio,
    binned_quantiles,
    compare_scatter,
    residual_statistics,
    residuals,
)
from zwicky.evaluation.results import write_results
from zwicky.evaluation.richness import PARAMETERS
from zwicky.evaluation.robustness import measure_robustness, summarise_drift
from zwicky.evaluation.sampling import SAMPLING_RATES, Drift, measure_drift
from zwicky.evaluation.summary import COMPARISONS, summarise
from zwicky.evaluation.trained_model import train_model
from zwicky.evaluation.weighing_time import time_per_cluster

__all__ = [
    "COMPARISONS",
    "COUNTS_SLOPE",
    "MACHINES",
    "METHOD_NAMES",
    "NETWORKS",
    "PAPER_EDGEWORTH",
    "PAPER_INTRINSIC_SHARE",
    "PAPER_RANGE_LOG10_M200C_H",
    "PAPER_TABLE1",
    "PAPER_TABLE2",
    "PAPER_TABLE3",
    "PAPER_TABLE4",
    "PAPER_TIMES_S",
    "PARAMETERS",
    "SAMPLING_RATES",
    "BinnedQuantiles",
    "CrossValidation",
    "Drift",
    "FoldModels",
    "ResidualStatistics",
    "ScatterRatio",
    "binned_quantiles",
    "check_claims",
    "compare_scatter",
    "cross_validate",
    "cross_validate_machines",
    "cross_validate_networks",
    "edgeworth_term",
    "fit_relations",
    "fold_models",
    "fold_relations",
    "lognormal_factor",
    "masses_h",
    "measure_dependence",
    "measure_drift",
    "measure_leakage",
    "measure_robustness",
    "paper_scatter_ratio",
    "redealt",
    "residual_statistics",
    "residuals",
    "summarise",
    "summarise_drift",
    "time_per_cluster",
    "train_model",
    "weigh_test",
    "write_results",
]
