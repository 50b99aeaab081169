"""``zwicky survey`` and ``zwicky hats``: masses at the scale of a sky, on one machine or a hundred."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from zwicky.cli import observed as given

__all__ = ["hats", "survey"]

Workers = Annotated[
    int | None,
    typer.Option(min=0, help="Processes on this machine; default: one a core. 0: this process alone."),
]
Scheduler = Annotated[
    str | None, typer.Option(help="Address of a running Dask scheduler, tcp://HOST:PORT, instead of workers.")
]


def survey(
    galaxies: Annotated[
        Path, typer.Argument(help="HATS catalogue or folder of Parquet files.", show_default=False)
    ],
    clusters: Annotated[
        Path, typer.Option(help="Centres: cluster_id, ra, dec, z; a table, a folder or a HATS catalogue.")
    ],
    out: Annotated[Path, typer.Option(help="Folder of the masses, a HATS catalogue.")],
    workers: Workers = None,
    scheduler: Scheduler = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be read and how long it takes, and stop.")
    ] = False,
    columns: given.Columns = "",
    merge_arcsec: given.MergeArcsec = 1.0,
    keep_warned: given.KeepWarned = False,
    cosmology: given.Cosmology = None,
    recentre: given.Recentre = False,
    redshift_error_kms: given.RedshiftError = None,
    centre_error_kms: given.CentreError = None,
    aperture_mpc_h: given.Aperture = None,
    tracer: given.Tracer = None,
    model: Annotated[
        str | None, typer.Option(help="A shipped model or a directory that all workers see.")
    ] = None,
    m_sigma: given.MSigmaFrom = "m_sigma",
    prior: given.PriorNamed = "flat",
    survey_file: given.SurveyFile = None,
    max_centres: Annotated[int, typer.Option(min=1, help="Clusters of a partition, at most.")] = 10_000,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Weigh every cluster of a survey, a part of the sky at a time; a killed run goes on where it stood.

    The masses are those of `zwicky predict`, bit for bit, however many workers there are.

    Example: zwicky survey galaxies_hats --clusters centres.parquet --out masses --recentre

    Example: zwicky survey galaxies_hats --clusters centres_hats --out masses --scheduler tcp://10.0.0.1:8786
    """
    _check_out(out, [galaxies, clusters])
    if scheduler is None and workers != 0 and not dry_run:
        _prepare()
    from zwicky.survey import Observing

    observing = Observing.of(locals())
    from concurrent.futures import ThreadPoolExecutor

    from zwicky.cli.console import stages
    from zwicky.errors import ZwickyError
    from zwicky.estimators import DEFAULT_MODEL, MSigma, load_model
    from zwicky.extras import require
    from zwicky.io.directories import free_directory
    from zwicky.parallel import available_cores
    from zwicky.processes.dask_workers import dask_client
    from zwicky.survey import read_density
    from zwicky.survey.priors import prior_named
    from zwicky.survey.weigh import conditional
    from zwicky.survey.wide import Plan, plan_survey, weigh_survey
    from zwicky.survey.wide.run import CONTENTS
    from zwicky.survey.wide.task import Weighing, get_ready

    require(None, "survey", "weighing a survey")
    if scheduler is not None and workers is not None:
        raise ZwickyError(f"--workers {workers}: --scheduler {scheduler} has its own; leave out one of both")
    free_directory(out, "a survey's masses", CONTENTS)
    model = DEFAULT_MODEL if model is None else model
    weighs, by_sigma = load_model(model), load_model(m_sigma)
    if not isinstance(by_sigma, MSigma):
        raise ZwickyError(
            f"--m-sigma {m_sigma}: is not an M-sigma relation; give m_sigma or a directory of one"
        )
    prior_named(prior)
    if survey_file is not None:
        conditional(weighs)
        read_density(survey_file)
    weighing = Weighing(
        _everywhere(model),
        _everywhere(m_sigma),
        observing,
        _everywhere(prior),
        None if survey_file is None else str(survey_file.absolute()),
    )
    n_workers = available_cores() if workers is None else workers

    def planned() -> Plan:
        return plan_survey(galaxies, clusters, weighs, observing, max_centres=max_centres)

    def told(plan: Plan) -> Plan:
        given.say(plan.lines(n_workers))
        return plan

    if dry_run:
        told(planned())
        return
    if scheduler is None and workers == 0:
        with stages() as progress:
            facts = weigh_survey(told(planned()), weighing, out, progress=progress)
    else:
        # Workers start and read the model while this process plans.
        with ThreadPoolExecutor(1) as beside:
            plan = beside.submit(planned)
            with dask_client(n_workers, scheduler) as client, stages() as progress:
                given.say([f"dashboard: {client.dashboard_link}"])
                ready = client.map(get_ready, [weighing] * n_workers, pure=False)
                facts = weigh_survey(told(plan.result()), weighing, out, client=client, progress=progress)
                del ready
    if as_json:
        import json

        typer.echo(json.dumps({"out": str(out), **facts}, indent=2, default=str))
    else:
        typer.echo(f"{out}: {facts['n_weighed']} of {facts['n_clusters']} clusters weighed")


def hats(
    tables: Annotated[
        list[Path], typer.Argument(help="Tables of galaxies or of centres, any format.", show_default=False)
    ],
    out: Annotated[Path, typer.Option(help="Folder of the HATS catalogue.")],
    columns: given.Columns = "",
    workers: Workers = None,
    scheduler: Scheduler = None,
    max_rows: Annotated[int, typer.Option(min=1, help="Rows of a pixel of the sky, at most.")] = 500_000,
) -> None:
    """Make a HATS catalogue, sorted by place, of a table or of several with the same columns.

    Positions become degrees and velocities redshifts; ids, warnings and how clusters were observed are kept.

    Example: zwicky hats survey.fits --out galaxies_hats --columns z=Z_SPEC

    Example: zwicky hats part1.csv part2.csv --out galaxies_hats
    """
    from zwicky.errors import ZwickyError
    from zwicky.extras import require
    from zwicky.io.columns import parse_columns
    from zwicky.parallel import available_cores

    require(None, "survey", "writing a HATS catalogue")
    from zwicky.processes.dask_workers import dask_client
    from zwicky.survey.wide import table_to_hats

    if scheduler is not None and workers is not None:
        raise ZwickyError(f"--workers {workers}: --scheduler {scheduler} has its own; leave out one of both")
    _check_out(out, tables)
    for table in tables:
        if not table.is_file():
            raise ZwickyError(f"{table}: is no file; give tables")
    with dask_client(available_cores() if workers is None else workers, scheduler) as client:
        n_rows = table_to_hats(tables, out, parse_columns(columns), client, max_rows=max_rows)
    typer.echo(f"{out}: {n_rows} rows")


def _prepare() -> None:
    """Workers' imports begin before this process's own."""
    from zwicky.processes.dask_workers import prepare_workers

    prepare_workers(_OF_WORKERS)


#: What a worker does imports these, and finishing the catalogue the last.
_OF_WORKERS = (
    "zwicky.survey.wide.task", "zwicky.estimators.posterior", "pandas", "pyarrow.parquet",
    "astropy.cosmology", "hats.catalog",
)  # fmt: skip


def _check_out(out: Path, inputs: list[Path]) -> None:
    """Refuse a folder that would take the place of an input, or stand inside one."""
    from zwicky.errors import ZwickyError

    for path in inputs:
        if out.resolve() == path.resolve() or path.resolve() in out.resolve().parents:
            raise ZwickyError(f"--out {out}: {path} is to be read; give another folder")
        if out.resolve() in path.resolve().parents:
            raise ZwickyError(f"--out {out}: holds {path}, which is to be read; give another folder")


def _everywhere(name: str) -> str:
    """A path that means the same in every process; a name stays."""
    return str(Path(name).absolute()) if Path(name).exists() else name
