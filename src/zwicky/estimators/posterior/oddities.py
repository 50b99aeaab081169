"""Numbers of a cluster's phase space by which odd ones are told, cluster by cluster in compiled code."""

from __future__ import annotations

import math

import numpy as np

from zwicky.kernels import kernel
from zwicky.parallel import cluster_pieces, run_pieces

__all__ = ["STATISTICS", "phase_space_statistics"]

#: What is looked at of a cluster.
STATISTICS = (
    "log dispersion",
    "share beyond 2 sigma",
    "mean over dispersion from median",
    "mean deviation over dispersion",
    "share within half a dispersion",
    "median over its error",
    "share of positive velocities",
    "fastest velocity over dispersion",
    "mean radius over aperture",
    "least radius over aperture",
    "share inside a quarter of the aperture",
    "log inner over outer spread",
    "rank correlation of speed and radius",
    "log largest gap over dispersion",
)


def phase_space_statistics(
    share: np.ndarray, v_los: np.ndarray, conditions: np.ndarray, offsets: np.ndarray
) -> np.ndarray:
    """The numbers of `STATISTICS` for clusters with at least two galaxies, float64, shape (n, s).

    Their order does not matter.

    Parameters
    ----------
    share, v_los : shape (n_galaxies,)
        Radius in units of the aperture, and velocity in km/s.
    conditions, offsets : shapes (n, c), (n + 1,)
        As the network takes them.
    """
    n = len(offsets) - 1
    # The centre's error as the network is told it: the last condition is ln(1 + error / 50 km/s).
    centre = 50.0 * np.expm1(np.clip(conditions[:, -1].astype(float), 0.0, 5.0))
    x, v = (np.ascontiguousarray(a, dtype=np.float64) for a in (share, v_los))
    offsets = np.ascontiguousarray(offsets, dtype=np.int64)
    out = np.empty((n, len(STATISTICS)))
    run_pieces(
        _statistics,
        [(x, v, centre, offsets, out, a, b) for a, b in cluster_pieces(n)],
    )
    return out


@kernel
def _median(ordered):
    n = len(ordered)
    return 0.5 * (ordered[(n - 1) // 2] + ordered[n // 2])


@kernel
def _ranks(values, then):
    """Ranks about their mean; equal values by `then`."""
    order = np.argsort(then, kind="mergesort")
    order = order[np.argsort(values[order], kind="mergesort")]
    rank = np.empty(len(values))
    for i in range(len(values)):
        rank[order[i]] = i - 0.5 * (len(values) - 1)
    return rank


@kernel
def _statistics(share, v_los, centre, offsets, out, first, last):
    for c in range(first, last):
        x, v = share[offsets[c] : offsets[c + 1]], v_los[offsets[c] : offsets[c + 1]]
        n = len(v)
        ordered = np.sort(v)
        middle, average = _median(ordered), ordered.mean()
        away = np.abs(v - middle)
        sigma = max(math.sqrt(((ordered - average) ** 2).mean()), 1.0)
        by_size = np.sort(away)
        scaled = max(1.4826 * _median(by_size), 0.2 * sigma)
        by_radius = _ranks(x, v)
        inner_n, inside, outside, positive, near, gap, together = 0, 0.0, 0.0, 0, 0, 0.0, 0.0
        norm_a, norm_b, beyond, central = 0.0, 0.0, 0, 0
        by_away = _ranks(away, x)
        for i in range(n):
            if by_radius[i] < 0:
                inner_n += 1
                inside += away[i]
            else:
                outside += away[i]
            positive += v[i] > 0
            near += away[i] < 0.5 * sigma
            beyond += away[i] > 2.0 * scaled
            central += x[i] < 0.25
            together += by_away[i] * by_radius[i]
            norm_a += by_away[i] ** 2
            norm_b += by_radius[i] ** 2
            if i > 0:
                gap = max(gap, ordered[i] - ordered[i - 1])
        inside /= max(inner_n, 1)
        outside /= max(n - inner_n, 1)
        error = math.sqrt(1.57 * sigma**2 / n + centre[c] ** 2 + 30.0**2)
        row = out[c]
        row[0] = math.log(sigma)
        row[1] = beyond / n
        row[2] = (average - middle) / sigma
        row[3] = by_size.mean() / sigma
        row[4] = near / n
        row[5] = middle / error
        row[6] = (2.0 * positive / n - 1.0) * math.sqrt(n)
        row[7] = by_size[n - 1] / sigma
        row[8] = np.sort(x).mean()
        row[9] = math.log(x.min() * n + 0.05)
        row[10] = central / n
        row[11] = math.log((inside + 20.0) / (outside + 20.0))
        row[12] = (together / n) / max(math.sqrt((norm_a / n) * (norm_b / n)), 1e-9)
        row[13] = math.log(gap / sigma + 1e-3)
