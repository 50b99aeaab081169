"""``zwicky export``: what cosmology needs to know of a survey's masses."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from zwicky.cli import observed as given

__all__ = ["export"]


def export(
    universes: Annotated[
        list[Path],
        typer.Argument(
            metavar="UNIVERSES...",
            help="Directories that `zwicky universe` wrote; best those that the model never saw.",
            show_default=False,
        ),
    ],
    out: Annotated[Path, typer.Option(help="Directory of the table and of what loads it.")],
    model: Annotated[str, typer.Option(help="A posterior: a shipped model or a directory.")] = "posterior",
    survey_file: given.SurveyFile = None,
    density: given.Density = None,
    without_counts: Annotated[
        bool, typer.Option("--without-counts", help="Masses are those of `zwicky predict` without --survey.")
    ] = False,
    redshifts: Annotated[
        str, typer.Option(help="Redshifts of the table, rising, with commas between.")
    ] = "0.05,0.1,0.2,0.3",
    cosmology: given.Cosmology = None,
    redshift_error: given.RedshiftError = None,
    centre_error: given.CentreError = None,
    aperture: given.Aperture = None,
    tracer: given.Tracer = None,
    looks: Annotated[int, typer.Option(min=1, help="Times that each view of a cluster is observed.")] = 4,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the mock clusters.")] = 1,
    workers: Annotated[int, typer.Option(min=1, help="Universes read side by side.")] = 1,
    views: Annotated[Path | None, typer.Option(help="TOML file of how universes are looked at.")] = None,
) -> None:
    """Tables of P(M_pred | M, z, N) for number counts, in a form that cosmocnc and crow load.

    Clusters of simulations are observed as the survey observes its own and weighed by the model: predicted
    mass and number of galaxies at each true mass and redshift, with the correlation of their residuals.

    Example:  zwicky export box_1 peak_1 --survey survey.toml --tracer red --redshift-error 36 --out relation
    """
    import numpy as np

    from zwicky.cli.console import stages
    from zwicky.cosmology import cosmology_named
    from zwicky.errors import ZwickyError
    from zwicky.estimators import load_model
    from zwicky.io.directories import exclusive, free_directory
    from zwicky.mocks.deep_universes import DeepSettings, require_histories, views_of_universes
    from zwicky.settings import read_toml, to_mapping
    from zwicky.survey.density import known_density
    from zwicky.survey.kinds import mock_kinds
    from zwicky.survey.looks import mock_looks
    from zwicky.survey.mass_relation import measure_relation, relation_grids
    from zwicky.survey.relation_files import RELATION_FILES, write_relation
    from zwicky.survey.told import Told
    from zwicky.survey.weigh import conditional

    if survey_file is not None and density is not None:
        raise ZwickyError(f"--density {density:g}: {survey_file.name} has the density; leave out one of both")
    known = known_density(density if survey_file is None else survey_file)
    if known is None:
        raise ZwickyError(
            "how many galaxies clusters have is not known; give --survey, by zwicky calibrate, or --density"
        )
    try:
        z = np.array([float(one) for one in redshifts.split(",")])
    except ValueError as error:
        raise ZwickyError(f"--redshifts {redshifts}: is no list of numbers; give 0.1,0.2,0.3") from error
    if not (np.all(np.diff(z, prepend=0.0) > 0) and z[-1] < 20.0):
        raise ZwickyError(f"--redshifts {redshifts}: do not rise from above 0; give 0.1,0.2,0.3")
    free_directory(out, "an exported relation", RELATION_FILES)
    told = Told(
        redshift_error_kms=redshift_error,
        centre_error_kms=centre_error,
        aperture_mpc_h=aperture,
        tracer=tracer,
    )
    weighing = conditional(load_model(model))
    chosen = cosmology_named(cosmology or "ho2019")
    with exclusive(out), stages() as tell:
        rng = np.random.default_rng(seed)
        deep = read_toml(DeepSettings, views) if views else DeepSettings()
        if weighing.needs_histories and tracer != "all":
            require_histories(universes, deep.max_redshift)
        seen = views_of_universes(universes, deep, rng=rng, workers=workers, progress=tell)
        rows = np.tile(np.arange(len(seen)), looks)
        clusters = mock_looks(
            weighing, seen, rows, known, told, chosen, rng=rng, with_counts=not without_counts
        )
        kinds = mock_kinds(weighing, seen, known, told, chosen, rng=rng, with_counts=not without_counts)
        grids = relation_grids(clusters, z)
        relation = measure_relation(clusters, kinds, cosmology=chosen, **grids)
        facts = {
            "model": model,
            "universes": [path.name for path in universes],
            "cosmology": chosen.name,
            "density": to_mapping(known),
            "with_counts": not without_counts,
            "told": {name: value for name, value in to_mapping(told).items() if value is not None},
            "clusters": len(clusters),
            "halos": len(np.unique(clusters.halo)),
            "kinds": len(kinds),
            "seed": seed,
        }
        write_relation(out, relation, facts)
    i = int(np.argmin(np.abs(relation.log10_m200c - 14.5)))
    typer.echo(
        f"{out}: {facts['clusters']} clusters of {facts['halos']} halos; at log10 M200c [Msun] "
        f"{relation.log10_m200c[i]:.2f}, z {z[0]:g}: {np.exp(relation.mean_ln_n[i, 0]):.0f} galaxies, "
        f"predicted {relation.mean_pred[i, 0]:.3f} +- {relation.std_pred[i, 0]:.3f}, correlation with ln N "
        f"{relation.correlation[i, 0]:+.2f}; all together off by {relation.shared_error[i, 0]:.3f} dex, by "
        f"so few halos {relation.mean_error[i, 0]:.3f}"
    )
