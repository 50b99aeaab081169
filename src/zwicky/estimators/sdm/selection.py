"""Which clusters a Support Distribution Machine takes, keeps and compares with."""

from __future__ import annotations

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.tables import ClusterSample

__all__ = [
    "MIN_GALAXIES",
    "galaxy_faults",
    "halo_thirds",
    "landmark_rows",
    "require_enough",
    "whole_halos",
]

#: Fewest galaxies that have a divergence: one neighbour for each.
MIN_GALAXIES = 2

_FEWEST_CLUSTERS = 30


def galaxy_faults(sample: ClusterSample) -> dict[int, str]:
    """Rows of fewer than `MIN_GALAXIES` galaxies or with one that is not finite, each with the reason."""
    few = np.flatnonzero(sample.n_galaxies < MIN_GALAXIES)
    faults = {
        int(row): f"has {sample.n_galaxies[row]} galaxies; a divergence needs at least {MIN_GALAXIES}"
        for row in few
    }
    broken = np.flatnonzero(~(np.isfinite(sample.v_los) & np.isfinite(sample.r_proj_comoving)))
    for row in np.unique(np.searchsorted(sample.offsets, broken, side="right") - 1):
        faults[int(row)] = "has a galaxy whose v_los or r_proj_comoving is not finite; drop that galaxy"
    return faults


def require_enough(sample: ClusterSample) -> None:
    """Refuse a training sample that three-fold cross-validation makes no sense of.

    Raises
    ------
    ZwickyError
        With what there is and what is needed.
    """
    if len(sample) < _FEWEST_CLUSTERS:
        raise ZwickyError(f"{len(sample)} training clusters are too few; give at least {_FEWEST_CLUSTERS}")
    if np.ptp(sample.log10_m200c) == 0:
        raise ZwickyError(f"all training clusters have log10_m200c = {sample.log10_m200c[0]:g}; give a range")


def whole_halos(halo_id: np.ndarray, most: int, *, rng: np.random.Generator) -> np.ndarray:
    """Rows of halos drawn at random until no more than `most` rows, at least one halo; int64, in order.

    >>> whole_halos(np.array([5, 6, 5, 6]), 3, rng=np.random.default_rng(0)).tolist()
    [0, 2]
    """
    group = _groups(halo_id)
    if len(group) <= most:
        return np.arange(len(group))
    counts = np.bincount(group)
    order = rng.permutation(len(counts))
    n_halos = max(1, int(np.searchsorted(np.cumsum(counts[order]), most, side="right")))
    return np.flatnonzero(np.isin(group, order[:n_halos]))


def halo_thirds(halo_id: np.ndarray, *, rng: np.random.Generator) -> np.ndarray:
    """Deal halos into three parts at random, all lines of sight of one in one part; int64, shape (n,).

    Raises
    ------
    ZwickyError
        If there are fewer than three halos.
    """
    group = _groups(halo_id)
    n_halos = int(group.max()) + 1
    if n_halos < 3:
        raise ZwickyError(f"{n_halos} training halos cannot be cross-validated in three parts; give more")
    return (rng.permutation(n_halos) % 3)[group]


def landmark_rows(log10_mass: np.ndarray, fold: np.ndarray, n: int) -> list[np.ndarray]:
    """Rows of each fold that stand for it: evenly over its mass ranks, about `n` in all.

    Nothing is drawn: two training samples that share a fold of clusters, and have as many folds, have the
    same landmarks in it.

    Returns
    -------
    list of int64 arrays, one a fold, in order of the rows

    >>> landmark_rows(np.array([3.0, 1.0, 2.0, 9.0]), np.array([0, 0, 0, 1]), 4)
    [array([0, 1]), array([3])]
    """
    folds = np.unique(fold)
    share = -(-n // len(folds))
    chosen = []
    for k in folds:
        rows = np.flatnonzero(fold == k)
        ranked = rows[np.argsort(log10_mass[rows], kind="stable")]
        at = np.linspace(0, len(rows) - 1, min(share, len(rows))).round().astype(int)
        chosen.append(np.sort(ranked[at]))
    return chosen


def _groups(halo_id: np.ndarray) -> np.ndarray:
    """Number of each row's halo, from 0; a row without one (-1) is a halo of its own."""
    known, group = np.unique(halo_id, return_inverse=True)
    alone = np.flatnonzero(halo_id < 0)
    group[alone] = len(known) + np.arange(len(alone))
    return np.unique(group, return_inverse=True)[1]
