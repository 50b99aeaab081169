"""The paper's experiment on a set of mocks: every method trained and tested by folds."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np

from zwicky.estimators import MSigma, MSigmaSettings
from zwicky.evaluation.crossval import CrossValidation, cross_validate
from zwicky.evaluation.sampling import some_halos
from zwicky.mocks import Mocks
from zwicky.progress import Progress, quiet, under

__all__ = ["MACHINES", "NETWORKS", "cross_validate_methods", "fit_relations", "some_test_clusters"]

#: The paper's two networks.
NETWORKS = ("cnn_1d", "cnn_2d")

#: The paper's two support distribution machines.
MACHINES = ("sdm_1d", "sdm_2d")


def cross_validate_methods(
    methods: Mapping[str, Any],
    mocks: Mocks,
    workdir: Path,
    seed: int,
    progress: Progress = quiet,
    workers: int | None = None,
    timing: Callable[[str, Path], AbstractContextManager] = lambda stage, output: contextlib.nullcontext(),
    rows: Mapping[str, np.ndarray] | None = None,
) -> dict[str, CrossValidation]:
    """Cross-validation of estimators by folds on the contaminated catalogue (Ho et al. 2019, Secs. 3.3, 4.2).

    Parameters
    ----------
    methods
        Names of estimators (`zwicky.estimators.estimator_names`), and the settings of each.
    mocks
        Training and test samples with folds.
    workdir
        Keeps finished folds, one folder a method.
    seed
        That of the first method; the next ones follow.
    progress
        Called with the step, units done, units in all and what is being done.
    workers
        Folds side by side; by default the cores of the machine.
    timing
        Makes a context manager from a stage's name and the folder that it writes, to time it.
    rows
        For some methods, the only rows of the test sample that they weigh; the others get NaN.
    """
    crossed, everything = {}, np.arange(len(mocks.test))
    for number, (name, settings) in enumerate(methods.items()):
        chosen = (rows or {}).get(name, everything)
        with timing(f"train_{name}_s", workdir / name):
            result = cross_validate(
                name,
                mocks.train,
                mocks.test[chosen],
                seed=seed + number,
                workdir=workdir / name,
                settings=settings,
                workers=workers,
                progress=under(f"train {name}", progress),
            )
        posterior = result.posterior.spread(chosen, len(mocks.test), cluster_id=mocks.test.cluster_id)
        crossed[name] = dataclasses.replace(result, posterior=posterior)
    return crossed


def some_test_clusters(mocks: Mocks, n_clusters: int | None, *, seed: int) -> np.ndarray:
    """Rows of about so many test clusters, whole halos drawn at random; None takes all."""
    if n_clusters is None:
        return np.arange(len(mocks.test))
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(6,)))
    return some_halos(mocks.test, n_clusters, rng=rng)


def fit_relations(mocks: Mocks, settings: MSigmaSettings | None = None) -> dict[str, MSigma]:
    """The M-sigma relation of each catalogue, ``contaminated`` and ``pure`` (Ho et al. 2019, Table 1).

    Quick, and refused where a catalogue is too small for it: fit it before anything that takes long.

    Raises
    ------
    ZwickyError
        If fewer than three masses lie above the settings' cut.
    """
    catalogues = {"contaminated": mocks.train, "pure": mocks.train_pure}
    return {
        name: MSigma(settings).fit(train, rng=np.random.default_rng(0)) for name, train in catalogues.items()
    }
