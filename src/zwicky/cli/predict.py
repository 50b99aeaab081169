"""``zwicky predict``: the masses of observed clusters."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["predict"]


def predict(
    galaxies: Annotated[Path, typer.Argument(help="Table of galaxies.", show_default=False)],
    clusters: Annotated[
        Path | None, typer.Option(help="Table of cluster centres: cluster_id, ra, dec, z.")
    ] = None,
    centre: Annotated[
        str | None, typer.Option(help="Centre of the one cluster: RA,DEC,Z, or find to have one proposed.")
    ] = None,
    columns: Annotated[
        str,
        typer.Option(help="Your names for our columns: ours=theirs,... with a unit in square brackets."),
    ] = "",
    redshift: Annotated[
        float | None, typer.Option(help="Redshift of the cluster where no file has it.")
    ] = None,
    table: Annotated[
        str | None,
        typer.Option("--table", "--hdu", help="Which table of GALAXIES' file, by name or number."),
    ] = None,
    merge_arcsec: Annotated[
        float, typer.Option(help="Galaxies closer than this, with one redshift, are one; 0 merges none.")
    ] = 1.0,
    keep_warned: Annotated[
        bool, typer.Option("--keep-warned", help="Use redshifts whose ZWARN is not 0 as well.")
    ] = False,
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

    GALAXIES is CSV, text, ECSV, FITS, Parquet, VOTable or HDF5, one cluster or many (cluster_id), with ra,
    dec and z, or with r_proj (proper Mpc) and v_los (km/s, rest frame). Units in the file are honoured.

    Example: zwicky predict abell85.csv --centre 10.46,-9.30,0.055

    Example: zwicky predict members.csv --redshift 0.055

    Example: zwicky predict survey.fits --clusters centres.csv --columns z=z_spec --recentre --out mass.ecsv
    """
    # What a command imports only when it runs, `zwicky --help` need not wait for.
    from zwicky import survey
    from zwicky.cli.masses import masses_as_json, print_masses
    from zwicky.cosmology import deferred_cosmology
    from zwicky.errors import ZwickyError, printable
    from zwicky.estimators import MSigma, load_model
    from zwicky.io.centres import parse_centre
    from zwicky.io.columns import parse_columns
    from zwicky.io.observed import read_observed
    from zwicky.io.tabular import check_output, write_any
    from zwicky.tables import ClusterSample

    if centre is not None and (clusters is not None or redshift is not None):
        other = "--clusters" if clusters is not None else "--redshift"
        raise ZwickyError(f"--centre {centre}: has the centre and the redshift; leave out {other}")
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
        galaxies,
        clusters if centre in (None, "find") else parse_centre(centre),
        h=chosen.h,
        columns=mapping,
        redshift=redshift,
        comoving=comoving,
        table=table,
        without_centre=centre == "find",
        keep_warned=keep_warned,
    )
    if cosmology is not None and isinstance(observed, ClusterSample):
        raise ZwickyError(
            f"{galaxies.name}: is a sample that zwicky wrote, with its own cosmology; leave out --cosmology"
        )
    weighing, by_sigma = load_model(model), load_model(m_sigma)
    if not isinstance(by_sigma, MSigma):
        raise ZwickyError(
            f"--m-sigma {m_sigma}: is not an M-sigma relation; give m_sigma or a directory of one"
        )
    found = survey.clusters_of(observed, centres, cosmology=chosen, model=weighing, merge_arcsec=merge_arcsec)
    for note in found.notes:
        typer.echo(f"zwicky: {printable(note)}", err=True)
    if recentre:
        found = survey.recentre(found, survey.cylinder_of(weighing))
    if len(found) == 1 and (problem := survey.problems_of(found, weighing)[0]) is not None:
        raise ZwickyError(f"{galaxies.name}: cluster {found.label[0]}: {problem.what}; {problem.advice}")
    masses = survey.weigh(found, weighing, by_sigma)
    its = found.sample.cosmology
    masses.meta = {"model": model, "cosmo": its.name or type(its).__name__}
    if out is not None:
        write_any(out, masses)
    if plot is not None:
        survey.write_figure(plot, found, masses, survey.cylinder_of(weighing), msun_h=msun_h)
    if as_json:
        typer.echo(masses_as_json(masses))
    else:
        print_masses(masses, found.sample.cosmology.h if msun_h else None)


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
