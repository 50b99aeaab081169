"""Cross-validated weighing of any sample: each cluster by the model that never saw its halo."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.estimators import Estimator, MSigma, MSigmaSettings, load_model
from zwicky.evaluation.crossval import CrossValidation
from zwicky.images import galaxy_moments
from zwicky.resume import digest_of
from zwicky.tables import ClusterSample

__all__ = ["FoldModels", "fold_models", "fold_relations"]


@dataclass(frozen=True)
class FoldModels:
    """One fitted estimator a fold.

    Parameters
    ----------
    models
        The estimator of each fold, trained on the others.
    digest
        Equal for models that give the same masses.
    """

    models: Mapping[int, Estimator]
    digest: str

    def weigh(self, sample: ClusterSample) -> np.ndarray:
        """log10 M200c in Msun of each row by its fold's model, float64, shape (n,); NaN where there is none.

        There is none for a cluster that is one of its model's faults or has no velocity dispersion.

        Raises
        ------
        ZwickyError
            If a row's fold has no model.
        """
        out = np.full(len(sample), np.nan)
        for fold in np.unique(sample.fold):
            if int(fold) not in self.models:
                known = ", ".join(map(str, sorted(self.models)))
                raise ZwickyError(f"fold {fold} has no model; there are models of folds {known}")
            model = self.models[int(fold)]
            rows = np.flatnonzero(sample.fold == fold)
            rows = rows[_weighable(model, sample[rows])]
            if len(rows):
                out[rows] = model.predict(sample[rows]).log10_m200c
        return out


def fold_models(crossed: CrossValidation) -> FoldModels:
    """The models that a cross-validation left on disk.

    Raises
    ------
    ZwickyError
        If a fold's model is missing or damaged.
    """
    models = {int(fold): load_model(path) for fold, path in zip(crossed.folds, crossed.models, strict=True)}
    return FoldModels(models, _digest(models))


def fold_relations(train: ClusterSample, settings: MSigmaSettings, folds: np.ndarray) -> FoldModels:
    """The M-sigma relation of each fold, fitted without it.

    Raises
    ------
    ZwickyError
        If a fold leaves too few clusters for the fit.
    """
    rng = np.random.default_rng(0)  # fit takes one, and draws nothing from it
    models = {
        int(fold): MSigma(settings).fit(train[train.fold != fold], rng=rng) for fold in np.unique(folds)
    }
    return FoldModels(models, _digest(models))


def _weighable(model: Estimator, sample: ClusterSample) -> np.ndarray:
    """Whether each row can be weighed, bool, shape (n,)."""
    fine = galaxy_moments(sample).v_sigma > 0.0
    fine[list(model.faults(sample))] = False
    return fine


def _digest(models: Mapping[int, Estimator]) -> str:
    parts: list[Any] = []
    for fold, model in sorted(models.items()):
        state = [fold, model.name, model.configuration(), model.normalisation()]
        parts.append(json.dumps(state, sort_keys=True, default=str))
        for name, values in sorted(model.weights().items()):
            parts += [name, np.asarray(values)]
    return digest_of(*parts)
