"""Divergences between clusters: ours against the libraries' nearest neighbours, in nanoseconds a pair.

Ours runs on all cores. The peers are nearest-neighbour searches of scipy and scikit-learn in their best use
for this: one tree a cluster, asked at once for the neighbours of all galaxies of all clusters.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable

import numpy as np
from scipy.spatial import cKDTree
from sklearn.neighbors import KDTree

from benchmarks.table import best_time, row
from benchmarks.toy import toy_clusters
from zwicky.estimators.sdm.divergence import clouds, divergences
from zwicky.parallel import available_cores

K = 3
FLOOR = 1e-3


def run() -> list[dict]:
    """Time every method on clusters of 55 galaxies; each row's ratio is to ours, in the same run."""
    rows = []
    for dimensions in (1, 2):
        name = f"divergence, {dimensions}-D"
        many, few = _columns(1000, dimensions), _columns(80, dimensions)
        prepared = clouds(*many, K, FLOOR)
        ours = _per_pair(lambda prepared=prepared: divergences(prepared, prepared), 1000)
        rows.append(row(name, f"zwicky, {available_cores()} threads", ours, "ns a pair", ours))
        for method, build in (("scipy cKDTree", _scipy_tree), ("scikit-learn KDTree", _sklearn_tree)):
            theirs = _per_pair(lambda build=build, few=few: _by_trees(*few, build), 80)
            rows.append(row(name, method, theirs, "ns a pair", ours))
        expected, found = _by_trees(*few, _scipy_tree), divergences(*[clouds(*few, K, FLOOR)] * 2)
        print(f"{name}: largest difference to float64 {np.abs(found - expected).max():.1e}")
    return rows


def _columns(n: int, dimensions: int) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
    sample = toy_clusters(n)
    both = (sample.v_los / np.std(sample.v_los), sample.r_proj_comoving / np.std(sample.r_proj_comoving))
    return both[:dimensions], sample.offsets


def _per_pair(work: Callable, n: int) -> float:
    return 1e9 * best_time(work, repeats=3, clock=time.perf_counter) / n**2


def _scipy_tree(points: np.ndarray) -> Callable:
    tree = cKDTree(points)
    return lambda x, k: tree.query(x, [k])[0][:, 0]


def _sklearn_tree(points: np.ndarray) -> Callable:
    tree = KDTree(points)
    return lambda x, k: tree.query(x, k)[0][:, -1]


def _by_trees(columns: tuple, offsets: np.ndarray, build: Callable) -> np.ndarray:
    """D(X || Y) of all pairs, a tree a cluster."""
    points = np.stack(columns, axis=1).astype(float)
    cuts = list(itertools.pairwise(offsets))
    counts, d = np.diff(offsets), len(columns)
    trees = [build(points[a:b]) for a, b in cuts]
    rho = np.concatenate([tree(points[a:b], K + 1) for tree, (a, b) in zip(trees, cuts, strict=True)])
    out = np.empty((len(cuts), len(cuts)))
    for j, tree in enumerate(trees):
        logs = np.log(np.maximum(tree(points, K), FLOOR) / np.maximum(rho, FLOOR))
        sums = np.add.reduceat(logs, offsets[:-1])
        out[:, j] = d * sums / counts + np.log(counts[j] / (counts - 1))
    return np.maximum(out, 0)
