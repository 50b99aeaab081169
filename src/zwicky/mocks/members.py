"""True members: the galaxies of a halo, as lists by halo and as a line of sight shows them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zwicky.mocks.cylinders import Cylinders, checked_lines
from zwicky.mocks.kernels import observe_members
from zwicky.mocks.observables import hubble_flow
from zwicky.parallel import available_cores, pieces, run_pieces
from zwicky.tables import GalaxyTable, rows_of
from zwicky.units import SPEED_OF_LIGHT_KMS

__all__ = ["MemberLists", "member_lists", "observe_true_members"]


@dataclass(frozen=True, eq=False)
class MemberLists:
    """Galaxies of each halo: those of halo h are ``galaxy[first[h]:first[h] + counts[h]]``.

    Parameters
    ----------
    first, counts : int64, shape (n_halos,)
        Where a halo's galaxies begin and how many they are.
    galaxy : int64
        Rows of the galaxy table.
    """

    first: np.ndarray
    counts: np.ndarray
    galaxy: np.ndarray


def member_lists(halo_key: np.ndarray, galaxy_key: np.ndarray) -> MemberLists:
    """Galaxies by the halo (or group) they belong to.

    Parameters
    ----------
    halo_key : int64, shape (n_halos,)
        Identity of each halo, -1 for none; halos may share one (two in a group).
    galaxy_key : int64, shape (n_galaxies,)
        Identity of the halo each galaxy belongs to, -1 for none.

    >>> lists = member_lists(np.array([7, 3, 8]), np.array([3, -1, 7, 3, 5]))
    >>> lists.counts.tolist(), lists.galaxy.tolist()
    ([1, 2, 0], [0, 3, 2])
    """
    known = np.unique(halo_key[halo_key >= 0])
    if len(known) == 0:
        none = np.zeros(len(halo_key), dtype=np.int64)
        return MemberLists(none, none, np.empty(0, dtype=np.int64))
    place = rows_of(known, galaxy_key)
    candidates = np.flatnonzero(place >= 0)
    place = place[candidates]
    galaxy = candidates[np.argsort(place, kind="stable")]
    counts = np.bincount(place, minlength=len(known))
    first = np.cumsum(counts) - counts
    row = np.maximum(rows_of(known, halo_key), 0)
    return MemberLists(first[row], np.where(halo_key >= 0, counts[row], 0), galaxy)


def observe_true_members(
    galaxies: GalaxyTable,
    members: MemberLists,
    halo: np.ndarray,
    position: np.ndarray,
    velocity: np.ndarray,
    direction: np.ndarray,
) -> Cylinders:
    """All true members of each halo as seen along each line of sight, inside the aperture or not.

    Parameters
    ----------
    galaxies
        The galaxies that `members` points into.
    members
        Galaxies of every halo.
    halo : int64, shape (m,)
        Halo of each line of sight, an index into `members`.
    position, velocity, direction : shape (m, 3)
        Centre in comoving Mpc, peculiar velocity in km/s and unit vector of each line of sight.
    """
    box = galaxies.snapshot.box_size
    position, velocity, direction = checked_lines(position, velocity, direction, box)
    counts = members.counts[halo]
    offsets = np.concatenate([[0], np.cumsum(counts)])
    first = members.first[halo]
    r_proj = np.empty(offsets[-1], dtype=np.float32)
    v_los = np.empty(offsets[-1], dtype=np.float32)
    snapshot = galaxies.snapshot
    # Members lie within a few Mpc, but a group may be as long as a filament.
    hubble = snapshot.cosmology.H(snapshot.redshift).to_value("km/(s Mpc)")
    reach = min(50.0 * hubble, 0.9 * SPEED_OF_LIGHT_KMS)
    flow = hubble_flow(snapshot.cosmology, snapshot.redshift, reach)
    run_pieces(
        observe_members,
        [
            (
                position[a:b],
                velocity[a:b],
                direction[a:b],
                first[a:b],
                offsets[a : b + 1],
                members.galaxy,
                galaxies.position,
                galaxies.velocity,
                float(box),
                flow.coefficients,
                r_proj,
                v_los,
            )
            for a, b in pieces(len(position), 4 * available_cores())
        ],
    )
    index = np.repeat(first - offsets[:-1], counts) + np.arange(offsets[-1])
    return Cylinders(offsets, members.galaxy[index], r_proj, v_los)
