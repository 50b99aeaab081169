"""Diagnostics: what residuals say of a method, with errors that know about halos."""

from zwicky.diagnostics.bootstrap import HaloGroups, resample_halos, weighted_quantiles
from zwicky.diagnostics.coverage import LEVELS, Coverage, coverage
from zwicky.diagnostics.lognormality import COUNTS_SLOPE, edgeworth_term, lognormal_factor
from zwicky.diagnostics.residuals import (
    BinnedQuantiles,
    Refit,
    ResidualStatistics,
    ScatterRatio,
    binned_quantiles,
    compare_scatter,
    residual_statistics,
    residuals,
)

__all__ = [
    "COUNTS_SLOPE",
    "LEVELS",
    "BinnedQuantiles",
    "Coverage",
    "HaloGroups",
    "Refit",
    "ResidualStatistics",
    "ScatterRatio",
    "binned_quantiles",
    "compare_scatter",
    "coverage",
    "edgeworth_term",
    "lognormal_factor",
    "resample_halos",
    "residual_statistics",
    "residuals",
    "weighted_quantiles",
]
