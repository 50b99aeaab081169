"""Distribution of Zwicky's masses for crow (LSST DESC), read from relation.hdf5.

``ZwickyMasses`` is the ``mass_distribution`` of a cluster recipe and ``ZwickyCompleteness`` its
``completeness``; the mass proxy is log10 of the predicted M200c in Msun, and recipes must be given a mass
function of M200c. All of the table's shape is used, no Gaussian. murata.toml holds the parameters of crow's
own ``MurataBinned`` for the same masses, and for the number of galaxies.
"""

from pathlib import Path

import h5py
import numpy as np

__all__ = ["ZwickyCompleteness", "ZwickyMasses"]


def _table(path):
    path = Path(__file__).with_name("relation.hdf5") if path is None else Path(path)
    with h5py.File(path) as file:
        return {name: file[name][()] for name in file}


def _cell(grid, values):
    at = np.clip(values, grid[0], grid[-1])
    i = np.clip(np.searchsorted(grid, at, side="right") - 1, 0, len(grid) - 2)
    return i, (at - grid[i]) / (grid[i + 1] - grid[i])


def _interpolated(table, values, log_mass, z):
    """Numbers of shape (m, z, ...) at masses and redshifts of one shape."""
    log_mass, z = np.broadcast_arrays(np.asarray(log_mass, float), np.asarray(z, float))
    (i, u), (j, w) = _cell(table["log10_m200c"], log_mass), _cell(table["redshift"], z)
    more = (...,) + (None,) * (values.ndim - 2)
    u, w = u[more], w[more]
    low = (1 - u) * values[i, j] + u * values[i + 1, j]
    high = (1 - u) * values[i, j + 1] + u * values[i + 1, j + 1]
    return (1 - w) * low + w * high


class ZwickyMasses:
    """P(log10 M_pred | log10 M200c, z) of clusters that can be weighed."""

    def __init__(self, path=None):
        self.table = _table(path)
        self.parameters = {}
        grid, p = self.table["log10_m_pred"], self.table["p_pred"]
        self._below = np.zeros(p.shape)
        self._below[..., 1:] = np.cumsum(0.5 * np.diff(grid) * (p[..., 1:] + p[..., :-1]), axis=-1)

    def distribution(self, log_mass, z, log_mass_proxy_limits):
        """Chance of a prediction between two of log10 Msun."""
        grid = self.table["log10_m_pred"]
        ends = [_at(self._below, grid, limit, self._below[..., -1]) for limit in log_mass_proxy_limits]
        return _interpolated(self.table, ends[1] - ends[0], log_mass, z)

    def _distribution_unbinned(self, log_mass, z, log_mass_proxy):
        """Density per unit of ln M_pred, as crow's grids integrate it."""
        grid, p = self.table["log10_m_pred"], self.table["p_pred"]
        log_mass, z, proxy = np.broadcast_arrays(log_mass, z, log_mass_proxy)
        flat = [np.ravel(x) for x in (log_mass, z, proxy)]
        found = np.empty(flat[0].shape)
        for value in np.unique(flat[2]):
            here = flat[2] == value
            found[here] = _interpolated(self.table, _at(p, grid, value, 0.0), flat[0][here], flat[1][here])
        return found.reshape(proxy.shape) / np.log(10.0)


class ZwickyCompleteness:
    """Share of clusters with galaxies enough to be weighed."""

    def __init__(self, path=None):
        self.table = _table(path)
        self.parameters = {}

    def distribution(self, log_mass, z):
        """At masses (log10 Msun) and redshifts."""
        return _interpolated(self.table, self.table["completeness"], log_mass, z)


def _at(values, grid, where, beyond):
    """Last axis of `values` at a number; 0 below the grid and `beyond` above."""
    if where < grid[0]:
        return np.zeros(values.shape[:-1])
    if where > grid[-1]:
        return beyond + np.zeros(values.shape[:-1])
    i, u = _cell(grid, where)
    return (1 - u) * values[..., i] + u * values[..., i + 1]
