"""Arithmetic of densities on a grid, straight lines between its points; products on a finer one."""

from __future__ import annotations

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.kernels import kernel

__all__ = ["below", "cells_of", "integral", "inverse", "mass_grid", "normalise", "refined_product"]

# A peak of this log depth is where the mass is: all but 1e-9 of a Gaussian.
_DEPTH = 20.0
# Fewest cells of the grid over that peak (13 standard deviations of a Gaussian).
_CELLS = 200

_FIRST, _LAST, _STEP = 12.0, 16.2, 0.01


def mass_grid() -> np.ndarray:
    """The grid of log10 M200c [Msun] that estimators share: 12.0 to 16.2 in steps of 0.01; shape (421,).

    A Gaussian of 0.1 dex keeps its width on it to one part in a thousand.

    Returns
    -------
    float64, shape (421,)

    Examples
    --------
    >>> mass_grid()[[0, 1, -1]]
    array([12.  , 12.01, 16.2 ])
    """
    return np.linspace(_FIRST, _LAST, round((_LAST - _FIRST) / _STEP) + 1)


def integral(grid: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Integral of each row, straight lines between the points, shape (n,)."""
    width = np.diff(grid)
    weight = 0.5 * (np.append(width, 0.0) + np.append(0.0, width))
    return np.einsum("ij,j->i", values, weight)


def cells_of(grid: np.ndarray, x: float | np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each of n values: its cell, the share of the cell below it, and whether it is on the grid."""
    x = np.broadcast_to(np.asarray(x, dtype=float), (n,))
    inside = (x >= grid[0]) & (x <= grid[-1])
    x = np.clip(np.nan_to_num(x), grid[0], grid[-1])
    at = np.clip(np.searchsorted(grid, x, side="right") - 1, 0, len(grid) - 2)
    return at, (x - grid[at]) / (grid[at + 1] - grid[at]), inside


def below(grid: np.ndarray, density: np.ndarray, x: float | np.ndarray) -> np.ndarray:
    """Share of each row's probability below its own `x`, or one for all, shape (n,); NaN for rows of NaN."""
    at, share, _ = cells_of(grid, x, len(density))
    out = np.empty(len(density))
    _below(*map(np.ascontiguousarray, (grid, density, at, share)), out)
    return out


def inverse(grid: np.ndarray, density: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Where the probability of rows, up to a factor each, reaches `q`, shape (n, k); NaN for rows of NaN.

    `q` has shape (n, k), or (1, k) for all rows.
    """
    out = np.full((len(density), q.shape[1]), np.nan)
    _inverse(*map(np.ascontiguousarray, (grid, density, q)), out)
    return out


def normalise(grid: np.ndarray, log_density: np.ndarray) -> np.ndarray:
    """Let rows, shape (n, g), integrate to one, in place; medians, NaN where that cannot be, shape (n,).

    A row of NaN stays one.
    """
    median = np.empty(len(log_density))
    if not len(log_density):
        return median
    top = log_density.max(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):  # what is zero or infinite everywhere
        log_density -= top
    _normalise(np.ascontiguousarray(grid), log_density, np.exp(log_density), median)
    return median


@kernel
def _normalise(grid, values, density, median):
    g = len(grid)
    cumulative = np.empty(g)
    for row in range(len(values)):
        _accumulate(grid, density[row], cumulative)
        values[row] -= np.log(cumulative[g - 1])
        median[row] = _at(grid, density[row], cumulative, 0.5) if cumulative[g - 1] > 0.0 else np.nan


@kernel(inline="always")
def _accumulate(grid, density, out):
    total = 0.0
    out[0] = 0.0
    for j in range(1, len(grid)):
        total += 0.5 * (density[j] + density[j - 1]) * (grid[j] - grid[j - 1])
        out[j] = total


@kernel
def _at(grid, density, cumulative, q):
    """Where a density up to a factor reaches the share `q`."""
    g = len(grid)
    wanted = q * cumulative[g - 1]
    at = min(max(np.searchsorted(cumulative, wanted, side="right") - 1, 0), g - 2)
    rest = max(wanted - cumulative[at], 0.0)
    width = grid[at + 1] - grid[at]
    low, high = density[at], density[at + 1]
    root = low + np.sqrt(max(low**2 + 2.0 * rest * (high - low) / width, 0.0))
    return grid[at] + (min(2.0 * rest / root, width) if root > 0.0 else 0.0)


@kernel
def _inverse(grid, density, q, out):
    cumulative = np.empty(len(grid))
    for row in range(len(density)):
        if np.isnan(density[row, 0]):
            continue
        _accumulate(grid, density[row], cumulative)
        mine = q[row] if len(q) > 1 else q[0]
        for k in range(q.shape[1]):
            out[row, k] = _at(grid, density[row], cumulative, mine[k])


@kernel
def _below(grid, density, at, share, out):
    cumulative = np.empty(len(grid))
    for row in range(len(density)):
        _accumulate(grid, density[row], cumulative)
        low, high = density[row, at[row]], density[row, at[row] + 1]
        step = share[row] * (grid[at[row] + 1] - grid[at[row]])
        inside = cumulative[at[row]] + step * (low + 0.5 * share[row] * (high - low))
        out[row] = inside / cumulative[len(grid) - 1]


def refined_product(grid: np.ndarray, log_density: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Grid and log density of a product, shape (g,), refined about its peak if the grid is too coarse.

    A sum of log densities is smooth even where its exponential is a needle between two points: a cubic
    spline through it (exact for Gaussians) is read on a finer grid. Refined again until 200 cells lie
    within 20 of the peak's logarithm.

    Raises
    ------
    ZwickyError
        If the product is zero everywhere.
    """
    from scipy.interpolate import CubicSpline

    possible = np.isfinite(log_density)
    if not possible.any():
        raise ZwickyError("no mass is possible for all of these clusters; their densities do not overlap")
    first, last = np.flatnonzero(possible)[[0, -1]]
    if last - first < 3 or not possible[first : last + 1].all():
        return grid, log_density
    spline = CubicSpline(grid[first : last + 1], log_density[first : last + 1])
    x, values = grid, log_density
    for _ in range(8):
        top = np.flatnonzero(values > values.max() - _DEPTH)
        low, high = max(top[0] - 1, 0), min(top[-1] + 1, len(x) - 1)
        if high - low >= _CELLS:
            break
        x = np.linspace(max(x[low], grid[first]), min(x[high], grid[last]), 4 * _CELLS + 1)
        values = spline(x)
    return x, values
