"""``zwicky universe``: simulate one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["universe"]


def universe(
    out: Annotated[Path, typer.Option(help="Directory of the universe.")],
    scale: Annotated[str, typer.Option(help="demo (128^3), standard (320^3) or paper (512^3).")] = "demo",
    config: Annotated[Path | None, typer.Option(help="TOML file of settings, instead of --scale.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of the initial conditions.")] = None,
    n_side: Annotated[int | None, typer.Option(help="Particles a side.")] = None,
    box: Annotated[float | None, typer.Option(help="Side of the box, comoving Mpc/h.")] = None,
    redshift: Annotated[list[float] | None, typer.Option(help="Output redshift; may be repeated.")] = None,
    peak: Annotated[
        float | None, typer.Option(help="Hold a halo of this log10 M200c [Msun/h] by the last output.")
    ] = None,
    tracer_density: Annotated[float | None, typer.Option(help="Galaxies per (Mpc/h)^3.")] = None,
    keep_particles: Annotated[bool, typer.Option("--keep-particles", help="Keep all particles.")] = False,
    device: Annotated[str, typer.Option(help="Where gravity runs: cpu, or cuda for an NVIDIA card.")] = "cpu",
    as_json: Annotated[bool, typer.Option("--json", help="Print the provenance as JSON.")] = False,
) -> None:
    """Simulate a universe: initial conditions, gravity, halos, galaxies.

    A killed run goes on where it was when the same command is given again.

    Example:  zwicky universe --scale demo --seed 7 --out my_universe
    """
    import numpy as np

    from zwicky.cli.choices import from_config_or_scale
    from zwicky.cli.console import say, stages
    from zwicky.io.directories import exclusive
    from zwicky.io.files import read_json
    from zwicky.units import log10_msun_h
    from zwicky.universe import SCALES, UniverseSettings, make_universe, plan_universe, read_halos
    from zwicky.universe.directory import is_complete, read_peak_halo

    settings = from_config_or_scale(UniverseSettings, config, scale, SCALES)
    changes = {
        "seed": seed,
        "n_side": n_side,
        "box_size_mpc_h": box,
        "redshifts": tuple(redshift) if redshift else None,
        "peak_log10_m200c_h": peak,
        "tracer_density_h3_mpc3": tracer_density,
    }
    settings = settings.replace(**{k: v for k, v in changes.items() if v is not None})
    if not is_complete(out, settings):
        plan = plan_universe(settings)
        say(f"{settings.n_side}^3 particles in {settings.box_size_mpc_h:g} Mpc/h: {plan}")
        plan.check()
    with exclusive(out), stages() as tell:
        make_universe(settings, out, tell, keep_particles=keep_particles, device=device)
    if as_json:
        typer.echo((out / "provenance.json").read_text(), nl=False)
        return
    made = read_json(out / "provenance.json")
    for z in settings.redshifts:
        halos, row = read_halos(out, z), read_peak_halo(out, z)
        typer.echo(f"{out}: {halos!r}")
        if row is not None:
            mass = float(log10_msun_h(np.log10(halos.m200c[row]), halos.snapshot.cosmology.h))
            typer.echo(f"{out}: the peak is halo {row}, log10 M200c [Msun/h] = {mass:.2f}")
    typer.echo(f"{made['wall_s']:.0f} s, {made['pairs_per_s']:.3g} pairs a second")
