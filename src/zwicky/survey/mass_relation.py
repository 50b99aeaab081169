"""P(M_pred | M, z, N): what masses a survey measures of clusters of a given mass, for number counts.

Measured on mock clusters observed as the survey's: about each mass and redshift, the mean of log10 M_pred and
of ln N is a local line, and what is left over is kept as it is, smoothed, not as a Gaussian. A cluster that
is rich for its mass also comes out heavy: the two residuals are correlated, and the table at a given N is
shifted by it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.survey.looks import MockLooks

__all__ = ["MassRelation", "measure_relation", "relation_grids"]

#: Widths of the neighbourhood that a line is fitted in: dex of mass, dex of 1 + z.
_MASS_DEX, _REDSHIFT_DEX = 0.12, 0.04
#: Fewest independent halos in a neighbourhood for its numbers to be given.
_HALOS = 8.0


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
        By how much all clusters of a survey are off together, since nobody knows what its galaxies are: dex.

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
    *,
    log10_m200c: np.ndarray,
    redshift: np.ndarray,
    n_galaxies: np.ndarray,
    log10_m_pred: np.ndarray,
) -> MassRelation:
    """The relation on grids; see `MassRelation`.

    Masses with too few halos take the tables of the nearest mass that has enough, shifted along its line.

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
        near = [_Neighbourhood.of(looks, m, z[j]) for m in mass]
        enough = np.flatnonzero([one is not None and one.halos >= _HALOS for one in near])
        if not len(enough):
            raise ZwickyError(
                f"redshift {z[j]:g} has fewer than {_HALOS:g} halos at every mass; give more universes, or "
                "other redshifts"
            )
        for i in range(len(mass)):
            nearest = int(enough[np.argmin(np.abs(enough - i))])
            one = near[nearest]
            assert one is not None
            shifted = one.moments(mass[i] - mass[nearest])
            for name in _NUMBERS:
                numbers[name][i, j] = shifted[name]
            tables["p_pred"][i, j] = one.density(pred - shifted["mean_pred"])
            away = np.log(counts) - shifted["mean_ln_n"]
            tables["p_n"][i, j] = np.exp(-0.5 * (away / one.std_ln_n) ** 2) / (
                np.sqrt(2.0 * np.pi) * one.std_ln_n
            )
            for k, far in enumerate(away):
                # Beyond three standard deviations no cluster says how far the line goes on.
                inside = np.clip(far, -3.0 * one.std_ln_n, 3.0 * one.std_ln_n)
                move = shifted["mean_pred"] + one.slope * inside
                tables["p_pred_n"][i, j, k] = one.density(pred - move, given_n=True)
    for name in ("p_pred", "p_pred_n"):
        area = np.trapezoid(tables[name], pred, axis=-1)[..., None]
        tables[name] /= np.where(area > 0, area, 1.0)
    return MassRelation(**grids, **tables, **numbers)


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
    "shared_error",
)


@dataclass(frozen=True, eq=False)
class _Neighbourhood:
    """Clusters about a mass and a redshift: lines through log10 M_pred and ln N, and what they leave over."""

    halos: float
    weight: np.ndarray
    mean: np.ndarray
    steep: np.ndarray
    left: np.ndarray
    completeness: float
    mean_error: float
    shared_error: float

    @staticmethod
    def of(looks: MockLooks, mass: float, redshift: float) -> _Neighbourhood | None:
        """None where there is no cluster at all."""
        dm = looks.log10_m200c - mass
        dz = np.log10((1.0 + looks.redshift) / (1.0 + redshift))
        weight = np.exp(-0.5 * ((dm / _MASS_DEX) ** 2 + (dz / _REDSHIFT_DEX) ** 2))
        near = weight > 1e-3
        weighed = near & np.isfinite(looks.predicted)
        if weighed.sum() < 20:
            return None
        completeness = float(weight[weighed].sum() / weight[near].sum())
        w, dm, dz = weight[weighed], dm[weighed], dz[weighed]
        values = np.stack([looks.predicted[weighed], np.log(looks.n_galaxies[weighed])], axis=1)
        design = np.stack([np.ones(len(w)), dm, dz], axis=1)
        root = np.sqrt(w)[:, None]
        line = np.linalg.lstsq(root * design, root * values, rcond=None)[0]
        left = values - design @ line
        _, halo = np.unique(looks.halo[weighed], return_inverse=True)
        by_halo = np.bincount(halo, w)
        pulls = np.bincount(halo, w * left[:, 0])
        shared = looks.shared[weighed] - np.average(looks.shared[weighed], axis=0, weights=w)
        slopes = np.linalg.lstsq(root * shared, root * left[:, :1], rcond=None)[0][:, 0]
        spread = np.average((shared * slopes) ** 2, axis=0, weights=w).sum()
        return _Neighbourhood(
            halos=float(by_halo.sum() ** 2 / (by_halo**2).sum()),
            weight=w / w.sum(),
            mean=line[0],
            steep=line[1],
            left=left,
            completeness=completeness,
            mean_error=float(np.sqrt((pulls**2).sum()) / w.sum()),
            shared_error=float(np.sqrt(spread)),
        )

    @property
    def std_ln_n(self) -> float:
        return float(np.sqrt(self.weight @ self.left[:, 1] ** 2))

    @property
    def slope(self) -> float:
        """Change of log10 M_pred with ln N at a mass."""
        return float(self.weight @ self.left.prod(axis=1)) / self.std_ln_n**2

    def moments(self, away: float) -> dict[str, float]:
        """Numbers of `_NUMBERS` at a mass so many dex away."""
        std = float(np.sqrt(self.weight @ self.left[:, 0] ** 2))
        return {
            "completeness": self.completeness,
            "mean_pred": float(self.mean[0] + self.steep[0] * away),
            "std_pred": std,
            "mean_ln_n": float(self.mean[1] + self.steep[1] * away),
            "std_ln_n": self.std_ln_n,
            "correlation": self.slope * self.std_ln_n / std,
            "mean_error": self.mean_error,
            "shared_error": self.shared_error,
        }

    def density(self, at: np.ndarray, *, given_n: bool = False) -> np.ndarray:
        """Density of what is left over of log10 M_pred at `at`, per dex, its variance kept."""
        left = self.left[:, 0] - self.slope * self.left[:, 1] if given_n else self.left[:, 0]
        std = np.sqrt(self.weight @ left**2)
        few = 1.0 / (self.weight**2).sum()
        band = 1.06 * std * few**-0.2
        left = left * np.sqrt(max(1.0 - (band / std) ** 2, 0.0))
        # In cells an eighth as wide as the smoothing, thousands of clusters are some hundred numbers.
        cells = max(2, int(np.ceil(8.0 * np.ptp(left) / band)))
        share, edges = np.histogram(left, cells, weights=self.weight)
        z = (at[:, None] - 0.5 * (edges[1:] + edges[:-1])) / band
        return np.exp(-0.5 * z * z) @ share / (band * np.sqrt(2.0 * np.pi))


def _cell(grid: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cell of each value and how far into it, the ends of the grid for what is beyond."""
    if len(grid) == 1:
        return np.zeros(np.shape(values), dtype=int), np.zeros(np.shape(values))
    at = np.clip(np.asarray(values, dtype=float), grid[0], grid[-1])
    i = np.clip(np.searchsorted(grid, at, side="right") - 1, 0, len(grid) - 2)
    return i, (at - grid[i]) / (grid[i + 1] - grid[i])


def _interpolated(at: np.ndarray, grid: np.ndarray, values: np.ndarray) -> np.ndarray:
    return np.interp(at, grid, values, left=0.0, right=values[-1])
