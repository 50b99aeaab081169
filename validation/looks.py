"""Clusters as a survey sees them, of views that no model learned from, and what is true of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from zwicky.cosmology import paper_cosmology
from zwicky.estimators.posterior import Posterior
from zwicky.estimators.posterior.evenness import Evenness
from zwicky.estimators.posterior.looks import balanced_rows
from zwicky.mocks.conditions import Conditions, draw_conditions, observe, sample_of
from zwicky.mocks.deep import DeepViews, halo_numbers
from zwicky.tables import ClusterSample

__all__ = ["Looked", "even_weights", "look_at"]


@dataclass(frozen=True, eq=False)
class Looked:
    """n clusters that can be weighed; `drawn` are their conditions, of which `look` are the rows."""

    sample: ClusterSample
    halo: np.ndarray
    log10_density: np.ndarray
    drawn: Conditions
    look: np.ndarray


def look_at(model: Posterior, views: DeepViews, *, rng: np.random.Generator, **fixed: float) -> Looked:
    """Look at as many views as there are, each mass at each output as often as the others.

    What the model cannot weigh is left out. `fixed` are conditions with one value for all.
    """
    rows = balanced_rows(views, model.settings, rng=rng)
    drawn = draw_conditions(views, rows, model.settings.survey, rng=rng, **fixed)
    seen = observe(views, rows, drawn, model.settings.survey, seed=int(rng.integers(2**62)))
    sample = sample_of(views, drawn, seen, paper_cosmology())
    sound = np.setdiff1d(np.arange(len(sample)), list(model.faults(sample)))
    halo = halo_numbers(views)[seen.row[sound]]
    return Looked(sample[sound], halo, seen.log10_density[sound], drawn, seen.look[sound])


def even_weights(model: Posterior, known: np.ndarray, log10_m200c_h: np.ndarray) -> np.ndarray:
    """Weights under which masses are even whatever is known, as the prior is; `known` are the conditions."""
    torch.manual_seed(1)
    return Evenness(known, log10_m200c_h, model.range_log10_m200c_h).weight(known, log10_m200c_h)
