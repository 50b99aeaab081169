"""Compiled loops over galaxies: the cylinder walk, the members of a halo, the fastest of a cell.

Velocities along a line of sight are added as rapidities: relativistic addition of v1 and v2 is
``tanh(atanh v1 + atanh v2)``, and the Hubble velocity of Eq. 19 is ``c tanh(ln(1 + z))``. So Eq. 22 of
Ho et al. (2019) is one sum: ``v_los = c tanh(flow(depth) + atanh(v_gal / c) - atanh(v_clu / c))``,
where ``flow`` is ln(1 + z) of the galaxy's place less that of the cluster's.
"""

from __future__ import annotations

import numpy as np

from zwicky.kernels import kernel
from zwicky.units import SPEED_OF_LIGHT_KMS

__all__ = ["FASTEST_KMS", "fastest_of_cells", "observe_members", "walk_cylinders"]

#: The series below are exact to 1e-4 km/s up to this speed.
FASTEST_KMS = 0.1 * SPEED_OF_LIGHT_KMS

_C = SPEED_OF_LIGHT_KMS


@kernel(fastmath={"contract"}, forceinline=True)
def _rapidity(velocity):
    """atanh(v / c) by its series."""
    b = velocity / _C
    q = b * b
    return b * (1.0 + q * (1.0 / 3.0 + q * (1.0 / 5.0 + q * (1.0 / 7.0))))


@kernel(fastmath={"contract"}, forceinline=True)
def _velocity(rapidity):
    """c tanh(rapidity) by its series."""
    q = rapidity * rapidity
    return _C * rapidity * (1.0 - q * (1.0 / 3.0 - q * (2.0 / 15.0 - q * (17.0 / 315.0))))


@kernel(fastmath={"contract"}, forceinline=True)
def _flow(depth, coefficients):
    total = 0.0
    for k in range(len(coefficients) - 1, -1, -1):
        total = total * depth + coefficients[k]
    return total


@kernel(fastmath={"contract"}, forceinline=True)
def _depth_of(rapidity, coefficients):
    """Depth at which the flow reaches `rapidity`, by Newton's method."""
    depth = rapidity / coefficients[1]
    for _ in range(4):
        value = 0.0
        slope = 0.0
        for k in range(len(coefficients) - 1, -1, -1):
            slope = slope * depth + value
            value = value * depth + coefficients[k]
        depth -= (value - rapidity) / slope
    return depth


@kernel(fastmath={"contract"}, forceinline=True)
def _inverse(slope):
    """1 / slope, or a number too large to matter where the line of sight never leaves a slab."""
    if abs(slope) > 1e-12:
        return 1.0 / slope
    return 1e30


@kernel(fastmath={"contract"}, forceinline=True)
def _clip(low, high, inverse, least, most):
    """The part of [low, high] where t / inverse lies in [least, most]."""
    one, other = least * inverse, most * inverse
    return max(low, min(one, other)), min(high, max(one, other))


@kernel(fastmath={"contract"})
def _longer(array, size):
    larger = np.empty((size, *array.shape[1:]), dtype=array.dtype)
    larger[: len(array)] = array
    return larger


@kernel(fastmath={"contract"})
def _doubled(array):
    return _longer(array, 2 * len(array))


@kernel(fastmath={"contract"})
def fastest_of_cells(phase, starts, fastest):
    """Rapidity in each cell that no galaxy of the cell exceeds along any direction."""
    for c in range(len(fastest)):
        most = 0.0
        for g in range(starts[c], starts[c + 1]):
            square = 0.0
            for j in range(3, 6):
                square += np.float64(phase[g, j]) ** 2
            most = max(most, square)
        fastest[c] = 1.000001 * _rapidity(np.sqrt(most))


@kernel(fastmath={"contract"})
def _wrapped(index, n_cells):
    if index < 0:
        return index + n_cells
    return index - n_cells if index >= n_cells else index


@kernel(fastmath={"contract"})
def _runs(
    centre,
    axis,
    middle,
    aperture,
    rapidity_cut,
    least_slope,
    starts,
    speed_bound,
    speed_unit,
    n_cells,
    box,
    runs,
    shifts,
):
    """List the runs of sorted galaxies in the cells that one cylinder touches.

    The walk goes column by column of cells (constant x and y), clipping the axis of the cylinder to each slab
    and column in turn. It reaches as far along the line of sight as the fastest galaxy can scatter in from,
    and skips a cell whose own fastest galaxy cannot. Neighbours along z are neighbours in memory: one run.

    Returns the number of runs, ``runs`` (first and last galaxy) and ``shifts`` (what takes a galaxy's
    position to its separation from the centre), both lengthened if need be.
    """
    side = box / n_cells
    half = 0.5 * box
    cx, cy, cz = centre
    nx, ny, nz = axis
    mx, my = _inverse(nx), _inverse(ny)
    furthest = (rapidity_cut + 255 * speed_unit) / least_slope
    first, last = middle - furthest, middle + furthest
    # Half-extents of the cylinder's disc along each axis, and of a cell along the line of sight; a float32
    # position may lie outside its cell by its last digit.
    slack = 1e-7 * box
    ex = aperture * np.sqrt(max(0.0, 1.0 - nx * nx)) + slack
    ey = aperture * np.sqrt(max(0.0, 1.0 - ny * ny)) + slack
    ez = aperture * np.sqrt(max(0.0, 1.0 - nz * nz)) + slack
    thick = 0.5 * side * (abs(nx) + abs(ny) + abs(nz)) + 2.0 * slack
    n = 0
    x_low = max(min(first * nx, last * nx) - ex, -half)
    x_high = min(max(first * nx, last * nx) + ex, half)
    for ix in range(int(np.floor((cx + x_low) / side)), int(np.floor((cx + x_high) / side)) + 1):
        a, b = _clip(first, last, mx, ix * side - cx - ex, (ix + 1) * side - cx + ex)
        if a > b:
            continue
        wx = _wrapped(ix, n_cells)
        sx = ((ix + 0.5) * side - cx) * nx
        y_low = max(min(a * ny, b * ny) - ey, -half)
        y_high = min(max(a * ny, b * ny) + ey, half)
        for iy in range(int(np.floor((cy + y_low) / side)), int(np.floor((cy + y_high) / side)) + 1):
            p, q = _clip(a, b, my, iy * side - cy - ey, (iy + 1) * side - cy + ey)
            if p > q:
                continue
            wy = _wrapped(iy, n_cells)
            sxy = sx + ((iy + 0.5) * side - cy) * ny
            z_low = max(min(p * nz, q * nz) - ez, -half)
            z_high = min(max(p * nz, q * nz) + ez, half)
            latest = -1
            for iz in range(int(np.floor((cz + z_low) / side)), int(np.floor((cz + z_high) / side)) + 1):
                wz = _wrapped(iz, n_cells)
                c = (wx * n_cells + wy) * n_cells + wz
                away = abs(sxy + ((iz + 0.5) * side - cz) * nz - middle) - thick
                if away * least_slope > rapidity_cut + speed_bound[c] * speed_unit:
                    continue
                if latest == iz - 1 and wz > 0:
                    runs[n - 1, 1] = starts[c + 1]
                else:
                    if n == len(runs):
                        runs, shifts = _doubled(runs), _doubled(shifts)
                    runs[n, 0], runs[n, 1] = starts[c], starts[c + 1]
                    shifts[n, 0] = (ix - wx) * side - cx
                    shifts[n, 1] = (iy - wy) * side - cy
                    shifts[n, 2] = (iz - wz) * side - cz
                    n += 1
                latest = iz
    return n, runs, shifts


@kernel(fastmath={"contract"})
def walk_cylinders(
    position,
    velocity,
    direction,
    phase,
    order,
    starts,
    speed_bound,
    speed_unit,
    n_cells,
    box,
    aperture,
    rapidity_cut,
    coefficients,
    least_slope,
):
    """Galaxies in each of m cylinders: counts, then table row, comoving r_proj and v_los of all.

    Runs are listed first and galaxies then sifted without a branch, by writing each where the next one
    kept belongs: the processor fetches several cells at a time instead of waiting for each.
    """
    m = len(position)
    half = 0.5 * box
    counts = np.zeros(m, dtype=np.int64)
    size = max(64, 64 * m)
    galaxy = np.empty(size, dtype=np.int64)
    r_proj = np.empty(size, dtype=np.float32)
    v_los = np.empty(size, dtype=np.float32)
    runs = np.empty((256, 2), dtype=np.int64)
    shifts = np.empty((256, 3))
    near = np.empty(1024, dtype=np.int64)
    near_depth = np.empty(1024)
    near_square = np.empty(1024)
    n = 0
    square = aperture * aperture
    for i in range(m):
        nx, ny, nz = direction[i, 0], direction[i, 1], direction[i, 2]
        own = _rapidity(velocity[i, 0] * nx + velocity[i, 1] * ny + velocity[i, 2] * nz)
        middle = _depth_of(own, coefficients)
        centre = (position[i, 0], position[i, 1], position[i, 2])
        n_runs, runs, shifts = _runs(
            centre,
            (nx, ny, nz),
            middle,
            aperture,
            rapidity_cut,
            least_slope,
            starts,
            speed_bound,
            speed_unit,
            n_cells,
            box,
            runs,
            shifts,
        )
        total = 0
        for k in range(n_runs):
            total += runs[k, 1] - runs[k, 0]
        while total > len(near):
            near, near_depth, near_square = _doubled(near), _doubled(near_depth), _doubled(near_square)
        kept = 0
        for k in range(n_runs):
            ox, oy, oz = shifts[k, 0], shifts[k, 1], shifts[k, 2]
            for g in range(runs[k, 0], runs[k, 1]):
                dx, dy, dz = phase[g, 0] + ox, phase[g, 1] + oy, phase[g, 2] + oz
                depth = dx * nx + dy * ny + dz * nz
                px, py, pz = dx - depth * nx, dy - depth * ny, dz - depth * nz
                r2 = px * px + py * py + pz * pz
                near[kept] = g
                near_depth[kept] = depth
                near_square[kept] = r2
                # Each galaxy once: only its nearest image.
                image = (abs(dx) <= half) & (abs(dy) <= half) & (abs(dz) <= half)
                kept += (r2 <= square) & image
        if n + kept > size:
            while n + kept > size:
                size *= 2
            galaxy, r_proj, v_los = _longer(galaxy, size), _longer(r_proj, size), _longer(v_los, size)
        before = n
        for k in range(kept):
            g = near[k]
            pec = _rapidity(phase[g, 3] * nx + phase[g, 4] * ny + phase[g, 5] * nz)
            rapidity = _flow(near_depth[k], coefficients) + pec - own
            galaxy[n] = order[g]
            r_proj[n] = np.sqrt(near_square[k])
            v_los[n] = _velocity(rapidity)
            n += abs(rapidity) <= rapidity_cut
        counts[i] = n - before
    return counts, galaxy[:n].copy(), r_proj[:n].copy(), v_los[:n].copy()


@kernel(fastmath={"contract"})
def observe_members(
    position,
    velocity,
    direction,
    first,
    offsets,
    members,
    galaxy_position,
    galaxy_velocity,
    box,
    coefficients,
    r_proj,
    v_los,
):
    """Fill r_proj (comoving) and v_los of galaxies ``members[first[i]:...]`` seen along m directions."""
    for i in range(len(position)):
        nx, ny, nz = direction[i, 0], direction[i, 1], direction[i, 2]
        own = _rapidity(velocity[i, 0] * nx + velocity[i, 1] * ny + velocity[i, 2] * nz)
        for k in range(offsets[i], offsets[i + 1]):
            g = members[first[i] + k - offsets[i]]
            dx = galaxy_position[g, 0] - position[i, 0]
            dy = galaxy_position[g, 1] - position[i, 1]
            dz = galaxy_position[g, 2] - position[i, 2]
            dx -= box * np.rint(dx / box)
            dy -= box * np.rint(dy / box)
            dz -= box * np.rint(dz / box)
            depth = dx * nx + dy * ny + dz * nz
            px, py, pz = dx - depth * nx, dy - depth * ny, dz - depth * nz
            pec = _rapidity(
                galaxy_velocity[g, 0] * nx + galaxy_velocity[g, 1] * ny + galaxy_velocity[g, 2] * nz
            )
            r_proj[k] = np.sqrt(px * px + py * py + pz * pz)
            v_los[k] = _velocity(_flow(depth, coefficients) + pec - own)
