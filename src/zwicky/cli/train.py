"""``zwicky train``: a model to keep."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["train"]


def train(
    mocks: Annotated[Path, typer.Argument(help="Directory that `zwicky mock` wrote.", show_default=False)],
    out: Annotated[Path, typer.Option(help="Directory of the model.")],
    estimator: Annotated[
        str, typer.Option(help="An installed estimator: cnn_1d, cnn_2d, m_sigma, sdm_1d, sdm_2d, ...")
    ] = "cnn_2d",
    config: Annotated[Path | None, typer.Option(help="TOML file of training settings.")] = None,
    thin: Annotated[
        float | None,
        typer.Option(help="Train and judge on galaxies thinned at random to this fraction and above."),
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the training sample.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of training.")] = 1,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Folds side by side; default: all cores.")
    ] = None,
) -> None:
    """Train an estimator on mocks and save it with its errors, for `zwicky predict --model`.

    Example:  zwicky train my_mocks --estimator cnn_2d --thin 0.1 --out my_model
    """
    from zwicky.cli.console import stages
    from zwicky.errors import ZwickyError
    from zwicky.estimators import estimator_class, load_model
    from zwicky.evaluation import train_model
    from zwicky.io import exclusive, sha256_of
    from zwicky.mocks import read_mocks
    from zwicky.settings import from_mapping, read_toml, to_mapping

    kind = estimator_class(estimator).settings_class  # a wrong name is found before the mocks are read
    if thin is not None and not 0 < thin <= 1:
        raise ZwickyError(f"--thin {thin:g} is not allowed; give a fraction above 0 and up to 1")
    changes = {} if epochs is None else {"epochs": epochs}
    if changes and "epochs" not in {field.name for field in dataclasses.fields(kind)}:
        raise ZwickyError(f"--epochs is for networks; {estimator!r} has no such setting")
    base = read_toml(kind, config) if config else kind()
    settings = from_mapping(kind, to_mapping(base) | changes, "training")
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
