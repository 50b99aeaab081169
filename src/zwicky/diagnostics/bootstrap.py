"""Bootstrap over halos: the lines of sight of one halo are drawn together or not at all.

Three views of one cluster share its shape, its mergers and its neighbours, so treating them as three
clusters would make every error too small.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

__all__ = ["HaloGroups", "power_sums", "resample_halos", "shape_from_sums", "weighted_quantiles"]


class HaloGroups:
    """Rows grouped by halo.

    Parameters
    ----------
    halo_id : int, shape (n,)
        The halo behind each row.

    Attributes
    ----------
    halos : int, shape (n_halos,)
        The halos, rising.
    index : int, shape (n,)
        Each row's place among them.

    Examples
    --------
    >>> groups = HaloGroups(np.array([7, 7, 9]))
    >>> groups.total(np.array([0.1, 0.3, 0.5]))
    array([0.4, 0.5])
    """

    def __init__(self, halo_id: np.ndarray):
        self.halos, self.index = np.unique(np.asarray(halo_id), return_inverse=True)
        self.n_halos = len(self.halos)

    def total(self, values: np.ndarray) -> np.ndarray:
        """Sum of a row's values over the rows of each halo, shape (n_halos,)."""
        return np.bincount(self.index, weights=values, minlength=self.n_halos)


def resample_halos(
    n_halos: int,
    statistic: Callable[[np.ndarray], np.ndarray],
    n_resamples: int,
    *,
    rng: np.random.Generator,
) -> np.ndarray:
    """Values of a statistic on resamples of halos with replacement.

    Parameters
    ----------
    n_halos
        Halos to draw from, and to draw.
    statistic
        Called with how often each halo was drawn, int shape (n_halos,); returns an array.
    n_resamples
        How many resamples.
    rng
        Source of the draws.

    Returns
    -------
    ndarray, shape (n_resamples, ...)

    Examples
    --------
    The error of a mean of three halos' values:

    >>> values = np.array([1.0, 2.0, 3.0])
    >>> means = resample_halos(3, lambda n: n @ values / 3, 2000, rng=np.random.default_rng(1))
    >>> round(float(means.std()), 1)
    0.5
    """
    draws = (rng.integers(n_halos, size=n_halos) for _ in range(n_resamples))
    return np.array([statistic(np.bincount(drawn, minlength=n_halos)) for drawn in draws])


def power_sums(groups: HaloGroups, deviations: np.ndarray) -> np.ndarray:
    """Sums of powers 0 to 4 of the deviations of each halo's rows, shape (n_halos, 5).

    A resample's moments are these sums weighted by how often each halo was drawn. Take deviations from
    a value near the mean: powers of raw log masses would cancel catastrophically.
    """
    return np.stack([groups.total(deviations**power) for power in range(5)], axis=-1)


def shape_from_sums(sums: np.ndarray) -> np.ndarray:
    """Standard deviation (ddof = 1), skewness and excess kurtosis from sums of powers 0 to 4.

    Skewness and kurtosis are the population ones, as `scipy.stats.skew` and `kurtosis` give by default.
    Where all values are equal, skewness and kurtosis are NaN.

    >>> shape_from_sums(np.array([2.0, 0.0, 2.0, 0.0, 2.0])).round(3)  # the values -1 and 1
    array([ 1.414,  0.   , -2.   ])
    """
    n = sums[0]
    mean, second, third, fourth = sums[1:] / n
    m2 = max(second - mean**2, 0.0)
    m3 = third - 3 * mean * second + 2 * mean**3
    m4 = fourth - 4 * mean * third + 6 * mean**2 * second - 3 * mean**4
    if n < 2:
        return np.full(3, np.nan)
    if m2 <= 1e-14 * second:  # equal values up to rounding
        return np.array([0.0, np.nan, np.nan])
    return np.array([np.sqrt(m2 * n / (n - 1)), m3 / m2**1.5, m4 / m2**2 - 3.0])


def weighted_quantiles(ordered: np.ndarray, counts: np.ndarray, quantiles: np.ndarray) -> np.ndarray:
    """Quantiles of values repeated `counts` times, as `numpy.quantile` gives them (linear).

    Parameters
    ----------
    ordered : float, shape (n,)
        Values in ascending order.
    counts : int, shape (n,)
        How often each value occurs; zeros are allowed.
    quantiles : float, shape (q,)
        Between 0 and 1.

    Returns
    -------
    ndarray, shape (q,)

    Examples
    --------
    >>> weighted_quantiles(np.array([1.0, 2.0, 4.0]), np.array([1, 0, 1]), np.array([0.5]))
    array([2.5])
    """
    cumulative = np.cumsum(counts)
    position = np.asarray(quantiles) * (cumulative[-1] - 1)
    below = np.floor(position).astype(np.int64)
    above = np.minimum(below + 1, cumulative[-1] - 1)
    low = ordered[np.searchsorted(cumulative, below, side="right")]
    high = ordered[np.searchsorted(cumulative, above, side="right")]
    return low + (position - below) * (high - low)
