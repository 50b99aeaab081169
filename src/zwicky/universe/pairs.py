r"""Short-range gravity: the pair sum of P3M, vectorised over cell-sorted particles.

The force of a point mass is split with a Gaussian of scale r_s (Hockney & Eastwood 1988; Springel
2005, Eq. 21). What the mesh does not carry is, for a Plummer softening eps and u = r / (2 r_s),

.. math:: \mathbf{f} = G m\,\mathbf{r}\,\left[(r^2+\epsilon^2)^{-3/2} - L(r^2)\right], \qquad
          L(r^2) = \frac{\mathrm{erf}\,u - 2u\,e^{-u^2}/\sqrt{\pi}}{r^3},

cut at r_c. L is smooth in r^2, so a polynomial in r^2 replaces it and the inner loop is nothing
but arithmetic.

Cells have sides of at least r_c. For a pencil of cells along z, the 3 x 3 neighbouring pencils are
copied cell by cell into one buffer, shifted for periodicity; the neighbours of cell iz are then the
contiguous run of its columns iz - 1 to iz + 1, and one long loop over that run serves each particle.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.polynomial import Chebyshev, Polynomial
from scipy.special import erf

from zwicky.errors import ZwickyError
from zwicky.parallel import run_pieces

__all__ = ["ShortRange", "kick_short"]

_DEGREE = 6
#: The run of neighbours is rounded up to this many, so that no scalar remainder loop runs. What it
#: takes in beyond the run lies further than r_c and adds nothing.
_LANES = 32
_FAR = np.float32(1e9)


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
    factor: float,
    workers: int | None = None,
) -> int:
    """Add ``factor * sum_j r_ij [...]`` to the momentum of every particle, in place.

    Parameters
    ----------
    position : float32, shape (n, 3)
        Positions in [0, box_size], sorted by cell (`cells.cell_sort`).
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
        G m times the kick's time factor.

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
    arguments = (
        position,
        momentum,
        starts,
        n_cells,
        np.float32(box_size),
        force.coefficients(),
        np.float32(force.cutoff**2),
        np.float32(force.softening**2),
        np.float32(factor),
    )
    return sum(run_pieces(_kick_slab, [(ix, *arguments) for ix in range(n_cells)], workers))


@njit(nogil=True, cache=True)
def _fill_pencil(position, starts, n, ix, iy, box_size, column, x, y, z):
    """Copy the 3 x 3 pencils about (ix, iy) by columns iz = -1 .. n; returns the buffer's length."""
    k = 0
    for iz in range(-1, n + 1):
        column[iz + 1] = k
        jz = iz % n
        shift_z = np.float32((iz - jz) // n) * box_size
        for dx in range(-1, 2):
            jx = (ix + dx) % n
            shift_x = np.float32((ix + dx - jx) // n) * box_size
            for dy in range(-1, 2):
                jy = (iy + dy) % n
                shift_y = np.float32((iy + dy - jy) // n) * box_size
                c = (jx * n + jy) * n + jz
                for j in range(starts[c], starts[c + 1]):
                    x[k] = position[j, 0] + shift_x
                    y[k] = position[j, 1] + shift_y
                    z[k] = position[j, 2] + shift_z
                    k += 1
    column[n + 2] = k
    return k


@njit(nogil=True, cache=True)
def _pencil_size(starts, n, ix, iy):
    size = 0
    for dx in range(-1, 2):
        for dy in range(-1, 2):
            first = (((ix + dx) % n) * n + (iy + dy) % n) * n
            size += starts[first + n] - starts[first]
            size += starts[first + 1] - starts[first]
            size += starts[first + n] - starts[first + n - 1]
    return size


@njit(nogil=True, cache=True, fastmath=True, error_model="numpy", forceinline=True)
def _pull(x, y, z, xi, yi, zi, c, cutoff2, softening2):
    """Sum of the short-range force of the points (x, y, z) on (xi, yi, zi): the loop that takes the time."""
    ax = np.float32(0.0)
    ay = np.float32(0.0)
    az = np.float32(0.0)
    for j in range(len(x)):
        dx = x[j] - xi
        dy = y[j] - yi
        dz = z[j] - zi
        r2 = dx * dx + dy * dy + dz * dz
        s = np.float32(1.0) / np.sqrt(r2 + softening2)
        far = c[0] + r2 * (c[1] + r2 * (c[2] + r2 * (c[3] + r2 * (c[4] + r2 * (c[5] + r2 * c[6])))))
        w = s * s * s - far
        w = w if r2 < cutoff2 else np.float32(0.0)
        ax += w * dx
        ay += w * dy
        az += w * dz
    return ax, ay, az


@njit(nogil=True, cache=True)
def _kick_slab(ix, position, momentum, starts, n, box_size, c, cutoff2, softening2, factor):
    """Kick every particle of the cells (ix, :, :)."""
    pairs = 0
    column = np.empty(n + 3, dtype=np.int64)
    capacity = 0
    for iy in range(n):
        capacity = max(capacity, _pencil_size(starts, n, ix, iy))
    x = np.empty(capacity + _LANES, dtype=np.float32)
    y = np.empty(capacity + _LANES, dtype=np.float32)
    z = np.empty(capacity + _LANES, dtype=np.float32)
    coefficients = (c[0], c[1], c[2], c[3], c[4], c[5], c[6])
    for iy in range(n):
        size = _fill_pencil(position, starts, n, ix, iy, box_size, column, x, y, z)
        x[size : size + _LANES] = _FAR
        y[size : size + _LANES] = _FAR
        z[size : size + _LANES] = _FAR
        for iz in range(n):
            cell = (ix * n + iy) * n + iz
            first = column[iz]
            count = column[iz + 3] - first
            stop = first + (count + _LANES - 1) // _LANES * _LANES
            pairs += (stop - first) * (starts[cell + 1] - starts[cell])
            for i in range(starts[cell], starts[cell + 1]):
                ax, ay, az = _pull(
                    x[first:stop], y[first:stop], z[first:stop],
                    position[i, 0], position[i, 1], position[i, 2],
                    coefficients, cutoff2, softening2,
                )  # fmt: skip
                momentum[i, 0] += factor * ax
                momentum[i, 1] += factor * ay
                momentum[i, 2] += factor * az
    return pairs
