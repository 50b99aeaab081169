"""A model to keep: cross-validated for its error table, then trained on every cluster."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from zwicky.estimators import build_estimator, save_model
from zwicky.evaluation.crossval import cross_validate
from zwicky.evaluation.error_model import residual_scatter
from zwicky.evaluation.residuals import residual_statistics
from zwicky.images import image_settings_of, thinned
from zwicky.io import write_json
from zwicky.settings import to_mapping
from zwicky.tables import ClusterSample
from zwicky.units import log10_msun_h

__all__ = ["train_model"]

Progress = Callable[[str, int, int, str], None]


def train_model(
    name: str,
    train: ClusterSample,
    directory: Path | str,
    *,
    seed: int,
    settings: Any = None,
    workers: int | None = None,
    progress: Progress | None = None,
    **facts: Any,
) -> Path:
    """Train an estimator on all of `train` and save it with a table of its errors.

    The errors come first, from folds of the same sample: each cluster is weighed by an estimator that never
    saw its halo. If training thins the members, the clusters that are weighed are thinned in the same way,
    so that the table reaches the numbers of galaxies that observers have. The sample's flat mass function
    is the prior of these errors.

    Parameters
    ----------
    name
        An estimator of `zwicky.estimators.ESTIMATORS`.
    train
        Clusters with known masses and folds.
    directory
        Where the model goes; ``DIRECTORY.work`` beside it keeps finished folds until all is done.
    seed
        Seed of folds and training.
    settings
        The estimator's settings.
    workers, progress
        As for `cross_validate`.
    facts
        For the model's provenance and card.

    Returns
    -------
    Path
        The model's directory.
    """
    directory = Path(directory)
    work = directory.with_name(f"{directory.name}.work")
    tell = progress or (lambda step, done, total, text: None)
    settings = settings if isinstance(settings, dict) else to_mapping(settings) if settings else {}
    streams = np.random.SeedSequence(seed).spawn(2)
    weighed = train
    if settings.get("thin_min") is not None:
        weighed = thinned(train, np.random.default_rng(streams[0]), settings["thin_min"])
    images = image_settings_of(train)
    crossed = cross_validate(
        name,
        train,
        weighed,
        seed=seed,
        workdir=work,
        images=images,
        settings=settings,
        workers=workers,
        progress=lambda i, n, text: tell(f"errors {name}", i, n, text),
    )
    h = train.cosmology.h
    predicted, true = log10_msun_h(crossed.log10_m200c, h), train.log10_m200c_h
    tested = (true >= 14.0) & (true <= 15.0)
    scores = residual_statistics(
        (predicted - true)[tested], train.halo_id[tested], np.random.default_rng(streams[1])
    )

    estimator = build_estimator(name, images, settings)
    options: dict[str, Any] = {}
    if estimator.resumable:
        options = {
            "checkpoint": work / "checkpoint.safetensors",
            "progress": lambda i, n, text: tell(f"train {name}", i, n, text),
        }
    estimator.fit(train, np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(3,))), **options)
    summary = {
        "prior": "flat in log10 M200c, the training sample's",
        "range_log10_m200c_h": [14.0, 15.0],
        "n": int(tested.sum()),
        "median_dex": scores.median,
        "scatter_dex": scores.scatter,
        "scatter_error_dex": scores.scatter_error,
    }
    save_model(directory, estimator, {"seed": seed, "scores": summary, **facts})
    table = residual_scatter(predicted, true, weighed.n_galaxies)
    write_json(directory / "calibration.json", {"error_table": table})
    shutil.rmtree(work, ignore_errors=True)
    return directory
