"""The forward pass of the shipped networks: ours in NumPy against PyTorch, one process, one thread each."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from benchmarks.table import best_time, row
from zwicky.estimators import load_model
from zwicky.estimators.cnn.forward import network_output

N = 8192


def run() -> list[dict[str, Any]]:
    """Microseconds a cluster of both networks by both: of CPU, and of wall time on all cores."""
    import torch

    from zwicky.estimators.cnn.network import PhaseSpaceNetwork
    from zwicky.estimators.cnn.training import evaluate, limit_to_one_thread

    rows = []
    for name, n_radius in (("cnn_1d", 1), ("cnn_2d", 48)):
        weights = load_model(name).weights()
        images = np.random.default_rng(0).random((N, 48, n_radius), dtype=np.float32)
        network = PhaseSpaceNetwork(48, n_radius)
        network.load_state_dict({key: torch.from_numpy(value) for key, value in weights.items()})
        inputs = torch.from_numpy(images)
        for unit, clock in (("us of CPU", time.process_time), ("us of wall time", time.perf_counter)):
            ours = 1e6 / N * best_time(lambda w=weights, x=images: network_output(w, x), clock=clock)
            with limit_to_one_thread():
                theirs = 1e6 / N * best_time(lambda n=network, x=inputs: evaluate(n, x), clock=clock)
            rows.append(row(f"{name}, a cluster", "zwicky, all cores", ours, unit, ours))
            rows.append(row(f"{name}, a cluster", "PyTorch, one thread", theirs, unit, ours))
    return rows
