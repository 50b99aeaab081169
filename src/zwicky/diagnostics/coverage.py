"""Do posteriors hold what they say? Where the truth lies in them, with errors that know about halos.

The share of a posterior's probability that lies below the truth, the probability integral transform (PIT),
is even between 0 and 1 if and only if the posteriors are right for the clusters that are looked at; an
interval of 68 % then holds 68 % of the truths.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zwicky.diagnostics.bootstrap import HaloGroups, resample_halos
from zwicky.diagnostics.residuals import residual_statistics
from zwicky.errors import ZwickyError

__all__ = ["LEVELS", "Coverage", "coverage"]

#: Central intervals that are checked.
LEVELS = (0.68, 0.90, 0.95)


@dataclass(frozen=True)
class Coverage:
    """Lean and scatter of medians in dex, and where the truth lies; each error counts halos.

    NaN, and no shares, where there is nothing to judge.

    Parameters
    ----------
    n, n_halos
        Rows, and halos among them.
    median, median_error, scatter, scatter_error
        Of median less truth, dex, and their standard errors.
    width
        Median half of the 68 % intervals, dex.
    inside, inside_error : shape (3,)
        Shares of truths in the central intervals of `LEVELS`.
    pit, pit_error : shape (b,)
        Shares of transforms in equal bins from 0 to 1.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> even = (np.arange(1000) + 0.5) / 1000
    >>> found = coverage(np.zeros(1000), even, np.full(1000, 0.1), np.arange(1000), rng=rng)
    >>> found.n_halos, found.width
    (1000, 0.1)
    """

    n: int
    n_halos: int
    median: float
    median_error: float
    scatter: float
    scatter_error: float
    width: float
    inside: tuple[float, ...]
    inside_error: tuple[float, ...]
    pit: tuple[float, ...]
    pit_error: tuple[float, ...]


def coverage(
    epsilon: np.ndarray,
    pit: np.ndarray,
    width: np.ndarray,
    halo_id: np.ndarray,
    *,
    rng: np.random.Generator,
    n_bins: int = 10,
    n_resamples: int = 200,
) -> Coverage:
    """How well posteriors hold the truth.

    Parameters
    ----------
    epsilon : float, shape (n,)
        Median of each posterior less the truth, dex; rows that are not finite are left out.
    pit : float, shape (n,)
        Probability below the truth, from `zwicky.estimators.MassPosterior.cdf`.
    width : float, shape (n,)
        Half of each 68 % interval, dex.
    halo_id : int, shape (n,)
        The halo behind each row: its lines of sight are resampled together.
    rng
        Source of the bootstrap.
    n_bins
        Bins of the histogram of `pit`.
    n_resamples
        Bootstrap resamples of halos.

    Returns
    -------
    Coverage
        Of the rows that are finite.

    Raises
    ------
    ZwickyError
        If the arrays differ in length, or a probability is not between 0 and 1.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> even = (np.arange(1000) + 0.5) / 1000
    >>> coverage(np.zeros(1000), even, np.ones(1000), np.arange(1000), rng=rng).inside
    (0.68, 0.9, 0.95)
    """
    columns = [np.asarray(values, dtype=float) for values in (epsilon, pit, width)]
    halo_id = np.asarray(halo_id)
    if any(values.shape != halo_id.shape for values in columns):
        shapes = ", ".join(str(values.shape) for values in columns)
        raise ZwickyError(f"posteriors of shape {shapes} for {halo_id.shape} halo ids; give one a row")
    known = np.isfinite(columns).all(axis=0)
    epsilon, pit, width = (values[known] for values in columns)
    if len(pit) and not (pit.min() >= -1e-6 and pit.max() <= 1 + 1e-6):
        raise ZwickyError(f"pit runs from {pit.min():g} to {pit.max():g}; give probabilities, 0 to 1")
    lean = residual_statistics(epsilon, halo_id[known], rng=rng, n_resamples=n_resamples)
    found = (lean.n, lean.n_halos, lean.median, lean.median_error, lean.scatter, lean.scatter_error)
    if not len(pit):
        return Coverage(*found, np.nan, (), (), (), ())
    of_bin = np.clip((pit * n_bins).astype(int), 0, n_bins - 1)
    holds = np.abs(pit - 0.5)[:, None] <= 0.5 * np.array(LEVELS)
    marks = np.concatenate([holds, of_bin[:, None] == np.arange(n_bins)], axis=1).astype(float)
    groups = HaloGroups(halo_id[known])
    sums = np.stack([groups.total(column) for column in marks.T], axis=1)
    rows = groups.total(np.ones(len(pit)))
    share, error = sums.sum(axis=0) / len(pit), np.full(marks.shape[1], np.nan)
    if groups.n_halos > 1:
        drawn = resample_halos(groups.n_halos, lambda c: c @ sums / (c @ rows), n_resamples, rng=rng)
        error = drawn.std(axis=0, ddof=1)
    k = len(LEVELS)
    parts = (share[:k], error[:k], share[k:], error[k:])
    return Coverage(*found, float(np.median(width)), *(tuple(map(float, part)) for part in parts))
