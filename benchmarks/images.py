"""Kernel density maps: ours against scipy, scikit-learn and numpy, in microseconds a cluster.

Ours runs on all cores, the others as they come: a call a cluster on one thread.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.stats import gaussian_kde

from benchmarks.table import best_time, row
from benchmarks.toy import toy_clusters
from zwicky.images import ImageSettings, phase_space_images, velocity_images
from zwicky.tables import Cylinder

CELLS, CYLINDER = ImageSettings(), Cylinder(2.36, 2200.0, 0.678)


def run() -> list[dict]:
    """Time every method on the same clusters; each row's ratio is to ours, in the same run."""
    many, few = toy_clusters(8000), toy_clusters(60)
    rows = []
    for name, ours, peers in (
        ("images, 1-D", velocity_images, _peers(one_dimension=True)),
        ("images, 2-D", phase_space_images, _peers(one_dimension=False)),
    ):
        own = best_time(lambda ours=ours: ours(many, CYLINDER, CELLS)) / len(many)
        rows.append(row(name, "zwicky", 1e6 * own, "us a cluster", 1e6 * own))
        for method, image in peers.items():
            members = _members(few)
            one = best_time(lambda image=image, members=members: [image(v, r) for v, r in members])
            rows.append(row(name, method, 1e6 * one / len(few), "us a cluster", 1e6 * own))
    return rows


def _members(sample) -> list[tuple[np.ndarray, np.ndarray]]:
    cuts = list(zip(sample.offsets[:-1], sample.offsets[1:], strict=True))
    return [(sample.v_los[a:b].astype(float), sample.r_proj_comoving[a:b].astype(float)) for a, b in cuts]


def _peers(one_dimension: bool) -> dict[str, Callable]:
    steps = (np.arange(CELLS.n_cells) + 0.5) / CELLS.n_cells
    grid_v, grid_r = (2 * steps - 1) * CYLINDER.v_cut_kms, steps * CYLINDER.aperture_mpc
    both = np.array([g.ravel() for g in np.meshgrid(grid_v, grid_r, indexing="ij")])

    def normalised(image):
        return image / image.sum()

    def kernel(grid, x):
        return np.exp(-0.5 * ((grid[:, None] - x) / (CELLS.bandwidth * x.std(ddof=1))) ** 2)

    def numpy_separable(v, r):
        rows = kernel(grid_v, v)
        return normalised(rows.sum(1) if one_dimension else rows @ kernel(grid_r, r).T)

    def scipy_kde(v, r):
        members, grid = (v, grid_v) if one_dimension else (np.array([v, r]), both)
        return normalised(gaussian_kde(members, bw_method=CELLS.bandwidth)(grid))

    peers = {"numpy, separable": numpy_separable, "scipy gaussian_kde": scipy_kde}
    try:
        from sklearn.neighbors import KernelDensity
    except ImportError:
        print("scikit-learn is not installed: its KernelDensity is left out")
        return peers

    def sklearn_kde(v, r):
        columns, grid = ([v], [grid_v]) if one_dimension else ([v, r], list(both))
        scaled = [c / c.std(ddof=1) for c in columns]
        points = [g / c.std(ddof=1) for g, c in zip(grid, columns, strict=True)]
        fit = KernelDensity(bandwidth=CELLS.bandwidth).fit(np.array(scaled).T)
        return normalised(np.exp(fit.score_samples(np.array(points).T)))

    return peers | {"scikit-learn KernelDensity": sklearn_kde}
