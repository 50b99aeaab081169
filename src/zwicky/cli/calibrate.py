"""``zwicky calibrate``: the density of a survey's galaxies, from its own clusters."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from zwicky.cli import observed as given

__all__ = ["calibrate"]


def calibrate(
    galaxies: given.Galaxies,
    out: Annotated[Path, typer.Option(help="File of the survey, TOML, for `zwicky predict --survey`.")],
    model: Annotated[str, typer.Option(help="A posterior: a shipped model or a directory.")] = "posterior",
    clusters: given.Clusters = None,
    columns: given.Columns = "",
    table: given.Table = None,
    merge_arcsec: given.MergeArcsec = 1.0,
    keep_warned: given.KeepWarned = False,
    cosmology: given.Cosmology = None,
    comoving: given.Comoving = False,
    recentre: given.Recentre = False,
    redshift_error_kms: given.RedshiftError = None,
    centre_error_kms: given.CentreError = None,
    aperture_mpc_h: given.Aperture = None,
    tracer: given.Tracer = None,
    trend: Annotated[
        bool, typer.Option("--trend", help="Also a trend with redshift, as a flux limit makes one.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the draws that carry the uncertainty.")] = 1,
) -> None:
    """Learn how dense a survey's galaxies are, so that their number speaks of the mass; says if that helps.

    No mass needs to be known: 30 clusters or more share one density, with a scatter that is inferred too.

    Example:  zwicky calibrate survey.fits --clusters centres.csv --out survey.toml
    """
    import numpy as np

    from zwicky.survey import Observing, fit_density, write_density
    from zwicky.survey.weigh import conditional, joint_of

    observing = Observing.of(locals())
    from zwicky.errors import ZwickyError
    from zwicky.estimators import load_model

    if out.suffix.lower() != ".toml":
        raise ZwickyError(f"--out {out}: suffix {out.suffix!r} is not known; give a name in .toml")
    given.check_paths([galaxies, *([clusters] if clusters else [])], {"--out": out})
    weighing = conditional(load_model(model))
    found = given.observed_blocks(galaxies, clusters, weighing, observing).whole()
    mixture, rows = joint_of(found, weighing)
    redshift = found.sample.redshift[rows]
    prior = fit_density(mixture, redshift, rng=np.random.default_rng(seed), with_trend=trend)
    write_density(out, prior)
    typer.echo(f"{out}: {prior.verdict()}")
