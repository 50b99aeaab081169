"""``zwicky import``: make a universe of someone else's simulation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["import_"]


def import_(
    out: Annotated[Path, typer.Option(help="Directory of the universe.")],
    halos: Annotated[str | None, typer.Option(help="Halo catalogue: file, 'pattern' or directory.")] = None,
    galaxies: Annotated[str | None, typer.Option(help="Galaxy catalogue; may be the same.")] = None,
    column_map: Annotated[
        Path | None, typer.Option("--map", help="TOML file that says what the columns of a table are.")
    ] = None,
    redshift: Annotated[
        float | None, typer.Option(help="Redshift; of several snapshots the nearest is taken.")
    ] = None,
    box: Annotated[float | None, typer.Option(help="Side of the box, comoving Mpc/h.")] = None,
    h: Annotated[float | None, typer.Option("--h", help="H0 / (100 km/s/Mpc).")] = None,
    omega_m: Annotated[float | None, typer.Option(help="Matter density over the critical one.")] = None,
    omega_lambda: Annotated[
        float | None, typer.Option(help="Dark energy's; a flat universe if no header says it either.")
    ] = None,
    sigma8: Annotated[float | None, typer.Option(help="Power spectrum's normalisation, for checks.")] = None,
    simulation: Annotated[str | None, typer.Option(help="Name of the simulation.")] = None,
    min_log10_m200c_h: Annotated[
        float, typer.Option("--min-log10-m200c-h", help="Least log10 M200c of a host, Msun/h.")
    ] = 13.0,
    stellar_mass_min: Annotated[
        float, typer.Option(help="Least stellar mass of a galaxy, Msun without h; 0 takes all.")
    ] = 10**9.5,
    tracers: Annotated[str, typer.Option(help="all or satellites.")] = "all",
    orphans: Annotated[str, typer.Option(help="keep or drop galaxies whose halo is lost.")] = "keep",
    max_unmatched: Annotated[
        float, typer.Option(help="Largest share of hosts without a galaxy, and the other way round.")
    ] = 0.05,
    halos_format: Annotated[str | None, typer.Option(help="Format, if the content does not tell.")] = None,
    galaxies_format: Annotated[str | None, typer.Option(help="The same for the galaxies.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the provenance as JSON.")] = False,
) -> None:
    """Import halos and galaxies of a simulation as a universe for `mock` and `reproduce`.

    Formats: Rockstar, consistent-trees, UniverseMachine, Uchuu, CosmoSim, halotools; any table by a map.

    Example:  zwicky import --halos hlist_0.89510.list --galaxies sfr_catalog_0.895100.bin
    --box 1000 --h 0.6777 --omega-m 0.307115 --out mdpl2
    """
    from zwicky.cli.console import say, stages
    from zwicky.errors import ZwickyError
    from zwicky.io.files import read_json
    from zwicky.settings import from_mapping
    from zwicky.simulations import ImportSettings, import_catalogs, read_column_map
    from zwicky.simulations.formats import open_mapped, open_snapshot
    from zwicky.universe import read_galaxies, read_halos

    given = {
        "min_log10_m200c_h": min_log10_m200c_h,
        "min_stellar_mass_msun": stellar_mass_min,
        "tracers": tracers,
        "orphans": orphans,
        "max_unmatched_share": max_unmatched,
        "box_size_mpc_h": box,
        "redshift": redshift,
        "h": h,
        "omega_m": omega_m,
        "omega_lambda": omega_lambda,
        "sigma8": sigma8,
        "simulation": simulation,
    }
    settings = from_mapping(ImportSettings, given, "import")
    places, formats = {"halos": halos, "galaxies": galaxies}, (halos_format, galaxies_format)
    if column_map is None and None in places.values():
        missing = " and ".join(f"--{kind}" for kind, place in places.items() if place is None)
        raise ZwickyError(f"{missing} missing; name the catalogue, or give a column map with --map")
    opened = {}
    mapped = None if column_map is None else read_column_map(column_map)
    for (kind, place), known in zip(places.items(), formats, strict=True):
        if mapped is None or known is not None:
            if place is None:
                raise ZwickyError(f"--{kind}-format {known} needs --{kind}; name the catalogue")
            opened[kind] = open_snapshot(place, redshift, known)
        else:
            opened[kind] = open_mapped(mapped, kind, place, redshift)
        if opened[kind].note:
            say(f"{kind}: {opened[kind].note}")
        for note in opened[kind].reader.header.notes:
            say(f"{kind}: {note}")
    with stages() as tell:
        import_catalogs(opened["halos"].reader, opened["galaxies"].reader, settings, out, tell)
    made = read_json(out / "provenance.json")
    for warning in made["warnings"]:
        say(f"warning: {warning}")
    if as_json:
        typer.echo((out / "provenance.json").read_text(), nl=False)
        return
    z = made["redshifts"][0]
    for kind, table in (("halos", read_halos(out, z)), ("galaxies", read_galaxies(out, z))):
        typer.echo(f"{kind}: {table!r}")
        left_out = ", ".join(f"{n} {why}" for why, n in made[kind]["left_out"].items()) or "none"
        typer.echo(f"  of {made[kind]['rows']} rows; left out: {left_out}")
    matching = made["matching"]
    typer.echo(
        f"matched: {matching['hosts'] - matching['hosts_without_galaxy']} of {matching['hosts']} hosts "
        f"have their galaxy; {matching['massive_central_galaxies_without_halo']} of "
        f"{matching['massive_central_galaxies']} massive central galaxies have no halo"
    )
