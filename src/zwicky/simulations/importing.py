"""From two foreign catalogues to a universe directory, whole or not at all.

The files are read twice at most, in chunks: first the halos, of which the distinct ones above a mass are
kept, then the galaxies, each with the halo that holds it. Only then is anything written, into a directory
beside the one named, which takes its place when it is complete.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.io import write_table
from zwicky.io.directories import exclusive, whole_directory
from zwicky.io.files import provenance, read_json, sha256_of, write_json, written_whole
from zwicky.progress import Progress, quiet
from zwicky.settings import digest, to_toml
from zwicky.simulations.hosts import Candidates, check_halo_fields, host_table, read_candidates
from zwicky.simulations.matching import Matching, refuse_unmatched
from zwicky.simulations.members import GalaxyStream, galaxy_fields, galaxy_table, read_galaxies
from zwicky.simulations.plausibility import (
    GalaxyFacts,
    HaloFacts,
    expected_mass_function,
    satellites_over_evrard,
    warnings_of,
)
from zwicky.simulations.reader import CatalogReader
from zwicky.simulations.record import about, inputs_of, make_record
from zwicky.simulations.selection import ImportSettings, agreed_snapshot
from zwicky.tables import GalaxyTable, HaloTable, Snapshot, r200c
from zwicky.units import log10_msun
from zwicky.universe.directory import IMPORTED, is_complete, is_imported, snapshot_file
from zwicky.universe.measure import projected_slab

__all__ = ["import_catalogs"]

#: Depth of the slice that the report draws, Mpc/h.
SLICE_MPC_H = 15.0


def import_catalogs(
    halos: CatalogReader,
    galaxies: CatalogReader,
    settings: ImportSettings,
    directory: Path | str,
    progress: Progress = quiet,
) -> Path:
    """Read halos and galaxies into a universe directory.

    Hosts are the distinct halos above `settings.min_log10_m200c_h`. A galaxy belongs to the largest halo
    that the catalogue says holds it, or, if it is a central one, to the halo of its own number; it is a
    member if it also lies inside that halo's r200c. Where the halo catalogue does not say which halo lies
    in which, the galaxies' links do.

    Parameters
    ----------
    halos, galaxies
        The catalogues, which may be one and the same.
    settings
        What to take, and what the files do not say.
    directory
        Made if absent. If it holds the same import, finished, of unchanged files, nothing is done.
    progress
        Called with a stage, units done, units in all and what is being done.

    Returns
    -------
    Path
        The directory.

    Raises
    ------
    ZwickyError
        If the directory holds something else, if the catalogues contradict each other or do not match, or as
        the readers. Nothing is written then.

    Examples
    --------
    `my.toml` is the column map of *Bring your simulation*.

    >>> from zwicky.simulations import ImportSettings, open_mapped, read_column_map
    >>> from zwicky.universe import read_identity
    >>> mine = read_column_map("my.toml")
    >>> readers = [open_mapped(mine, kind, None, None).reader for kind in ("halos", "galaxies")]
    >>> place = import_catalogs(*readers, ImportSettings(), "my_universe")
    >>> [round(z, 3) for z in read_identity(place)[1]]
    [0.117]
    """
    directory = Path(directory)
    inputs = inputs_of(halos, galaxies)
    if _already(directory, settings, halos, galaxies, inputs):
        with exclusive(directory):  # clears what a killed process left beside it
            return directory
    check_halo_fields(halos)
    galaxy_fields(galaxies, settings)
    snapshot = agreed_snapshot((halos, galaxies), settings)

    candidates = read_candidates(halos, snapshot, settings.min_log10_m200c_h, progress)
    matching = _matching(candidates, galaxies, snapshot, settings)
    stream = read_galaxies(galaxies, snapshot, matching, settings, progress)
    is_host, matched = _hosts(candidates, matching, halos, galaxies, settings, snapshot)
    halo_table = host_table(candidates, is_host, snapshot)
    table = galaxy_table(stream, matching, is_host, snapshot, settings.tracers)
    warnings = warnings_of(
        halo_table,
        _halo_facts(candidates, is_host, halos),
        _galaxy_facts(stream, matched, matching.mvir[is_host], satellites_over_evrard(halo_table, table)),
        settings.min_log10_m200c_h,
        settings.sigma8,
    )

    for i, one in enumerate(inputs):
        progress("checksums", i, len(inputs), one["path"])
        one["sha256"] = sha256_of(one["path"])
    record = make_record(snapshot, settings, halos, galaxies, inputs)
    progress("writing", 0, 1, str(directory))
    with exclusive(directory), whole_directory(directory) as place:
        write_table(snapshot_file(place, "halos", snapshot.redshift), halo_table)
        write_table(snapshot_file(place, "galaxies", snapshot.redshift), table)
        with written_whole(snapshot_file(place, "diagnostics", snapshot.redshift)) as temporary:
            np.savez_compressed(temporary, **_diagnose(halo_table, table, settings))
        with written_whole(place / IMPORTED) as temporary:
            temporary.write_text(to_toml(record), encoding="utf-8")
        facts = {
            "digest": digest(record),
            "redshifts": [snapshot.redshift],
            "simulation": snapshot.simulation,
            "settings_digest": digest(settings),
            "inputs": inputs,
            "halos": {
                **about(halos),
                "rows": candidates.counted.rows,
                "left_out": candidates.counted.dropped,
                "outside_the_box": candidates.outside,
                "kept": len(halo_table),
            },
            "galaxies": {
                **about(galaxies),
                "rows": stream.counted.rows,
                "left_out": stream.counted.dropped,
                "outside_the_box": stream.outside,
                "orphans_kept": stream.orphans,
                "kept": len(table),
            },
            "hosts": _how_hosts(candidates, settings),
            "members": _how_members(matching),
            "matching": matched,
            "warnings": warnings,
        }
        write_json(place / "provenance.json", provenance(**facts))
    return directory


def _matching(
    candidates: Candidates, galaxies: CatalogReader, snapshot: Snapshot, settings: ImportSettings
) -> Matching:
    """The candidates, ready to be found by their galaxies."""
    separate = galaxies.parent_of == "halos"
    if separate and not candidates.has_parents:
        raise ZwickyError(
            "the halos have no parent_id, and the galaxies number theirs by themselves, so that hosts and "
            "subhalos cannot be told apart; in the column map write parent_id = -1 for halos if every one "
            "is a host"
        )
    return Matching(
        ids=candidates.columns["object_id"],
        position=candidates.position,
        radius=r200c(candidates.columns["m200c"], snapshot),
        known=candidates.known,
        box_size=snapshot.box_size,
        min_mass=10 ** log10_msun(settings.min_log10_m200c_h, snapshot.cosmology.h),
        separate=separate,
    )


def _hosts(
    candidates: Candidates,
    matching: Matching,
    halos: CatalogReader,
    galaxies: CatalogReader,
    settings: ImportSettings,
    snapshot: Snapshot,
) -> tuple[np.ndarray, dict[str, Any]]:
    """Which candidates are hosts; and what did not match, refused if that is too much."""
    is_host = np.ones(len(matching.ids), dtype=bool) if candidates.has_parents else ~matching.subhalo
    candidates.counted.drop("subhalo, by the galaxies' links", (~is_host).sum())
    matched = matching.report(is_host, candidates.columns["m200c"], snapshot.cosmology.h)
    refuse_unmatched(matched, settings.max_unmatched_share, halos.paths[0], galaxies.paths[0])
    if not candidates.has_parents:
        candidates.counted.drop("not known whether host or subhalo", (is_host & ~matching.central).sum())
        is_host &= matching.central
    return is_host, matched


def _halo_facts(candidates: Candidates, is_host: np.ndarray, reader: CatalogReader) -> HaloFacts:
    columns = {name: values[is_host] for name, values in candidates.columns.items()}
    return HaloFacts(
        mvir=columns.get("mvir"),
        rvir=columns.get("rvir"),
        n_particles=columns.get("n_particles"),
        particle_mass_msun_h=reader.header.particle_mass_msun_h,
        outside=candidates.outside / len(is_host),
    )


def _galaxy_facts(
    stream: GalaxyStream, matched: dict[str, Any], mvir: np.ndarray, members: float | None
) -> GalaxyFacts:
    return GalaxyFacts(
        low=stream.low,
        high=stream.high,
        rms_kms=float(np.sqrt(stream.square / (3 * stream.n))),
        n=stream.n,
        outside=stream.outside / stream.n,
        displaced=matched["hosts_whose_galaxy_lies_outside_r200c"] / max(matched["hosts"], 1),
        mvir=mvir,
        members=members,
    )


def _how_hosts(candidates: Candidates, settings: ImportSettings) -> str:
    least = f"M200c of at least 10^{settings.min_log10_m200c_h:g} Msun/h"
    if candidates.has_parents:
        return f"halos that lie in no larger one, by the halo catalogue, with {least}"
    return f"halos that lie in no larger one, by the links of the galaxies of the same number, with {least}"


def _how_members(matching: Matching) -> str:
    if matching.separate:
        return (
            "galaxies of the halo that the catalogue names, inside its r200c; the one nearest to the "
            "centre is central; fof_id is that halo, inside r200c or not"
        )
    return (
        "galaxies whose parent (the largest halo that holds them, or that of their own number) is the "
        "host, inside its r200c; the one of the host's number is central; fof_id is the parent, inside "
        "r200c or not"
    )


def _diagnose(halos: HaloTable, galaxies: GalaxyTable, settings: ImportSettings) -> dict[str, Any]:
    """What the report draws of the universe: a slice of the galaxies and the mass function of the hosts."""
    s = halos.snapshot
    h, depth = s.cosmology.h, min(s.box_size, SLICE_MPC_H / s.cosmology.h)
    edges = np.arange(max(13.0, settings.min_log10_m200c_h), 15.61, 0.1)
    theory = expected_mass_function(0.5 * (edges[1:] + edges[:-1]), s, settings.sigma8)
    return {
        "slice_map": projected_slab(galaxies.position, s.box_size, depth, 512),
        "slice_extent_mpc": s.box_size,
        "slice_depth_mpc": depth,
        "mass_bin_edges": edges,
        "mass_counts": np.histogram(np.log10(halos.m200c * h), bins=edges)[0],
        "mass_function_tinker": theory / h**3,
    }


def _already(
    directory: Path,
    settings: ImportSettings,
    halos: CatalogReader,
    galaxies: CatalogReader,
    inputs: list[dict[str, Any]],
) -> bool:
    """Whether this import stands there finished; anything else that stands there is refused."""
    if directory.is_file():
        raise ZwickyError(f"{directory}: a file stands in the way; give another directory")
    if not directory.is_dir() or not any(directory.iterdir()):
        return False
    if not (is_imported(directory) and is_complete(directory)):
        raise ZwickyError(f"{directory}: holds something else; give a new directory as --out")
    made = read_json(directory / "provenance.json")

    def said(value: Any, key: str) -> Any:
        return value.get(key) if isinstance(value, dict) else None

    written = made.get("inputs")
    same = (
        made.get("settings_digest") == digest(settings)
        and isinstance(written, list)
        and len(written) == len(inputs)
        and all(said(old, key) == new[key] for old, new in zip(written, inputs, strict=True) for key in new)
        and all(
            said(made.get(kind), "fields") == about(reader)["fields"]
            for kind, reader in (("halos", halos), ("galaxies", galaxies))
        )
    )
    if not same:
        raise ZwickyError(f"{directory}: holds another import; give another --out or delete it")
    return True
