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
from zwicky.mocks.deep import PARTICLE_COLUMNS, VIEW_COLUMNS, DeepViews, concatenate_views, halo_numbers
from zwicky.mocks.deep_universes import DeepSettings, require_histories, views_of_universes
from zwicky.progress import Progress, quiet, under
from zwicky.resume import digest_of, keep, kept
from zwicky.settings import to_mapping
from zwicky.tables.columns import ragged_rows
from zwicky.universe import read_identity

__all__ = ["HELD_OUT", "split_by_halo", "train_on_universes"]

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
    calibrate_on: Sequence[Path | str] = (),
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
    calibrate_on
        Universes to calibrate on too, of which nothing is learned.
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
        If the estimator learns from cylinders, if the directory holds other things than a model, if no
        universe has a cluster, if one is given twice, or if kinds of galaxies are to be told apart and a
        universe does not say when they fell in.

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
    _refuse_twins([*universes, *calibrate_on])
    if estimator.needs_histories:
        require_histories([*universes, *calibrate_on], deep.max_redshift)
    streams = [np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(5)]
    make_directory(work)

    def looked_at(directories: Sequence[Path | str], file: str, *, rng: np.random.Generator) -> DeepViews:
        identities = [list(map(str, read_identity(d))) for d in directories]
        path, digest = work / file, digest_of(identities, to_mapping(deep), seed)
        stored = kept(path, digest)
        if stored is not None:
            return DeepViews(**stored[0])
        views = views_of_universes(directories, deep, rng=rng, workers=workers, progress=progress)
        keep(path, digest, {f.name: getattr(views, f.name) for f in dataclasses.fields(views)})
        return views

    views = looked_at(universes, "views.safetensors", rng=streams[0])
    others = looked_at(calibrate_on, "calibrate_on.safetensors", rng=streams[4]) if calibrate_on else None
    trained, tested = split_by_halo(views, held_out, rng=streams[1])
    estimator.fit_views(
        trained,
        rng=streams[2],
        validation=tested,
        checkpoint=work / "checkpoint",
        progress=under(f"train {name}", progress),
    )
    if others is not None:
        apart = dataclasses.replace(others, universe=others.universe + len(universes))
        tested = concatenate_views([tested, apart])
    scores = estimator.calibrate_views(tested, rng=streams[3], floor_dex=floor_dex)
    save_model(
        directory,
        estimator,
        {
            "seed": seed,
            "universes": [Path(d).name for d in universes],
            "calibrated_on": [Path(d).name for d in calibrate_on],
            "views": len(views),
            "halos": int(halo_numbers(views).max()) + 1,
            "deep": to_mapping(deep),
            "calibration": scores,
            **facts,
        },
    )
    remove_directory(work)
    return directory


def _refuse_twins(universes: Sequence[Path | str]) -> None:
    """A universe that is given twice, or a copy of one, would be trained and calibrated on."""
    seen: dict[str, Path | str] = {}
    for one in universes:
        name = read_identity(one)[0]
        if name in seen:
            raise ZwickyError(f"{seen[name]} and {one} are the same universe; give it once")
        seen[name] = one


def split_by_halo(views: DeepViews, share: float, *, rng: np.random.Generator) -> tuple[DeepViews, DeepViews]:
    """Views of most halos, and those of a `share` of them: no halo is in both.

    Halos are those of `zwicky.mocks.deep.halo_numbers`: that of a constrained peak is on one side at all
    outputs.

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


def _select(views: DeepViews, chosen: np.ndarray) -> DeepViews:
    offsets, particles = ragged_rows(views.offsets, np.flatnonzero(chosen))
    columns = {name: getattr(views, name)[chosen] for name in VIEW_COLUMNS}
    columns |= {name: getattr(views, name)[particles] for name in PARTICLE_COLUMNS}
    return DeepViews(offsets=offsets, **columns)
