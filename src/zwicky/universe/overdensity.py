"""Halos: spheres of 200 times the critical density about the density peaks of friends-of-friends groups.

Where the peaks are is the matter of `zwicky.universe.peaks`. M200c and r200c count all particles, the
group's or not. Only hosts are kept: no centre lies inside the virial sphere of a more massive halo,
which is what Rockstar, and with it the paper's catalogue, calls a host.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy.spatial import cKDTree

from zwicky.errors import ZwickyError
from zwicky.kernels import kernel
from zwicky.parallel import available_cores, pieces, run_pieces
from zwicky.tables import HaloTable, Snapshot, density_200c, density_virial
from zwicky.universe.box import check_in_box
from zwicky.universe.cells import cell_sort, reorder
from zwicky.universe.peaks import MAX_SOURCES, halos_of_groups
from zwicky.universe.spheres import mark_spheres, sphere_of_density

__all__ = ["find_halos"]


def find_halos(
    snapshot: Snapshot,
    position: np.ndarray,
    velocity: np.ndarray,
    group_id: np.ndarray,
    particle_mass_msun: float,
    softening_mpc: float,
    min_particles: int = 20,
    cell_starts: np.ndarray | None = None,
) -> tuple[HaloTable, np.ndarray]:
    """Host halos of a snapshot and the particles that belong to them.

    Parameters
    ----------
    snapshot
        Box, redshift and cosmology.
    position : float32, shape (n, 3)
        Comoving Mpc in [0, box_size).
    velocity : float32, shape (n, 3)
        Peculiar, proper, km/s.
    group_id : int64, shape (n,)
        From `zwicky.universe.fof.friends_of_friends`: 0, 1, ... and -1 for none. A group is taken to be
        narrower than half the box.
    particle_mass_msun
        Msun.
    softening_mpc
        Plummer softening of the potential that finds the peaks, comoving Mpc; the simulation's own.
    min_particles
        Fewest particles inside r200c.
    cell_starts : int64, shape (n_cells**3 + 1,), optional
        If the particles are in the cell order of `zwicky.universe.cells.cell_sort` already, its second
        result; saves a sorted copy of them.

    Returns
    -------
    halos
        Numbered from 0 by decreasing M200c. M200c is the number of particles within r200c times their
        mass; velocity and dispersion are those of these particles.
    member_of : int32, shape (n,)
        Row of the halo whose r200c holds the particle, -1 if none; of two, the more massive.

    Raises
    ------
    ZwickyError
        If `min_particles` is below 2, the arrays disagree in length or a position is outside the box.

    Examples
    --------
    A ball of 4000 particles at the middle of a box, found by its friends first:

    >>> from zwicky.cosmology import paper_cosmology
    >>> from zwicky.tables import Snapshot
    >>> from zwicky.universe import friends_of_friends
    >>> rng = np.random.default_rng(1)
    >>> x = (50.0 + rng.normal(0.0, 0.4, (4000, 3))).astype(np.float32)
    >>> v = rng.normal(0.0, 800.0, (4000, 3)).astype(np.float32)
    >>> group = friends_of_friends(x, box_size=100.0, linking_length_mpc=0.3, min_members=20)
    >>> found, member_of = find_halos(
    ...     Snapshot("mine", 0.0, 100.0, paper_cosmology()), x, v, group,
    ...     particle_mass_msun=2e11, softening_mpc=0.03, min_particles=20,
    ... )
    >>> len(found), bool(np.sum(member_of == 0) * 2e11 == found.m200c[0])
    (1, True)
    """
    n = len(position)
    if not (len(velocity) == len(group_id) == n):
        raise ZwickyError(
            f"{n} positions, {len(velocity)} velocities, {len(group_id)} group numbers; give as many of each"
        )
    if min_particles < 2:
        raise ZwickyError(f"min_particles = {min_particles}; give 2 or more: a dispersion needs them")
    check_in_box(position, snapshot.box_size)
    order = None
    if cell_starts is None:
        # Cells of 1.5 mean separations: a large cluster fits in 27 of them.
        order, cell_starts = cell_sort(position, snapshot.box_size, max(1, round(n ** (1 / 3) / 1.5)))
        position, velocity, group_id = (reorder(a, order) for a in (position, velocity, group_id))
    n_cells = round((len(cell_starts) - 1) ** (1 / 3))
    cells = (position, cell_starts, n_cells, float(snapshot.box_size))

    found = _halos_of_all_groups(
        cells, velocity, group_id, particle_mass_msun / density_200c(snapshot), softening_mpc, min_particles
    )
    centre, motion, radius, sigma, count, group = found
    centre[centre >= snapshot.box_size] = 0.0  # a remainder by the box can round up to it
    by_mass = np.lexsort((np.arange(len(count)), -count))
    virial = np.empty(len(count))
    virial_volume = particle_mass_msun / density_virial(snapshot)
    run_pieces(
        _virial_radii,
        [
            (
                cells,
                centre[a:b],
                radius[a:b],
                count[a:b],
                virial_volume,
                virial[a:b],
            )
            for a, b in pieces(len(count), 16 * available_cores())
        ],
    )
    rows = by_mass[_is_host(centre[by_mass], virial[by_mass], snapshot.box_size)]
    halos = HaloTable(
        snapshot=snapshot,
        halo_id=np.arange(len(rows)),
        position=centre[rows],
        velocity=motion[rows],
        m200c=count[rows] * particle_mass_msun,
        r200c=radius[rows],
        sigma_1d=sigma[rows],
        fof_id=group[rows],
    )
    member_of = np.full(n, -1, dtype=np.int32)
    mark_spheres(*cells, halos.position, halos.r200c, member_of)
    if order is not None:
        in_cells, member_of = member_of, np.empty_like(member_of)
        member_of[order] = in_cells
    return halos, member_of


def _halos_of_all_groups(cells, velocity, group_id, particle_volume, softening_mpc, min_particles):
    """Centre, velocity, radius, dispersion, particle count and group of every halo, by group."""
    sizes = _group_sizes(group_id)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    members = np.empty(starts[-1], dtype=np.int32)
    _list_members(group_id, starts[:-1].copy(), members)
    slots = np.concatenate([[0], np.cumsum(sizes // min_particles)])
    centre, motion = np.full((slots[-1], 3), np.nan), np.empty((slots[-1], 3))
    radius, sigma = np.empty(slots[-1]), np.empty(slots[-1])
    count = np.zeros(slots[-1], dtype=np.int64)
    # Pieces of about equal cost: a group's potential is a sum over pairs.
    cost = np.cumsum(sizes * (np.minimum(sizes, MAX_SOURCES) + 500.0))
    edges = np.searchsorted(cost, np.linspace(0, cost[-1] if len(cost) else 0, 64 * available_cores() + 1))
    edges = np.unique([0, *edges, len(sizes)])
    limits = (particle_volume, softening_mpc, min_particles)
    run_pieces(
        halos_of_groups,
        [
            (a, b, members, starts, slots, cells, velocity, *limits, centre, motion, radius, sigma, count)
            for a, b in pairwise(edges)
        ],
    )
    group = np.repeat(np.arange(len(sizes)), np.diff(slots))
    used = count > 0
    return tuple(a[used] for a in (centre, motion, radius, sigma, count, group))


def _is_host(centre, radius, box_size):
    """Which halos, given by decreasing mass, have their centre in no earlier one that is a host itself."""
    host = np.ones(len(radius), dtype=bool)
    if len(radius) == 0:
        return host
    tree = cKDTree(centre, boxsize=box_size)
    crowded = np.flatnonzero(tree.query_ball_point(tree.data, radius, return_length=True) > 1)
    for row, inside in zip(crowded, tree.query_ball_point(tree.data[crowded], radius[crowded]), strict=True):
        if host[row]:
            later = np.array(inside)
            host[later[later > row]] = False
    return host


@kernel
def _virial_radii(cells, centre, radius, count, particle_volume, virial):
    """Radii of the virial spheres; r200c where there is none, as about a centre beside a larger halo."""
    position, starts, n_cells, box_size = cells
    for i in range(len(radius)):
        middle = (centre[i, 0], centre[i, 1], centre[i, 2])
        n, r = sphere_of_density(
            position, starts, n_cells, box_size, middle, particle_volume, count[i], int(1.3 * count[i])
        )
        virial[i] = max(r, radius[i]) if n > 0 else radius[i]


@kernel
def _group_sizes(group_id):
    n_groups = 0
    for g in group_id:
        n_groups = max(n_groups, g + 1)
    sizes = np.zeros(n_groups, dtype=np.int64)
    for g in group_id:
        if g >= 0:
            sizes[g] += 1
    return sizes


@kernel
def _list_members(group_id, next_place, members):
    for i in range(len(group_id)):
        g = group_id[i]
        if g >= 0:
            members[next_place[g]] = i
            next_place[g] += 1
