"""Cylinder cuts: which galaxies a fixed aperture and velocity window catch (Sec. 2.2 of Ho et al. 2019)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.mocks.grid import GalaxyGrid
from zwicky.mocks.kernels import FASTEST_KMS, walk_cylinders
from zwicky.mocks.observables import hubble_flow
from zwicky.parallel import available_cores, pieces, run_pieces
from zwicky.tables import Cylinder
from zwicky.units import SPEED_OF_LIGHT_KMS
from zwicky.universe.box import check_in_box

__all__ = ["Cylinders", "checked_lines", "count_in_cylinders", "cut_cylinders"]

#: Rows a piece of work: enough to hide the cost of handing it out, few enough to balance threads.
_ROWS = 512

#: Rows whose galaxies are held at once when only their number is asked for.
_BATCH = 65536


@dataclass(frozen=True, eq=False)
class Cylinders:
    """Galaxies in m cylinders, ragged.

    Parameters
    ----------
    offsets : int64, shape (m + 1,)
        Galaxies of cylinder i are ``offsets[i]:offsets[i + 1]``.
    galaxy : int64, shape (n,)
        Row of each in the galaxy table.
    r_proj_comoving : float32, shape (n,)
        Projected distance from the centre, comoving Mpc.
    v_los : float32, shape (n,)
        Line-of-sight velocity in the cluster's rest frame, km/s.
    """

    offsets: np.ndarray
    galaxy: np.ndarray
    r_proj_comoving: np.ndarray
    v_los: np.ndarray

    @property
    def counts(self) -> np.ndarray:
        """Galaxies in each cylinder, shape (m,)."""
        return np.diff(self.offsets)


def checked_lines(
    position: np.ndarray, velocity: np.ndarray, direction: np.ndarray, box_size: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Centres, velocities and lines of sight as contiguous float64, refused if they cannot be right.

    Raises
    ------
    ZwickyError
        For shapes that differ from (m, 3), positions outside the box (Mpc), speeds near light's (km/s) or
        directions that are no unit vectors.
    """
    arrays = [np.ascontiguousarray(a, dtype=np.float64) for a in (position, velocity, direction)]
    shapes = [a.shape for a in arrays]
    if len(set(shapes)) != 1 or len(shapes[0]) != 2 or shapes[0][1] != 3:
        raise ZwickyError(f"positions, velocities and directions have shapes {shapes}; give (m, 3) each")
    if len(arrays[0]):
        check_in_box(arrays[0], box_size)
        fastest = np.abs(arrays[1]).max()
        if not fastest < 0.5 * FASTEST_KMS:
            raise ZwickyError(
                f"the fastest cluster moves at {fastest:g} km/s; "
                f"give peculiar velocities below {0.5 * FASTEST_KMS:.0f} km/s (are the units right?)"
            )
        length = np.linalg.norm(arrays[2], axis=1)
        worst = length[np.argmax(np.abs(length - 1.0))]
        if not abs(worst - 1.0) < 1e-6:
            raise ZwickyError(f"a direction has length {worst:g}; divide directions by their length")
    return arrays[0], arrays[1], arrays[2]


def cut_cylinders(
    grid: GalaxyGrid,
    position: np.ndarray,
    velocity: np.ndarray,
    direction: np.ndarray,
    cylinder: Cylinder,
    workers: int | None = None,
) -> Cylinders:
    """Galaxies in a cylinder around each cluster.

    Separations are wrapped to the nearest periodic image, axis by axis, which equals a padded box while the
    cylinder is shorter than the box; in a box that is smaller, each galaxy still counts once. No galaxy
    is lost to a fixed margin: the cylinder reaches as far as the catalogue's own velocities demand.

    Parameters
    ----------
    grid
        The galaxies, from `galaxy_grid`.
    position, velocity, direction : shape (m, 3)
        Cluster centres in comoving Mpc inside the box, their peculiar velocities in km/s, and unit
        vectors from the observer to the cluster; one row a cluster and line of sight.
    cylinder
        Aperture and velocity cut, in any h.
    workers
        Threads; by default one a core. The result does not depend on it.

    Raises
    ------
    ZwickyError
        If an input cannot be right.
    """
    snapshot = grid.snapshot
    position, velocity, direction = checked_lines(position, velocity, direction, snapshot.box_size)
    aperture_mpc, v_cut_kms = cylinder.in_h(snapshot.cosmology.h).aperture_mpc, cylinder.v_cut_kms
    if v_cut_kms >= FASTEST_KMS:
        raise ZwickyError(f"v_cut = {v_cut_kms!r} km/s; give one above 0 and below {FASTEST_KMS:.0f} km/s")
    cut = float(np.arctanh(v_cut_kms / SPEED_OF_LIGHT_KMS))
    fastest = 255 * grid.speed_unit
    # No cluster is faster than this floor, so that what a row shows does not depend on its companions.
    cluster = float(np.max(np.linalg.norm(velocity, axis=1), initial=5000.0))
    side = snapshot.box_size / grid.n_cells
    hubble = snapshot.cosmology.H(snapshot.redshift).to_value("km/(s Mpc)")
    reach = SPEED_OF_LIGHT_KMS * (cut + fastest) + cluster + 4.0 * side * hubble
    flow = hubble_flow(snapshot.cosmology, snapshot.redshift, min(reach, 0.9 * SPEED_OF_LIGHT_KMS))
    shared = (
        grid.phase,
        grid.order,
        grid.starts,
        grid.speed_bound,
        grid.speed_unit,
        grid.n_cells,
        float(snapshot.box_size),
        float(aperture_mpc),
        cut,
        flow.coefficients,
        flow.least_slope,
    )
    slabs = pieces(len(position), max(4 * (workers or available_cores()), len(position) // _ROWS))
    parts = run_pieces(
        walk_cylinders,
        [(position[a:b], velocity[a:b], direction[a:b], *shared) for a, b in slabs],
        workers,
    )
    if not parts:
        none = np.empty(0, dtype=np.float32)
        return Cylinders(np.zeros(1, dtype=np.int64), np.empty(0, dtype=np.int64), none, none)
    counts, galaxy, r_proj, v_los = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    return Cylinders(np.concatenate([[0], np.cumsum(counts)]), galaxy, r_proj, v_los)


def count_in_cylinders(
    grid: GalaxyGrid,
    position: np.ndarray,
    velocity: np.ndarray,
    direction: np.ndarray,
    cylinder: Cylinder,
) -> np.ndarray:
    """Number of galaxies in each cylinder, int64, shape (m,), in bounded memory; see `cut_cylinders`."""
    counts = [
        cut_cylinders(grid, position[a:b], velocity[a:b], direction[a:b], cylinder).counts
        for a, b in pieces(len(position), -(-len(position) // _BATCH))
    ]
    return np.concatenate(counts) if counts else np.empty(0, dtype=np.int64)
