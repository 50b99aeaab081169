"""Host halos of a foreign catalogue: the distinct ones above a mass, selected while the file is read."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.progress import Progress
from zwicky.simulations.fields import VECTORS
from zwicky.simulations.matching import halo_of, refuse_twice
from zwicky.simulations.reader import CatalogReader, Counted, Range
from zwicky.simulations.streaming import chunks_told
from zwicky.tables import HaloTable, Snapshot, r200c
from zwicky.units import log10_msun

__all__ = [
    "Candidates",
    "check_halo_fields",
    "finite",
    "host_table",
    "read_candidates",
    "wrapped",
]

#: A position further outside than this share of the box is not there by rounding.
ROUNDING = 2e-6

#: No number of a halo or galaxy is as large as this, in canonical units.
ABSURD = 1e18

#: What halos may also have: for the dispersion, and for checks.
_OPTIONAL = ("v_rms", "mvir", "rvir", "n_particles")
_LIGHT = "m200c below the least, or none"


@dataclass
class Candidates:
    """Halos above the least mass, in the file's order, in canonical units.

    Parameters
    ----------
    columns
        Canonical fields by name, each of shape (n,).
    known : int64
        Numbers of all halos with at least a quarter of the least mass, subhalos too.
    has_parents
        Whether the catalogue says which halo lies in which; if so only distinct halos are here.
    counted
        Rows seen, and rows left out by reason.
    outside
        Halos above the least mass that lay outside the box by more than rounding.
    """

    columns: dict[str, np.ndarray]
    known: np.ndarray
    has_parents: bool
    counted: Counted = field(default_factory=Counted)
    outside: int = 0

    @property
    def position(self) -> np.ndarray:
        """Centres in comoving Mpc, shape (n, 3)."""
        return np.stack([self.columns[name] for name in "xyz"], axis=1)


def check_halo_fields(reader: CatalogReader) -> None:
    """Refuse a halo catalogue without M200c.

    Raises
    ------
    ZwickyError
        What to give instead.
    """
    if "m200c" not in reader.fields:
        raise ZwickyError(
            f"{reader.paths[0]}: has no m200c ({reader.header.format}); give the Rockstar, hlist or CosmoSim "
            "catalogue of the same snapshot, or a column map, as --halos"
        )


def read_candidates(
    reader: CatalogReader, snapshot: Snapshot, min_log10_m200c_h: float, progress: Progress
) -> Candidates:
    """Distinct halos above a mass; halos of any kind where the catalogue does not tell them apart.

    Parameters
    ----------
    reader
        The halo catalogue.
    snapshot
        Box, redshift and cosmology.
    min_log10_m200c_h
        Least log10 of M200c in Msun/h.
    progress
        Told of the rows read, as the stage ``halos``.

    Raises
    ------
    ZwickyError
        If the catalogue has no halo that massive or a number twice, or as the reader.
    """
    least = 10 ** log10_msun(min_log10_m200c_h, snapshot.cosmology.h)
    has_parents = "parent_id" in reader.fields
    fields = ["object_id", "m200c", *VECTORS, *(["parent_id"] if has_parents else [])]
    fields += [name for name in _OPTIONAL if name in reader.fields]
    counted, known, kept, outside = Counted(), [], [], 0
    heavy_enough = [Range("m200c", least / 4.0)]
    for chunk in chunks_told(
        reader, fields, snapshot, ranges=heavy_enough, counted=counted, stage="halos", progress=progress
    ):
        known.append(chunk["object_id"])
        heavy = chunk["m200c"] >= least
        counted.drop(_LIGHT, (~heavy).sum())
        chunk = _rows(chunk, heavy)
        chunk = finite(chunk, ("m200c", *VECTORS), counted)
        if has_parents:
            _, distinct = halo_of(chunk["object_id"], chunk["parent_id"])
            counted.drop("subhalo", (~distinct).sum())
            chunk = _rows(chunk, distinct)
        position, n = wrapped(np.stack([chunk[name] for name in "xyz"], axis=1), snapshot.box_size)
        outside += n
        kept.append(chunk | dict(zip("xyz", position.T, strict=True)))
    if not counted.rows:
        raise ZwickyError(f"{reader.paths[0]}: holds no halo; fetch it again")
    if not sum(len(chunk["object_id"]) for chunk in kept):
        raise ZwickyError(
            f"{reader.paths[0]}: none of {counted.rows} halos is distinct and has log10 M200c >= "
            f"{min_log10_m200c_h:g} (Msun/h); lower --min-log10-m200c-h, or check the units of the masses"
        )
    counted.drop(_LIGHT, counted.dropped.pop("m200c out of range", 0))
    columns = {name: np.concatenate([chunk[name] for chunk in kept]) for name in fields}
    refuse_twice(columns["object_id"], "halo", reader.paths[0])
    return Candidates(columns, np.concatenate(known), has_parents, counted, outside)


def host_table(candidates: Candidates, is_host: np.ndarray, snapshot: Snapshot) -> HaloTable:
    """The hosts among the candidates: r200c from M200c, sigma from the three-dimensional v_rms or NaN."""
    columns = {name: values[is_host] for name, values in candidates.columns.items()}
    v_rms = columns.get("v_rms", np.full(len(columns["m200c"]), np.nan))
    return HaloTable(
        snapshot=snapshot,
        halo_id=columns["object_id"],
        position=np.stack([columns[name] for name in ("x", "y", "z")], axis=1),
        velocity=np.stack([columns[name] for name in ("vx", "vy", "vz")], axis=1),
        m200c=columns["m200c"],
        r200c=r200c(columns["m200c"], snapshot),
        sigma_1d=np.where(v_rms > 0, v_rms, np.nan) / np.sqrt(3.0),
        fof_id=columns["object_id"],
    )


def finite(chunk: dict[str, np.ndarray], names: tuple[str, ...], counted: Counted) -> dict[str, np.ndarray]:
    """The rows that are finite in all the columns named, with no absurd number; the others are counted."""
    good = np.logical_and.reduce([np.abs(chunk[name]) < ABSURD for name in names])
    counted.drop("NaN or infinite", (~good).sum())
    return chunk if good.all() else _rows(chunk, good)


def wrapped(position: np.ndarray, box_size: float) -> tuple[np.ndarray, int]:
    """Positions in [0, box_size), and how many were outside by more than rounding.

    >>> wrapped(np.array([[-1e-9, 10.0, 3.0], [12.0, 0.0, 0.0]]), 10.0)
    (array([[10.,  0.,  3.],
           [ 2.,  0.,  0.]]), 1)
    """
    rounding = ROUNDING * box_size
    outside = ((position < -rounding) | (position > box_size + rounding)).any(axis=1)
    position = np.mod(position, box_size)
    return np.where(position >= box_size, 0.0, position), int(outside.sum())


def _rows(chunk: dict[str, np.ndarray], keep: np.ndarray) -> dict[str, np.ndarray]:
    return {name: values[keep] for name, values in chunk.items()}
