"""``zwicky mock``: observe a universe's clusters."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["mock"]


def mock(
    universe: Annotated[Path, typer.Argument(help="Directory of a universe.", show_default=False)],
    out: Annotated[Path, typer.Option(help="Directory of the mocks.")],
    config: Annotated[Path | None, typer.Option(help="TOML file of mock settings.")] = None,
    redshift: Annotated[float | None, typer.Option(help="Which output; by default the only one.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the lines of sight.")] = 1,
    training_density: Annotated[
        float | None, typer.Option(help="Training clusters per (Mpc/h)^3 and dex.")
    ] = None,
    folds: Annotated[str | None, typer.Option(help="halo or spatial.")] = None,
    tracers: Annotated[str | None, typer.Option(help="all or satellites.")] = None,
) -> None:
    """Cut mock observations of clusters from a universe: training and test sets, pure and contaminated.

    Example:  zwicky mock my_universe --out my_mocks
    """
    import numpy as np

    from zwicky.cli.console import stages
    from zwicky.mocks import MockSettings, make_mocks, write_mocks
    from zwicky.mocks.storage import mocks_directory
    from zwicky.settings import from_mapping, read_toml, to_mapping
    from zwicky.universe import read_galaxies, read_halos, read_identity
    from zwicky.universe.directory import output_redshift

    changes = {"flat_density": training_density, "folds": folds, "tracers": tracers}
    base = read_toml(MockSettings, config) if config else MockSettings()
    given = {k: v for k, v in changes.items() if v is not None}
    settings = from_mapping(MockSettings, to_mapping(base) | given, "mock")
    universe_digest, redshifts = read_identity(universe)
    mocks_directory(out)
    z = output_redshift(redshifts, redshift)
    with stages() as tell:
        tell("mocks", 0, 1, f"reading {universe}")
        halos, galaxies = read_halos(universe, z), read_galaxies(universe, z)
        tell("mocks", 0, 1, "cylinders along every line of sight")
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(1,)))
        mocks = make_mocks(halos, galaxies, settings, rng=rng)
        write_mocks(out, mocks, universe_digest=universe_digest, seed=seed, redshift=z)
    for name in ("train", "test", "train_pure", "test_pure"):
        typer.echo(f"{name}: {getattr(mocks, name)!r}")
