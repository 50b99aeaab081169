"""Galaxies of a foreign catalogue: selected while the file is read, each with the halo that it is in."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.progress import Progress
from zwicky.simulations.fields import VECTORS
from zwicky.simulations.hosts import finite, wrapped
from zwicky.simulations.matching import Matching, refuse_twice
from zwicky.simulations.reader import CatalogReader, Counted
from zwicky.simulations.selection import ORPHAN_ID, ImportSettings
from zwicky.simulations.streaming import chunks_told
from zwicky.tables import GalaxyTable, Snapshot, take

__all__ = ["GalaxyStream", "galaxy_fields", "galaxy_table", "read_galaxies"]


@dataclass
class GalaxyStream:
    """What was gathered of the galaxies, chunk by chunk, and what was seen on the way.

    Parameters
    ----------
    columns
        Arrays of the galaxies kept: object_id, position, velocity, row (of the halo it belongs to, among the
        candidates, -1 if none), away (from its centre, in r200c), own (not held by a larger halo).
    counted
        Rows seen, and rows left out by reason.
    orphans
        Galaxies without a halo of their own among those kept.
    outside
        Galaxies that lay outside the box by more than rounding.
    low, high : float64, shape (3,)
        Least and largest coordinates of all, as they were in the file, comoving Mpc.
    square
        Sum of the squares of all velocity components.
    n
        Galaxies with finite numbers.
    """

    columns: dict[str, np.ndarray] = field(default_factory=dict)
    counted: Counted = field(default_factory=Counted)
    orphans: int = 0
    outside: int = 0
    low: np.ndarray = field(default_factory=lambda: np.full(3, np.inf))
    high: np.ndarray = field(default_factory=lambda: np.full(3, -np.inf))
    square: float = 0.0
    n: int = 0


def read_galaxies(
    reader: CatalogReader,
    snapshot: Snapshot,
    matching: Matching,
    settings: ImportSettings,
    progress: Progress,
) -> GalaxyStream:
    """Read and select galaxies; `matching` takes note of the halos that they sit in.

    Parameters
    ----------
    reader
        The galaxy catalogue.
    snapshot
        Box, redshift and cosmology.
    matching
        The halos that may be hosts; every galaxy is shown to it, selected or not.
    settings
        Stellar-mass cut, tracers, orphans.
    progress
        Told of the rows read, as the stage ``galaxies``.

    Raises
    ------
    ZwickyError
        If a field that is needed is missing, if nothing is left, if a number is there twice, or as the
        reader.
    """
    fields = galaxy_fields(reader, settings)
    stream, parts = GalaxyStream(), []
    for chunk in chunks_told(
        reader, fields, snapshot, counted=stream.counted, stage="galaxies", progress=progress
    ):
        chunk = finite(chunk, VECTORS, stream.counted)
        if len(chunk["object_id"]):
            parts.append(_select(chunk, snapshot, matching, settings, stream, _numbers_orphans(reader)))
    if not sum(len(part["object_id"]) for part in parts):
        left_out = ", ".join(f"{n} for {why}" for why, n in stream.counted.dropped.items()) or "none left out"
        raise ZwickyError(
            f"{reader.paths[0]}: no galaxy is left of {stream.counted.rows} ({left_out}); lower "
            "--stellar-mass-min, or use --tracers all"
        )
    for name in list(parts[0]):
        stream.columns[name] = np.concatenate([part.pop(name) for part in parts])
    refuse_twice(stream.columns["object_id"], "galaxy", reader.paths[0])
    return stream


def galaxy_table(
    stream: GalaxyStream, matching: Matching, is_host: np.ndarray, snapshot: Snapshot, tracers: str
) -> GalaxyTable:
    """The galaxies with the numbers of their hosts.

    Parameters
    ----------
    stream
        From `read_galaxies`.
    matching
        What it was shown.
    is_host : bool, shape (n_candidates,)
        Which of the candidates are hosts, in the order of `Matching.ids`.
    snapshot
        Box, redshift and cosmology.
    tracers
        `ImportSettings.tracers`. Where galaxies and halos are numbered each by themselves, the galaxy
        nearest to the centre of a host is its central one, and only here is it known.
    """
    columns = stream.columns
    row = columns["row"]
    fof_id = np.where((row >= 0) & is_host[row], matching.ids[row], -1)
    host_id = np.where(columns["away"] <= 1.0, fof_id, -1)
    is_central = columns["own"] & (host_id >= 0)
    if matching.separate:
        is_central = _nearest(host_id, columns["away"])
    table = GalaxyTable(
        snapshot=snapshot,
        galaxy_id=columns["object_id"],
        position=columns["position"],
        velocity=columns["velocity"],
        host_id=host_id,
        fof_id=fof_id,
        is_central=is_central,
    )
    return take(table, ~is_central) if matching.separate and tracers == "satellites" else table


def _nearest(host_id: np.ndarray, away: np.ndarray) -> np.ndarray:
    """Whether each galaxy is the nearest to its host's centre (of equals, the first)."""
    order = np.lexsort((away, host_id))
    first = np.ones(len(order), dtype=bool)
    first[1:] = host_id[order[1:]] != host_id[order[:-1]]
    nearest = np.zeros(len(order), dtype=bool)
    nearest[order[first]] = True
    return nearest & (host_id >= 0)


def galaxy_fields(reader: CatalogReader, settings: ImportSettings) -> list[str]:
    """Canonical fields to read of a galaxy catalogue.

    Raises
    ------
    ZwickyError
        If it lacks the links to halos, or the stellar masses that are asked for.
    """
    if "parent_id" not in reader.fields:
        raise ZwickyError(
            f"{reader.paths[0]}: has no parent_id, so that no galaxy's halo is known; "
            "name the column of the largest halo that holds each galaxy in a column map"
        )
    cut = settings.min_stellar_mass_msun > 0
    if cut and "stellar_mass" not in reader.fields:
        raise ZwickyError(
            f"{reader.paths[0]}: has no stellar_mass to cut at {settings.min_stellar_mass_msun:.3g} Msun; "
            "give --stellar-mass-min 0 to take every galaxy"
        )
    if settings.orphans == "drop" and not _numbers_orphans(reader):
        raise ZwickyError(
            f"{reader.paths[0]}: a column map does not say which galaxies are orphans; drop them from "
            "the table and leave out --orphans drop"
        )
    optional = [name for name, wanted in (("stellar_mass", cut), ("mvir", "mvir" in reader.fields)) if wanted]
    return ["object_id", "parent_id", *VECTORS, *optional]


def _numbers_orphans(reader: CatalogReader) -> bool:
    """Whether a number tells an orphan, as UniverseMachine's do; a mapped table numbers as it likes."""
    return reader.map_path is None


def _select(
    chunk: dict[str, np.ndarray],
    snapshot: Snapshot,
    matching: Matching,
    settings: ImportSettings,
    stream: GalaxyStream,
    has_orphans: bool,
) -> dict[str, np.ndarray]:
    object_id = chunk["object_id"]
    position = np.stack([chunk[name] for name in ("x", "y", "z")], axis=1)
    velocity = np.stack([chunk[name] for name in ("vx", "vy", "vz")], axis=1)
    stream.low = np.minimum(stream.low, position.min(axis=0))
    stream.high = np.maximum(stream.high, position.max(axis=0))
    stream.square += float(np.sum(velocity**2))
    stream.n += len(object_id)
    position, outside = wrapped(position, snapshot.box_size)
    stream.outside += outside
    row, away, own = matching.add(object_id, chunk["parent_id"], position, chunk.get("mvir"))

    keep = np.ones(len(object_id), dtype=bool)
    orphan = (object_id >= ORPHAN_ID) & has_orphans
    reasons = [("orphan", orphan & (settings.orphans == "drop"))]
    if "stellar_mass" in chunk:
        reasons.append(("stellar mass", ~(chunk["stellar_mass"] >= settings.min_stellar_mass_msun)))
    if settings.tracers == "satellites":
        reasons.append(("no satellite", own))
    for reason, out in reasons:
        stream.counted.drop(reason, (keep & out).sum())
        keep &= ~out
    stream.orphans += int((keep & orphan).sum())
    # Rounding to single precision must not put a galaxy onto the far face of the box.
    position = position[keep].astype(np.float32)
    position[position >= np.float32(snapshot.box_size)] = 0.0
    return {
        "object_id": object_id[keep],
        "position": position,
        "velocity": velocity[keep].astype(np.float32),
        "row": row[keep],
        "away": away[keep].astype(np.float32),
        "own": own[keep],
    }
