"""``zwicky evaluate``: the paper's comparison on any mocks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["evaluate"]


def evaluate(
    mocks: Annotated[
        Path,
        typer.Argument(
            help="Directory that `zwicky mock` wrote; or masses, a table or a survey's.", show_default=False
        ),
    ],
    out: Annotated[Path, typer.Option(help="Directory of predictions and metrics; of masses a .json file.")],
    truth: Annotated[
        Path | None, typer.Option(help="Of masses: a table of cluster_id and true log10_m200c.")
    ] = None,
    estimators: Annotated[
        str, typer.Option(help="Installed estimators to compare with M-sigma, with commas between.")
    ] = "cnn_1d,cnn_2d",
    config: Annotated[Path | None, typer.Option(help="TOML file of the networks' settings.")] = None,
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
    """Cross-validate estimators and M-sigma on mocks: Tables 1 and 2 of Ho et al. (2019).

    With --truth: compare masses that are there, by any method, with the true ones, such as `zwicky sky`
    keeps apart. They need cluster_id and log10_m200c; a truth with halo_id gives errors that count halos.

    Example:  zwicky evaluate my_mocks --out my_results

    Example:  zwicky evaluate my_masses --truth my_sky/truth/clusters.parquet --out residuals.json
    """
    if truth is not None:
        _against_truth(mocks, truth, out, as_json)
        return
    from zwicky.cli.console import print_table2, stages
    from zwicky.estimators import CNNSettings, MSigmaSettings, estimator_class
    from zwicky.ho2019.experiment import cross_validate_methods, fit_relations
    from zwicky.ho2019.results import write_results
    from zwicky.io.directories import exclusive, free_directory
    from zwicky.io.files import make_directory
    from zwicky.mocks import read_mocks
    from zwicky.settings import from_mapping, read_toml, to_mapping

    names = ["training", "predictions.parquet", "losses.json", "sample_cluster.ecsv", "metrics.json"]
    free_directory(out, "an evaluation", names)
    base = read_toml(CNNSettings, config) if config else CNNSettings()
    changes = {} if epochs is None else {"epochs": epochs}
    networks = from_mapping(CNNSettings, to_mapping(base) | changes, "training")
    kinds = {name: estimator_class(name).settings_class for name in estimators.split(",")}
    settings = {name: networks if kind is CNNSettings else kind() for name, kind in kinds.items()}
    samples = read_mocks(mocks)
    relations = fit_relations(samples, MSigmaSettings(min_log10_m200c_h=m_sigma_above))
    make_directory(out)
    with exclusive(out), stages() as tell:
        crossed = cross_validate_methods(settings, samples, out / "training", seed, tell, workers)
        tell("evaluate", 0, 1, "predictions and metrics")
        metrics = write_results(out, samples, crossed, relations, universe={}, timing={}, seed=seed)
    if as_json:
        typer.echo((out / "metrics.json").read_text(), nl=False)
        return
    print_table2(metrics)


def _against_truth(masses: Path, truth: Path, out: Path, as_json: bool) -> None:
    import json

    from zwicky.errors import ZwickyError
    from zwicky.io.files import write_json
    from zwicky.survey.truth import against_truth

    if out.suffix.lower() != ".json":
        raise ZwickyError(f"--out {out}: of masses it is a file of numbers; give a name in .json")
    for path in (masses, truth):
        if not path.exists():
            raise ZwickyError(f"{path}: does not exist; give masses and their truth")
    found = against_truth(masses, truth)
    write_json(out, found)
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    typer.echo(f"{found['weighed']} of {found['with_truth']} clusters with a true mass weighed")
    rows = {"all": found["all"], "flag ok": found["ok"]}
    rows |= {f"{name} galaxies": numbers for name, numbers in found["by_n_galaxies"].items()}
    for name, numbers in rows.items():
        if not numbers["n"]:
            continue
        held = f", {numbers['inside_68']:.0%} inside 68 %" if "inside_68" in numbers else ""
        median, scatter = (
            f"{numbers[f'{what}_dex']:{sign}.3f}"
            + (f" +- {numbers[f'{what}_error_dex']:.3f}" if "halos" in numbers else "")
            for what, sign in (("median", "+"), ("scatter", ""))
        )
        typer.echo(f"{name}: {numbers['n']} clusters, median {median}, scatter {scatter} dex{held}")
