"""Many clusters, each weighed badly, together: the mean of their masses and how far they scatter about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.estimators import MassPosterior, Prior

if TYPE_CHECKING:
    from astropy.table import QTable, Table

__all__ = ["COMMON_DEX", "Stack", "column_of", "equal_numbers", "stack", "stack_bins"]

#: Scatter in dex that is looked for; less than a grid's step is none.
_MOST_SCATTER, _LEAST_SCATTER = 0.8, 0.01
_MEANS, _SCATTERS = 161, 61
#: Standard deviation, dex, of what the masses of a survey are off by together: 0.034 because nobody knows how
#: fast, how concentrated and how lonely its galaxies are (`validation.stacking`), and 0.03 by which
#: simulations of galaxies differ.
COMMON_DEX = 0.045
#: Fewest clusters in a bin.
_FEWEST = 3


@dataclass(frozen=True, eq=False)
class Stack:
    """Posterior of the mean of log10 M200c [Msun] and of the intrinsic scatter of some clusters.

    Parameters
    ----------
    mean, scatter : shapes (a,), (b,)
        Grids, Msun and dex.
    density : shape (a, b)
        Posterior on them, its sum one; the prior is flat in both.
    n
        Clusters.
    common_dex
        By how much all masses may be off together, which is not in the density.

    Examples
    --------
    >>> mean, scatter = np.array([14.4, 14.5, 14.6]), np.array([0.1, 0.2])
    >>> Stack(mean, scatter, np.array([[0.0, 0.0], [0.5, 0.5], [0.0, 0.0]]), n=30).n
    30
    """

    mean: np.ndarray = field(repr=False)
    scatter: np.ndarray = field(repr=False)
    density: np.ndarray = field(repr=False)
    n: int
    common_dex: float = 0.0

    def quantiles(
        self, q: tuple[float, ...] = (0.16, 0.5, 0.84), *, together: bool = True
    ) -> tuple[np.ndarray, np.ndarray]:
        """Quantiles of the mean and of the scatter.

        `together` is whether all masses may be off by `common_dex`: they may, unless the means of stacks of
        one survey are compared with each other.
        """
        found = []
        common = self.common_dex if together else 0.0
        for grid, density in (
            _moved_together(self.mean, self.density.sum(axis=1), common),
            (self.scatter, self.density.sum(axis=0)),
        ):
            below = np.cumsum(density)
            # Each point stands for a cell around it.
            edges = np.concatenate([[grid[0]], 0.5 * (grid[1:] + grid[:-1]), [grid[-1]]])
            found.append(np.interp(q, np.append(0.0, below / below[-1]), edges))
        return found[0], found[1]


def stack(posterior: MassPosterior, *, common_dex: float = COMMON_DEX) -> Stack:
    """The population that clusters come from, if their log masses are a Gaussian about a mean.

    Every mass is averaged over, with the prior that it was weighed under divided out: the likelihood of a
    mean and a scatter is the product over clusters of the integral of ``p(M | galaxies) / prior(M)`` times
    ``N(M; mean, scatter)``, the population being confined to the masses that the model knows. Clusters stand
    for themselves: how they were chosen is not corrected for.

    Parameters
    ----------
    posterior
        Of three clusters and more, under any prior.
    common_dex
        Standard deviation of what all masses are off by together, dex: no number of clusters averages it
        down.

    Returns
    -------
    Stack

    Raises
    ------
    ZwickyError
        If there are fewer than three clusters, of one no more than a point is known, or `common_dex` is not
        a number of at least 0.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> truth = rng.normal(14.5, 0.15, 200)
    >>> masses = MassPosterior.from_gaussian(truth + rng.normal(0, 0.1, 200), np.full(200, 0.1))
    >>> mean, scatter = stack(masses).quantiles((0.5,))
    >>> mean.round(1), bool(abs(scatter[0] - 0.15) < 0.03)
    (array([14.5]), True)
    """
    if not 0.0 <= common_dex < 1.0:
        raise ZwickyError(f"common_dex = {common_dex:g} is not allowed; give 0 to 1 dex")
    if len(posterior) < _FEWEST:
        raise ZwickyError(f"{len(posterior)} clusters are too few to stack; give at least {_FEWEST}")
    bare = np.flatnonzero(~posterior.has_width)
    if len(bare):
        raise ZwickyError(f"row {bare[0]} has no posterior; drop it, or use a model that gives errors")
    flat = posterior.with_prior(Prior.flat())
    # Where every density is zero the model knows of no masses: the population is confined to the rest, for
    # else a broad one would be punished for clusters that nobody could have weighed.
    known = np.flatnonzero((flat.density > 0).any(axis=0))
    grid = flat.grid[known[0] : known[-1] + 1]
    likelihood = flat.density[:, known[0] : known[-1] + 1]
    ends = flat.quantile([0.02, 0.98])
    mean = np.linspace(max(ends[:, 0].min() - 0.2, grid[0]), min(ends[:, 1].max() + 0.2, grid[-1]), _MEANS)
    log_posterior = np.empty((_MEANS, _SCATTERS))
    scatter = np.linspace(_LEAST_SCATTER, _MOST_SCATTER, _SCATTERS)
    for j, width in enumerate(scatter):
        kernel = np.exp(-0.5 * ((grid[:, None] - mean) / width) ** 2)
        kernel /= kernel.sum(axis=0)
        with np.errstate(divide="ignore"):
            log_posterior[:, j] = np.log(likelihood @ kernel).sum(axis=0)
    density = np.exp(log_posterior - log_posterior.max())
    return Stack(mean, scatter, density / density.sum(), len(flat), common_dex)


def _moved_together(mean: np.ndarray, density: np.ndarray, std: float) -> tuple[np.ndarray, np.ndarray]:
    """The mean's density where all masses are off by a Gaussian, on a grid that goes on far enough for it."""
    from scipy.ndimage import gaussian_filter1d

    if std == 0:
        return mean, density
    step = mean[1] - mean[0]
    room = int(np.ceil(4.0 * std / step))
    wider = mean[0] + step * np.arange(-room, len(mean) + room)
    return wider, gaussian_filter1d(np.pad(density, room), std / step)


def stack_bins(
    posterior: MassPosterior,
    values: np.ndarray,
    edges: np.ndarray,
    *,
    name: str = "value",
    common_dex: float = COMMON_DEX,
) -> QTable:
    """Stacks in bins of a number that each cluster has.

    Parameters
    ----------
    posterior
        Of n clusters; those of which no more than a point is known are left out and counted.
    values : shape (n,)
        Richness, redshift, anything; what is not finite is left out and counted.
    edges
        Rising; a cluster on an edge belongs to the bin above, on the last to the last.
    name
        Of the number, for the columns.
    common_dex
        As for `stack`.

    Returns
    -------
    QTable
        One row a bin with clusters enough, NaN for the others; ``left_out`` and ``common_dex`` are in its
        metadata.

    Raises
    ------
    ZwickyError
        If edges do not rise, or the number is the mass itself.

    Examples
    --------
    >>> from zwicky.estimators import MassPosterior
    >>> masses = MassPosterior.from_gaussian(np.linspace(14.0, 15.0, 60), np.full(60, 0.1))
    >>> table = stack_bins(masses, np.arange(60.0), np.array([0.0, 30.0, 59.0]), name="richness")
    >>> table["log10_m200c_mean"].round(1).tolist()
    [14.2, 14.8]
    """
    values, edges = np.asarray(values, dtype=float), np.asarray(edges, dtype=float)
    if name == "log10_m200c":
        raise ZwickyError("bins of log10_m200c sort clusters by their errors too; give another column")
    if len(edges) < 2 or not np.all(np.diff(edges) > 0):
        raise ZwickyError(f"edges {', '.join(f'{e:g}' for e in edges)} do not rise; give at least two")
    usable = posterior.has_width & np.isfinite(values)
    place = np.digitize(values, edges) - 1
    place[values == edges[-1]] = len(edges) - 2
    usable &= (place >= 0) & (place < len(edges) - 1)
    rows = []
    for b in range(len(edges) - 1):
        inside = np.flatnonzero(usable & (place == b))
        middle = float(np.mean(values[inside])) if len(inside) else np.nan
        mean, alone, scatter = np.full((3, 3), np.nan)
        if len(inside) >= _FEWEST:
            one = stack(posterior[inside], common_dex=common_dex)
            mean, scatter = one.quantiles()
            alone = one.quantiles(together=False)[0]
        numbers = (*mean[[1, 0, 2]], 0.5 * (alone[2] - alone[0]), *scatter[[1, 0, 2]])
        rows.append((edges[b], edges[b + 1], len(inside), middle, *numbers))
    about = {
        f"{name}_low": "lower edge of the bin",
        f"{name}_high": "upper edge of the bin",
        "n_clusters": "clusters in the bin",
        f"{name}_mean": "their mean",
        "log10_m200c_mean": "median of the posterior of the mean log10 of M200c in Msun",
        "log10_m200c_mean_p16": "its 16th percentile",
        "log10_m200c_mean_p84": "its 84th percentile",
        "log10_m200c_mean_err_alone": "half of the two without what all clusters share: to compare bins",
        "scatter_dex": "median of the posterior of the intrinsic scatter of log10 M200c, dex",
        "scatter_dex_p16": "its 16th percentile",
        "scatter_dex_p84": "its 84th percentile",
    }
    from astropy.table import QTable

    table = QTable([np.array(column) for column in zip(*rows, strict=True)], names=list(about))
    for column, text in about.items():
        table[column].info.description = text
    table.meta = {
        "left_out": int((~usable).sum()),
        "common_dex": common_dex,
        "selection": "clusters as given: a Gaussian of log10 M200c in each bin, no selection corrected for",
    }
    return table


def equal_numbers(values: np.ndarray, bins: int) -> np.ndarray:
    """Edges of up to `bins` bins that hold about equal numbers of what is finite.

    Parameters
    ----------
    values : float, shape (n,)
        One a cluster.
    bins
        How many at most; equal values are not parted.

    Returns
    -------
    float64, shape (bins + 1,)

    Raises
    ------
    ZwickyError
        If all values are one.

    Examples
    --------
    >>> equal_numbers(np.array([10.0, 20.0, 30.0, 40.0]), 2)
    array([10., 25., 40.])
    """
    finite = values[np.isfinite(values)]
    bins = min(bins, len(finite))
    edges = np.unique(np.quantile(finite, np.linspace(0.0, 1.0, bins + 1))) if bins else np.zeros(0)
    if len(edges) < 2:
        raise ZwickyError("the clusters' values are all the same, or none is a number; give --edges")
    return edges


def column_of(table: Table, name: str, of: Table | None = None) -> np.ndarray:
    """A column of numbers, NaN where one is missing, shape (n,); in the order of the clusters of `of`.

    Parameters
    ----------
    table
        With ``cluster_id`` if `of` is given.
    name
        Of the column.
    of
        A table with ``cluster_id``, whose order is wanted.

    Returns
    -------
    float64, shape (n,)

    Raises
    ------
    ZwickyError
        If there is no such column, or its values are no numbers, or a cluster comes twice.

    Examples
    --------
    >>> from astropy.table import Table
    >>> values = Table({"cluster_id": ["B", "A"], "richness": [31, 12]})
    >>> column_of(values, "richness", Table({"cluster_id": ["A", "B", "C"]}))
    array([12., 31., nan])
    """
    needed = (name,) if of is None else (name, "cluster_id")
    for column in needed:
        if column not in table.colnames:
            raise ZwickyError(f"no column {column}; it has {', '.join(table.colnames[:12])}")
    try:
        values = np.ma.filled(np.ma.asarray(table[name], dtype=float), np.nan)
    except ValueError as error:
        raise ZwickyError(f"column {name} is not of numbers; bins are made of numbers") from error
    if of is None:
        return values
    labels = [str(label) for label in table["cluster_id"]]
    if len(set(labels)) < len(labels):
        raise ZwickyError("a cluster_id of the values comes twice; give one row a cluster")
    place = dict(zip(labels, values, strict=True))
    return np.array([place.get(str(label), np.nan) for label in of["cluster_id"]])
