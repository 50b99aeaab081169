"""The network of `zwicky.estimators.posterior.network` in NumPy, for posteriors without PyTorch."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np

from zwicky.estimators.forward import relu
from zwicky.estimators.posterior.features import N_CONDITIONS, N_FEATURES
from zwicky.estimators.posterior.settings import PosteriorSettings
from zwicky.parallel import run_pieces

__all__ = ["Output", "network_output", "weight_shapes"]

#: Galaxies a batch, about: the activations of this many stay in a core's cache.
_BATCH_GALAXIES = 4096


def weight_shapes(settings: PosteriorSettings) -> dict[str, tuple[int, ...]]:
    """Names and shapes of the ensemble's arrays: members first, then inputs and outputs of a layer."""
    e, w, c, h = settings.members, settings.width, settings.context, settings.hidden
    with_bias = {
        "galaxy": (N_FEATURES, w),
        "second": (w, w),
        "context": (w + N_CONDITIONS, c),
        "third": (w, w),
        "head_1": (2 * w + N_CONDITIONS, h),
        "head_2": (h, h),
        "head_3": (h, 6 * settings.components),
        "member": (w, 1),
    }
    shapes: dict[str, tuple[int, ...]] = {
        "condition.weight": (e, N_CONDITIONS, w),
        "told.weight": (e, c, w),
    }
    for name, (n_in, n_out) in with_bias.items():
        shapes[f"{name}.weight"], shapes[f"{name}.bias"] = (e, n_in, n_out), (e, 1, n_out)
    return shapes


class Output:
    """Raw numbers of e networks for n clusters.

    Attributes
    ----------
    mixture : float32, shape (e, n, 6 k)
        For `zwicky.estimators.posterior.mixture.unpack`.
    member : float32, shape (e, n_galaxies), or None
        Logits of the memberships, where they were asked for.
    """

    def __init__(self, e: int, n: int, n_galaxies: int, last: int, with_members: bool):
        self.mixture = np.empty((e, n, last), dtype=np.float32)
        self.member = np.empty((e, n_galaxies), dtype=np.float32) if with_members else None


def network_output(
    weights: Mapping[str, np.ndarray],
    features: np.ndarray,
    conditions: np.ndarray,
    offsets: np.ndarray,
    *,
    with_members: bool = False,
) -> Output:
    """What the ensemble says of clusters with at least one galaxy each, on all cores.

    Parameters
    ----------
    weights
        Arrays of `weight_shapes`, float32.
    features, conditions : float32, shapes (n_galaxies, f), (n, c)
        From `zwicky.estimators.posterior.features`.
    offsets : int64, shape (n + 1,)
        Galaxies of cluster i are ``offsets[i]:offsets[i + 1]``.
    with_members
        Also the galaxies' memberships.
    """
    from threadpoolctl import threadpool_limits

    e, _, last = weights["head_3.weight"].shape
    out = Output(e, len(conditions), len(features), last, with_members)
    # Batches of about equal numbers of galaxies, whatever the cores: bits do not depend on them.
    edges = np.searchsorted(offsets, np.arange(0, offsets[-1], _BATCH_GALAXIES), side="left")
    edges = np.unique(np.concatenate([edges, [len(conditions)]]))
    with threadpool_limits(1, user_api="blas"):
        run_pieces(
            lambda a, b: _batch(weights, features, conditions, offsets, a, b, out),
            itertools.pairwise(edges),
        )
    return out


def _batch(weights, features, conditions, offsets, a: int, b: int, out: Output) -> None:
    first, stop = offsets[a], offsets[b]
    galaxies, known = features[first:stop], conditions[a:b]
    starts = offsets[a:b] - first
    counts = np.diff(offsets[a : b + 1])
    share = (1.0 / counts).astype(np.float32)[:, None]

    def mean(x):
        return np.add.reduceat(x, starts, axis=0) * share

    def linear(x, name, m):
        y = x @ weights[f"{name}.weight"][m]
        y += weights[f"{name}.bias"][m]
        return y

    for m in range(len(out.mixture)):
        x = linear(galaxies, "galaxy", m)
        x += np.repeat(known @ weights["condition.weight"][m], counts, axis=0)
        x = relu(linear(relu(x), "second", m))
        one = mean(x)
        context = relu(linear(np.concatenate([one, known], axis=1), "context", m))
        x = linear(x, "third", m)
        x += np.repeat(context @ weights["told.weight"][m], counts, axis=0)
        relu(x)
        y = relu(linear(np.concatenate([one, mean(x), known], axis=1), "head_1", m))
        y = relu(linear(y, "head_2", m))
        out.mixture[m, a:b] = linear(y, "head_3", m)
        if out.member is not None:
            out.member[m, first:stop] = linear(x, "member", m)[:, 0]
