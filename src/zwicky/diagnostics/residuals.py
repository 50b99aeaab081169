"""Residuals of predicted masses: what Table 2 and Fig. 8 of Ho et al. (2019) are made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zwicky.diagnostics.bootstrap import (
    HaloGroups,
    power_sums,
    resample_halos,
    shape_from_sums,
    weighted_quantiles,
)
from zwicky.diagnostics.lognormality import edgeworth_term, lognormal_factor
from zwicky.errors import ZwickyError

__all__ = [
    "BinnedQuantiles",
    "ResidualStatistics",
    "ScatterRatio",
    "binned_quantiles",
    "compare_scatter",
    "residual_statistics",
    "residuals",
]

_QUANTILES = np.array([0.16, 0.5, 0.84])


def residuals(log10_predicted: np.ndarray, log10_true: np.ndarray) -> np.ndarray:
    """Residual ``epsilon = log10(M_pred / M_true)`` in dex (Eq. 8), both masses in the same unit.

    >>> residuals(np.array([14.5]), np.array([14.25]))
    array([0.25])
    """
    return np.asarray(log10_predicted, dtype=float) - np.asarray(log10_true, dtype=float)


@dataclass(frozen=True)
class ResidualStatistics:
    """One row of Table 2, in dex, each number with its bootstrap standard error over halos.

    `p16` and `p84` are offsets from the median; `scatter` is the standard deviation (ddof = 1);
    `kurtosis` is the excess; `lognormal_factor` and `edgeworth_term` are what scatter and shape do to
    cluster counts (`zwicky.diagnostics.lognormality`). Numbers that the sample is too small for are NaN.
    """

    n: int
    n_halos: int
    median: float
    p16: float
    p84: float
    scatter: float
    skewness: float
    kurtosis: float
    lognormal_factor: float
    edgeworth_term: float
    median_error: float
    p16_error: float
    p84_error: float
    scatter_error: float
    skewness_error: float
    kurtosis_error: float
    lognormal_factor_error: float
    edgeworth_term_error: float


def residual_statistics(
    epsilon: np.ndarray, halo_id: np.ndarray, rng: np.random.Generator, n_resamples: int = 1000
) -> ResidualStatistics:
    """Median, percentiles, scatter, skewness and kurtosis of residuals, with errors.

    Parameters
    ----------
    epsilon : float, shape (n,)
        Residuals in dex; rows that are not finite (no prediction) are left out.
    halo_id : int, shape (n,)
        The halo behind each row: its lines of sight are resampled together.
    rng
        Source of the bootstrap.
    n_resamples
        Bootstrap resamples.

    Raises
    ------
    ZwickyError
        If the two arrays differ in length.
    """
    epsilon, halo_id = _finite(halo_id, epsilon)
    n, groups = len(epsilon), HaloGroups(halo_id)
    if n == 0:
        return ResidualStatistics(0, 0, *[np.nan] * 16)
    order = np.argsort(epsilon, kind="stable")
    ordered, halo_of_ordered = epsilon[order], groups.index[order]
    sums = power_sums(groups, epsilon - epsilon.mean())

    def statistic(counts: np.ndarray) -> np.ndarray:
        p16, median, p84 = weighted_quantiles(ordered, counts[halo_of_ordered], _QUANTILES)
        shape = shape_from_sums(counts @ sums)
        counted = lognormal_factor(shape[0]), edgeworth_term(*shape)
        return np.array([median, p16 - median, p84 - median, *shape, *counted])

    values = statistic(np.ones(groups.n_halos, dtype=np.int64))
    errors = np.full(len(values), np.nan)
    if groups.n_halos > 1:
        errors = resample_halos(groups.n_halos, statistic, n_resamples, rng).std(axis=0, ddof=1)
    return ResidualStatistics(n, groups.n_halos, *map(float, values), *map(float, errors))


@dataclass(frozen=True)
class ScatterRatio:
    """Scatter of one method over another's on the same clusters, with a bootstrap interval.

    `low` to `high` hold the probability `level`; `error` is the standard error.
    """

    n: int
    n_halos: int
    ratio: float
    low: float
    high: float
    level: float
    error: float


def compare_scatter(
    epsilon: np.ndarray,
    epsilon_other: np.ndarray,
    halo_id: np.ndarray,
    rng: np.random.Generator,
    n_resamples: int = 1000,
    level: float = 0.95,
) -> ScatterRatio:
    """Ratio of two methods' scatters over the clusters that both weigh: a paired comparison.

    Each resample draws the same halos for both methods, so that what is hard about a cluster for both
    of them does not blur the ratio.

    Parameters
    ----------
    epsilon, epsilon_other : float, shape (n,)
        Residuals in dex of the two methods, row by row.
    halo_id : int, shape (n,)
        The halo behind each row.
    rng
        Source of the bootstrap.
    n_resamples
        Bootstrap resamples.
    level
        Probability inside ``low`` to ``high``, the central percentiles.

    Raises
    ------
    ZwickyError
        If the arrays differ in length, or `level` is not between 0 and 1.
    """
    if not 0.0 < level < 1.0:
        raise ZwickyError(f"level = {level}; give a probability between 0 and 1, such as 0.95")
    epsilon, epsilon_other, halo_id = _finite(halo_id, epsilon, epsilon_other)
    n, groups = len(epsilon), HaloGroups(halo_id)
    if groups.n_halos < 2:
        return ScatterRatio(n, groups.n_halos, np.nan, np.nan, np.nan, level, np.nan)
    sums, sums_other = (power_sums(groups, e - e.mean()) for e in (epsilon, epsilon_other))

    def statistic(counts: np.ndarray) -> np.ndarray:
        scatter, scatter_other = shape_from_sums(counts @ sums)[0], shape_from_sums(counts @ sums_other)[0]
        return scatter / scatter_other if scatter_other > 0.0 else np.nan

    ratio = float(statistic(np.ones(groups.n_halos, dtype=np.int64)))
    drawn = resample_halos(groups.n_halos, statistic, n_resamples, rng)
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return ScatterRatio(n, groups.n_halos, ratio, float(low), float(high), level, float(drawn.std(ddof=1)))


@dataclass(frozen=True)
class BinnedQuantiles:
    """Quantiles of a quantity in bins of another: the bands of Figs. 6-8.

    Parameters
    ----------
    edges : float, shape (b + 1,)
        Bin edges.
    counts : int, shape (b,)
        Values in each bin.
    levels : float, shape (q,)
        The quantiles, between 0 and 1.
    values : float, shape (b, q)
        NaN in bins with fewer values than were asked for.
    """

    edges: np.ndarray
    counts: np.ndarray
    levels: np.ndarray
    values: np.ndarray

    @property
    def centres(self) -> np.ndarray:
        """Middle of each bin, shape (b,)."""
        return 0.5 * (self.edges[1:] + self.edges[:-1])

    def at(self, level: float) -> np.ndarray:
        """Values of one of the levels, shape (b,)."""
        return self.values[:, int(np.flatnonzero(np.isclose(self.levels, level))[0])]


def binned_quantiles(
    x: np.ndarray,
    y: np.ndarray,
    edges: np.ndarray,
    levels: tuple[float, ...] = (0.03, 0.16, 0.5, 0.84, 0.97),
    min_count: int = 10,
) -> BinnedQuantiles:
    """Quantiles of `y` in bins of `x`; the last bin includes its upper edge.

    Parameters
    ----------
    x, y : float, shape (n,)
        Rows where either is not finite are left out.
    edges : float, shape (b + 1,)
        Ascending bin edges.
    levels
        Quantiles to take.
    min_count
        Bins with fewer values are NaN: a percentile of a handful is noise.
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    edges = np.asarray(edges, dtype=float)
    keep = np.isfinite(x) & np.isfinite(y) & (x >= edges[0]) & (x <= edges[-1])
    x, y = x[keep], y[keep]
    bins = np.minimum(np.searchsorted(edges, x, side="right") - 1, len(edges) - 2)
    counts = np.bincount(bins, minlength=len(edges) - 1)
    values = np.full((len(edges) - 1, len(levels)), np.nan)
    for b in np.flatnonzero(counts >= max(1, min_count)):
        values[b] = np.quantile(y[bins == b], levels)
    return BinnedQuantiles(edges, counts, np.array(levels), values)


def _finite(halo_id: np.ndarray, *columns: np.ndarray) -> tuple[np.ndarray, ...]:
    """The columns and then the halo ids of the rows where every column is finite."""
    halo_id = np.asarray(halo_id)
    arrays = [np.asarray(c, dtype=float) for c in columns]
    if any(a.shape != halo_id.shape for a in arrays):
        shapes = ", ".join(str(a.shape) for a in arrays)
        raise ZwickyError(f"residuals of shape {shapes} for {halo_id.shape} halo ids; give one a row")
    keep = np.all([np.isfinite(a) for a in arrays], axis=0)
    return *(a[keep] for a in arrays), halo_id[keep]
