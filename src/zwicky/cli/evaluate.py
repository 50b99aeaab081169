"""``zwicky evaluate``: the paper's comparison on any mocks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["evaluate"]


def evaluate(
    mocks: Annotated[Path, typer.Argument(help="Directory that `zwicky mock` wrote.", show_default=False)],
    out: Annotated[Path, typer.Option(help="Directory of predictions and metrics.")],
    config: Annotated[Path | None, typer.Option(help="TOML file of training settings.")] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the training sample.")] = None,
    m_sigma_above: Annotated[
        float, typer.Option(help="M-sigma is fitted above this log10 M200c in Msun/h.")
    ] = 14.5,
    seed: Annotated[int, typer.Option(min=0, help="Seed of training and bootstrap.")] = 1,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Folds side by side; default: all cores.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print metrics.json.")] = False,
) -> None:
    """Cross-validate both networks and M-sigma on mocks: Tables 1 and 2 of Ho et al. (2019).

    Example:  zwicky evaluate my_mocks --out my_results
    """
    from zwicky.cli.console import print_table2, stages
    from zwicky.errors import ZwickyError
    from zwicky.estimators import CNNSettings, MSigmaSettings
    from zwicky.ho2019 import cross_validate_networks, fit_relations, write_results
    from zwicky.io import exclusive, make_directory
    from zwicky.mocks import read_mocks
    from zwicky.settings import from_mapping, read_toml, to_mapping

    others = ("run.toml", "universe.toml", "import.toml", "mocks.toml", "config.toml")
    if any((out / name).exists() for name in others):
        raise ZwickyError(f"{out}: holds a run, a universe, mocks or a model; give another directory")
    base = read_toml(CNNSettings, config) if config else CNNSettings()
    changes = {} if epochs is None else {"epochs": epochs}
    settings = from_mapping(CNNSettings, to_mapping(base) | changes, "training")
    samples = read_mocks(mocks)
    relations = fit_relations(samples, MSigmaSettings(min_log10_m200c_h=m_sigma_above))
    make_directory(out)
    with exclusive(out), stages() as tell:
        crossed = cross_validate_networks(samples, out / "training", settings, seed, tell, workers)
        tell("evaluate", 0, 1, "predictions and metrics")
        metrics = write_results(out, samples, crossed, relations, universe={}, timing={}, seed=seed)
    if as_json:
        typer.echo((out / "metrics.json").read_text(), nl=False)
        return
    print_table2(metrics)
