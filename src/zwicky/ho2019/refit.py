"""M-sigma fitted anew to every resample of halos: errors that know how few halos a relation rests on.

The relation of a fold is fitted to the training clusters of the other folds above a mass, some hundreds of
lines of sight of a few dozen halos. A bootstrap over test clusters alone holds it fixed and does not know how
uncertain its slope is. Here a resample draws the halos of both samples together.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from zwicky.diagnostics import HaloGroups, Refit
from zwicky.estimators import MSigma
from zwicky.images import galaxy_moments
from zwicky.mocks import Mocks
from zwicky.tables import ClusterSample

__all__ = ["refits_of_relations"]


def refits_of_relations(mocks: Mocks, relations: Mapping[str, MSigma], *, seed: int) -> dict[str, Refit]:
    """For each catalogue's M-sigma its residuals of the test clusters by relations fitted to a resample.

    Parameters
    ----------
    mocks
        What was weighed; the rows of the residuals are those of its test sample.
    relations
        From `fit_relations`, for their settings.
    seed
        Seed of how often halos are drawn that the fit has and the test clusters do not.
    """
    catalogues = {"contaminated": (mocks.train, mocks.test), "pure": (mocks.train_pure, mocks.test_pure)}
    return {
        f"m_sigma_{name}": _refit(train, seen, mocks.test, relations[name].settings.min_log10_m200c_h, seed)
        for name, (train, seen) in catalogues.items()
    }


def _refit(
    train: ClusterSample, seen: ClusterSample, test: ClusterSample, min_log10_m200c_h: float, seed: int
) -> Refit:
    """`test` gives the rows, `seen` the galaxies that the relation sees of them, where it has the cluster."""
    above = train[train.log10_m200c_h >= min_log10_m200c_h]
    groups = HaloGroups(above.halo_id)
    folds, fold_of_row = np.unique(above.fold, return_inverse=True)
    fold_of_halo = np.zeros(groups.n_halos, dtype=np.int64)
    fold_of_halo[groups.index] = fold_of_row
    x, y = above.log10_m200c_h - 15, np.log10(galaxy_moments(above).v_sigma)
    sums = np.stack([groups.total(v) for v in (np.ones(len(x)), x, y, x * x, x * y)], axis=-1)

    order = np.argsort(seen.cluster_id)
    row = order[np.minimum(np.searchsorted(seen.cluster_id, test.cluster_id, sorter=order), len(order) - 1)]
    sigma = np.where(seen.cluster_id[row] == test.cluster_id, galaxy_moments(seen).v_sigma[row], np.nan)
    log10_sigma = np.log10(np.where(sigma > 0, sigma, np.nan))
    true = test.log10_m200c_h
    # A fold without training clusters above the cut leaves nothing out: its relation is that of them all.
    fold_of_test = np.searchsorted(folds, test.fold)
    fold_of_test = np.where(np.isin(test.fold, folds), fold_of_test, len(folds))
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(7,)))

    def residuals(halos: np.ndarray, counts: np.ndarray) -> np.ndarray:
        at = np.minimum(np.searchsorted(halos, groups.halos), len(halos) - 1)
        drawn = counts[at]
        strangers = halos[at] != groups.halos
        n = int(strangers.sum())
        drawn[strangers] = rng.multinomial(n, np.full(n, 1 / n)) if n else 0
        weighted = drawn[:, None] * sums
        of_fold = np.zeros((len(folds) + 1, 5))
        np.add.at(of_fold, fold_of_halo, weighted)
        n_rows, sx, sy, sxx, sxy = (of_fold.sum(axis=0) - of_fold).T
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = (n_rows * sxy - sx * sy) / (n_rows * sxx - sx * sx)
            level = (sy - slope * sx) / n_rows
            log10_mass = 15 + (log10_sigma - level[fold_of_test]) / slope[fold_of_test]
        return log10_mass - true

    return residuals
