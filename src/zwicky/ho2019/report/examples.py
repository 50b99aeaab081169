"""Which clusters to show: typical ones, chosen by rule so that nobody chose the prettiest."""

from __future__ import annotations

import numpy as np

from zwicky.tables import ClusterSample

__all__ = ["PAPER_EXAMPLE_LOG10_M200C_H", "rows_across_masses", "typical_row"]

#: Mass of the paper's example cluster (Fig. 1), log10 Msun/h.
PAPER_EXAMPLE_LOG10_M200C_H = 14.27


def typical_row(
    sample: ClusterSample, log10_m200c_h: float = PAPER_EXAMPLE_LOG10_M200C_H, n: int = 30
) -> int:
    """Of the `n` rows nearest to a mass, the one with the median number of galaxies (ties: the first).

    Parameters
    ----------
    sample
        Clusters with known masses.
    log10_m200c_h
        log10 of M200c in Msun/h.
    n
        How many rows to choose from.
    """
    near = np.argsort(np.abs(sample.log10_m200c_h - log10_m200c_h), kind="stable")[:n]
    galaxies = sample.n_galaxies[near]
    return int(near[np.argsort(galaxies, kind="stable")[(len(near) - 1) // 2]])


def rows_across_masses(sample: ClusterSample, n: int = 6) -> np.ndarray:
    """Rows nearest to the centres of `n` even bins of log mass, by rising mass; fewer if bins share one."""
    mass = sample.log10_m200c_h
    edges = np.linspace(mass.min(), mass.max(), n + 1)
    centres = 0.5 * (edges[1:] + edges[:-1])
    rows = np.unique(np.abs(mass[:, None] - centres).argmin(axis=0))
    return rows[np.argsort(mass[rows])]
