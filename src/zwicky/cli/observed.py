"""What the commands that weigh share: options, and the way from files to clusters and a model."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from zwicky.estimators import Estimator
    from zwicky.survey import Observing
    from zwicky.survey.blocks import Blocks

__all__ = [
    "Aperture",
    "CentreError",
    "Clusters",
    "Columns",
    "Comoving",
    "Cosmology",
    "Density",
    "Galaxies",
    "KeepWarned",
    "MSigmaFrom",
    "MergeArcsec",
    "PriorNamed",
    "Recentre",
    "Redshift",
    "RedshiftError",
    "SurveyFile",
    "Table",
    "Tracer",
    "check_paths",
    "observed_blocks",
    "say",
]

Galaxies = Annotated[Path, typer.Argument(help="Table of galaxies.", show_default=False)]
Clusters = Annotated[Path | None, typer.Option(help="Table of cluster centres: cluster_id, ra, dec, z.")]
Columns = Annotated[
    str, typer.Option(help="Your names for our columns: ours=theirs,... with a unit in square brackets.")
]
Redshift = Annotated[float | None, typer.Option(help="Redshift of the cluster where no file has it.")]
Table = Annotated[
    str | None,
    typer.Option("--table", "--hdu", help="Which table of GALAXIES' file, by name or number."),
]
MergeArcsec = Annotated[
    float, typer.Option(help="Galaxies closer than this, with one redshift, are one; 0 merges none.")
]
KeepWarned = Annotated[
    bool, typer.Option("--keep-warned", help="Use redshifts whose ZWARN is not 0 as well.")
]
Cosmology = Annotated[
    str | None, typer.Option(help="Cosmology of the distances and of the masses' h; default: ho2019.")
]
Comoving = Annotated[bool, typer.Option("--comoving", help="Radii are comoving, not proper.")]
Recentre = Annotated[
    bool, typer.Option("--recentre", "--recenter", help="Put velocities on the median of the inner galaxies.")
]
RedshiftError = Annotated[
    float | None, typer.Option("--redshift-error", help="Error of a galaxy's redshift, km/s (posterior).")
]
CentreError = Annotated[
    float | None,
    typer.Option(
        "--centre-error", help="Error of the clusters' own redshifts, km/s; 0 is exact (posterior)."
    ),
]
Aperture = Annotated[
    float | None,
    typer.Option("--aperture", help="Radius out to which was observed, comoving Mpc/h (posterior)."),
]
Tracer = Annotated[str | None, typer.Option(help="Kind of galaxies: all, red or blue (posterior).")]
MSigmaFrom = Annotated[str, typer.Option(help="Where log10_m200c_msigma comes from, as --model.")]
PriorNamed = Annotated[
    str, typer.Option(help="Prior of the main columns: flat, hmf, or a table of log10_m200c and density.")
]
SurveyFile = Annotated[
    Path | None, typer.Option("--survey", help="Density of the survey's galaxies, by `zwicky calibrate`.")
]
Density = Annotated[
    float | None, typer.Option(help="Such galaxies in the universe, comoving, per (Mpc/h)^3.")
]


def observed_blocks(
    galaxies: Path,
    clusters: Path | None,
    model: Estimator,
    observing: Observing,
    *,
    with_origin: bool = False,
) -> Blocks:
    """Clusters of the files, as the options say; what was taken for what goes to standard error."""
    from zwicky.survey import observe

    found = observe.observed_blocks(galaxies, clusters, model, observing, with_origin=with_origin)
    say(found.notes)
    return found


def say(notes: Iterable[str]) -> None:
    """Print notes to standard error, a line each."""
    from zwicky.errors import printable

    for note in notes:
        typer.echo(f"zwicky: {printable(note)}", err=True)


def check_paths(inputs: list[Path], outputs: dict[str, Path | None]) -> None:
    """Refuse outputs that would take the place of an input or of each other, or can be no file."""
    from zwicky.errors import ZwickyError
    from zwicky.io.files import check_file_name

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
        check_file_name(path)
