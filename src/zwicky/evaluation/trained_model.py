"""A model to keep: cross-validated for its error table, then trained on every cluster."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np

from zwicky.diagnostics.residuals import residual_statistics
from zwicky.estimators import ErrorTable, build_estimator, estimator_class, save_model
from zwicky.estimators.model_files import model_directory, work_directory
from zwicky.evaluation.crossval import cross_validate
from zwicky.images.thinning import thinned
from zwicky.io.directories import remove_directory
from zwicky.progress import Progress, quiet, under
from zwicky.settings import to_mapping
from zwicky.tables import ClusterSample
from zwicky.units import log10_msun_h

__all__ = ["train_model"]


def train_model(
    name: str,
    train: ClusterSample,
    directory: Path | str,
    *,
    seed: int,
    settings: Any = None,
    thin_min: float | None = None,
    range_log10_m200c_h: tuple[float, float] = (14.0, 15.0),
    workers: int | None = None,
    progress: Progress = quiet,
    **facts: Any,
) -> Path:
    """Train an estimator on all of `train` and save it, with a table of its errors if it makes points.

    The errors come first, from folds of the same sample: each cluster is weighed by an estimator that never
    saw its halo, thinned at random if `thin_min` is given, so that the table reaches the numbers of galaxies
    that observers have. The sample's flat mass function is the prior of these errors.

    Parameters
    ----------
    name
        An estimator of `zwicky.estimators.estimator_names`.
    train
        Clusters with known masses and folds.
    directory
        Where the model goes; ``DIRECTORY.work`` beside it keeps finished folds until all is done.
    seed
        Seed of folds and training.
    settings
        The estimator's settings.
    thin_min
        Weigh clusters thinned to a fraction uniform in [thin_min, 1], by default the settings' own;
        networks, which have such a setting, are trained on them too.
    range_log10_m200c_h
        True masses, log10 in Msun/h, over which the card's median and scatter are taken.
    workers, progress
        As for `cross_validate`.
    facts
        For the model's provenance and card.

    Returns
    -------
    Path
        The model's directory.

    Raises
    ------
    ZwickyError
        If the directory holds other things than a model, before anything is trained.

    Examples
    --------
    >>> from zwicky.estimators import load_model
    >>> place = train_model("m_sigma", sample, "my_model", seed=1)
    >>> load_model(place).name
    'm_sigma'
    """
    directory = model_directory(directory)
    work = work_directory(directory)
    settings = settings if isinstance(settings, dict) else to_mapping(settings) if settings else {}
    streams = np.random.SeedSequence(seed).spawn(2)
    weighed = train
    thin_min = settings.get("thin_min") if thin_min is None else thin_min
    if thin_min is not None:
        weighed = thinned(train, thin_min, rng=np.random.default_rng(streams[0]))
        if "thin_min" in {field.name for field in dataclasses.fields(estimator_class(name).settings_class)}:
            settings = settings | {"thin_min": thin_min}
    crossed = cross_validate(
        name,
        train,
        weighed,
        seed=seed,
        workdir=work,
        settings=settings,
        workers=workers,
        progress=under(f"errors {name}", progress),
    )
    h = train.cosmology.h
    predicted, true = log10_msun_h(crossed.log10_m200c, h), train.log10_m200c_h
    low, high = range_log10_m200c_h
    tested = (true >= low) & (true <= high)
    scores = residual_statistics(
        (predicted - true)[tested], train.halo_id[tested], rng=np.random.default_rng(streams[1])
    )

    estimator = build_estimator(name, settings)
    estimator.fit(
        train,
        rng=np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(3,))),
        checkpoint=work / "checkpoint",
        progress=under(f"train {name}", progress),
    )
    if not crossed.posterior.has_width.any():
        estimator.errors = ErrorTable.from_residuals(predicted, true, weighed.n_galaxies, train.halo_id)
    summary = {
        "prior": "flat in log10 M200c, the training sample's",
        "range_log10_m200c_h": [low, high],
        "n": int(tested.sum()),
        "median_dex": scores.median,
        "scatter_dex": scores.scatter,
        "scatter_error_dex": scores.scatter_error,
        "thinned_to_at_least": thin_min,
        "mean_dex_by_n_galaxies": _mean_by_number((predicted - true)[tested], weighed.n_galaxies[tested]),
    }
    save_model(directory, estimator, {"seed": seed, "scores": summary, **facts})
    remove_directory(work)
    return directory


def _mean_by_number(epsilon: np.ndarray, n_galaxies: np.ndarray) -> dict[str, float]:
    """Mean residual in fifths of the number of galaxies: how much a mass leans on the sampling."""
    edges = np.quantile(n_galaxies, np.linspace(0, 1, 6))
    fifth = np.clip(np.searchsorted(edges, n_galaxies, side="right") - 1, 0, 4)
    return {
        f"{edges[i]:.0f}-{edges[i + 1]:.0f}": round(float(epsilon[fifth == i].mean()), 3)
        for i in range(5)
        if np.any(fifth == i)
    }
