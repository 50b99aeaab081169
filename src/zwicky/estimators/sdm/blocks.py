"""Divergence matrices in blocks that are kept on disk: a kill loses one block, and folds share them.

A block is known by what it is computed from, so whoever asks for the divergences of the same two groups of
clusters finds it. Groups are cut along the folds of the sample: of the training sample's pairs of folds,
each fold of a cross-validation needs all but those with itself, and they are computed once for all.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from zwicky.estimators.sdm.divergence import Clouds, divergences
from zwicky.parallel import pieces
from zwicky.resume import digest_of, keep, kept

__all__ = ["both_ways", "groups_of", "stored_divergences"]

# Rows a group: a block of a square matrix takes 4 MB and half a second to a second.
_GROUP = 1024


def groups_of(fold: np.ndarray) -> list[np.ndarray]:
    """Rows of each fold, in order, cut into groups of at most 1024.

    >>> [rows.tolist() for rows in groups_of(np.array([1, 0, 1]))]
    [[1], [0, 2]]
    """
    groups = []
    for k in np.unique(fold):
        rows = np.flatnonzero(fold == k)
        groups += [rows[a:b] for a, b in pieces(len(rows), -(-len(rows) // _GROUP))]
    return groups


def stored_divergences(x: Clouds, y: Clouds, directory: Path | None) -> np.ndarray:
    """`divergences`, from `directory` if they are there, else computed and put there; None keeps nothing."""
    if directory is None:
        return divergences(x, y)
    digest = digest_of(_digest(x), _digest(y))
    path = directory / f"{digest[:32]}.safetensors"
    found = kept(path, digest)
    if found is not None:
        return found[0]["divergences"]
    block = divergences(x, y)
    keep(path, digest, {"divergences": block})
    return block


def both_ways(
    x: Clouds, x_groups: list[np.ndarray], y: Clouds, y_groups: list[np.ndarray], directory: Path | None
) -> tuple[np.ndarray, np.ndarray]:
    """D(X || Y) and D(Y || X) between two sets of clusters, block by block.

    Parameters
    ----------
    x, y
        Clusters.
    x_groups, y_groups
        Their rows, in groups that together hold every row once.
    directory
        Where blocks are kept, or None.

    Returns
    -------
    two float32 arrays, each shape (len(x), len(y))
    """
    there, back = (np.empty((len(x), len(y)), np.float32) for _ in range(2))
    columns = [y[columns] for columns in y_groups]
    for rows in x_groups:
        some = x[rows]
        for which, other in zip(y_groups, columns, strict=True):
            at = np.ix_(rows, which)
            there[at] = stored_divergences(some, other, directory)
            back[at] = stored_divergences(other, some, directory).T
    return there, back


def _digest(group: Clouds) -> str:
    return digest_of(group.least, group.offsets, group.k, *group.columns)
