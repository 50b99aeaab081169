"""Distribution of Zwicky's masses for crow (LSST DESC), read from relation.hdf5.

``ZwickyMassesUnbinned`` is the ``mass_distribution`` of a ``GridBinnedClusterRecipe``, ``ZwickyMasses`` that
of an ``ExactBinnedClusterRecipe``, and ``ZwickyCompleteness`` the ``completeness`` of both; the mass proxy is
log10 of the predicted M200c in Msun, and recipes must be given a mass function of M200c. All of the table's
shape is used, no Gaussian. ``masses.parameters["bias"]`` (default 0) moves all predicted masses by so many
dex: give it a prior of the table's shared_error, and call the recipe's ``setup`` after a change. murata.toml
holds the parameters of crow's own ``MurataBinned`` for the same masses, and for the number of galaxies.
"""

from pathlib import Path

import h5py
import numpy as np

__all__ = ["ZwickyCompleteness", "ZwickyMasses", "ZwickyMassesUnbinned"]


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
    """P(log10 M_pred | log10 M200c, z) of clusters that can be weighed, for bins of log10 M_pred."""

    def __init__(self, path=None):
        self.table = _table(path)
        self.parameters = {"bias": 0.0}
        grid, p = self.table["log10_m_pred"], self.table["p_pred"]
        self._below = np.zeros(p.shape)
        self._below[..., 1:] = np.cumsum(0.5 * np.diff(grid) * (p[..., 1:] + p[..., :-1]), axis=-1)

    def distribution(self, log_mass, z, log_mass_proxy_limits):
        """Chance of a prediction between two of log10 Msun."""
        grid = self.table["log10_m_pred"]
        limits = [limit - self.parameters["bias"] for limit in log_mass_proxy_limits]
        ends = [_at(self._below, grid, limit, self._below[..., -1]) for limit in limits]
        return _interpolated(self.table, ends[1] - ends[0], log_mass, z)

    def gaussian_kernel(self, log_mass, z, log_mass_proxy):
        """Density per unit of ln M_pred, by the name that crow's recipes with a purity ask for it."""
        log_mass, z, proxy = np.broadcast_arrays(log_mass, z, log_mass_proxy)
        return self._density(*(np.ravel(x) for x in (log_mass, z, proxy))).reshape(proxy.shape)

    def _density(self, log_mass, z, proxy):
        grid, p = self.table["log10_m_pred"], self.table["p_pred"]
        proxy = proxy - self.parameters["bias"]
        found = np.empty(proxy.shape)
        for value in np.unique(proxy):
            here = proxy == value
            found[here] = _interpolated(self.table, _at(p, grid, value, 0.0), log_mass[here], z[here])
        return found / np.log(10.0)


class ZwickyMassesUnbinned(ZwickyMasses):
    """The same as a density per unit of ln M_pred, which recipes on grids integrate themselves."""

    def distribution(self, log_mass, z, log_mass_proxy):
        """At a predicted log10 mass for each true one."""
        return self.gaussian_kernel(log_mass, z, log_mass_proxy)


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
