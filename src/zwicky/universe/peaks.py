"""Density peaks of friends-of-friends groups: where a group's halos are.

A group's halo sits at its member deepest in the group's own potential, moved to the mean of the innermost
tenth of its particles to beat their discreteness. Groups bridge halos that are distinct: what lies outside
the spheres already found is searched again for its own deepest member, until nothing dense enough is left.
Spheres found here may still hold the centres of others; `zwicky.universe.overdensity` keeps the hosts.
"""

from __future__ import annotations

import numpy as np

from zwicky.kernels import kernel
from zwicky.universe.spheres import particles_within, sphere_of_density

__all__ = ["CORE_PARTICLES", "CORE_SHARE", "MAX_SOURCES", "halos_of_groups"]

#: Members that source a group's potential; larger groups are thinned to about so many.
MAX_SOURCES = 8192

#: A halo's centre is the mean of this share of its particles, the innermost, and of at least so many.
CORE_SHARE, CORE_PARTICLES = 0.1, 16


@kernel
def halos_of_groups(
    group_a, group_b, members, group_starts, slots, cells, velocity,
    particle_volume, softening, min_particles, centres, motions, radii, sigmas, counts,
):  # fmt: skip
    """Find the halos of groups a to b and write each to the group's own slots.

    Parameters
    ----------
    group_a, group_b : int
        Range of groups.
    members : int32, shape (m,)
        Particles by group; those of group g are ``group_starts[g]:group_starts[g + 1]``.
    group_starts : int64, shape (n_groups + 1,)
    slots : int64, shape (n_groups + 1,)
        Group g may write rows ``slots[g]:slots[g + 1]`` of the results.
    cells : tuple
        ``(position, starts, n_cells, box_size)`` as in `zwicky.universe.spheres`.
    velocity : float32, shape (n, 3)
        km/s, in the order of the positions.
    particle_volume
        Particle mass over threshold density, Mpc^3.
    softening
        Plummer softening, Mpc.
    min_particles
        Fewest particles of a halo.
    centres, motions : float64, shape (n_slots, 3)
        Results: centre in Mpc, mean velocity in km/s.
    radii, sigmas : float64, shape (n_slots,)
        Results: radius in Mpc, one-dimensional dispersion in km/s.
    counts : int64, shape (n_slots,)
        Result: particles within the radius; rows that stay 0 are unused.
    """
    box_size = cells[3]
    r_min = (min_particles * particle_volume * 3.0 / (4.0 * np.pi)) ** (1.0 / 3.0)
    softening2 = np.float32(softening**2)
    for group in range(group_a, group_b):
        rows = members[group_starts[group] : group_starts[group + 1]]
        if len(rows) < min_particles:
            continue
        origin = np.empty(3)
        for k in range(3):
            origin[k] = cells[0][rows[0], k]
        local = _local_coordinates(cells[0], rows, origin, box_size)
        # A halo's centre has min_particles within r_min: no other member can be one.
        candidate = _crowding(local, r_min) >= min_particles
        if not candidate.any():
            continue
        stride = (len(rows) + MAX_SOURCES - 1) // MAX_SOURCES
        depth = _depths(local, stride, softening2)
        free = np.ones(len(rows), dtype=np.bool_)
        n_free = len(rows)
        slot = slots[group]
        while n_free >= min_particles and slot < slots[group + 1]:
            peak = _deepest(depth, free, candidate)
            if peak < 0:
                break
            at = local[:, peak].astype(np.float64)
            reach = r_min
            centre = _point((at + origin) % box_size)
            centre, count, radius = _halo_at(cells, centre, particle_volume, min_particles)
            if count > 0:
                _, index = particles_within(*cells, centre, radius)
                motions[slot], sigmas[slot] = _motion(velocity, index)
                counts[slot], radii[slot] = count, radius
                for k in range(3):
                    centres[slot, k] = centre[k]
                    at[k] = _nearest_image(centre[k] - origin[k], box_size)
                reach = radius
                slot += 1
            # Members of the halo found, or near the peak that was none, are neither peak nor pull again.
            n_free -= _remove(local, peak, at, reach, stride, softening2, free, candidate, depth)


@kernel(inline="always")
def _point(vector):
    return vector[0], vector[1], vector[2]


@kernel(inline="always")
def _nearest_image(distance, box_size):
    return distance - box_size * np.round(distance / box_size)


@kernel
def _local_coordinates(position, rows, origin, box_size):
    """Nearest images of some particles from `origin` on, sorted by x: float32, shape (3, n)."""
    local = np.empty((3, len(rows)), dtype=np.float32)
    for k in range(3):
        for i in range(len(rows)):
            local[k, i] = _nearest_image(position[rows[i], k] - origin[k], box_size)
    by_x = np.argsort(local[0])
    for k in range(3):
        local[k] = local[k][by_x]
    return local


@kernel
def _crowding(local, radius):
    """Points within `radius` of each point, itself among them; x rises."""
    x, y, z = local[0], local[1], local[2]
    near = np.ones(len(x), dtype=np.int64)
    for i in range(len(x)):
        j = i + 1
        while j < len(x) and x[j] - x[i] <= radius:
            dx, dy, dz = x[j] - x[i], y[j] - y[i], z[j] - z[i]
            if dx * dx + dy * dy + dz * dz <= radius * radius:
                near[i] += 1
                near[j] += 1
            j += 1
    return near


@kernel(fastmath=True, error_model="numpy", forceinline=True)
def _inverse_distances(px, py, pz, x, y, z, softening2):
    """Sum of 1 / softened distance from a point to all others: the loop that takes the time."""
    total = np.float32(0)
    for j in range(len(x)):
        dx, dy, dz = x[j] - px, y[j] - py, z[j] - pz
        total += np.float32(1) / np.sqrt(dx * dx + dy * dy + dz * dz + softening2)
    return total


@kernel
def _depths(local, stride, softening2):
    """Minus the potential of every point in the field of each `stride`-th one, itself left out."""
    sources = local[:, ::stride].copy()
    depth = np.empty(local.shape[1], dtype=np.float32)
    for i in range(len(depth)):
        depth[i] = _inverse_distances(
            local[0, i], local[1, i], local[2, i], sources[0], sources[1], sources[2], softening2
        )
        if i % stride == 0:
            depth[i] -= np.float32(1) / np.sqrt(softening2)
    return depth


@kernel
def _deepest(depth, free, candidate):
    """The free candidate of largest depth, -1 if there is none."""
    peak = -1
    for i in range(len(depth)):
        if free[i] and candidate[i] and (peak < 0 or depth[i] > depth[peak]):
            peak = i
    return peak


@kernel
def _halo_at(cells, peak, particle_volume, min_particles):
    """Centre, particle count and radius of the halo about a peak; count 0 if there is none."""
    count, radius = sphere_of_density(*cells, peak, particle_volume, min_particles, 2 * min_particles)
    if count == 0:
        return peak, count, radius
    n_core = min(count, max(CORE_PARTICLES, int(CORE_SHARE * count)))
    centre = np.array(peak)
    for _ in range(3):
        d2, index = particles_within(*cells, _point(centre), radius)
        if len(d2) < n_core:
            break
        mean = np.zeros(3)
        for i in index[np.argsort(d2)[:n_core]]:
            for k in range(3):
                mean[k] += _nearest_image(cells[0][i, k] - centre[k], cells[3])
        centre = (centre + mean / n_core) % cells[3]
    count, radius = sphere_of_density(*cells, _point(centre), particle_volume, min_particles, count)
    return _point(centre), count, radius


@kernel
def _motion(velocity, index):
    """Mean velocity and one-dimensional dispersion (ddof = 1) of some particles."""
    mean = np.zeros(3)
    for i in index:
        for k in range(3):
            mean[k] += velocity[i, k]
    mean /= len(index)
    trace = 0.0
    for i in index:
        for k in range(3):
            trace += (velocity[i, k] - mean[k]) ** 2
    return mean, np.sqrt(trace / (3.0 * (len(index) - 1)))


@kernel
def _remove(local, peak, at, reach, stride, softening2, free, candidate, depth):
    """Take the free points within `reach` of `at`, and the peak, out of the group; returns how many."""
    gone = np.empty_like(local)
    n_gone, n_sources = 0, 0
    for i in range(len(free)):
        d2 = (local[0, i] - at[0]) ** 2 + (local[1, i] - at[1]) ** 2 + (local[2, i] - at[2]) ** 2
        if free[i] and (i == peak or d2 <= reach * reach):
            free[i] = False
            n_gone += 1
            if i % stride == 0:
                gone[:, n_sources] = local[:, i]
                n_sources += 1
    x, y, z = gone[0, :n_sources], gone[1, :n_sources], gone[2, :n_sources]
    for i in range(len(free)):
        if free[i] and candidate[i]:
            depth[i] -= _inverse_distances(local[0, i], local[1, i], local[2, i], x, y, z, softening2)
    return n_gone
