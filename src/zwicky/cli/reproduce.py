"""``zwicky reproduce``: the paper, from initial conditions to the report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["reproduce"]


def reproduce(
    out: Annotated[Path, typer.Option(help="Directory of the run.")],
    scale: Annotated[
        str, typer.Option(help="demo (minutes), standard (an hour) or paper (hours; 13 GiB of memory).")
    ] = "demo",
    config: Annotated[
        Path | None, typer.Option(help="TOML file of settings (a run's run.toml), instead of --scale.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the universe and of everything after.")] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Folds trained side by side; default: all cores.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print metrics.json.")] = False,
) -> None:
    """Simulate, observe, train, evaluate and report; give it again and it goes on where it stopped.

    Example:  zwicky reproduce --scale demo --out my_run
    """
    import dataclasses

    from zwicky.cli.choices import from_config_or_scale
    from zwicky.cli.console import print_table2, say, stages
    from zwicky.io import read_json
    from zwicky.reproduce import RUN_SCALES, RunSettings
    from zwicky.reproduce import reproduce as run
    from zwicky.universe import is_complete, plan_universe

    settings = from_config_or_scale(RunSettings, config, scale, RUN_SCALES)
    if seed is not None:
        settings = dataclasses.replace(settings, seed=seed, universe=settings.universe.replace(seed=seed))
    if not is_complete(out / "universe", settings.universe):
        plan = plan_universe(settings.universe)
        say(f"universe of {settings.universe.n_side}^3 particles: {plan}")
        plan.check()
    with stages() as tell:
        path = run(settings, out, tell, workers=workers)
    if as_json:
        typer.echo((out / "metrics.json").read_text(), nl=False)
        return
    print_table2(read_json(out / "metrics.json"))
    typer.echo(path)
