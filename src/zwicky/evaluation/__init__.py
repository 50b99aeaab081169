"""Evaluation: how well masses are recovered, with errors that know about halos."""

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

__all__ = [
    "COMPARISONS",
    "PAPER_RANGE_LOG10_M200C_H",
    "PAPER_TABLE1",
    "PAPER_TABLE2",
    "PAPER_TIMES_S",
    "BinnedQuantiles",
    "ResidualStatistics",
    "ScatterRatio",
    "binned_quantiles",
    "compare_scatter",
    "paper_scatter_ratio",
    "residual_statistics",
    "residuals",
    "summarise",
]
