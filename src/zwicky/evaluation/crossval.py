"""Cross-validation: every cluster weighed by an estimator that never saw its halo (Sec. 3.3).

Folds of networks run side by side in processes of one thread each, which for networks this small is twice as
fast as threads inside a fold; estimators that use all cores by themselves train one fold after the other, and
share what they keep in a folder. Each fold has its own random stream, so results do not depend on how many
run at once; each finished fold is kept on disk, and an interrupted one goes on from its last epoch or block.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.estimators import (
    MassPosterior,
    build_estimator,
    join_posteriors,
    load_model,
    read_provenance,
    save_model,
)
from zwicky.estimators.posterior_files import read_posterior, write_posterior
from zwicky.io import read_sample, write_sample
from zwicky.io.directories import remove_directory
from zwicky.io.files import read_json, write_json
from zwicky.parallel import available_cores
from zwicky.processes import message_queue, run_in_processes
from zwicky.progress import Progress, quiet
from zwicky.resume import digest_of
from zwicky.settings import to_mapping
from zwicky.tables import GALAXY_COLUMNS, ClusterSample, columns_of

__all__ = ["CrossValidation", "cross_validate"]

#: Share of a fold's test clusters whose loss is followed during training (Sec. 3.3).
_VALIDATION_SHARE = 0.1

#: Folder in the work directory where folds that are trained one after the other keep what they share.
_SHARED = "shared"


@dataclass(frozen=True, eq=False)
class CrossValidation:
    """Predictions for every test cluster, and how each fold's training went.

    Parameters
    ----------
    posterior : MassPosterior
        Masses of the n_test clusters, each from the fold that did not train on the cluster's halo.
    folds : int64, shape (n_folds,)
        The folds' numbers.
    losses : list of dict, one a fold
        Loss curves ``{"train": [...], "validation": [...]}``; empty lists for estimators without.
    seconds : float64, shape (n_folds,)
        Wall time of each fold when it was computed; NaN if it went on from what an earlier call had left.
    models : list of Path, one a fold
        Model directories of the folds.

    Examples
    --------
    >>> found = cross_validate("m_sigma", sample, sample, seed=1, workdir="folds")
    >>> found.log10_m200c.shape, len(found.models)
    ((100,), 10)
    """

    posterior: MassPosterior
    folds: np.ndarray
    losses: list[dict[str, list[float]]]
    seconds: np.ndarray
    models: list[Path]

    @property
    def log10_m200c(self) -> np.ndarray:
        """Point estimates of log10 M200c in Msun, float64, shape (n_test,)."""
        return self.posterior.log10_m200c


@dataclass(frozen=True)
class _Fold:
    """All that one fold needs beside the samples."""

    number: int
    name: str
    settings: dict[str, Any]
    seed: np.random.SeedSequence
    directory: Path
    digest: str
    resumed: bool = False


def cross_validate(
    name: str,
    train: ClusterSample,
    test: ClusterSample,
    *,
    seed: int,
    workdir: Path | str,
    settings: Any = None,
    workers: int | None = None,
    progress: Progress = quiet,
) -> CrossValidation:
    """Weigh each fold of `test` by an estimator trained on the other folds of `train`.

    Parameters
    ----------
    name
        An estimator of `zwicky.estimators.estimator_names`.
    train, test
        Samples whose `fold` columns agree: all lines of sight of a halo in one fold.
    seed
        Seed of the whole; each fold gets a stream of its own.
    workdir
        Folder that keeps finished folds and checkpoints. Folds that are already there, from the same
        samples, settings and seed, are not computed again.
    settings
        For `zwicky.estimators.build_estimator`.
    workers
        Folds at a time; the cores of the machine by default. Results do not depend on it. Estimators
        without `own_process` run in this process whatever it says.
    progress
        Called in the estimator's `steps`, such as epochs.

    Returns
    -------
    CrossValidation
        A row a cluster of `test`.

    Raises
    ------
    ZwickyError
        If a test cluster has no fold, a fold has no training clusters, or training refuses the sample.

    Examples
    --------
    >>> found = cross_validate("m_sigma", sample, sample, seed=1, workdir="folds")
    >>> bool(np.std(found.log10_m200c - sample.log10_m200c) < 0.4)
    True
    """
    settings = settings if isinstance(settings, dict) else to_mapping(settings) if settings else {}
    estimator = build_estimator(name, settings)  # a wrong setting is found here, not in a worker
    folds = _checked_folds(train, test)
    digest = _digest(name, settings, seed, folds, train, test)
    workdir = Path(workdir)
    jobs = [
        _Fold(int(k), name, settings, stream, workdir / f"fold_{k:02d}", f"{digest} {k}")
        for k, stream in zip(folds, np.random.SeedSequence(seed).spawn(len(folds)), strict=True)
    ]
    shared = (workdir / _SHARED).exists()
    missing = [
        dataclasses.replace(job, resumed=shared or _checkpoint(job).exists())
        for job in jobs
        if _finished(job) is None
    ]
    workers = min(workers or available_cores(), len(missing))
    per_fold = estimator.steps
    count = _Count(len(jobs) * per_fold, (len(jobs) - len(missing)) * per_fold, progress)
    if workers > 1 and estimator.own_process:
        _run_in_processes(missing, train, test, workers, count)
    else:
        for job in missing:
            _run_fold(job, train, test, count)
    remove_directory(workdir / _SHARED)
    for path in _sample_files(workdir):  # of a call that was killed
        path.unlink(missing_ok=True)
    return _collected(jobs, test)


def _checked_folds(train: ClusterSample, test: ClusterSample) -> np.ndarray:
    if not len(test):
        raise ZwickyError("the test sample has no clusters; give at least one a fold")
    if np.any(test.fold < 0):
        row = int(np.argmax(test.fold < 0))
        raise ZwickyError(
            f"test cluster {test.cluster_id[row]} (row {row}) has fold {test.fold[row]}; assign folds first"
        )
    folds = np.unique(test.fold)
    for k in folds:
        if not np.any(train.fold != k):
            raise ZwickyError(f"fold {k} leaves no training clusters; the training sample needs other folds")
    return folds


def _digest(name, settings, seed, folds, train: ClusterSample, test: ClusterSample) -> str:
    """What is computed from what; equal means that a finished fold can be used again."""
    parts: list[Any] = [name, settings, seed, folds]
    for sample in (train, test):
        parts.append(float(sample.cosmology.h))
        parts += [getattr(sample, column) for column in (*columns_of(sample), "offsets", *GALAXY_COLUMNS)]
    return digest_of(*parts)


def _checkpoint(job: _Fold) -> Path:
    return job.directory / "checkpoint.safetensors"


def _finished(job: _Fold) -> dict[str, Any] | None:
    """A fold's result if it is complete, with its model whole, and belongs to this cross-validation."""
    path = job.directory / "result.json"
    if not path.exists():
        return None
    result = read_json(path)
    if result.get("digest") != job.digest:
        return None
    try:
        load_model(job.directory / "model")
        read_posterior(job.directory / "masses.safetensors")
    except ZwickyError:
        return None
    return result if read_provenance(job.directory / "model").get("digest") == job.digest else None


def _run_fold(job: _Fold, train: ClusterSample, test: ClusterSample, report: Callable[[str], None]) -> None:
    """Train and predict one fold, leaving its model and, last of all, its result on disk."""
    start = time.perf_counter()
    (job.directory / "result.json").unlink(missing_ok=True)
    rng = np.random.default_rng(job.seed)
    held_out = test[test.fold == job.number]
    n_validation = max(1, round(_VALIDATION_SHARE * len(held_out)))
    validation = held_out[np.sort(rng.choice(len(held_out), n_validation, replace=False))]
    estimator = build_estimator(job.name, job.settings)
    own = _checkpoint(job)
    estimator.fit(
        train[train.fold != job.number],
        rng=rng,
        validation=validation,
        checkpoint=own if estimator.own_process else job.directory.parent / _SHARED,
        progress=lambda stage, done, total, text="": report(f"fold {job.number}, {done} of {total}: {text}"),
    )
    write_posterior(job.directory / "masses.safetensors", estimator.predict(held_out))
    facts = {"fold": job.number, "digest": job.digest}
    save_model(job.directory / "model", estimator, facts)
    write_json(
        job.directory / "result.json",
        {
            **facts,
            "seconds": np.nan if job.resumed else time.perf_counter() - start,
            "losses": dataclasses.asdict(estimator.losses),
        },
    )
    own.unlink(missing_ok=True)


def _collected(jobs: list[_Fold], test: ClusterSample) -> CrossValidation:
    results = [read_json(job.directory / "result.json") for job in jobs]
    posterior = join_posteriors([read_posterior(job.directory / "masses.safetensors") for job in jobs])
    rows = np.concatenate([np.flatnonzero(test.fold == job.number) for job in jobs])
    return CrossValidation(
        posterior=posterior.spread(rows, len(test), cluster_id=test.cluster_id),
        folds=np.array([job.number for job in jobs]),
        losses=[result["losses"] for result in results],
        seconds=np.array([result["seconds"] for result in results], dtype=float),  # None is not known
        models=[job.directory / "model" for job in jobs],
    )


class _Count:
    """Counts steps of work for `progress`."""

    def __init__(self, total: int, done: int, progress: Progress):
        self.total, self.done, self.progress = total, done, progress

    def __call__(self, text: str) -> None:
        self.done += 1
        self.progress("folds", min(self.done, self.total), self.total, text)


# Filled once in every worker process by `_start_worker`.
_worker: dict[str, Any] = {}


def _start_worker(samples: list[Path], messages: Any) -> None:
    train, test = (read_sample(path) for path in samples)
    _worker.update(train=train, test=test, messages=messages)


def _run_in_worker(job: _Fold) -> None:
    _run_fold(job, _worker["train"], _worker["test"], _worker["messages"].put)


def _run_in_processes(
    jobs: list[_Fold], train: ClusterSample, test: ClusterSample, workers: int, report: Callable[[str], None]
) -> None:
    messages = message_queue()
    # Through files: samples in the arguments would fill the pipe to each new process until it has started,
    # and the processes would start one after the other.
    samples = _sample_files(jobs[0].directory.parent)

    def listen() -> None:
        while not messages.empty():
            report(messages.get())

    try:
        for path, sample in zip(samples, (train, test), strict=True):
            write_sample(path, sample)
        run_in_processes(
            _run_in_worker,
            jobs,
            workers,
            start=_start_worker,
            arguments=(samples, messages),
            meanwhile=listen,
        )
    finally:
        for path in samples:
            path.unlink(missing_ok=True)


def _sample_files(workdir: Path) -> list[Path]:
    """Where the samples lie while worker processes read them."""
    return [workdir / "train.hdf5", workdir / "test.hdf5"]
