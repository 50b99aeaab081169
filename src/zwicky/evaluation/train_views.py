"""A model to keep that learns from deep views of universes: looked at once, trained, calibrated, saved."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.estimators import ConditionalEstimator, build_estimator, save_model
from zwicky.estimators.model_files import model_directory, work_directory
from zwicky.io.directories import remove_directory
from zwicky.io.files import make_directory
from zwicky.mocks.deep import PARTICLE_COLUMNS, VIEW_COLUMNS, DeepViews
from zwicky.mocks.deep_universes import DeepSettings, views_of_universes
from zwicky.progress import Progress, quiet, under
from zwicky.resume import digest_of, keep, kept
from zwicky.settings import to_mapping
from zwicky.tables.columns import ragged_rows
from zwicky.universe import read_identity

__all__ = ["HELD_OUT", "halo_numbers", "split_by_halo", "train_on_universes"]

#: Share of the halos that are kept from training, to calibrate on.
HELD_OUT = 0.08


def train_on_universes(
    name: str,
    universes: Sequence[Path | str],
    directory: Path | str,
    *,
    seed: int,
    settings: Any = None,
    deep: DeepSettings | None = None,
    held_out: float = HELD_OUT,
    floor_dex: float = 0.0,
    workers: int = 1,
    progress: Progress = quiet,
    **facts: Any,
) -> Path:
    """Train an estimator on clusters of universes, calibrate it on halos it never saw, and save it.

    ``DIRECTORY.work`` beside the model keeps the views and the state of training until all is done: a call
    that was killed goes on when it is made again.

    Parameters
    ----------
    name
        An estimator that is a `ConditionalEstimator`.
    universes
        Directories that `zwicky universe` wrote, with all particles as tracers.
    directory
        Where the model goes.
    seed
        Of lines of sight, training and the choice of held-out halos.
    settings
        The estimator's settings.
    deep
        How universes are looked at; by default the estimator's range of mass, and the defaults for the rest.
    held_out
        Share of halos for the calibration.
    floor_dex
        Systematic floor of the masses, a decision of whoever trains: no mock can tell it.
    workers, progress
        As for `views_of_universes`.
    facts
        For the model's provenance and card.

    Returns
    -------
    Path
        The model's directory.

    Raises
    ------
    ZwickyError
        If the estimator learns from cylinders, if the directory holds other things than a model, or if no
        universe has a cluster.

    Examples
    --------
    Estimators that learn from cylinders are for `train_model`:

    >>> train_on_universes("cnn_2d", ["my_universe"], "my_model", seed=1)
    Traceback (most recent call last):
    ...
    zwicky.errors.ZwickyError: ...
    """
    estimator = build_estimator(name, settings)
    if not isinstance(estimator, ConditionalEstimator):
        raise ZwickyError(f"{name} learns from mocks; give the one directory that `zwicky mock` wrote")
    directory = model_directory(directory)
    work = work_directory(directory)
    deep = deep or DeepSettings(range_log10_m200c_h=estimator.range_log10_m200c_h)
    streams = [np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(4)]
    identities = [list(map(str, read_identity(d))) for d in universes]
    make_directory(work)
    path, digest = work / "views.safetensors", digest_of(identities, to_mapping(deep), seed)
    stored = kept(path, digest)
    if stored is not None:
        views = DeepViews(**stored[0])
    else:
        views = views_of_universes(universes, deep, rng=streams[0], workers=workers, progress=progress)
        keep(path, digest, {f.name: getattr(views, f.name) for f in dataclasses.fields(views)})
    trained, tested = split_by_halo(views, held_out, rng=streams[1])
    estimator.fit_views(
        trained,
        rng=streams[2],
        validation=tested,
        checkpoint=work / "checkpoint",
        progress=under(f"train {name}", progress),
    )
    scores = estimator.calibrate_views(tested, rng=streams[3], floor_dex=floor_dex)
    save_model(
        directory,
        estimator,
        {
            "seed": seed,
            "universes": [Path(d).name for d in universes],
            "views": len(views),
            "halos": len(np.unique(halo_numbers(views))),
            "deep": to_mapping(deep),
            "calibration": scores,
            **facts,
        },
    )
    remove_directory(work)
    return directory


def split_by_halo(views: DeepViews, share: float, *, rng: np.random.Generator) -> tuple[DeepViews, DeepViews]:
    """Views of most halos, and those of a `share` of them: no halo is in both.

    The one halo of a universe with a constrained peak is on one side at all outputs. Halos of boxes are told
    apart by their output's numbers: what one was at an earlier output may be on the other side.

    Raises
    ------
    ZwickyError
        If the share is not between 0 and 1, or leaves one of the two without a halo.
    """
    if not 0 < share < 1:
        raise ZwickyError(f"held-out share {share:g} is not allowed; give a share between 0 and 1")
    halo = halo_numbers(views)
    apart = rng.random(halo.max() + 1) < share
    out = apart[halo]
    if out.all() or not out.any():
        raise ZwickyError(f"{halo.max() + 1} halos cannot be split; give more or larger universes")
    return _select(views, ~out), _select(views, out)


def halo_numbers(views: DeepViews) -> np.ndarray:
    """A number for each halo of each universe, shape (n,); a universe with one halo an output has one."""
    number = views.halo_id.copy()
    for universe in np.unique(views.universe):
        here = views.universe == universe
        seen = np.unique(np.stack([views.redshift[here], number[here]]), axis=1)
        if seen.shape[1] == len(np.unique(seen[0])):
            number[here] = 0
    both = np.stack([views.universe, number], axis=1)
    return np.unique(both, axis=0, return_inverse=True)[1].reshape(-1)


def _select(views: DeepViews, chosen: np.ndarray) -> DeepViews:
    offsets, particles = ragged_rows(views.offsets, np.flatnonzero(chosen))
    columns = {name: getattr(views, name)[chosen] for name in VIEW_COLUMNS}
    columns |= {name: getattr(views, name)[particles] for name in PARTICLE_COLUMNS}
    return DeepViews(offsets=offsets, **columns)
