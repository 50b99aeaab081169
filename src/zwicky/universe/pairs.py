r"""Short-range gravity: the pair sum of P3M, vectorised over cell-sorted particles.

The force of a point mass is split with a Gaussian of scale r_s (Hockney & Eastwood 1988; Springel
2005, Eq. 21). What the mesh does not carry is, for a Plummer softening eps and u = r / (2 r_s),

.. math:: \mathbf{f} = G m\,\mathbf{r}\,\left[(r^2+\epsilon^2)^{-3/2} - L(r^2)\right], \qquad
          L(r^2) = \frac{\mathrm{erf}\,u - 2u\,e^{-u^2}/\sqrt{\pi}}{r^3},

cut at r_c. L is smooth in r^2, so a polynomial in r^2 replaces it and the inner loop is nothing
but arithmetic.

Cells have sides of at least r_c. For a pencil of cells along z, the 3 x 3 neighbouring pencils are
copied cell by cell into one buffer, shifted for periodicity; the neighbours of cell iz are then the
contiguous run of its columns iz - 1 to iz + 1. Those of them within r_c of the smallest box about the
particles of the cell, or of an octant of it if they are many, are kept, and one long loop over what is kept
serves each particle. The loops are in `lanes`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.polynomial import Chebyshev, Polynomial
from scipy.special import erf

from zwicky.errors import ZwickyError
from zwicky.kernels import LANES, kernel
from zwicky.parallel import run_pieces
from zwicky.universe.lanes import FAR, add_lanes, keep_near, pull

__all__ = ["ShortRange", "kick_short"]

_DEGREE = 6
#: Cells of more particles than this are kicked octant by octant.
_SPLIT = 16


@dataclass(frozen=True)
class ShortRange:
    """The short-range force law.

    Parameters
    ----------
    softening
        Plummer softening eps, in the unit of the positions.
    split
        Gaussian split scale r_s, same unit.
    cutoff
        Distance r_c beyond which the short-range force is dropped, same unit.
    """

    softening: float
    split: float
    cutoff: float

    def long_range_factor(self, r2: np.ndarray) -> np.ndarray:
        """L(r^2), exact; finite at zero."""
        u = np.sqrt(np.maximum(r2, 1e-12 * self.split**2)) / (2.0 * self.split)
        exact = (erf(u) - 2.0 * u * np.exp(-(u**2)) / np.sqrt(np.pi)) / (2.0 * self.split * u) ** 3
        # Below u = 0.02 the difference cancels; the series 4 u^3 / (3 sqrt(pi)) (1 - 3 u^2 / 5) does not.
        series = (1.0 - 0.6 * u**2) / (6.0 * np.sqrt(np.pi) * self.split**3)
        return np.where(u < 0.02, series, exact)

    def coefficients(self) -> np.ndarray:
        """Coefficients of the polynomial in r^2 that stands for L, lowest first, float32, shape (7,)."""
        nodes = 0.5 * self.cutoff**2 * (1.0 + np.cos(np.pi * (np.arange(400) + 0.5) / 400))
        # Chebyshev nodes crowd at both ends, which makes the fit close to minimax.
        fit = Chebyshev.fit(nodes, self.long_range_factor(nodes), _DEGREE, domain=[0.0, self.cutoff**2])
        return fit.convert(kind=Polynomial).coef.astype(np.float32)


def kick_short(
    position: np.ndarray,
    momentum: np.ndarray,
    starts: np.ndarray,
    n_cells: int,
    box_size: float,
    force: ShortRange,
    factor: float | np.ndarray,
    workers: int | None = None,
    levels: tuple[np.ndarray, int, float] | None = None,
) -> int:
    """Add ``factor * sum_j r_ij [...]`` to the momentum of every particle, or of some, in place.

    Parameters
    ----------
    position : float32, shape (n, 3)
        Positions in [0, box_size), sorted by cell (`cells.cell_sort`).
    momentum : float32, shape (n, 3)
        Updated in place.
    starts : int64, shape (n_cells**3 + 1,)
        First particle of each cell.
    n_cells
        Cells a side; at least 3, with sides of at least the cutoff.
    box_size
        Side of the periodic cube.
    force
        The force law.
    factor
        G m times the kick's time factor; with levels one for each old and new level, float32, shape
        (n_levels, n_levels).
    levels : level, least, gauge; optional
        Level of each particle (uint8, updated in place), the least of those to kick, and what the sum is
        multiplied with to find its new level, the least l with ``gauge * |sum| <= 4**l``; 0 keeps the levels.

    Returns
    -------
    int
        Pairs evaluated in the inner loop, beyond the cutoff or not.

    Raises
    ------
    ZwickyError
        If there are fewer than 3 cells a side or if they are smaller than the cutoff.
    """
    if n_cells < 3 or box_size / n_cells < force.cutoff * (1 - 1e-6):
        raise ZwickyError(
            f"{n_cells} cells a side of {box_size / n_cells:.3g} for a cutoff of {force.cutoff:.3g}; "
            "give at least 3 cells that are no smaller than the cutoff: a larger box or a finer mesh"
        )
    if levels is None:
        levels = np.zeros(len(position), dtype=np.uint8), 0, 0.0
    level, least, gauge = levels
    arguments = (
        position,
        momentum,
        starts,
        n_cells,
        np.float32(box_size),
        force.coefficients(),
        np.float32(force.cutoff**2),
        np.float32(force.softening**2),
        np.atleast_2d(np.asarray(factor, dtype=np.float32)),
        level,
        least,
        np.float32(gauge**2),
    )
    return sum(run_pieces(_kick_slab, [(ix, *arguments) for ix in range(n_cells)], workers))


@kernel(forceinline=True)
def _buffers(n):
    return np.empty(n, dtype=np.float32), np.empty(n, dtype=np.float32), np.empty(n, dtype=np.float32)


@kernel
def _load_plane(position, first, stop, shift, x, y, z, k):
    """Coordinates of a slab of cells one after the other from entry k on, x shifted."""
    for i in range(first, stop):
        x[k + i - first] = position[i, 0] + shift
        y[k + i - first] = position[i, 1]
        z[k + i - first] = position[i, 2]


@kernel
def _fill_pencil(planes, starts, n, pencils, offsets, shifts, box_size, kicked, column, points):
    """Copy nine pencils side by side by columns iz = -1 .. n, those beside a cell that is kicked."""
    from_x, from_y, from_z = planes
    x, y, z = points
    k = 0
    for iz in range(-1, n + 1):
        column[iz + 1] = k
        if kicked[max(iz - 1, 0) : iz + 2].sum() == 0:
            continue
        jz, shift_z = iz, np.float32(0)
        if iz < 0:
            jz, shift_z = n - 1, -box_size
        elif iz == n:
            jz, shift_z = 0, box_size
        for pencil in range(9):
            cell = pencils[pencil] + jz
            j = starts[cell] + offsets[pencil]
            stop = starts[cell + 1] + offsets[pencil]
            end = k + stop - j
            while j < stop:  # what is copied too much is written over by the next cell
                add_lanes(x, k, from_x, j, np.float32(0))
                add_lanes(y, k, from_y, j, shifts[pencil])
                add_lanes(z, k, from_z, j, shift_z)
                j += LANES
                k += LANES
            k = end
    column[n + 2] = k
    for lane in range(k, k + LANES):
        x[lane] = y[lane] = z[lane] = FAR


@kernel
def _count_kicked(level, least, starts, first, kicked):
    """Particles at or above a level in each cell from the cell `first` on; returns their sum."""
    total = 0
    for cell in range(len(kicked)):
        for i in range(starts[first + cell], starts[first + cell + 1]):
            kicked[cell] += level[i] >= least
        total += kicked[cell]
    return total


@kernel
def _capacity(starts, n, ix):
    """Particles in the fullest 3 x 3 pencils about the slab ix, the two columns that repeat included."""
    most = 0
    for iy in range(n):
        size = 0
        for dx in range(-1, 2):
            for dy in range(-1, 2):
                first = (((ix + dx) % n) * n + (iy + dy) % n) * n
                size += starts[first + n] - starts[first]
                size += starts[first + 1] - starts[first]
                size += starts[first + n] - starts[first + n - 1]
        most = max(most, size)
    return most


@kernel(forceinline=True)
def _keep_near(points, begin, stop, position, group, reach2, near):
    """Copy the points within reach of the smallest box about a group of particles; returns how many."""
    i = group[0]
    low_x = high_x = position[i, 0]
    low_y = high_y = position[i, 1]
    low_z = high_z = position[i, 2]
    for i in group[1:]:
        low_x, high_x = min(low_x, position[i, 0]), max(high_x, position[i, 0])
        low_y, high_y = min(low_y, position[i, 1]), max(high_y, position[i, 1])
        low_z, high_z = min(low_z, position[i, 2]), max(high_z, position[i, 2])
    low, high = (low_x, low_y, low_z), (high_x, high_y, high_z)
    x, y, z = points
    near_x, near_y, near_z = near
    k = 0
    for j in range(begin, stop, LANES):
        k += keep_near(x, y, z, j, low, high, reach2, near_x, near_y, near_z, k)
    for lane in range(k, k + LANES):
        near_x[lane] = near_y[lane] = near_z[lane] = FAR
    return k


@kernel(forceinline=True)
def _kick_group(
    group, position, momentum, near, k, coefficients, cutoff2, softening2, factors, level, gauge2
):
    """Kick particles by the first k points of `near`; returns the pairs evaluated."""
    x, y, z = near
    highest = len(factors) - 1
    for i in group:
        ax, ay, az = pull(
            x, y, z, 0, k, position[i, 0], position[i, 1], position[i, 2], coefficients, cutoff2, softening2
        )
        old = level[i]
        if gauge2 > 0:
            need = gauge2 * (ax * ax + ay * ay + az * az)
            new = 0
            while need > 1 and new < highest:
                need *= np.float32(1 / 16)
                new += 1
            level[i] = new
        factor = factors[old, level[i]]
        momentum[i, 0] += factor * ax
        momentum[i, 1] += factor * ay
        momentum[i, 2] += factor * az
    return (k + LANES - 1) // LANES * LANES * len(group)


@kernel
def _by_octant(position, chosen, centre, order, ends):
    """Numbers of some of a cell's particles by octant about a point, in `order`; where each octant ends."""
    ends[:] = 0
    for i in chosen:
        ends[_octant(position, i, centre)] += 1
    place = 0
    for octant in range(8):
        place, ends[octant] = place + ends[octant], place
    for i in chosen:
        octant = _octant(position, i, centre)
        order[ends[octant]] = i
        ends[octant] += 1


@kernel(forceinline=True)
def _octant(position, i, centre):
    x, y, z = centre
    return 4 * (position[i, 0] > x) + 2 * (position[i, 1] > y) + (position[i, 2] > z)


@kernel
def _kick_slab(
    ix, position, momentum, starts, n, box_size, c, cutoff2, softening2, factors, level, least, gauge2
):
    """Kick the particles of the cells (ix, :, :) that are at or above the level `least`."""
    kicked = np.zeros(n * n, dtype=np.int64)
    if _count_kicked(level, least, starts, ix * n * n, kicked) == 0:
        return 0
    slab = np.empty(3, dtype=np.int64)
    shift_x = np.empty(3, dtype=np.float32)
    size = 0
    for m in range(3):
        jx = (ix + m - 1) % n
        slab[m] = jx * n * n
        shift_x[m] = np.float32((ix + m - 1 - jx) // n) * box_size
        size += starts[slab[m] + n * n] - starts[slab[m]]
    planes = _buffers(size + LANES)
    offset = np.empty(3, dtype=np.int64)  # from the number of a particle to its place in `planes`
    k = 0
    for m in range(3):
        begin, stop = starts[slab[m]], starts[slab[m] + n * n]
        _load_plane(position, begin, stop, shift_x[m], planes[0], planes[1], planes[2], k)
        offset[m] = k - begin
        k += stop - begin
    capacity = _capacity(starts, n, ix) + 2 * LANES
    points, near, nearer = _buffers(capacity), _buffers(capacity), _buffers(capacity)
    chosen, order = np.empty(capacity, dtype=np.int64), np.empty(capacity, dtype=np.int64)
    ends = np.empty(8, dtype=np.int64)
    reach2 = cutoff2 * np.float32(1.0001)  # what rounding could lose
    side, half = box_size / np.float32(n), np.float32(0.5)
    column = np.empty(n + 3, dtype=np.int64)
    pencils = np.empty(9, dtype=np.int64)
    offsets = np.empty(9, dtype=np.int64)
    shifts = np.empty(9, dtype=np.float32)
    coefficients = (c[0], c[1], c[2], c[3], c[4], c[5], c[6])
    pairs = 0
    for iy in range(n):
        mine = kicked[iy * n : (iy + 1) * n]
        if mine.sum() == 0:
            continue
        for m in range(3):
            for dy in range(-1, 2):
                jy = (iy + dy) % n
                pencil = 3 * m + dy + 1
                pencils[pencil] = slab[m] + jy * n
                offsets[pencil] = offset[m]
                shifts[pencil] = np.float32((iy + dy - jy) // n) * box_size
        _fill_pencil(planes, starts, n, pencils, offsets, shifts, box_size, mine, column, points)
        for iz in range(n):
            count = mine[iz]
            if count == 0:
                continue
            cell = (ix * n + iy) * n + iz
            place = 0
            for i in range(starts[cell], starts[cell + 1]):
                if level[i] >= least:
                    chosen[place] = i
                    place += 1
            k = _keep_near(points, column[iz], column[iz + 3], position, chosen[:count], reach2, near)
            if count <= _SPLIT:
                pairs += _kick_group(
                    chosen[:count], position, momentum, near, k, coefficients, cutoff2, softening2,
                    factors, level, gauge2,
                )  # fmt: skip
                continue
            centre = (ix + half) * side, (iy + half) * side, (iz + half) * side
            _by_octant(position, chosen[:count], centre, order, ends)
            first = 0
            for last in ends:
                if last > first:
                    group = order[first:last]
                    m = _keep_near(near, 0, k, position, group, reach2, nearer)
                    pairs += _kick_group(
                        group, position, momentum, nearer, m, coefficients, cutoff2, softening2,
                        factors, level, gauge2,
                    )  # fmt: skip
                first = last
    return pairs
