"""``zwicky predict``: the masses of observed clusters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["predict"]


def predict(
    galaxies: Annotated[Path, typer.Argument(help="Table of galaxies.", show_default=False)],
    clusters: Annotated[
        Path | None, typer.Option(help="Table of cluster centres: cluster_id, ra, dec, z.")
    ] = None,
    columns: Annotated[
        str,
        typer.Option(help="Your names for our columns: ours=theirs,... with a unit in square brackets."),
    ] = "",
    redshift: Annotated[
        float | None, typer.Option(help="Redshift of the cluster where no file has it.")
    ] = None,
    cosmology: Annotated[
        str | None, typer.Option(help="Cosmology of the distances and of the masses' h; default: ho2019.")
    ] = None,
    comoving: Annotated[bool, typer.Option("--comoving", help="Radii are comoving, not proper.")] = False,
    recentre: Annotated[
        bool, typer.Option("--recentre", help="Put velocities on the median of the inner galaxies.")
    ] = False,
    model: Annotated[
        str, typer.Option(help="A shipped model (cnn_2d, cnn_1d, m_sigma) or a directory.")
    ] = "cnn_2d",
    m_sigma: Annotated[
        str, typer.Option(help="Where log10_m200c_msigma comes from, as --model.")
    ] = "m_sigma",
    out: Annotated[
        Path | None, typer.Option(help="Write the table: .csv, .ecsv, .fits, .parquet, .vot.")
    ] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw the first clusters: .png, .pdf, .svg.")] = None,
    msun_h: Annotated[bool, typer.Option("--msun-h", help="Print masses in Msun/h as well.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Weigh galaxy clusters from the velocities of their galaxies.

    GALAXIES is CSV, ECSV, FITS, Parquet or VOTable, one cluster or many (cluster_id), with r_proj (proper
    Mpc) and v_los (km/s, rest frame), or with ra, dec and z. Units in the file are honoured.

    Example: zwicky predict abell85.csv --redshift 0.055

    Example: zwicky predict survey.fits --clusters centres.csv --columns z=z_spec --recentre --out mass.ecsv
    """
    # What a command imports only when it runs, `zwicky --help` need not wait for.
    from zwicky import survey
    from zwicky.cosmology import deferred_cosmology
    from zwicky.errors import ZwickyError
    from zwicky.estimators import MSigma
    from zwicky.io.measures import parse_columns
    from zwicky.io.observed import read_observed
    from zwicky.io.tabular import check_output, write_any
    from zwicky.tables import ClusterSample

    _check_paths([galaxies, *([clusters] if clusters else [])], {"--out": out, "--plot": plot})
    if out is not None:
        check_output(out)
    if plot is not None:
        survey.check_plot(plot)
    if redshift is not None and not 0 < redshift < 20:
        raise ZwickyError(f"--redshift {redshift:g} is not allowed; give the cluster's redshift, above 0")
    chosen = deferred_cosmology(cosmology or "ho2019")
    mapping = parse_columns(columns)
    observed, centres = read_observed(
        galaxies, clusters, h=chosen.h, columns=mapping, redshift=redshift, comoving=comoving
    )
    if cosmology is not None and isinstance(observed, ClusterSample):
        raise ZwickyError(
            f"{galaxies.name}: is a sample that zwicky wrote, with its own cosmology; leave out --cosmology"
        )
    weighing, by_sigma = survey.open_model(model), survey.open_model(m_sigma)
    if not isinstance(by_sigma.estimator, MSigma):
        raise ZwickyError(
            f"--m-sigma {m_sigma}: is not an M-sigma relation; give m_sigma or a directory of one"
        )
    found = survey.clusters_of(observed, centres, cosmology=chosen, model=weighing)
    for note in found.notes:
        typer.echo(f"zwicky: {note}", err=True)
    if recentre:
        aperture = weighing.aperture_mpc(found.sample.cosmology.h)
        found = survey.recentre(found, aperture_mpc=aperture, v_cut_kms=weighing.v_cut_kms)
    if len(found) == 1 and (problem := survey.problems_of(found, weighing)[0]) is not None:
        raise ZwickyError(f"{galaxies.name}: cluster {found.label[0]}: {problem.what}; {problem.advice}")
    table = survey.weigh(found, weighing, by_sigma)
    its = found.sample.cosmology
    table.meta = {"model": weighing.name, "cosmo": its.name or type(its).__name__}
    if out is not None:
        write_any(out, table)
    if plot is not None:
        survey.write_figure(plot, found, table, weighing, msun_h=msun_h)
    if as_json:
        typer.echo(_as_json(table))
    else:
        _print(table, found.sample.cosmology.h if msun_h else None)


def _check_paths(inputs: list[Path], outputs: dict[str, Path | None]) -> None:
    """Refuse outputs that would take the place of an input or of each other, or that have no directory."""
    from zwicky.errors import ZwickyError

    taken = {path.resolve(): "is a table to read" for path in inputs}
    for option, path in outputs.items():
        if path is None:
            continue
        if path.resolve() in taken:
            raise ZwickyError(f"{option} {path}: {taken[path.resolve()]}; give another name")
        taken[path.resolve()] = f"is what {option} writes"
        if not path.parent.is_dir():
            raise ZwickyError(
                f"{option} {path}: directory {path.parent} does not exist; make it or give another"
            )


def _as_json(table) -> str:
    import numpy as np
    from astropy.units import Quantity

    def plain(value):
        value = value.value if isinstance(value, Quantity) else value
        value = value.item() if isinstance(value, np.generic) else value
        return None if isinstance(value, float) and not np.isfinite(value) else value

    rows = [{name: plain(row[name]) for name in table.colnames} for row in table]
    return json.dumps({**table.meta, "clusters": rows}, indent=2, allow_nan=False)


def _print(table, h: float | None) -> None:
    import numpy as np
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    def number(value, digits=2):
        return f"{value:.{digits}f}" if np.isfinite(value) else "-"

    shown = Table(caption=f"{table.meta['model']}, {table.meta['cosmo']}; log10 of M200c in Msun")
    heads = ["cluster", "galaxies", "log10 M", "error", "sigma_v km/s", "log10 M (M-sigma)"]
    recentred = "recentred_kms" in table.colnames
    heads += (["log10 M [Msun/h]"] if h else []) + (["recentred km/s"] if recentred else []) + ["flag"]
    for head in heads:
        shown.add_column(head, justify="left" if head in ("cluster", "flag") else "right")
    for row in table:
        cells = [
            str(row["cluster_id"]),
            str(row["n_members"]),
            number(row["log10_m200c"]),
            number(row["log10_m200c_err"]),
            number(row["sigma_v_kms"].value, 0),
            number(row["log10_m200c_msigma"]),
        ]
        cells += [number(row["log10_m200c"] + np.log10(h))] if h else []
        cells += [f"{row['recentred_kms'].value:+.0f}"] if recentred else []
        shown.add_row(*map(escape, [*cells, str(row["flag"])]))
    Console().print(shown)
