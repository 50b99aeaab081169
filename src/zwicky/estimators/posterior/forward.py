"""The network of `zwicky.estimators.posterior.network` in NumPy, for posteriors without PyTorch."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from zwicky.estimators.forward import relu, run_batches
from zwicky.estimators.posterior.histogram import N_CELLS
from zwicky.estimators.posterior.settings import PosteriorSettings
from zwicky.estimators.posterior.told import N_CONDITIONS

__all__ = ["JUDGE", "Output", "layers", "network_output", "weight_shapes"]

#: Clusters a batch; the last one is filled up, so that what a cluster gets does not depend on its neighbours.
_BATCH = 128


def layers(settings: PosteriorSettings) -> dict[str, tuple[int, int]]:
    """Inputs and outputs of each layer."""
    h, last = settings.hidden, settings.hidden // 2
    return {
        "first": (N_CELLS + N_CONDITIONS, h),
        "second": (h, h),
        "third": (h, last),
        "mixture": (last, 6 * settings.components),
        "map": (h, N_CELLS),
    }


#: Layers of the network that tells clusters from ones with a fault.
JUDGE = {"judge_first": (N_CELLS + N_CONDITIONS, 96), "judge_second": (96, 32), "judge_last": (32, 1)}


def weight_shapes(settings: PosteriorSettings) -> dict[str, tuple[int, ...]]:
    """Names and shapes of the ensemble's arrays: members first, then inputs and outputs of a layer."""
    e = settings.networks
    shapes: dict[str, tuple[int, ...]] = {}
    for name, (n_in, n_out) in (layers(settings) | JUDGE).items():
        shapes[f"weight.{name}"], shapes[f"bias.{name}"] = (e, n_in, n_out), (e, 1, n_out)
    return shapes


class Output:
    """Raw numbers of e networks for n clusters.

    Attributes
    ----------
    mixture : float32, shape (e, n, 6 k)
        For `zwicky.estimators.posterior.mixture.unpack`.
    score : float32, shape (e, n)
        How much each cluster looks like one with a fault: its logit.
    maps : float32, shape (e, n, N_CELLS), or None
        Logits of membership at the nodes of phase space, where they were asked for.
    """

    def __init__(self, e: int, n: int, last: int, with_maps: bool):
        self.mixture = np.empty((e, n, last), dtype=np.float32)
        self.score = np.full((e, n), np.nan, dtype=np.float32)
        self.maps = np.empty((e, n, N_CELLS), dtype=np.float32) if with_maps else None


def network_output(
    weights: Mapping[str, np.ndarray],
    histogram: np.ndarray,
    conditions: np.ndarray,
    *,
    with_maps: bool = False,
) -> Output:
    """What the ensemble says of clusters with at least one galaxy each, on all cores.

    Parameters
    ----------
    weights
        Arrays of `weight_shapes`, float32; without the judge's layers there are no scores.
    histogram, conditions : float32, shapes (n, N_CELLS), (n, c)
        From `phase_space_histogram` and `zwicky.estimators.posterior.told.conditions`.
    with_maps
        Also the maps of membership.
    """
    e, _, last = weights["weight.mixture"].shape
    out = Output(e, len(conditions), last, with_maps)
    run_batches(lambda a: _batch(weights, histogram, conditions, a, out), len(conditions), _BATCH)
    return out


def _batch(weights, histogram, conditions, a: int, out: Output) -> None:
    b = min(a + _BATCH, len(conditions))
    seen = np.zeros((_BATCH, N_CELLS + N_CONDITIONS), dtype=np.float32)
    seen[: b - a, :N_CELLS], seen[: b - a, N_CELLS:] = histogram[a:b], conditions[a:b]

    def layer(name, x, m):
        y = x @ weights[f"weight.{name}"][m]
        y += weights[f"bias.{name}"][m]
        return y

    for m in range(len(out.mixture)):
        x = relu(layer("first", seen, m))
        x = relu(layer("second", x, m))
        out.mixture[m, a:b] = layer("mixture", relu(layer("third", x, m)), m)[: b - a]
        if out.maps is not None:
            out.maps[m, a:b] = layer("map", x, m)[: b - a]
        if "weight.judge_last" in weights:
            x = relu(layer("judge_second", relu(layer("judge_first", seen, m)), m))
            out.score[m, a:b] = layer("judge_last", x, m)[: b - a, 0]
