"""P(M_pred | M, z, N): what masses a survey measures of clusters of a given mass, for number counts.

Measured on mock clusters observed as the survey's: about each mass and redshift, the mean of log10 M_pred and
of ln N is a local line, and what is left over is kept as it is, smoothed, not as a Gaussian. A cluster that
is rich for its mass also comes out heavy: the two residuals are correlated, and the table at a given N is
shifted by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.survey.kinds import shared_error
from zwicky.survey.looks import MockLooks
from zwicky.survey.neighbourhood import neighbourhoods

if TYPE_CHECKING:
    from astropy.cosmology import FLRW

__all__ = ["MassRelation", "measure_relation", "relation_grids"]


@dataclass(frozen=True, eq=False)
class MassRelation:
    """Observables of clusters of a true mass and redshift; m masses, z redshifts, k counts, p predictions.

    Parameters
    ----------
    log10_m200c, redshift, n_galaxies, log10_m_pred : shapes (m,), (z,), (k,), (p,)
        Grids: true mass and predicted mass in log10 Msun, galaxies in the cylinder.
    p_pred : shape (m, z, p)
        Density of log10 M_pred, per dex, of a cluster that can be weighed.
    p_pred_n : shape (m, z, k, p)
        The same for a cluster with so many galaxies.
    p_n : shape (m, z, k)
        Density of ln N.
    completeness : shape (m, z)
        Share of clusters with galaxies enough to be weighed.
    mean_pred, std_pred, mean_ln_n, std_ln_n, correlation : shape (m, z)
        Moments of log10 M_pred and ln N, and the correlation of their residuals.
    mean_error : shape (m, z)
        Error of `mean_pred` by the number of halos, dex.
    shared_error : shape (m, z)
        By how much all clusters of a survey are off together, since nobody knows what its galaxies are: dex
        of M_pred by which counts above a predicted mass of `log10_m200c` move (`zwicky.survey.kinds`).

    Examples
    --------
    Two masses, one redshift, and predictions that are right to 0.15 dex:

    >>> mass, z, count = np.array([14.0, 14.5]), np.array([0.1]), np.array([20.0, 40.0])
    >>> predicted, flat = np.linspace(13.0, 15.5, 251), np.ones((2, 1))
    >>> p = np.exp(-0.5 * ((predicted - mass[:, None, None]) / 0.15) ** 2) / (0.15 * np.sqrt(2 * np.pi))
    >>> relation = MassRelation(
    ...     mass, z, count, predicted, p, np.repeat(p[:, :, None], 2, axis=2), np.ones((2, 1, 2)), flat,
    ...     mass[:, None], 0.15 * flat, 3.3 * flat, 0.3 * flat, 0.2 * flat, 0.01 * flat, 0.05 * flat,
    ... )
    >>> relation.probability(np.array([14.0]), np.array([0.1]), np.array([13.5, 14.0, 14.5])).round(2)
    array([[0.5, 0.5]])
    """

    log10_m200c: np.ndarray
    redshift: np.ndarray
    n_galaxies: np.ndarray
    log10_m_pred: np.ndarray
    p_pred: np.ndarray = field(repr=False)
    p_pred_n: np.ndarray = field(repr=False)
    p_n: np.ndarray = field(repr=False)
    completeness: np.ndarray = field(repr=False)
    mean_pred: np.ndarray = field(repr=False)
    std_pred: np.ndarray = field(repr=False)
    mean_ln_n: np.ndarray = field(repr=False)
    std_ln_n: np.ndarray = field(repr=False)
    correlation: np.ndarray = field(repr=False)
    mean_error: np.ndarray = field(repr=False)
    shared_error: np.ndarray = field(repr=False)

    def probability(self, log10_m200c: np.ndarray, redshift: np.ndarray, edges: np.ndarray) -> np.ndarray:
        """Chance of a cluster to be weighed, and to be found in each bin of log10 M_pred; shape (n, b).

        Parameters
        ----------
        log10_m200c, redshift : shape (n,)
            True; beyond the grids the nearest of them is taken.
        edges : shape (b + 1,)
            Of log10 M_pred [Msun].
        """
        step = np.diff(self.log10_m_pred)
        cumulative = np.zeros(self.p_pred.shape)
        cumulative[..., 1:] = np.cumsum(0.5 * step * (self.p_pred[..., 1:] + self.p_pred[..., :-1]), axis=-1)
        below = np.stack(
            [
                _interpolated(np.asarray(edges), self.log10_m_pred, table)
                for table in cumulative.reshape(-1, cumulative.shape[-1])
            ]
        ).reshape(*cumulative.shape[:2], len(edges))
        chance = np.diff(below, axis=-1) * self.completeness[..., None]
        i, u = _cell(self.log10_m200c, log10_m200c)
        j, w = _cell(self.redshift, redshift)
        u, w = u[:, None], w[:, None]
        above, later = (np.minimum(at + 1, n - 1) for at, n in zip((i, j), chance.shape[:2], strict=True))
        low = (1.0 - u) * chance[i, j] + u * chance[above, j]
        high = (1.0 - u) * chance[i, later] + u * chance[above, later]
        return (1.0 - w) * low + w * high


def measure_relation(
    looks: MockLooks,
    kinds: Sequence[MockLooks],
    *,
    cosmology: FLRW,
    log10_m200c: np.ndarray,
    redshift: np.ndarray,
    n_galaxies: np.ndarray,
    log10_m_pred: np.ndarray,
) -> MassRelation:
    """The relation on grids; see `MassRelation`.

    Masses with too few halos take the tables of the nearest mass that has enough, shifted along its line.

    Parameters
    ----------
    looks
        Clusters of which each has galaxies of a kind of its own.
    kinds
        Of `zwicky.survey.kinds.mock_kinds`: surveys with galaxies of one kind each, for `shared_error`.
    cosmology
        Of the mass function that says what the kinds make of counts.
    log10_m200c, redshift, n_galaxies, log10_m_pred
        The grids.

    Raises
    ------
    ZwickyError
        If a grid does not rise, or a redshift has too few halos at every mass.
    """
    grids = {
        "log10_m200c": log10_m200c,
        "redshift": redshift,
        "n_galaxies": n_galaxies,
        "log10_m_pred": log10_m_pred,
    }
    grids = {name: np.atleast_1d(np.asarray(grid, dtype=float)) for name, grid in grids.items()}
    for name, grid in grids.items():
        if len(grid) < 2 or not np.all(np.diff(grid) > 0):
            raise ZwickyError(f"{name} does not rise; give two numbers or more, the lowest first")
    mass, z, counts, pred = grids.values()
    shape = (len(mass), len(z))
    tables = {
        "p_pred": np.zeros((*shape, len(pred))),
        "p_pred_n": np.zeros((*shape, len(counts), len(pred))),
        "p_n": np.zeros((*shape, len(counts))),
    }
    numbers = {name: np.zeros(shape) for name in _NUMBERS}
    for j in range(len(z)):
        for i, (one, away) in enumerate(neighbourhoods(looks, mass, z[j])):
            shifted = one.moments(away)
            for name, value in shifted.items():
                numbers[name][i, j] = value
            tables["p_pred"][i, j] = one.density(pred - shifted["mean_pred"])
            richer = np.log(counts) - shifted["mean_ln_n"]
            tables["p_n"][i, j] = np.exp(-0.5 * (richer / one.std_ln_n) ** 2) / (
                np.sqrt(2.0 * np.pi) * one.std_ln_n
            )
            for k, far in enumerate(richer):
                # Beyond three standard deviations no cluster says how far the line goes on.
                inside = np.clip(far, -3.0 * one.std_ln_n, 3.0 * one.std_ln_n)
                move = shifted["mean_pred"] + one.slope * inside
                tables["p_pred_n"][i, j, k] = one.density(pred - move, given_n=True)
    for name in ("p_pred", "p_pred_n"):
        area = np.trapezoid(tables[name], pred, axis=-1)[..., None]
        tables[name] /= np.where(area > 0, area, 1.0)
    return MassRelation(**grids, **tables, **numbers, shared_error=shared_error(kinds, mass, z, cosmology))


def relation_grids(looks: MockLooks, redshift: np.ndarray) -> dict[str, np.ndarray]:
    """Grids for `measure_relation`: all masses looked at by 0.05 dex, and as many galaxies as there are."""
    low, high = (
        np.floor(20.0 * looks.log10_m200c.min()) / 20.0,
        np.ceil(20.0 * looks.log10_m200c.max()) / 20.0,
    )
    most = max(float(looks.n_galaxies.max()), 8.0)
    return {
        "log10_m200c": np.linspace(low, high, round(20.0 * (high - low)) + 1),
        "redshift": np.asarray(redshift, dtype=float),
        "n_galaxies": np.geomspace(4.0, most, 12),
        "log10_m_pred": np.linspace(low - 1.0, high + 1.0, round(40.0 * (high - low + 2.0)) + 1),
    }


_NUMBERS = (
    "completeness",
    "mean_pred",
    "std_pred",
    "mean_ln_n",
    "std_ln_n",
    "correlation",
    "mean_error",
)


def _cell(grid: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cell of each value and how far into it, the ends of the grid for what is beyond."""
    if len(grid) == 1:
        return np.zeros(np.shape(values), dtype=int), np.zeros(np.shape(values))
    at = np.clip(np.asarray(values, dtype=float), grid[0], grid[-1])
    i = np.clip(np.searchsorted(grid, at, side="right") - 1, 0, len(grid) - 2)
    return i, (at - grid[i]) / (grid[i + 1] - grid[i])


def _interpolated(at: np.ndarray, grid: np.ndarray, values: np.ndarray) -> np.ndarray:
    return np.interp(at, grid, values, left=0.0, right=values[-1])
