"""Calibration of posteriors on clusters whose masses are known: as a whole, by richness and by mass.

What a posterior says depends on its prior, and it holds what it says only on clusters that are distributed
like that prior. So the same measurements are judged under several: as they come, and under the distribution
of masses of the very sample they are judged on (`sample_prior`).
"""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import numpy as np

from zwicky.diagnostics.coverage import Coverage, coverage
from zwicky.errors import ZwickyError
from zwicky.estimators import ErrorTable, MassPosterior, Prior
from zwicky.estimators.error_table import MIN_HALOS
from zwicky.evaluation.by_fold import FoldModels
from zwicky.evaluation.sampling import some_halos
from zwicky.tables import ClusterSample
from zwicky.units import log10_msun_h

__all__ = ["Bin", "calibration", "reweighed", "sample_prior", "with_errors_of_training"]

#: Smoothing of a sample's masses into a prior, dex.
_SMOOTH = 0.05

#: Bins of richness and of mass: at most so many, each resting on so many halos.
_MOST_BINS, _HALOS_A_BIN = 4, 40


@dataclasses.dataclass(frozen=True)
class Bin:
    """`Coverage` of the clusters in a bin.

    Parameters
    ----------
    low, high
        Ends of the bin, the lower one included: numbers of galaxies, or log10 M200c [Msun].
    coverage
        Of the clusters between them.

    Examples
    --------
    >>> from zwicky.estimators import load_model
    >>> posterior = load_model("cnn_2d").predict(sample)
    >>> _, by_richness, _ = calibration(posterior, sample, seed=1)
    >>> by_richness[0].low < by_richness[0].high
    True
    """

    low: float
    high: float
    coverage: Coverage


def calibration(
    posterior: MassPosterior, sample: ClusterSample, *, seed: int
) -> tuple[Coverage, list[Bin], list[Bin]]:
    """How well posteriors hold the true masses of a sample: all, by number of galaxies and by mass.

    The bins of mass are of the posterior's own medians. To choose clusters by their true mass is to know
    more than the posterior may: light clusters chosen so lean high and heavy ones low under any prior.

    Parameters
    ----------
    posterior
        A row a cluster of the sample; those without a width are left out.
    sample
        With known masses and halos.
    seed
        Of the bootstrap; the same for every method, which then all see the same resamples.

    Returns
    -------
    whole : Coverage
        Of all clusters.
    by_richness, by_mass : list of Bin
        Bins hold about as many clusters each; there are none where the sample has too few halos.

    Raises
    ------
    ZwickyError
        If the posterior does not have a row a cluster.

    Examples
    --------
    >>> from zwicky.estimators import load_model
    >>> whole, _, _ = calibration(load_model("cnn_2d").predict(sample), sample, seed=1)
    >>> whole.n, len(whole.inside)
    (100, 3)
    """
    if len(posterior) != len(sample):
        raise ZwickyError(f"{len(posterior)} posteriors of {len(sample)} clusters; give one a cluster")
    low, median, high = posterior.quantile([0.16, 0.5, 0.84]).T
    truth = sample.log10_m200c
    columns = (median - truth, posterior.cdf(truth), 0.5 * (high - low), sample.halo_id)

    def judged(rows: np.ndarray) -> Coverage:
        return coverage(*(values[rows] for values in columns), rng=np.random.default_rng(seed))

    def by(values: np.ndarray) -> list[Bin]:
        edges = _edges(np.where(np.isfinite(columns[0]), values, np.nan), sample.halo_id)
        found = []
        for a, b in itertools.pairwise(edges):
            last = b == edges[-1]
            rows = (values >= a) & ((values <= b) if last else (values < b))
            found.append(Bin(float(a), float(b), judged(rows)))
        return found

    whole = judged(np.ones(len(sample), dtype=bool))
    return (
        whole,
        by(sample.n_galaxies.astype(float)),
        by(log10_msun_h(median, sample.cosmology.h)),
    )


def _edges(values: np.ndarray, halo_id: np.ndarray) -> np.ndarray:
    """Edges of bins with about as many rows each; fewer than two if there are too few halos."""
    known = np.isfinite(values)
    n = min(_MOST_BINS, len(np.unique(halo_id[known])) // _HALOS_A_BIN)
    if n < 2:
        return np.zeros(0)
    return np.unique(np.quantile(values[known], np.linspace(0, 1, n + 1)))


def sample_prior(sample: ClusterSample, grid: np.ndarray) -> Prior:
    """The distribution of a sample's own true masses, for each cluster that of the other folds.

    Smoothed by 0.05 dex and mirrored at the sample's lightest and heaviest cluster, beyond which, but for a
    step of the grid, it is zero.

    Parameters
    ----------
    sample
        With known masses and folds.
    grid
        Rising log10 M200c [Msun].

    Returns
    -------
    Prior
        A row a cluster.

    Examples
    --------
    >>> from zwicky.estimators import mass_grid
    >>> sample_prior(sample, mass_grid()).name
    'sample'
    """
    masses = sample.log10_m200c
    low, high = masses.min(), masses.max()
    # With the points next to both ends: a density that is zero at the lightest cluster's next lower point
    # would halve the prior of those of a steep sample that lie between.
    possible = np.zeros(len(grid), dtype=bool)
    possible[max(np.searchsorted(grid, low, "right") - 1, 0) : np.searchsorted(grid, high) + 1] = True
    log_density = np.full((len(sample), len(grid)), -np.inf)
    for fold in np.unique(sample.fold):
        own = sample.fold == fold
        others = masses[~own] if not own.all() else masses
        mirrored = np.concatenate([others, 2 * low - others, 2 * high - others])
        offsets = (grid[possible, None] - mirrored) / _SMOOTH
        density = np.exp(-0.5 * offsets**2).sum(axis=1)
        log_density[np.ix_(own, possible)] = np.log(density)
    return Prior("sample", grid, log_density)


def reweighed(posterior: MassPosterior, prior: Prior) -> MassPosterior:
    """The posterior under another prior; of clusters that it leaves nothing of no more than NaN."""
    with np.errstate(invalid="ignore"):
        left = np.isfinite(posterior.log_density + prior.on(posterior.grid)).any(axis=1)
    if not left.any():
        return MassPosterior.from_points(np.full(len(posterior), np.nan), cluster_id=posterior.cluster_id)
    return posterior[left].with_prior(prior[left]).spread(np.flatnonzero(left), len(posterior))


def with_errors_of_training(
    log10_m200c: np.ndarray, test: ClusterSample, models: FoldModels, train: ClusterSample, **some: Any
) -> MassPosterior:
    """Point estimates with the errors that the method itself would give them: Gaussians from its tables.

    The training clusters are weighed by the models of their folds, which never saw their halos, and their
    residuals averaged into an `ErrorTable` a fold, from the other folds' halos. The prior is the training
    sample's.

    Parameters
    ----------
    log10_m200c : shape (n,)
        Point estimates of `test`, log10 of Msun; NaN where there are none.
    test, train
        Samples with folds.
    models
        The method, a fold each.
    some
        ``n_clusters`` and ``rng`` for `some_halos`: weigh no more training clusters than that.

    Returns
    -------
    MassPosterior
        A row a cluster of `test`; without a width where the other folds have too few halos for a table.
    """
    train = train[np.isin(train.fold, list(models.models))]  # a fold without test clusters has no model
    if some:
        train = train[some_halos(train, **some)]
    h = train.cosmology.h
    predicted, true = log10_msun_h(models.weigh(train), h), train.log10_m200c_h
    error = np.full(len(test), np.nan)
    for fold in np.unique(test.fold):
        rows, learned = test.fold == fold, (train.fold != fold) & np.isfinite(predicted)
        if len(np.unique(train.halo_id[learned])) < MIN_HALOS:
            continue
        table = ErrorTable.from_residuals(
            predicted[learned], true[learned], train.n_galaxies[learned], train.halo_id[learned]
        )
        error[rows] = table.error_of(log10_msun_h(log10_m200c[rows], h), test.n_galaxies[rows])
    return MassPosterior.from_gaussian(log10_m200c, error, cluster_id=test.cluster_id)
