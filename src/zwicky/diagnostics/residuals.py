"""Residuals of predicted masses: what Table 2 and Fig. 8 of Ho et al. (2019) are made of."""

from __future__ import annotations

from collections.abc import Callable
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
    "Refit",
    "ResidualStatistics",
    "ScatterRatio",
    "binned_quantiles",
    "compare_scatter",
    "residual_statistics",
    "residuals",
]

_QUANTILES = np.array([0.16, 0.5, 0.84])

#: Called with ids of halos and how often each was drawn; gives the residuals of all rows, in dex, by a method
#: that is fitted to that resample.
Refit = Callable[[np.ndarray, np.ndarray], np.ndarray]


def residuals(log10_predicted: np.ndarray, log10_true: np.ndarray) -> np.ndarray:
    """Residual ``epsilon = log10(M_pred / M_true)`` in dex (Eq. 8), both masses in the same unit.

    Parameters
    ----------
    log10_predicted, log10_true : float, shape (n,)
        log10 of masses.

    Returns
    -------
    float64, shape (n,)

    Examples
    --------
    >>> residuals(np.array([14.5]), np.array([14.25]))
    array([0.25])
    """
    return np.asarray(log10_predicted, dtype=float) - np.asarray(log10_true, dtype=float)


@dataclass(frozen=True)
class ResidualStatistics:
    """One row of Table 2 of Ho et al. (2019), each number with its bootstrap standard error over halos.

    Numbers that the sample is too small for are NaN; ``..._error`` are the standard errors.

    Parameters
    ----------
    n, n_halos
        Rows, and halos among them.
    median, p16, p84
        Median in dex, and offsets from it of the 16th and 84th percentile.
    scatter, skewness, kurtosis
        Standard deviation (ddof = 1) in dex, skewness, and excess kurtosis.
    lognormal_factor, edgeworth_term
        What scatter and shape do to cluster counts (`zwicky.diagnostics.lognormal_factor`,
        `zwicky.diagnostics.edgeworth_term`).
    median_error, p16_error, p84_error, scatter_error, skewness_error, kurtosis_error
        Standard errors.
    lognormal_factor_error, edgeworth_term_error
        Standard errors.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> found = residual_statistics(rng.normal(0.0, 0.1, 300), np.arange(300), rng=rng)
    >>> round(found.scatter, 1), found.n_halos
    (0.1, 300)
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


class _Rows:
    """Residuals with the halos behind them, and what they become on a resample of halos."""

    def __init__(self, epsilon: np.ndarray, groups: HaloGroups, keep: np.ndarray, refit: Refit | None):
        self.epsilon, self.groups, self.keep, self.refit = epsilon, groups, keep, refit
        self.order = np.argsort(epsilon, kind="stable")
        self.sums = power_sums(groups, epsilon - epsilon.mean())

    def drawn(self, counts: np.ndarray) -> _Rows:
        """The rows with the residuals of a method fitted to a resample, if there is one."""
        if self.refit is None:
            return self
        return _Rows(self.refit(self.groups.halos, counts)[self.keep], self.groups, self.keep, None)

    def shape(self, counts: np.ndarray) -> np.ndarray:
        """Scatter, skewness and kurtosis of a resample."""
        return shape_from_sums(counts @ self.sums)

    def quantiles(self, counts: np.ndarray) -> np.ndarray:
        """16th, 50th and 84th percentile of a resample."""
        counted = counts[self.groups.index[self.order]]
        return weighted_quantiles(self.epsilon[self.order], counted, _QUANTILES)


def residual_statistics(
    epsilon: np.ndarray,
    halo_id: np.ndarray,
    *,
    rng: np.random.Generator,
    n_resamples: int = 1000,
    refit: Refit | None = None,
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
    refit
        Residuals of a method that is fitted anew to each resample; without it what was learned is held, and
        the errors are those of the test clusters alone.

    Returns
    -------
    ResidualStatistics

    Raises
    ------
    ZwickyError
        If the two arrays differ in length.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> found = residual_statistics(rng.normal(0.0, 0.13, 3000), np.arange(3000) // 3, rng=rng)
    >>> round(found.scatter, 2), found.n_halos
    (0.13, 1000)
    """
    keep, (epsilon,), halo_id = _finite(halo_id, epsilon)
    n, groups = len(epsilon), HaloGroups(halo_id)
    if n == 0:
        return ResidualStatistics(0, 0, *[np.nan] * 16)
    rows = _Rows(epsilon, groups, keep, refit)

    def statistic(rows: _Rows, counts: np.ndarray) -> np.ndarray:
        p16, median, p84 = rows.quantiles(counts)
        shape = rows.shape(counts)
        counted = lognormal_factor(shape[0]), edgeworth_term(*shape)
        return np.array([median, p16 - median, p84 - median, *shape, *counted])

    values = statistic(rows, np.ones(groups.n_halos, dtype=np.int64))
    errors = np.full(len(values), np.nan)
    if groups.n_halos > 1:
        drawn = resample_halos(groups.n_halos, lambda c: statistic(rows.drawn(c), c), n_resamples, rng=rng)
        with np.errstate(invalid="ignore", over="ignore"):
            errors = drawn.std(axis=0, ddof=1)
        errors[~np.isfinite(errors)] = np.nan  # a resample without a relation: no error is known
    return ResidualStatistics(n, groups.n_halos, *map(float, values), *map(float, errors))


@dataclass(frozen=True)
class ScatterRatio:
    """Scatter of one method over another's on the same clusters, with a bootstrap interval.

    Parameters
    ----------
    n, n_halos
        Rows that both methods weigh, and halos among them.
    ratio
        Scatter of the first over that of the second.
    low, high
        Ends of the central interval that holds the probability `level`.
    level
        Between 0 and 1.
    error
        Standard error of the ratio.

    Examples
    --------
    >>> ScatterRatio(900, 300, 0.8, 0.78, 0.83, 0.95, 0.013).ratio
    0.8
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
    *,
    rng: np.random.Generator,
    n_resamples: int = 1000,
    level: float = 0.95,
    refits: tuple[Refit | None, Refit | None] = (None, None),
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
    refits
        As for `residual_statistics`, of each method.

    Returns
    -------
    ScatterRatio
        NaN where there are fewer than two halos.

    Raises
    ------
    ZwickyError
        If the arrays differ in length, or `level` is not between 0 and 1.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> one, other = rng.normal(0.0, 0.1, 500), rng.normal(0.0, 0.2, 500)
    >>> bool(0.4 < compare_scatter(one, other, np.arange(500), rng=rng).ratio < 0.6)
    True
    """
    if not 0.0 < level < 1.0:
        raise ZwickyError(f"level = {level}; give a probability between 0 and 1, such as 0.95")
    keep, both, halo_id = _finite(halo_id, epsilon, epsilon_other)
    n, groups = len(halo_id), HaloGroups(halo_id)
    if groups.n_halos < 2:
        return ScatterRatio(n, groups.n_halos, np.nan, np.nan, np.nan, level, np.nan)
    pair = [_Rows(e, groups, keep, refit) for e, refit in zip(both, refits, strict=True)]

    def statistic(pair: list[_Rows], counts: np.ndarray) -> np.ndarray:
        scatter, scatter_other = (rows.shape(counts)[0] for rows in pair)
        return scatter / scatter_other if scatter_other > 0.0 else np.nan

    ratio = float(statistic(pair, np.ones(groups.n_halos, dtype=np.int64)))
    drawn = resample_halos(
        groups.n_halos, lambda c: statistic([rows.drawn(c) for rows in pair], c), n_resamples, rng=rng
    )
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return ScatterRatio(n, groups.n_halos, ratio, float(low), float(high), level, float(drawn.std(ddof=1)))


@dataclass(frozen=True, eq=False)
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

    Examples
    --------
    >>> x = np.linspace(0.0, 2.0, 100)
    >>> found = binned_quantiles(x, x**2, np.array([0.0, 1.0, 2.0]))
    >>> found.centres, found.at(0.5).round(2)
    (array([0.5, 1.5]), array([0.25, 2.27]))
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

    Returns
    -------
    BinnedQuantiles
        A row a bin.

    Examples
    --------
    >>> found = binned_quantiles(np.arange(20.0), np.arange(20.0), np.array([0.0, 10.0, 20.0]), levels=(0.5,))
    >>> found.values.ravel().tolist(), found.counts.tolist()
    ([4.5, 14.5], [10, 10])
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


def _finite(halo_id: np.ndarray, *columns: np.ndarray) -> tuple[np.ndarray, list[np.ndarray], np.ndarray]:
    """Which rows are finite in every column, and the columns and halo ids of those."""
    halo_id = np.asarray(halo_id)
    arrays = [np.asarray(c, dtype=float) for c in columns]
    if any(a.shape != halo_id.shape for a in arrays):
        shapes = ", ".join(str(a.shape) for a in arrays)
        raise ZwickyError(f"residuals of shape {shapes} for {halo_id.shape} halo ids; give one a row")
    keep = np.all([np.isfinite(a) for a in arrays], axis=0)
    return keep, [a[keep] for a in arrays], halo_id[keep]
