"""Masses that are even under all conditions, so that how a cluster was observed says nothing of its mass.

Views are drawn with even masses, and how many galaxies are wanted is drawn independently of mass. But light
halos of a simulation do not have 500 galaxies to give, nor blue ones 200: among clusters that are seen with
so many, such masses are rarer, and a network would learn that as its prior. A small classifier learns what
conditions alone tell of the mass, and what it has learned is divided out.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

__all__ = ["Evenness"]

#: Width of the bins of mass, dex; numbers in the hidden layers, times through the clusters, clusters a step.
_BIN, _HIDDEN, _EPOCHS, _BATCH = 0.1, 64, 6, 1024
#: Least and largest weight: what is rarer still stays rarer than it should be.
_WEIGHTS = (0.25, 8.0)


class Evenness:
    """What conditions tell of the mass, and the weights that make them tell nothing.

    Parameters
    ----------
    conditions : float32, shape (n, c)
        Of clusters as the network is told them.
    log10_m200c_h : shape (n,)
        Their masses, Msun/h.
    span
        Range of the masses.
    """

    def __init__(self, conditions: np.ndarray, log10_m200c_h: np.ndarray, span: tuple[float, float]):
        low, high = span
        bins = max(1, round((high - low) / _BIN))
        self._low, self._step, self._bins = low, (high - low) / bins, bins
        self._network = nn.Sequential(
            nn.Linear(conditions.shape[1], _HIDDEN),
            nn.ReLU(),
            nn.Linear(_HIDDEN, _HIDDEN),
            nn.ReLU(),
            nn.Linear(_HIDDEN, bins),
        )
        x = torch.from_numpy(np.asarray(conditions, dtype=np.float32))
        y = torch.from_numpy(self._place(log10_m200c_h))
        steps = _EPOCHS * max(1, len(x) // _BATCH)
        optimiser = torch.optim.Adam(self._network.parameters(), lr=3e-3)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=5e-3, total_steps=steps)
        for _ in range(_EPOCHS):
            for rows in torch.randperm(len(x)).tensor_split(max(1, len(x) // _BATCH)):
                optimiser.zero_grad(set_to_none=True)
                nn.functional.cross_entropy(self._network(x[rows]), y[rows]).backward()
                optimiser.step()
                schedule.step()

    def weight(self, conditions: np.ndarray, log10_m200c_h: np.ndarray) -> np.ndarray:
        """Weight of each cluster, float32, shape (n,): an even density of masses over the one it has."""
        with torch.no_grad():
            told = self._network(torch.from_numpy(np.asarray(conditions, dtype=np.float32)))
            log_share = torch.log_softmax(told, dim=1).numpy()
        share = np.exp(log_share[np.arange(len(log_share)), self._place(log10_m200c_h)])
        return np.clip(1.0 / (self._bins * share), *_WEIGHTS).astype(np.float32)

    def _place(self, log10_m200c_h: np.ndarray) -> np.ndarray:
        place = np.floor((np.asarray(log10_m200c_h) - self._low) / self._step)
        return np.clip(place, 0, self._bins - 1).astype(np.int64)
