"""Kullback-Leibler divergences between clusters, from nearest neighbours (Wang et al. 2009).

For a cluster X of n galaxies and Y of m, in d dimensions,

    D(X || Y) = max(0, d / n * sum over x of ln(nu_k(x) / rho_k(x)) + ln(m / (n - 1)))

where nu_k(x) is the distance from x to its k-th neighbour in Y and rho_k(x) to its k-th neighbour among the
other galaxies of X. Distances are floored, so that repeated galaxies give a large, finite divergence.

A cluster with fewer galaxies than that lends the neighbours it has: l = min(k, n - 1) for rho and min(k, m)
for nu. The k-th neighbour measures a density with a bias, ``psi(k) - ln k`` in its logarithm, that cancels
between equal k and is taken out between unequal ones by adding psi(k_rho) - psi(k_nu) (Wang et al. 2009,
Sec. IV). X must have two galaxies, Y one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zwicky.estimators.sdm.kernels import (
    MAX_K,
    line_own_slab,
    line_slab,
    plane_own_slab,
    plane_slab,
)
from zwicky.kernels import LANES
from zwicky.parallel import available_cores, pieces, run_pieces

__all__ = ["MAX_NEIGHBOUR", "Clouds", "clouds", "divergences", "joined"]

#: Largest k: one less than the kernels', which count a galaxy as its own first neighbour.
MAX_NEIGHBOUR = MAX_K - 1

# Enough slabs for an even end, none so small that a thread would cost more: 4,000 pairs take a millisecond.
_SLABS_A_CORE = 8
_PAIRS_A_SLAB = 4000


@dataclass(frozen=True, eq=False)
class Clouds:
    """Clusters as clouds of points, with all of a divergence that is a number a cluster.

    Parameters
    ----------
    columns : tuple of float32, each shape (n_galaxies + LANES,)
        Coordinates, scaled, padded at the end; one column is sorted within clusters.
    offsets : int64, shape (n + 1,)
        Galaxies of cluster i are ``offsets[i]:offsets[i + 1]``.
    k : int64, shape (n,)
        Neighbours asked of each cluster as Y.
    least : float
        Floor of the distances.
    as_x, as_y : float64, shape (n,)
        ``psi(k) - ln(n - 1) - d / n sum ln rho`` and ``ln m - psi(k)``.
    """

    columns: tuple[np.ndarray, ...]
    offsets: np.ndarray
    k: np.ndarray
    least: float
    as_x: np.ndarray
    as_y: np.ndarray

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, rows: slice | np.ndarray) -> Clouds:
        """Clusters selected by a slice, mask or index array."""
        index = np.arange(len(self))[rows]
        counts = np.diff(self.offsets)[index]
        offsets = np.concatenate([[0], np.cumsum(counts)])
        members = np.repeat(self.offsets[:-1][index] - offsets[:-1], counts) + np.arange(offsets[-1])
        return Clouds(
            tuple(_padded(column[members]) for column in self.columns),
            offsets,
            self.k[index],
            self.least,
            self.as_x[index],
            self.as_y[index],
        )


def clouds(columns: tuple[np.ndarray, ...], offsets: np.ndarray, k: int, least: float) -> Clouds:
    """Prepare clusters for `divergences`.

    Parameters
    ----------
    columns : one or two arrays, shape (n_galaxies,)
        Coordinates of the galaxies, of order one.
    offsets : int64, shape (n + 1,)
        Cuts the columns into clusters of two galaxies or more.
    k
        Neighbours, 1 to `MAX_NEIGHBOUR`.
    least
        Floor of the distances, in the columns' unit, below one.
    """
    from scipy.special import digamma

    columns = tuple(np.asarray(column, np.float32) for column in columns)
    counts = np.diff(offsets)
    if len(columns) == 1:
        row = np.repeat(np.arange(len(counts)), counts)
        columns = (columns[0][np.lexsort((columns[0], row))],)
    columns = tuple(_padded(column) for column in columns)
    k_own = np.minimum(k, counts - 1)
    own = np.empty(len(counts), np.float32)
    kernel = line_own_slab if len(columns) == 1 else plane_own_slab
    _in_slabs(len(counts), kernel, *columns, offsets, k_own + 1, np.float32(least), out=own)
    k_other = np.minimum(k, counts)
    return Clouds(
        columns=columns,
        offsets=offsets,
        k=k_other,
        least=least,
        as_x=digamma(k_own) - np.log(counts - 1) - len(columns) / counts * own,
        as_y=np.log(counts) - digamma(k_other),
    )


def joined(a: Clouds, b: Clouds) -> Clouds:
    """The clusters of `a`, then those of `b`, which were prepared alike."""
    return Clouds(
        tuple(np.concatenate([i[:-LANES], j]) for i, j in zip(a.columns, b.columns, strict=True)),
        np.concatenate([a.offsets, a.offsets[-1] + b.offsets[1:]]),
        np.concatenate([a.k, b.k]),
        a.least,
        np.concatenate([a.as_x, b.as_x]),
        np.concatenate([a.as_y, b.as_y]),
    )


def divergences(x: Clouds, y: Clouds, workers: int | None = None) -> np.ndarray:
    """D(X || Y) of every cluster of `x` against every cluster of `y`.

    Parameters
    ----------
    x, y
        Prepared with the same k, floor and scale.
    workers
        Threads; the cores of the machine by default. The result does not depend on it.

    Returns
    -------
    float32, shape (len(x), len(y))
        In nats, never negative.
    """
    out = np.empty((len(x), len(y)), np.float32)
    kernel = line_slab if len(x.columns) == 1 else plane_slab
    arguments = (*x.columns, x.offsets, *y.columns, y.offsets, y.k, np.float32(y.least))
    _in_slabs(len(x), kernel, *arguments, out=out, workers=workers)
    out *= (len(x.columns) / np.diff(x.offsets)).astype(np.float32)[:, None]
    out += x.as_x.astype(np.float32)[:, None]
    out += y.as_y.astype(np.float32)
    return np.maximum(out, 0, out=out)


def _padded(column: np.ndarray) -> np.ndarray:
    return np.concatenate([column, np.zeros(LANES, np.float32)])


def _in_slabs(n, kernel, *arguments, out, workers: int | None = None) -> None:
    slabs = pieces(n, min(_SLABS_A_CORE * available_cores(), -(-out.size // _PAIRS_A_SLAB)))
    run_pieces(kernel, [(*arguments, first, last, out) for first, last in slabs], workers)
