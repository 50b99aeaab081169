"""The paper's experiment on a set of mocks: every method trained and tested by folds."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np

from zwicky.estimators import CNNSettings, MSigma, MSigmaSettings
from zwicky.evaluation.crossval import CrossValidation, cross_validate
from zwicky.evaluation.sampling import some_halos
from zwicky.mocks import Mocks
from zwicky.progress import Progress, quiet, under

__all__ = [
    "MACHINES",
    "NETWORKS",
    "cross_validate_estimators",
    "cross_validate_machines",
    "cross_validate_networks",
    "fit_relations",
]

#: The paper's two networks.
NETWORKS = ("cnn_1d", "cnn_2d")

#: The paper's two support distribution machines.
MACHINES = ("sdm_1d", "sdm_2d")


def cross_validate_networks(
    mocks: Mocks,
    workdir: Path,
    settings: CNNSettings,
    seed: int,
    progress: Progress = quiet,
    workers: int | None = None,
    timing: Callable[[str, Path], AbstractContextManager] = lambda stage, output: contextlib.nullcontext(),
) -> dict[str, CrossValidation]:
    """Ten-fold cross-validation of both networks on the contaminated catalogue (Ho et al. 2019, Sec. 3.3).

    Parameters
    ----------
    mocks
        Training and test samples with folds.
    workdir
        Keeps finished folds, one folder a network.
    settings
        Training of both networks.
    seed
        The networks' seeds follow from it.
    progress
        Called with the step, units done, units in all and what is being done.
    workers
        Folds side by side; by default the cores of the machine.
    timing
        Makes a context manager from a stage's name and the folder that it writes, to time it.
    """
    return _cross_validate_all(
        NETWORKS, mocks, workdir, settings, seed, progress, workers, timing, rows=np.arange(len(mocks.test))
    )


def cross_validate_machines(
    mocks: Mocks,
    workdir: Path,
    settings: Any,
    seed: int,
    progress: Progress = quiet,
    workers: int | None = None,
    timing: Callable[[str, Path], AbstractContextManager] = lambda stage, output: contextlib.nullcontext(),
    n_clusters: int | None = None,
) -> dict[str, CrossValidation]:
    """Ten-fold cross-validation of both support distribution machines (Ho et al. 2019, Sec. 4.2).

    Parameters
    ----------
    mocks, workdir, seed, progress, workers, timing
        As for `cross_validate_networks`; the seeds of networks and machines differ.
    settings
        Of both machines.
    n_clusters
        Weigh only about so many test clusters, whole halos drawn at random; the others get NaN. All by
        default. The draw is the same for both machines.
    """
    rows = np.arange(len(mocks.test))
    if n_clusters is not None:
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(6,)))
        rows = some_halos(mocks.test, n_clusters, rng=rng)
    first_seed = seed + len(NETWORKS)
    return _cross_validate_all(
        MACHINES, mocks, workdir, settings, first_seed, progress, workers, timing, rows=rows
    )


def cross_validate_estimators(
    mocks: Mocks,
    workdir: Path,
    settings: Mapping[str, Any],
    seed: int,
    progress: Progress = quiet,
    workers: int | None = None,
    timing: Callable[[str, Path], AbstractContextManager] = lambda stage, output: contextlib.nullcontext(),
) -> dict[str, CrossValidation]:
    """Cross-validation of any estimators on the contaminated catalogue, as of the networks.

    Parameters
    ----------
    mocks, workdir, progress, workers, timing
        As for `cross_validate_networks`.
    settings
        Names of estimators (`zwicky.estimators.estimator_names`), and the settings of each.
    seed
        That of the first; the next ones follow.
    """
    rows, crossed = np.arange(len(mocks.test)), {}
    for number, (name, own) in enumerate(settings.items()):
        crossed |= _cross_validate_all(
            (name,), mocks, workdir, own, seed + number, progress, workers, timing, rows
        )
    return crossed


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


def _cross_validate_all(
    names: tuple[str, ...],
    mocks: Mocks,
    workdir: Path,
    settings: Any,
    seed: int,
    progress: Progress,
    workers: int | None,
    timing: Callable[[str, Path], AbstractContextManager],
    rows: np.ndarray,
) -> dict[str, CrossValidation]:
    """Each method on some rows of the test sample, with a seed of its own."""
    crossed = {}
    for number, name in enumerate(names):
        with timing(f"train_{name}_s", workdir / name):
            result = cross_validate(
                name,
                mocks.train,
                mocks.test[rows],
                seed=seed + number,
                workdir=workdir / name,
                settings=settings,
                workers=workers,
                progress=under(f"train {name}", progress),
            )
        everything = result.posterior.spread(rows, len(mocks.test), cluster_id=mocks.test.cluster_id)
        crossed[name] = dataclasses.replace(result, posterior=everything)
    return crossed
