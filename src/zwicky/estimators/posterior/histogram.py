"""A cluster's galaxies as the network takes them: how many of them lie where in phase space.

Each galaxy is shared among the four nodes about it on a grid of (R, v), whose spacing is finest at the centre
and at rest. The sums do not depend on the order of the galaxies: with the layers that follow they are a Deep
Set (Zaheer et al. 2017) whose embedding of a galaxy is interpolated between nodes.
"""

from __future__ import annotations

import math

import numpy as np

from zwicky.kernels import kernel
from zwicky.parallel import cluster_pieces, run_pieces

__all__ = ["N_CELLS", "N_RADIUS", "N_VELOCITY", "at_galaxies", "phase_space_histogram"]

#: Nodes in radius, at ``_REACH * (i / (N_RADIUS - 1))^2``, and in velocity, even in asinh(v / _BEND).
N_RADIUS, N_VELOCITY = 12, 31
N_CELLS = N_RADIUS * N_VELOCITY
#: Comoving Mpc/h, km/s, km/s.
_REACH, _FASTEST, _BEND = 1.6, 2200.0, 400.0
_STRETCHED = math.asinh(_FASTEST / _BEND)
#: Velocity in km/s beyond which a galaxy says no more which side of a cluster is the heavier.
_SIDE = 500.0


def phase_space_histogram(
    r_mpc_h: np.ndarray, v_los: np.ndarray, offsets: np.ndarray, chosen: np.ndarray | None = None
) -> np.ndarray:
    """Share of each cluster's galaxies at each node, float32, shape (n, N_CELLS), radius slowest.

    The sign of the velocities is turned so that more of a cluster recedes: a cluster and its mirror are one.

    Parameters
    ----------
    r_mpc_h, v_los : shape (n_galaxies,)
        Projected radius in comoving Mpc/h and velocity in km/s; what lies beyond 1.6 Mpc/h or 2200 km/s is
        put on the edge.
    offsets : int64, shape (n + 1,)
        Galaxies of cluster i are ``offsets[i]:offsets[i + 1]``.
    chosen : bool, shape (n_galaxies,), optional
        Count only these, still as shares of all.
    """
    r, v = np.ascontiguousarray(r_mpc_h, dtype=np.float32), np.ascontiguousarray(v_los, dtype=np.float32)
    chosen = np.ones(len(r), dtype=np.bool_) if chosen is None else chosen
    out = np.zeros((len(offsets) - 1, N_CELLS), dtype=np.float32)
    _in_pieces(_fill, r, v, offsets, chosen, out)
    return out


def at_galaxies(maps: np.ndarray, r_mpc_h: np.ndarray, v_los: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Values of each cluster's map, shape (n, N_CELLS), at its galaxies, float32, shape (n_galaxies,)."""
    r, v = np.ascontiguousarray(r_mpc_h, dtype=np.float32), np.ascontiguousarray(v_los, dtype=np.float32)
    out = np.empty(len(r), dtype=np.float32)
    _in_pieces(_read, r, v, offsets, np.ascontiguousarray(maps, dtype=np.float32), out)
    return out


def _in_pieces(function, r, v, offsets, other, out) -> None:
    offsets = np.ascontiguousarray(offsets, dtype=np.int64)
    run_pieces(
        function,
        [(r, v, offsets, other, out, a, b) for a, b in cluster_pieces(len(offsets) - 1)],
    )


@kernel(inline="always")
def _place(r, v):
    """Lower node in radius and velocity, and how far a galaxy is on its way to the next."""
    x = math.sqrt(min(r, _REACH) / _REACH) * (N_RADIUS - 1)
    y = (math.asinh(v / _BEND) / _STRETCHED + 1.0) * 0.5 * (N_VELOCITY - 1)
    y = min(max(y, 0.0), N_VELOCITY - 1.0)
    i, j = min(int(x), N_RADIUS - 2), min(int(y), N_VELOCITY - 2)
    return i * N_VELOCITY + j, x - i, y - j


@kernel(inline="always")
def _sign(v, start, stop):
    """The sign that makes more of a cluster recede."""
    lean = 0.0
    for k in range(start, stop):
        lean += math.tanh(v[k] / _SIDE)
    return 1.0 if lean >= 0.0 else -1.0


@kernel
def _fill(r, v, offsets, chosen, out, first, last):
    for c in range(first, last):
        start, stop = offsets[c], offsets[c + 1]
        sign = _sign(v, start, stop)
        each = 1.0 / max(stop - start, 1)
        for k in range(start, stop):
            if chosen[k]:
                at, x, y = _place(r[k], sign * v[k])
                out[c, at] += each * (1.0 - x) * (1.0 - y)
                out[c, at + 1] += each * (1.0 - x) * y
                out[c, at + N_VELOCITY] += each * x * (1.0 - y)
                out[c, at + N_VELOCITY + 1] += each * x * y


@kernel
def _read(r, v, offsets, maps, out, first, last):
    for c in range(first, last):
        sign = _sign(v, offsets[c], offsets[c + 1])
        for k in range(offsets[c], offsets[c + 1]):
            at, x, y = _place(r[k], sign * v[k])
            low = (1.0 - y) * maps[c, at] + y * maps[c, at + 1]
            high = (1.0 - y) * maps[c, at + N_VELOCITY] + y * maps[c, at + N_VELOCITY + 1]
            out[k] = (1.0 - x) * low + x * high
