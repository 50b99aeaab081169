"""A light cone through a periodic universe: copies of its box around an observer, and what he sees.

Copies are not turned: structures go on across their faces as gravity made them, so that every cluster has its
own surroundings, and repeat after a side of the box, seen from another side. What is nearer than halfway, in
redshift, to the next output comes from this one.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from zwicky.cosmology import DistanceRedshift
from zwicky.tables import GalaxyTable, HaloTable
from zwicky.units import SPEED_OF_LIGHT_KMS

if TYPE_CHECKING:
    from astropy.cosmology import FLRW

__all__ = ["Seen", "copies", "hubble_flow_to", "moving_redshift", "see", "shells"]


@dataclass(frozen=True, eq=False)
class Seen:
    """Objects as an observer sees them, arrays of shape (n,).

    Parameters
    ----------
    row
        Of the table that they come from.
    ra, dec
        Degrees.
    z_cosmological, z
        Without and with peculiar velocities.
    distance
        Comoving, Mpc.
    """

    row: np.ndarray = field(repr=False)
    ra: np.ndarray = field(repr=False)
    dec: np.ndarray = field(repr=False)
    z_cosmological: np.ndarray = field(repr=False)
    z: np.ndarray = field(repr=False)
    distance: np.ndarray = field(repr=False)

    def __len__(self) -> int:
        return len(self.row)

    def __getitem__(self, keep: np.ndarray) -> Seen:
        """Those that a mask or index array selects."""
        return Seen(*(getattr(self, name)[keep] for name in self.__dataclass_fields__))


def shells(redshifts: Sequence[float], z_min: float, z_max: float) -> list[tuple[float, float]]:
    """Redshifts from which and to which each output, rising in redshift, stands for the universe.

    >>> shells([0.0, 0.1, 0.3], 0.01, 0.25)
    [(0.01, 0.05), (0.05, 0.2), (0.2, 0.25)]
    """
    edges = [z_min, *(0.5 * (a + b) for a, b in itertools.pairwise(redshifts)), z_max]
    return [
        (float(np.clip(a, z_min, z_max)), float(np.clip(b, z_min, z_max)))
        for a, b in itertools.pairwise(edges)
    ]


def copies(box_size: float, observer: np.ndarray, nearest: float, farthest: float) -> Iterator[np.ndarray]:
    """Shifts in Mpc, shape (3,), of the copies of a box that reach into a shell about the observer.

    Parameters
    ----------
    box_size
        Side in Mpc.
    observer : shape (3,)
        Place in the box, Mpc.
    nearest, farthest
        Distances of the shell, Mpc.
    """
    n = int(np.ceil(farthest / box_size)) + 1
    for number in itertools.product(range(-n, n + 1), repeat=3):
        shift = box_size * np.array(number, dtype=float)
        low = shift - observer
        near = np.maximum(np.maximum(low, -(low + box_size)), 0.0)
        far = np.maximum(np.abs(low), np.abs(low + box_size))
        if np.linalg.norm(near) <= farthest and np.linalg.norm(far) >= nearest:
            yield shift


def moving_redshift(z_cosmological: np.ndarray, v_los_kms: np.ndarray) -> np.ndarray:
    """Observed redshift of what recedes at `v_los_kms` beside the Hubble flow, exact for radial motion.

    >>> round(float(moving_redshift(0.1, 1000.0)), 5)
    0.10368
    """
    beta = np.asarray(v_los_kms, dtype=float) / SPEED_OF_LIGHT_KMS
    return (1.0 + z_cosmological) * np.sqrt((1.0 + beta) / (1.0 - beta)) - 1.0


def see(
    table: GalaxyTable | HaloTable,
    observer: np.ndarray,
    shift: np.ndarray,
    span: tuple[float, float],
    flow: DistanceRedshift,
) -> Seen:
    """The objects of one copy of a box between two cosmological redshifts.

    Parameters
    ----------
    table
        Positions in comoving Mpc and velocities in km/s, proper.
    observer, shift : shape (3,)
        Place of the observer, at rest, and shift of the copy, Mpc.
    span
        Redshifts: from the first, to below the second.
    flow
        Distances of redshifts up to the second.
    """
    offset = np.asarray(table.position, dtype=float) + (shift - observer)
    distance = np.linalg.norm(offset, axis=1)
    low, high = (float(flow.distance(z)) for z in span)
    row = np.flatnonzero((distance >= low) & (distance < high) & (distance > 0))
    towards = offset[row] / distance[row, None]
    v_los = np.einsum("ij,ij->i", np.asarray(table.velocity[row], dtype=float), towards)
    z = np.asarray(flow.redshift(distance[row]))
    ra = np.degrees(np.arctan2(towards[:, 1], towards[:, 0])) % 360.0
    dec = np.degrees(np.arcsin(np.clip(towards[:, 2], -1.0, 1.0)))
    return Seen(row, ra, dec, z, moving_redshift(z, v_los), distance[row])


def hubble_flow_to(cosmology: FLRW, z_max: float) -> DistanceRedshift:
    """Distances and redshifts out to a little beyond `z_max`."""
    return DistanceRedshift(cosmology, 1.01 * z_max + 0.01)
