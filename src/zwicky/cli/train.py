"""``zwicky train``: a model to keep."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["train"]


def train(
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="MOCKS|UNIVERSES...",
            help="Directory that `zwicky mock` wrote; for posterior those that `zwicky universe` wrote.",
            show_default=False,
        ),
    ],
    out: Annotated[Path, typer.Option(help="Directory of the model.")],
    estimator: Annotated[
        str, typer.Option(help="An installed estimator: cnn_1d, cnn_2d, m_sigma, posterior, sdm_1d, ...")
    ] = "cnn_2d",
    config: Annotated[Path | None, typer.Option(help="TOML file of training settings.")] = None,
    thin: Annotated[
        float | None,
        typer.Option(help="Train and judge on galaxies thinned at random to this fraction and above."),
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the training sample.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of training.")] = 1,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Folds side by side (default: all cores), or universes (1).")
    ] = None,
    views: Annotated[
        Path | None, typer.Option(help="TOML file of how universes are looked at (posterior).")
    ] = None,
    calibrate_on: Annotated[
        list[Path] | None,
        typer.Option(
            help="A universe, or a folder of universes, to calibrate on beside the halos held out; may be "
            "repeated (posterior)."
        ),
    ] = None,
    floor_dex: Annotated[
        float, typer.Option(min=0.0, help="Systematic floor added to every mass in dex (posterior).")
    ] = 0.0,
) -> None:
    """Train an estimator and save it with its errors, for `zwicky predict --model`.

    A posterior learns from universes whose tracers are all their particles; it is calibrated on halos that
    are held out. A killed training goes on where it was when the same command is given again.

    Example:  zwicky train my_mocks --estimator cnn_2d --thin 0.1 --out my_model

    Example:  zwicky train box_1 box_2 peak_1 --estimator posterior --calibrate-on others --out my_model
    """
    from zwicky.cli.console import stages
    from zwicky.errors import ZwickyError
    from zwicky.estimators import ConditionalEstimator, estimator_class, load_model
    from zwicky.evaluation import train_model, train_on_universes
    from zwicky.io.directories import exclusive
    from zwicky.io.files import sha256_of
    from zwicky.mocks import read_mocks
    from zwicky.mocks.deep_universes import DeepSettings
    from zwicky.settings import from_mapping, read_toml, to_mapping
    from zwicky.universe.directory import universes_in

    cls = estimator_class(estimator)  # a wrong name is found before the mocks are read
    kind, of_universes = cls.settings_class, issubclass(cls, ConditionalEstimator)
    if thin is not None and not 0 < thin <= 1:
        raise ZwickyError(f"--thin {thin:g} is not allowed; give a fraction above 0 and up to 1")
    changes = {} if epochs is None else {"epochs": epochs}
    if changes and "epochs" not in {field.name for field in dataclasses.fields(kind)}:
        raise ZwickyError(f"--epochs is for networks; {estimator!r} has no such setting")
    base = read_toml(kind, config) if config else kind()
    settings = from_mapping(kind, to_mapping(base) | changes, "training")
    if of_universes:
        if thin is not None:
            raise ZwickyError(f"--thin is for mocks; {estimator!r} draws how clusters are sampled by itself")
        deep = read_toml(DeepSettings, views) if views else None
        with exclusive(out), stages() as tell:
            path = train_on_universes(
                estimator,
                sources,
                out,
                seed=seed,
                settings=settings,
                deep=deep,
                calibrate_on=[one for path in calibrate_on or () for one in universes_in(path)],
                floor_dex=floor_dex,
                workers=workers or 1,
                progress=tell,
            )
        typer.echo(f"{path}: {load_model(path)!r}")
        return
    given = {"--views": views, "--calibrate-on": calibrate_on, "--floor-dex": floor_dex}
    if any(given.values()) or len(sources) > 1:
        what = next((name for name, value in given.items() if value), f"{len(sources)} folders")
        raise ZwickyError(f"{what}: {estimator!r} learns from one directory of mocks; give that alone")
    mocks = sources[0]
    sample = read_mocks(mocks).train
    with exclusive(out), stages() as tell:
        path = train_model(
            estimator,
            sample,
            out,
            seed=seed,
            settings=settings,
            thin_min=thin,
            workers=workers,
            progress=tell,
            source=str(sample.meta.get("source", "")),
            mocks_sha256=sha256_of(mocks / "train.parquet"),
        )
    typer.echo(f"{path}: {load_model(path)!r}")
