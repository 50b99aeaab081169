"""``zwicky predict``: the masses of observed clusters."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from zwicky.cli import observed as given

__all__ = ["predict"]


def predict(
    galaxies: given.Galaxies,
    clusters: given.Clusters = None,
    centre: Annotated[
        str | None,
        typer.Option(
            "--centre", "--center", help="Centre of the one cluster: RA,DEC,Z, or find to have one proposed."
        ),
    ] = None,
    columns: given.Columns = "",
    redshift: given.Redshift = None,
    table: given.Table = None,
    merge_arcsec: given.MergeArcsec = 1.0,
    keep_warned: given.KeepWarned = False,
    cosmology: given.Cosmology = None,
    comoving: given.Comoving = False,
    recentre: given.Recentre = False,
    model: Annotated[
        str | None,
        typer.Option(
            help="A shipped model (posterior, cnn_2d, cnn_1d, m_sigma) or a directory; default: posterior."
        ),
    ] = None,
    m_sigma: given.MSigmaFrom = "m_sigma",
    prior: given.PriorNamed = "flat",
    redshift_error_kms: given.RedshiftError = None,
    centre_error_kms: given.CentreError = None,
    aperture_mpc_h: given.Aperture = None,
    tracer: given.Tracer = None,
    survey_file: given.SurveyFile = None,
    density: given.Density = None,
    out: Annotated[
        Path | None, typer.Option(help="Write the table: .csv, .ecsv, .fits, .parquet, .vot.")
    ] = None,
    posterior: Annotated[
        Path | None, typer.Option(help="Write the densities of the main columns: .safetensors.")
    ] = None,
    members: Annotated[
        Path | None, typer.Option(help="Write each galaxy's membership and influence, as --out.")
    ] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw the first clusters: .png, .pdf, .svg.")] = None,
    report: Annotated[
        Path | None, typer.Option(help="Write a page of every cluster and its galaxies: .html.")
    ] = None,
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
    import dataclasses

    import numpy as np

    from zwicky.survey import Observing
    from zwicky.survey.density import known_density
    from zwicky.survey.figure import MAX_PANELS, check_plot, write_figure
    from zwicky.survey.masses import masses_table, under, weigh_blocks
    from zwicky.survey.members import members_table
    from zwicky.survey.page import check_page, write_page
    from zwicky.survey.priors import prior_named
    from zwicky.survey.weigh import can_be_calibrated, conditional, cylinder_of

    observing = Observing.of(locals())
    from zwicky.cli.masses import masses_as_json, print_masses
    from zwicky.errors import ZwickyError
    from zwicky.estimators import DEFAULT_MODEL, MSigma, load_model

    if centre is not None and (clusters is not None or redshift is not None):
        other = "--clusters" if clusters is not None else "--redshift"
        raise ZwickyError(f"--centre {centre}: has the centre and the redshift; leave out {other}")
    outputs = {
        "--out": out,
        "--plot": plot,
        "--posterior": posterior,
        "--members": members,
        "--report": report,
    }
    given.check_paths([galaxies, *([clusters] if clusters else [])], outputs)
    if out is not None or members is not None:
        from zwicky.io.tabular import check_output, write_any

        for path in filter(None, (out, members)):
            check_output(path)
    if plot is not None:
        check_plot(plot)
    if report is not None:
        check_page(report)
    if redshift is not None and not 0 < redshift < 20:
        raise ZwickyError(f"--redshift {redshift:g} is not allowed; give the cluster's redshift, above 0")
    if survey_file is not None and density is not None:
        raise ZwickyError(f"--density {density:g}: {survey_file.name} has the density; leave out one of both")
    known = known_density(density if survey_file is None else survey_file)
    chosen = prior_named(prior)
    model = DEFAULT_MODEL if model is None else model
    weighing, by_sigma = load_model(model), load_model(m_sigma)
    if not isinstance(by_sigma, MSigma):
        raise ZwickyError(
            f"--m-sigma {m_sigma}: is not an M-sigma relation; give m_sigma or a directory of one"
        )
    if known is not None:
        conditional(weighing)
    blocks = given.observed_blocks(
        galaxies, clusters, weighing, observing, with_origin=members is not None or report is not None
    )
    if report is not None:  # a page shows all clusters
        blocks = dataclasses.replace(blocks, size=max(len(blocks), 1))
    last, densities, memberships = [], [], []

    def each(found, weighed):
        if len(blocks) == 1 and (problem := weighed.problems[0]) is not None:
            raise ZwickyError(f"{galaxies.name}: cluster {found.label[0]}: {problem.what}; {problem.advice}")
        last[:] = found, weighed
        if posterior is not None:
            densities.append(under(weighed.posterior, chosen, found.sample))
        if members is not None:
            memberships.append(members_table(found, weighing, density=known))

    columns_found = weigh_blocks(blocks, weighing, by_sigma, prior=chosen, density=known, each=each)
    found, weighed = last
    its = found.sample.cosmology
    facts = {"model": model, "cosmo": its.name or type(its).__name__}
    facts["prior"] = chosen if isinstance(chosen, str) else chosen.name
    if any(path is not None for path in (out, plot, report)):  # else astropy's tables need not be imported
        masses = masses_table(columns_found, chosen)
        masses.meta = facts
    if out is not None:
        write_any(out, masses)
    if posterior is not None:
        from zwicky.estimators import join_posteriors
        from zwicky.estimators.posterior_files import write_posterior

        write_posterior(posterior, join_posteriors(densities))
    if members is not None:
        from astropy.table import vstack

        write_any(members, vstack(memberships, metadata_conflicts="silent"))
    if plot is not None:
        first = blocks.run(0, min(len(blocks), MAX_PANELS))
        write_figure(plot, first, masses, cylinder_of(weighing), msun_h=msun_h)
    if report is not None:
        write_page(report, found, weighed, masses, weighing, by_sigma, prior=chosen, source=galaxies.name)
    n_weighed = int(np.isfinite(columns_found["log10_m200c_err"]).sum())
    if known is None and can_be_calibrated(n_weighed, weighing):
        typer.echo(
            f"zwicky: {galaxies.name}: from so many clusters `zwicky calibrate` can learn the density of the "
            "survey's galaxies, and their number then speaks of the mass (--survey)",
            err=True,
        )
    if as_json:
        typer.echo(masses_as_json(columns_found, facts))
    else:
        print_masses(columns_found, facts, its.h if msun_h else None)
    if report is not None:
        typer.echo(f"Open {report}", err=True)
