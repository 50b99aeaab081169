"""Spheres of particles in a periodic cube, and the sphere of a given mean density about a point.

Kernels on particles sorted into cells by `zwicky.universe.cells.cell_sort`; compiled, GIL-free, called on
one sphere at a time from the halo finder's loops.
"""

from __future__ import annotations

import numpy as np

from zwicky.kernels import kernel

__all__ = ["mark_spheres", "particles_within", "sphere_of_density"]


@kernel
def particles_within(position, starts, n_cells, box_size, centre, radius):
    """Particles within `radius` of `centre`, periodically, in cell order.

    Parameters
    ----------
    position : float32, shape (n, 3)
        Particles in cell order, Mpc in [0, box_size).
    starts : int64, shape (n_cells**3 + 1,)
        Where each cell starts.
    n_cells, box_size
        Cells a side; side of the cube in Mpc.
    centre : tuple of three floats
        Mpc in [0, box_size].
    radius
        Mpc, at most half the box.

    Returns
    -------
    squared_distance : float64, shape (m,)
        Mpc^2.
    index : int64, shape (m,)
        Rows of `position`.
    """
    per_length = n_cells / box_size
    low = np.empty(3, dtype=np.int64)
    high = np.empty(3, dtype=np.int64)
    for k in range(3):
        low[k] = int(np.floor((centre[k] - radius) * per_length))
        high[k] = int(np.floor((centre[k] + radius) * per_length))
    capacity = 0
    for fill in range(2):
        if fill:
            squared_distance = np.empty(capacity)
            index = np.empty(capacity, dtype=np.int64)
        count = 0
        for cell_x in range(low[0], high[0] + 1):
            x = centre[0] - box_size * (cell_x // n_cells)
            for cell_y in range(low[1], high[1] + 1):
                y = centre[1] - box_size * (cell_y // n_cells)
                pencil = ((cell_x % n_cells) * n_cells + cell_y % n_cells) * n_cells
                for cell_z in range(low[2], high[2] + 1):
                    z = centre[2] - box_size * (cell_z // n_cells)
                    a, b = starts[pencil + cell_z % n_cells], starts[pencil + cell_z % n_cells + 1]
                    if not fill:
                        capacity += b - a
                        continue
                    for i in range(a, b):
                        dx, dy, dz = position[i, 0] - x, position[i, 1] - y, position[i, 2] - z
                        d2 = dx * dx + dy * dy + dz * dz
                        if d2 <= radius * radius:
                            squared_distance[count] = d2
                            index[count] = i
                            count += 1
    return squared_distance[:count], index[:count]


@kernel
def sphere_of_density(position, starts, n_cells, box_size, centre, particle_volume, min_particles, n_guess):
    """Grow a sphere about `centre` until its mean density falls to a threshold.

    With N particles inside, the sphere of threshold density has volume ``N * particle_volume``. The
    sphere sought is the first one, from inside out and from `min_particles` on, that holds exactly its N
    particles: the next one lies outside.

    Parameters
    ----------
    position, starts, n_cells, box_size, centre
        As in `particles_within`.
    particle_volume
        Particle mass over threshold density, Mpc^3.
    min_particles
        Fewest particles of a sphere.
    n_guess
        Particles expected; sets the first radius that is searched.

    Returns
    -------
    n_inside : int
        0 if the density about the centre is below the threshold already, or is above it out to half
        the box.
    radius : float
        Mpc.
    """
    cubed = particle_volume * 3.0 / (4.0 * np.pi)
    reach = 1.2 * (max(n_guess, min_particles) * cubed) ** (1.0 / 3.0)
    n = min_particles
    while reach < 0.5 * box_size:
        d2, _ = particles_within(position, starts, n_cells, box_size, centre, reach)
        d2 = np.sort(d2)
        while n <= len(d2):
            radius = (n * cubed) ** (1.0 / 3.0)
            if n == min_particles and d2[n - 1] > radius * radius:
                return 0, 0.0
            if radius > reach:
                break
            if n == len(d2) or d2[n] > radius * radius:
                return n, radius
            n += 1
        if n == min_particles:
            return 0, 0.0
        reach *= 1.4
    return 0, 0.0


@kernel
def mark_spheres(position, starts, n_cells, box_size, centres, radii, member_of):
    """Write into `member_of` which sphere holds each particle; where spheres overlap, the earlier row.

    Parameters
    ----------
    position, starts, n_cells, box_size
        As in `particles_within`.
    centres : float64, shape (m, 3)
        Mpc.
    radii : float64, shape (m,)
        Mpc.
    member_of : int32, shape (n,)
        Changed in place, only where a sphere holds the particle.
    """
    for row in range(len(radii) - 1, -1, -1):
        centre = (centres[row, 0], centres[row, 1], centres[row, 2])
        _, index = particles_within(position, starts, n_cells, box_size, centre, radii[row])
        member_of[index] = row
