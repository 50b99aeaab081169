"""``zwicky report``: draw the report of a finished run again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["report"]


def report(
    run: Annotated[Path, typer.Argument(help="Directory that `zwicky reproduce` wrote.", show_default=False)],
) -> None:
    """Write a run's figures and report.html again, from the results on disk.

    Example:  zwicky report my_run
    """
    from zwicky.cli.console import stages
    from zwicky.ho2019.report import write_report

    with stages() as tell:
        path = write_report(run, tell)
    typer.echo(path)
