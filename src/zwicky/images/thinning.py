"""Fewer galaxies: random subsets of each cluster's galaxies, for training and for robustness tests.

A normalised image still carries how well its cluster is sampled, and a network that has seen only one density
is badly biased on another. Training on thinned clusters makes it right on average over the samplings it saw;
what dependence on the sampling is left, docs/results.md measures.
"""

from __future__ import annotations

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.kernels import kernel
from zwicky.tables import ClusterSample

__all__ = ["thinned"]


def thinned(
    sample: ClusterSample,
    low: float,
    high: float = 1.0,
    at_least: int = 10,
    *,
    rng: np.random.Generator,
) -> ClusterSample:
    """Each cluster with a random subset of its galaxies, drawn without replacement.

    Parameters
    ----------
    sample
        Clusters to thin.
    low, high
        The fraction kept is uniform in [low, high], drawn for each cluster.
    at_least
        Galaxies that a cluster keeps whatever the fraction (all of them if it has fewer). The default
        is the paper's N_min (Sec. 2.2): thinner clusters would not be in a catalogue.
    rng
        One fraction is drawn for each cluster, then one number for each galaxy, in order.

    Raises
    ------
    ZwickyError
        If not 0 < low <= high <= 1.
    """
    if not 0 < low <= high <= 1:
        raise ZwickyError(f"fractions {low} to {high} are not allowed; give 0 < low <= high <= 1")
    counts = sample.n_galaxies
    fraction = rng.uniform(low, high, len(sample))
    wanted = np.minimum(counts, np.maximum(np.rint(fraction * counts).astype(np.int64), at_least))
    keep = np.empty(len(sample.v_los), dtype=np.bool_)
    _select(sample.offsets, wanted, rng.random(len(keep)), keep)
    return sample.select_galaxies(keep)


@kernel
def _select(offsets, wanted, uniform, keep):
    """Selection sampling (Knuth, TAOCP 3.4.2, algorithm S): every subset of the wanted size is as likely."""
    for c in range(len(wanted)):
        needed = wanted[c]
        for i in range(offsets[c], offsets[c + 1]):
            keep[i] = uniform[i] * (offsets[c + 1] - i) < needed
            needed -= keep[i]
