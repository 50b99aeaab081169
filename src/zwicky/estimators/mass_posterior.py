"""`MassPosterior`: what every estimator returns, densities of log10 M200c on one grid.

On one grid that all share, quantiles, a change of prior, products for stacks and P(M_pred | M) are array
arithmetic. Log densities are kept, not densities: tails stay tails, and a product of many does not underflow.
Between the points of the grid a density is a straight line.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.estimators.densities import (
    below,
    cells_of,
    integral,
    inverse,
    mass_grid,
    normalise,
    refined_product,
)
from zwicky.estimators.prior import Prior

if TYPE_CHECKING:
    from astropy.table import QTable

__all__ = ["MassPosterior", "mass_grid"]


@dataclass(frozen=True, eq=False)
class MassPosterior:
    """Masses of n clusters.

    Make one with `from_log_density`, `from_gaussian` or `from_points`, which normalise.

    Parameters
    ----------
    log10_m200c : float64, shape (n,)
        The estimator's best single number for log10 M200c [Msun]: its point estimate if it makes one, else
        the median.
    grid : float64, shape (g,)
        Rising log10 M200c [Msun].
    log_density : float64, shape (n, g)
        Natural logarithm of the density of log10 M200c, each row integrating to one. A row of NaN is a
        cluster of which no more than the point is known: what needs a width is NaN for it.
    prior
        What the densities were made with.
    cluster_id : shape (n,), optional
        Names or numbers, for `of` and for tables.

    Raises
    ------
    ZwickyError
        If shapes do not agree.

    Examples
    --------
    >>> masses = MassPosterior.from_gaussian([14.2, 14.8], [0.1, 0.2])
    >>> masses
    <MassPosterior: 2 clusters, log10 M200c [Msun] 14.20 to 14.80, +- 0.15 dex; flat prior>
    >>> masses.interval(0.68)[0].round(1)
    array([14.1, 14.6])
    """

    log10_m200c: np.ndarray
    grid: np.ndarray = field(repr=False)
    log_density: np.ndarray = field(repr=False)
    prior: Prior = field(default_factory=Prior.flat)
    cluster_id: np.ndarray | None = field(default=None, repr=False)

    def __post_init__(self):
        shape = (len(self.log10_m200c), len(self.grid))
        if self.log_density.shape != shape:
            raise ZwickyError(
                f"log densities have shape {self.log_density.shape}; {shape[0]} clusters on {shape[1]} "
                f"masses need {shape}"
            )
        for name, values in (("cluster_id", self.cluster_id), ("prior", self.prior.log_density)):
            if values is not None and (name != "prior" or values.ndim == 2) and len(values) != shape[0]:
                raise ZwickyError(f"{name} has {len(values)} rows for {shape[0]} clusters; give one a row")

    @classmethod
    def from_log_density(
        cls,
        log_density: np.ndarray,
        *,
        grid: np.ndarray | None = None,
        prior: Prior | None = None,
        log10_m200c: np.ndarray | None = None,
        cluster_id: np.ndarray | None = None,
    ) -> MassPosterior:
        """Posteriors from log densities up to a factor, shape (n, g), on `mass_grid` unless told.

        `log10_m200c` are the point estimates, the medians by default.

        Raises
        ------
        ZwickyError
            If a density is zero everywhere or has no finite integral.
        """
        grid = mass_grid() if grid is None else np.asarray(grid, dtype=float)
        values = np.array(log_density, dtype=float, ndmin=2)
        if values.shape[1] != len(grid):
            raise ZwickyError(f"log densities have shape {values.shape}; give {len(grid)} masses a row")
        known = ~np.isnan(values).any(axis=1)
        values[~known] = np.nan
        median = normalise(grid, values)
        cls._refuse(known & np.isnan(median), grid)
        point = median if log10_m200c is None else np.asarray(log10_m200c, dtype=float)
        return cls(point, grid, values, prior or Prior.flat(), cluster_id)

    @classmethod
    def from_gaussian(
        cls,
        mean: np.ndarray,
        std: np.ndarray,
        *,
        grid: np.ndarray | None = None,
        cluster_id: np.ndarray | None = None,
    ) -> MassPosterior:
        """Gaussians in log10 M200c [Msun], shape (n,), cut where the grid ends; the prior is flat.

        `mean` is kept as the point estimate. Where it or `std` is NaN no more than it is known.
        """
        grid = mass_grid() if grid is None else np.asarray(grid, dtype=float)
        mean, std = np.broadcast_arrays(np.atleast_1d(np.asarray(mean, float)), np.asarray(std, float))
        if np.any(std <= 0):
            raise ZwickyError(f"a standard deviation is {std[std <= 0][0]:g} dex; give positive ones, or NaN")
        values = -0.5 * ((grid - mean[:, None]) / std[:, None]) ** 2
        return cls.from_log_density(values, grid=grid, log10_m200c=mean, cluster_id=cluster_id)

    @classmethod
    def from_points(cls, log10_m200c: np.ndarray, *, cluster_id: np.ndarray | None = None) -> MassPosterior:
        """Point estimates of log10 M200c [Msun], shape (n,), whose errors nobody knows."""
        grid = mass_grid()
        point = np.atleast_1d(np.asarray(log10_m200c, dtype=float))
        return cls(point, grid, np.broadcast_to(np.nan, (len(point), len(grid))), cluster_id=cluster_id)

    @property
    def density(self) -> np.ndarray:
        """Densities of log10 M200c on the grid, per dex, shape (n, g)."""
        return np.exp(self.log_density)

    @property
    def has_width(self) -> np.ndarray:
        """Whether more than a point estimate is known of each cluster, bool, shape (n,)."""
        return ~np.isnan(self.log_density[:, 0])

    @property
    def mean(self) -> np.ndarray:
        """Mean log10 M200c [Msun] of each cluster, shape (n,)."""
        return integral(self.grid, self.density * self.grid)

    @property
    def std(self) -> np.ndarray:
        """Standard deviation of log10 M200c of each cluster in dex, shape (n,)."""
        offset = self.grid - self.mean[:, None]
        return np.sqrt(integral(self.grid, self.density * offset**2))

    @property
    def median(self) -> np.ndarray:
        """Median log10 M200c [Msun] of each cluster, shape (n,)."""
        return self.quantile(0.5)

    def quantile(self, q: float | Sequence[float] | np.ndarray, *, prior: Prior | None = None) -> np.ndarray:
        """log10 M200c [Msun] below which each cluster lies with probability `q`.

        Shape (n,) for a number, (n, k) for k of them. Under `prior`, if it is given, instead of the one
        carried: what `with_prior` gives, without its densities.
        """
        q = np.asarray(q, dtype=float)
        if np.any((q < 0) | (q > 1)):
            raise ZwickyError(f"quantile {q[(q < 0) | (q > 1)].flat[0]:g} is not allowed; give 0 to 1")
        density = self.density
        if prior is not None:
            values = self._log_density_under(prior)
            top = values.max(axis=1, keepdims=True, initial=-np.inf)
            self._refuse(np.isneginf(top[:, 0]), self.grid)
            density = np.exp(values - top)
        found = inverse(self.grid, density, q.reshape(1, -1))
        return found[:, 0] if q.ndim == 0 else found

    @staticmethod
    def _refuse(bad: np.ndarray, grid: np.ndarray) -> None:
        if bad.any():
            raise ZwickyError(
                f"the density of row {np.flatnonzero(bad)[0]} is zero, or infinite, on the grid of log10 "
                f"M200c [Msun] {grid[0]:g} to {grid[-1]:g}: is it in another unit?"
            )

    def interval(self, level: float = 0.68) -> tuple[np.ndarray, np.ndarray]:
        """Ends, each of shape (n,), of the interval that holds `level` of the probability.

        As much lies below it as above.
        """
        if not 0 < level < 1:
            raise ZwickyError(f"level = {level:g} is not allowed; give a share between 0 and 1, such as 0.68")
        ends = self.quantile([0.5 - level / 2, 0.5 + level / 2])
        return ends[:, 0], ends[:, 1]

    def log_prob(self, log10_m: float | np.ndarray) -> np.ndarray:
        """Log density of each cluster at its own log10 M200c [Msun], or at one for all; shape (n,).

        -inf off the grid.
        """
        at, share, inside = cells_of(self.grid, log10_m, len(self))
        rows = np.arange(len(self))
        below, above = self.log_density[rows, at], self.log_density[rows, at + 1]
        with np.errstate(divide="ignore", invalid="ignore"):  # a share of nothing, and of NaN
            value = np.logaddexp(np.log1p(-share) + below, np.log(share) + above)
        return np.where(inside, value, np.where(self.has_width, -np.inf, np.nan))

    def cdf(self, log10_m: float | np.ndarray) -> np.ndarray:
        """Probability of a mass below each cluster's own log10 M200c [Msun], or one for all; shape (n,).

        At the true mass this is the probability integral transform.
        """
        return below(self.grid, self.density, log10_m)

    def sample(self, n: int, *, rng: np.random.Generator) -> np.ndarray:
        """`n` draws of log10 M200c [Msun] for each cluster, shape (clusters, n).

        Raises
        ------
        ZwickyError
            If no more than a point estimate is known of a cluster.
        """
        self._require_width("drawn from")
        return inverse(self.grid, self.density, rng.random((len(self), n)))

    def with_prior(self, prior: Prior) -> MassPosterior:
        """The same measurements under another prior: divided by the one carried, times the new one.

        Point estimates become the medians, since they were made under the prior that is taken away. Where
        the carried prior is zero nothing was measured, and the density stays zero. Clusters of which only
        a point is known keep it, and have no prior to change.

        Raises
        ------
        ZwickyError
            If nothing is left of a cluster's density.
        """
        values = self._log_density_under(prior)
        made = self.from_log_density(values, grid=self.grid, prior=prior, cluster_id=self.cluster_id)
        point = np.where(self.has_width, made.log10_m200c, self.log10_m200c)
        return dataclasses.replace(made, log10_m200c=point)

    def _log_density_under(self, prior: Prior) -> np.ndarray:
        """Log densities under another prior, up to a factor each, shape (n, g)."""
        old, new = self.prior.on(self.grid), prior.on(self.grid)
        if not old.any():
            return self.log_density + new
        with np.errstate(invalid="ignore"):  # -inf minus -inf, replaced
            values = np.where(np.isneginf(old), -np.inf, self.log_density - old + new)
        return np.where(self.has_width[:, None], values, np.nan)

    def product(self) -> MassPosterior:
        """The posterior of one mass that all clusters share: the prior counts once, every measurement too.

        Its grid is finer than the clusters' where their product is too narrow for it.

        Raises
        ------
        ZwickyError
            If there is no cluster, if only a point is known of one, if their priors differ (`with_prior`
            gives them one), or if no mass is possible for all.
        """
        if not len(self):
            raise ZwickyError("no cluster to multiply; give at least one")
        self._require_width("multiplied")
        if not self.prior.is_common:
            raise ZwickyError(
                f"the clusters have priors {self.prior.name!r} of their own; give them one with with_prior"
            )
        prior = self.prior.on(self.grid)
        with np.errstate(invalid="ignore"):
            measured = np.where(np.isneginf(prior), -np.inf, self.log_density - prior).sum(axis=0)
        grid, values = refined_product(self.grid, measured + prior)
        return self.from_log_density(values, grid=grid, prior=self.prior)

    def of(self, cluster_id: Any) -> MassPosterior:
        """The posterior of the cluster of this name.

        Raises
        ------
        ZwickyError
            If the clusters have no names, or none this one.
        """
        names = np.arange(len(self)) if self.cluster_id is None else np.asarray(self.cluster_id)
        rows = np.flatnonzero(names.astype(str) == str(cluster_id))
        if not len(rows):
            some = ", ".join(map(str, names[:3])) + (", ..." if len(names) > 3 else "")
            raise ZwickyError(f"cluster {cluster_id!r} is not among the {len(self)}; use one of {some}")
        return self[rows]

    def spread(self, rows: np.ndarray, n: int, *, cluster_id: np.ndarray | None = None) -> MassPosterior:
        """The same posteriors as rows `rows` of `n`, of which nothing is known of the others."""
        if np.array_equal(rows, np.arange(n)):
            return dataclasses.replace(self, cluster_id=cluster_id)
        point = np.full(n, np.nan)
        point[rows] = self.log10_m200c
        values = np.broadcast_to(np.nan, (n, len(self.grid)))
        if self.has_width.any():
            values = values.copy()
            values[rows] = self.log_density
        prior = self.prior
        if not prior.is_common:
            log_prior = np.zeros(values.shape)
            log_prior[rows] = prior.on(self.grid)
            prior = Prior(prior.name, self.grid, log_prior)
        return MassPosterior(point, self.grid, values, prior, cluster_id)

    def to_qtable(self) -> QTable:
        """One row a cluster: point estimate, median, 68 % interval and standard deviation."""
        from astropy.table import QTable

        low, high = self.interval(0.68)
        columns = {
            "cluster_id": (self.cluster_id, "the cluster"),
            "log10_m200c": (self.log10_m200c, "log10 of M200c in Msun, the estimator's own number"),
            "log10_m200c_median": (self.median, "median of log10 of M200c in Msun"),
            "log10_m200c_p16": (low, "16th percentile of log10 of M200c in Msun"),
            "log10_m200c_p84": (high, "84th percentile of log10 of M200c in Msun"),
            "log10_m200c_std": (self.std, "standard deviation of log10 of M200c, dex"),
        }
        table = QTable()
        for name, (values, about) in columns.items():
            if values is not None:
                table[name] = values
                table[name].info.description = about
        table.meta = {"prior": self.prior.name}
        return table

    def __len__(self) -> int:
        return len(self.log10_m200c)

    def __getitem__(self, rows: Any) -> MassPosterior:
        """The clusters that a number, slice, mask or index array selects."""
        if isinstance(rows, int | np.integer):
            rows = [rows]
        return MassPosterior(
            self.log10_m200c[rows],
            self.grid,
            self.log_density[rows],
            self.prior[rows],
            None if self.cluster_id is None else np.asarray(self.cluster_id)[rows],
        )

    def __repr__(self) -> str:
        if len(self) == 1:
            who = "" if self.cluster_id is None else f"cluster {self.cluster_id[0]}: "
            if not self.has_width[0]:
                return f"<{who}log10 M200c [Msun] = {self.log10_m200c[0]:.2f}, error not known>"
            low, middle, high = self.quantile([0.16, 0.5, 0.84])[0]
            digits, exponent = f"{10**middle:.1e}".split("e")
            return (
                f"<{who}log10 M200c [Msun] = {middle:.2f} +{high - middle:.2f} -{middle - low:.2f} (68 %), "
                f"M200c = {digits} x 10^{int(exponent)} Msun; {self.prior.name} prior>"
            )
        known = self.log10_m200c[np.isfinite(self.log10_m200c)]
        span = f", log10 M200c [Msun] {known.min():.2f} to {known.max():.2f}" if len(known) else ""
        std = self.std[self.has_width]
        width = (
            f", +- {np.median(std):.2f} dex; {self.prior.name} prior" if len(std) else ", errors not known"
        )
        return f"<MassPosterior: {len(self)} clusters{span}{width}>"

    def _require_width(self, what: str) -> None:
        bare = np.flatnonzero(~self.has_width)
        if len(bare):
            raise ZwickyError(
                f"row {bare[0]} has a point estimate and no error, and cannot be {what}; drop it, or use a "
                "model that was saved with its errors"
            )
