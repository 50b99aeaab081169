"""``zwicky sky``: a mock survey of a universe, with its truth apart."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["sky"]


def sky(
    universe: Annotated[Path, typer.Argument(help="Directory of a universe.", show_default=False)],
    out: Annotated[Path, typer.Option(help="Folder of the survey.")],
    config: Annotated[Path | None, typer.Option(help="TOML file of the survey's settings.")] = None,
    redshift: Annotated[
        list[float] | None, typer.Option(help="Outputs to look at; may be repeated; default: all.")
    ] = None,
    z_min: Annotated[float | None, typer.Option(help="Least redshift.")] = None,
    z_max: Annotated[float | None, typer.Option(help="Largest redshift.")] = None,
    region: Annotated[str | None, typer.Option(help="RA_MIN,RA_MAX,DEC_MIN,DEC_MAX in degrees.")] = None,
    density: Annotated[float | None, typer.Option(help="Volume-limited: galaxies per (Mpc/h)^3.")] = None,
    flux_limit: Annotated[float | None, typer.Option(help="Or flux-limited: faintest magnitude, r.")] = None,
    redshift_error: Annotated[float | None, typer.Option(help="Error of a redshift, km/s.")] = None,
    completeness: Annotated[float | None, typer.Option(help="Share of targets with a redshift.")] = None,
    collisions: Annotated[
        float | None, typer.Option(help="Of targets closer than so many arcsec one has no redshift.")
    ] = None,
    least_mass: Annotated[float | None, typer.Option(help="Least log10 M200c [Msun/h] of clusters.")] = None,
    velocity_bias: Annotated[
        float | None, typer.Option(help="Galaxies' velocities in their halo over those of matter.")
    ] = None,
    centre_error: Annotated[float | None, typer.Option(help="Error of a cluster's redshift, km/s.")] = None,
    miscentred: Annotated[float | None, typer.Option(help="Share of clusters with a wrong centre.")] = None,
    hats: Annotated[bool, typer.Option("--hats", help="Galaxies as a HATS catalogue as well.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the observer's place and of all errors.")] = 1,
) -> None:
    """Survey a universe from within: a light cone of galaxies and clusters, as an observer has them.

    OUT/galaxies.parquet and OUT/clusters.parquet are the survey, OUT/truth/ is what only we know.

    Example: zwicky sky my_universe --out my_survey --z-max 0.12 --redshift-error 50
    """
    import numpy as np

    from zwicky.cli.console import stages
    from zwicky.errors import ZwickyError
    from zwicky.io.directories import exclusive, free_directory
    from zwicky.io.files import make_directory, provenance, write_json, written_whole
    from zwicky.mocks.sky import mock_sky
    from zwicky.mocks.sky_settings import SkySettings
    from zwicky.settings import from_mapping, read_toml, to_mapping, to_toml
    from zwicky.universe import read_galaxies, read_halos, read_identity
    from zwicky.universe.directory import output_redshift

    changes = {
        "z_min": z_min,
        "z_max": z_max,
        "region_deg": None if region is None else _region(region),
        "density_h3_mpc3": density,
        "flux_limit": flux_limit,
        "redshift_error_kms": redshift_error,
        "completeness": completeness,
        "collision_arcsec": collisions,
        "least_log10_m200c_h": least_mass,
        "velocity_bias": velocity_bias,
        "centre_error_kms": centre_error,
        "miscentred": miscentred,
    }
    if hats:
        from zwicky.extras import require

        require(None, "survey", "writing a HATS catalogue")
    base = read_toml(SkySettings, config) if config else SkySettings()
    given = {name: value for name, value in changes.items() if value is not None}
    settings = from_mapping(SkySettings, to_mapping(base) | given, "sky")
    digest, redshifts = read_identity(universe)
    wanted = [output_redshift(redshifts, z) for z in redshift] if redshift else list(redshifts)
    names = ("galaxies*", "clusters*", "truth", "sky.toml", "provenance.json")
    free_directory(out, "a mock survey", names)
    with exclusive(out), stages() as tell:
        make_directory(out / "truth")
        tell("sky", 0, 2, f"reading {universe}")
        snapshots = [(read_halos(universe, z), read_galaxies(universe, z)) for z in wanted]
        tell("sky", 1, 2, "the light cone")
        seen = mock_sky(snapshots, settings, rng=np.random.default_rng(seed))
        (out / "provenance.json").unlink(missing_ok=True)
        for name, columns in (
            ("galaxies", seen.galaxies),
            ("clusters", seen.clusters),
            ("truth/galaxies", seen.true_galaxies),
            ("truth/clusters", seen.true_clusters),
        ):
            _write(out / f"{name}.parquet", columns)
        with written_whole(out / "sky.toml") as temporary:
            temporary.write_text(to_toml(settings))
        if hats:
            _write_hats(out)
        facts = provenance(universe=digest, redshifts=wanted, seed=seed, settings=to_mapping(settings))
        write_json(out / "provenance.json", facts)
        tell("sky", 2, 2, "")
    n, n_seen = len(seen.galaxies["z"]), int(np.isfinite(seen.galaxies["z"]).sum())
    n_clusters = len(seen.clusters["cluster_id"])
    if not n_seen:
        raise ZwickyError(f"{out}: no target got a redshift; raise completeness")
    typer.echo(f"{out}: {n_seen} of {n} galaxies with redshifts, {n_clusters} clusters")


def _region(text: str) -> tuple[float, ...]:
    from zwicky.errors import ZwickyError

    try:
        return tuple(float(number) for number in text.split(","))
    except ValueError:
        raise ZwickyError(f"--region {text[:60]!r}: give RA_MIN,RA_MAX,DEC_MIN,DEC_MAX in degrees") from None


def _write(path: Path, columns: dict) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from zwicky.io.files import written_whole

    with written_whole(path) as temporary:
        pq.write_table(pa.table(columns), temporary, row_group_size=20_000)


def _write_hats(out: Path) -> None:
    from zwicky.processes.dask_workers import dask_client
    from zwicky.survey.wide import table_to_hats

    with dask_client(0, None) as client:
        table_to_hats([out / "galaxies.parquet"], out / "galaxies_hats", {}, client)
