"""``zwicky reproduce``: the paper, from initial conditions to the report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["reproduce"]


def reproduce(
    out: Annotated[Path, typer.Option(help="Directory of the run.")],
    scale: Annotated[
        str | None,
        typer.Option(
            help="demo (minutes), standard (an hour) or paper (two hours and more; 15 GiB of free memory). "
            "Default: demo; with --universe the settings of paper, its number of training clusters too.",
            show_default=False,
        ),
    ] = None,
    universe: Annotated[
        Path | None,
        typer.Option(help="Directory of a universe to use where it stands, instead of simulating one."),
    ] = None,
    redshift: Annotated[
        float | None, typer.Option(help="Which output of --universe; by default the only one.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="TOML file of settings (a run's run.toml), instead of --scale.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Seed of the universe and of everything after.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Folds trained side by side; default: all cores.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print metrics.json.")] = False,
) -> None:
    """Simulate, observe, train, evaluate and report; give it again and it goes on where it stopped.

    Example:  zwicky reproduce --scale demo --out my_run

    With an imported universe:  zwicky reproduce --universe mdpl2 --out my_run
    """
    import dataclasses

    from zwicky.cli.choices import from_config_or_scale
    from zwicky.cli.console import print_sample_cluster, print_table2, say, stages
    from zwicky.errors import ZwickyError
    from zwicky.extras import require
    from zwicky.ho2019 import RUN_SCALES, RunSettings
    from zwicky.ho2019 import reproduce as run
    from zwicky.ho2019.metrics import read_metrics
    from zwicky.ho2019.settings import density_in_box, existing_universe
    from zwicky.io.directories import exclusive
    from zwicky.units import mpc_h
    from zwicky.universe import plan_universe, read_halos
    from zwicky.universe.directory import is_complete, output_redshift

    require(None, "train", "zwicky reproduce")
    named = scale is not None
    scale = scale or ("demo" if universe is None else "paper")
    settings = from_config_or_scale(RunSettings, config, scale, RUN_SCALES)
    if universe is not None:
        existing = existing_universe(universe)
        z = output_redshift(existing.redshifts, redshift)
        settings = dataclasses.replace(settings, universe=None, existing=existing, redshift=z)
        if config is None and not named:
            snapshot = read_halos(universe, z).snapshot
            density = density_in_box(mpc_h(snapshot.box_size, snapshot.cosmology.h))
            settings = dataclasses.replace(
                settings, mocks=dataclasses.replace(settings.mocks, flat_density=density)
            )
            say(f"training on {density:.3g} clusters per (Mpc/h)^3 and dex; --config sets it")
    elif redshift is not None:
        raise ZwickyError(f"--redshift {redshift:g} needs --universe; a simulated run has it in its settings")
    if seed is not None:
        own = settings.universe and settings.universe.replace(seed=seed)
        settings = dataclasses.replace(settings, seed=seed, universe=own)
    if settings.universe is not None and not is_complete(out / "universe", settings.universe):
        plan = plan_universe(settings.universe)
        say(f"universe of {settings.universe.n_side}^3 particles: {plan}")
        plan.check()
    with exclusive(out), stages() as tell:
        path = run(settings, out, tell, workers=workers)
    if as_json:
        typer.echo((out / "metrics.json").read_text(), nl=False)
        return
    metrics = read_metrics(out / "metrics.json")
    print_table2(metrics)
    print_sample_cluster(metrics)
    typer.echo(path)
