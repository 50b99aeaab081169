"""Short-range gravity and friends of friends, against scipy's k-d tree."""

from __future__ import annotations

import time

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from benchmarks.table import best_time, format_rows, row
from zwicky.universe import friends_of_friends
from zwicky.universe.cells import cell_sort, reorder
from zwicky.universe.pairs import ShortRange, kick_short

N_SIDE = 128
BOX = 1.0


def clustered(n: int, seed: int = 0) -> np.ndarray:
    """Half the particles uniform, half in clumps of all sizes, float32, shape (n, 3), in a unit cube."""
    rng = np.random.default_rng(seed)
    centres = rng.random((n // 2000, 3))
    width = 0.002 * rng.pareto(2.0, n // 2)[:, None]
    clumps = centres[rng.integers(0, len(centres), n // 2)] + width * rng.standard_normal((n // 2, 3))
    position = np.concatenate([rng.random((n - n // 2, 3)), clumps]) % 1.0
    position = position.astype(np.float32)
    position[position >= 1.0] = 0.0
    return position


def run() -> list[dict]:
    """Nanoseconds a pair inside the cut-off and a pair evaluated; seconds of friends of friends."""
    n = N_SIDE**3
    position = np.random.default_rng(1).random((n, 3), dtype=np.float32)
    split = BOX / (2 * N_SIDE)
    force = ShortRange(0.02 / N_SIDE, split, 4.5 * split)
    n_cells = int(BOX / force.cutoff)
    order, starts = cell_sort(position, BOX, n_cells)
    position = reorder(position, order)
    momentum = np.zeros_like(position)
    counted = []
    seconds = best_time(
        lambda: counted.append(kick_short(position, momentum, starts, n_cells, BOX, force, 1.0))
    )
    inside = n * n * 4.0 / 3.0 * np.pi * force.cutoff**3
    ours = seconds / inside * 1e9

    # The tree's pairs and numpy's arithmetic, on a slab: the whole would not fit in memory.
    few = position[: n // 16]
    begin = time.perf_counter()
    i, j = cKDTree(few).query_pairs(force.cutoff, output_type="ndarray").T
    r = few[i] - few[j]
    r2 = (r**2).sum(axis=1)
    coefficients = force.coefficients()
    weight = (r2 + force.softening**2) ** -1.5 - np.polynomial.polynomial.polyval(r2, coefficients)
    pull = weight[:, None] * r
    total = np.zeros_like(few)
    for axis in range(3):
        total[:, axis] = np.bincount(j, pull[:, axis], len(few)) - np.bincount(i, pull[:, axis], len(few))
    tree = (time.perf_counter() - begin) / (2 * len(i)) * 1e9
    rows = [
        row("pair force, inside the cut-off", "zwicky, all cores", ours, "ns a pair", ours),
        row("pair force, inside the cut-off", "cKDTree pairs + numpy", tree, "ns a pair", ours),
        row("pair force, evaluated", "zwicky, all cores", seconds / counted[-1] * 1e9, "ns a pair", ours),
    ]

    particles = clustered(1_000_000)
    length = 0.2 / 100
    groups = best_time(lambda: friends_of_friends(particles, BOX, length), repeats=3)

    def by_tree() -> None:
        pairs = cKDTree(particles, boxsize=1.0).query_pairs(length, output_type="ndarray")
        graph = coo_array((np.ones(len(pairs), bool), pairs.T), shape=(len(particles),) * 2)
        connected_components(graph, directed=False)

    tree_groups = best_time(by_tree, repeats=1)
    rows += [
        row("friends of friends, 10^6 particles", "zwicky", groups, "s", groups),
        row("friends of friends, 10^6 particles", "cKDTree + connected_components", tree_groups, "s", groups),
    ]
    return rows


if __name__ == "__main__":
    print(format_rows(run()))
