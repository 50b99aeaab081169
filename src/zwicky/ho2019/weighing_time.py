"""How long it takes to weigh a cluster: images and networks apart, as in Sec. 6 of Ho et al. (2019)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from zwicky.estimators import Estimator, MSigma, load_model
from zwicky.estimators.cnn.forward import network_output
from zwicky.evaluation.crossval import CrossValidation
from zwicky.images import phase_space_images, velocity_images
from zwicky.tables import ClusterSample

__all__ = ["time_per_cluster"]

_REPEATS = 3
# Machines compare each cluster with a thousand others: a hundred times a network's work.
_FEW = 64


def time_per_cluster(
    test: ClusterSample,
    crossed: Mapping[str, CrossValidation],
    relation: MSigma,
    n_clusters: int = 4096,
) -> dict[str, float]:
    """Microseconds a cluster, each the best of three repeats on the run's own machine.

    Parameters
    ----------
    test
        Clusters to weigh; the first `n_clusters` of them, or 64 by support distribution machines.
    crossed
        Cross-validations whose first fold's model is timed.
    relation
        A fitted M-sigma relation.
    n_clusters
        How many clusters to weigh at a time.

    Returns
    -------
    dict
        ``image_1d`` and ``image_2d``, the density maps on all cores; ``cnn_1d`` and ``cnn_2d``, the pass
        through a network that has its image, on all cores; ``weigh_NAME``, galaxies in to mass out, of
        every method, the mean over the clusters.
    """
    some = test[: min(n_clusters, len(test))]
    few = test[: min(_FEW, len(test))]
    cylinder = test.cylinder
    images = {"cnn_1d": velocity_images, "cnn_2d": phase_space_images}
    found = {
        f"image_{name[-2:]}": _microseconds(lambda draw=draw: draw(some, cylinder), len(some))
        for name, draw in images.items()
    }
    models: dict[str, Estimator] = {"m_sigma": relation}
    models |= {name: load_model(result.models[0]) for name, result in crossed.items()}
    for name, model in models.items():
        weighed = few if model.is_slow else some
        if name in images:
            found[name] = _network_microseconds(model, images[name](some, cylinder))
        found[f"weigh_{name}"] = _microseconds(lambda m=model, s=weighed: m.predict(s), len(weighed))
    return found


def _network_microseconds(model: Estimator, images: np.ndarray) -> float:
    """A network alone; what is in the images does not matter to its time."""
    inputs = images.reshape(len(images), images.shape[1], -1)
    return _microseconds(lambda: network_output(model.network, inputs), len(images))


def _microseconds(work: Callable[[], Any], n: int) -> float:
    """Best wall time of `work` for one of its `n` clusters, after a first call that compiles and warms."""
    work()
    seconds = []
    for _ in range(_REPEATS):
        begin = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begin)
    return 1e6 * float(np.min(seconds)) / n
