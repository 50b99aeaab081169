"""One cluster looked at closely, for a picture like Fig. 1 of Ho et al. (2019)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.mocks.catalogue import check_same_snapshot, tracers_of
from zwicky.mocks.cylinders import cut_cylinders
from zwicky.mocks.grid import galaxy_grid
from zwicky.mocks.observables import minimum_image, observe
from zwicky.mocks.settings import MockSettings
from zwicky.tables import GalaxyTable, HaloTable

__all__ = ["ClusterView", "observe_one"]


@dataclass(frozen=True, eq=False)
class ClusterView:
    """The galaxies in one cluster's cylinder, arrays of shape (n,).

    Parameters
    ----------
    x_proj, y_proj
        Places on the sky relative to the centre, comoving Mpc.
    depth
        Distance behind the centre along the line of sight, comoving Mpc.
    v_los
        Line-of-sight velocity in the cluster's rest frame, km/s.
    is_member
        Inside the cluster's r200c.
    galaxy
        Row in the galaxy table (of the tracers, if `settings.tracers` is not ``"all"``).
    """

    x_proj: np.ndarray
    y_proj: np.ndarray
    depth: np.ndarray
    v_los: np.ndarray
    is_member: np.ndarray
    galaxy: np.ndarray


def observe_one(
    halos: HaloTable, galaxies: GalaxyTable, halo_row: int, direction: np.ndarray, settings: MockSettings
) -> ClusterView:
    """Observe the cluster in row `halo_row` of `halos` along the unit vector `direction`.

    Raises
    ------
    ZwickyError
        If the row does not exist, or if the tables do not belong together.
    """
    check_same_snapshot(halos, galaxies)
    if not 0 <= halo_row < len(halos):
        raise ZwickyError(f"halo row {halo_row} does not exist; give one from 0 to {len(halos) - 1}")
    snapshot = halos.snapshot
    tracers = tracers_of(galaxies, settings)
    centre, velocity = halos.position[halo_row], halos.velocity[halo_row]
    direction = np.asarray(direction, dtype=float)
    found = cut_cylinders(
        galaxy_grid(tracers),
        centre[None],
        velocity[None],
        direction[None],
        settings.cylinder(snapshot.cosmology.h),
    ).galaxy
    separation = minimum_image(tracers.position[found] - centre, snapshot.box_size)
    seen = observe(separation, tracers.velocity[found], velocity, direction, snapshot)
    member = tracers.host_id[found] == halos.halo_id[halo_row]
    return ClusterView(seen.x_proj, seen.y_proj, seen.depth, seen.v_los, member, found)
