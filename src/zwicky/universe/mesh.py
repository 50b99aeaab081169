r"""Long-range gravity on a mesh: cloud-in-cell density, FFT potential, forces by differences.

The mesh carries the Gaussian-smoothed part of the force, ``exp(-k^2 r_s^2)`` in Fourier space (the
short-range part is in `pairs`). One FFT each way gives a potential; forces are four-point differences of
it, taken while they are interpolated to the particles. With the difference operator D(k) along each axis,
the Green's function

.. math:: G(\mathbf{k}) = -\frac{\mathbf{k}\cdot\mathbf{D}}{k^2\,|\mathbf{D}|^2}\;
          \frac{e^{-k^2 r_s^2}}{W^2(\mathbf{k})}

is the one for which the differenced force is closest to the exact one (Hockney & Eastwood 1988,
Sec. 8-3-3, without the alias sums), W being the cloud-in-cell window, once for the assignment and once
for the interpolation.

The mesh is the largest array of a simulation. Density, modes and potential live one after the other in the
same memory, rows padded by two as for any in-place real transform: fresh gigabytes at every step would cost
more time in page faults than the transforms themselves.
"""

from __future__ import annotations

import numpy as np
import scipy.fft

from zwicky.kernels import kernel
from zwicky.parallel import available_cores, pieces, run_pieces

__all__ = ["density_contrast", "density_modes", "green_factors", "kick_long", "smoothed_potential"]


#: Pieces of the mesh that are handed out as threads come free: a thread that is held up holds up no other.
_BLOCKS = 64


def density_contrast(
    position: np.ndarray, starts: np.ndarray, n_cells: int, box_size: float, n_mesh: int
) -> np.ndarray:
    """Cloud-in-cell density contrast of equal-mass particles.

    Parameters
    ----------
    position : float32, shape (n, 3)
        Positions in [0, box_size), sorted by cell.
    starts, n_cells
        First particle of each cell and cells a side; cells at least 2 mesh cells wide.
    box_size
        Side of the periodic cube.
    n_mesh
        Mesh cells a side.

    Returns
    -------
    float32, shape (n_mesh, n_mesh, n_mesh)
        Density over its mean, minus one; mesh point i stands at ``i * box_size / n_mesh``.
    """
    mesh = np.empty((n_mesh, n_mesh, n_mesh), dtype=np.float32)
    _assign(position, starts, n_cells, box_size, mesh)
    return mesh


def _assign(
    position: np.ndarray, starts: np.ndarray, n_cells: int, box_size: float, mesh: np.ndarray
) -> None:
    """Fill a mesh, rows padded or not, with the density contrast."""
    n_mesh = len(mesh)
    if n_mesh < 2 * n_cells:
        raise ValueError(
            f"{n_mesh} mesh cells for {n_cells} particle cells a side; give at least twice as many"
        )
    run_pieces(lambda a, b: mesh[a:b].fill(-1.0), pieces(n_mesh, _BLOCKS))
    weight = np.float32(n_mesh**3 / len(position))
    per_length = np.float32(n_mesh / box_size)
    slab = starts[:: n_cells * n_cells]

    def deposit(ix):
        _deposit(position[slab[ix] : slab[ix + 1]], per_length, weight, mesh)

    # A slab of cells touches its own mesh planes and the next one, so slabs two apart never meet: first the
    # even ones side by side, then the odd. An odd number of slabs leaves the last even one beside the first.
    even = list(range(0, n_cells - n_cells % 2, 2))
    run_pieces(deposit, [(ix,) for ix in even])
    run_pieces(deposit, [(ix,) for ix in range(1, n_cells, 2)])
    if n_cells % 2:
        deposit(n_cells - 1)


def density_modes(
    position: np.ndarray,
    starts: np.ndarray,
    n_cells: int,
    box_size: float,
    n_mesh: int,
    out: np.ndarray | None = None,
) -> np.ndarray:
    """Fourier modes of the density contrast, computed in the memory of the density itself.

    Parameters
    ----------
    position, starts, n_cells, box_size, n_mesh
        As for `density_contrast`; `n_mesh` even.
    out : float32, shape (n_mesh, n_mesh, n_mesh + 2), optional
        Memory to use.

    Returns
    -------
    complex64, shape (n_mesh, n_mesh, n_mesh // 2 + 1)
        As of ``scipy.fft.rfftn``, not normalised; a view of `out` if that is given.
    """
    modes = _modes_of_planes(position, starts, n_cells, box_size, n_mesh, out)

    def transform_columns(a, b):
        scipy.fft.fft(modes[:, a:b], axis=0, overwrite_x=True)

    run_pieces(transform_columns, pieces(n_mesh, _BLOCKS))
    return modes


def _modes_of_planes(position, starts, n_cells, box_size, n_mesh, out):
    """`density_modes` before the transform along the first axis."""
    n = n_mesh
    mesh = np.empty((n, n, n + 2), dtype=np.float32) if out is None else out
    _assign(position, starts, n_cells, box_size, mesh)
    modes = mesh.view(np.complex64)

    def transform_planes(a, b):
        modes[a:b] = scipy.fft.fft(scipy.fft.rfft(mesh[a:b, :, :n]), axis=1, overwrite_x=True)

    run_pieces(transform_planes, [(i, i + 1) for i in range(n)])
    return modes


def green_factors(n_mesh: int, box_size: float, split: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What the Green's function is made of along one axis: k, D(k), and smoothing over window squared.

    Each float64, shape (n_mesh,), in the order of ``np.fft.fftfreq``.
    """
    step = box_size / n_mesh
    index = np.fft.fftfreq(n_mesh, 1.0 / n_mesh)
    theta = 2.0 * np.pi * index / n_mesh
    k = theta / step
    # The four-point difference (8 sin(theta) - sin(2 theta)) / 6 a cell; zero at the Nyquist frequency.
    difference = (8.0 * np.sin(theta) - np.sin(2.0 * theta)) / (6.0 * step)
    difference[np.abs(index) == n_mesh // 2] = 0.0
    window = np.sinc(index / n_mesh) ** -2
    return k, difference, np.exp(-((k * split) ** 2)) * window**2


def smoothed_potential(
    position: np.ndarray,
    starts: np.ndarray,
    n_cells: int,
    box_size: float,
    n_mesh: int,
    split: float,
    out: np.ndarray | None = None,
) -> np.ndarray:
    """Potential of the long-range force, for a Poisson equation ``del^2 phi = density contrast``.

    Parameters
    ----------
    position, starts, n_cells, box_size, n_mesh
        As for `density_contrast`; `n_mesh` even.
    split
        Gaussian split scale r_s, the unit of `box_size`.
    out : float32, shape (n_mesh, n_mesh, n_mesh + 2), optional
        Memory to use.

    Returns
    -------
    float32, shape (n_mesh, n_mesh, n_mesh + 2)
        Potential in the square of the unit of `box_size`; the last two of each row mean nothing.
    """
    n = n_mesh
    modes = _modes_of_planes(position, starts, n_cells, box_size, n_mesh, out)
    mesh = modes.view(np.float32)
    k, difference, smooth = green_factors(n, box_size, split)

    def transform_columns(a, b):
        # There and back while a block is at hand. Transforms are not normalised: 1 / n^3 goes with Green's.
        columns = modes[:, a:b]
        scipy.fft.fft(columns, axis=0, overwrite_x=True)
        _apply_green(columns, a, k, difference, smooth, 1.0 / n**3)
        scipy.fft.ifft(columns, axis=0, norm="forward", overwrite_x=True)

    run_pieces(transform_columns, pieces(n, _BLOCKS))

    def transform_planes(a, b):
        rows = scipy.fft.ifft(modes[a:b], axis=1, norm="forward")
        mesh[a:b, :, :n] = scipy.fft.irfft(rows, n, norm="forward", overwrite_x=True)

    run_pieces(transform_planes, [(i, i + 1) for i in range(n)])
    return mesh


def kick_long(
    position: np.ndarray, momentum: np.ndarray, potential: np.ndarray, box_size: float, factor: float
) -> None:
    """Add ``-factor * grad(potential)`` to the momentum of every particle, in place.

    Parameters
    ----------
    position : float32, shape (n, 3)
        Positions in [0, box_size), sorted by cell for speed.
    momentum : float32, shape (n, 3)
        Updated in place.
    potential : float32, shape (n_mesh, n_mesh, n_mesh + 2)
        From `smoothed_potential`.
    box_size
        Side of the periodic cube.
    factor
        Whatever multiplies the force, the kick's time factor included.
    """
    n_mesh = potential.shape[0]
    per_length = np.float32(n_mesh / box_size)
    scale = np.float32(-factor * n_mesh / box_size)
    run_pieces(
        _kick_gather,
        [
            (position[a:b], momentum[a:b], per_length, potential, scale)
            for a, b in pieces(len(position), 32 * available_cores())
        ],
    )


@kernel(forceinline=True)
def _wrap(i, n):
    """i modulo n for -n <= i < 2 n, without a division: these indices are most of the work."""
    if i < 0:
        return i + n
    return i - n if i >= n else i


@kernel(fastmath=True)
def _deposit(position, per_length, weight, mesh):
    n = mesh.shape[0]
    for p in range(len(position)):
        x = position[p, 0] * per_length
        y = position[p, 1] * per_length
        z = position[p, 2] * per_length
        i, j, k = int(x), int(y), int(z)
        fx, fy, fz = x - np.float32(i), y - np.float32(j), z - np.float32(k)
        i0, j0, k0 = _wrap(i, n), _wrap(j, n), _wrap(k, n)
        i1, j1, k1 = _wrap(i + 1, n), _wrap(j + 1, n), _wrap(k + 1, n)
        gx, gy, gz = np.float32(1) - fx, np.float32(1) - fy, (np.float32(1) - fz) * weight
        fz *= weight
        mesh[i0, j0, k0] += gx * gy * gz
        mesh[i0, j0, k1] += gx * gy * fz
        mesh[i0, j1, k0] += gx * fy * gz
        mesh[i0, j1, k1] += gx * fy * fz
        mesh[i1, j0, k0] += fx * gy * gz
        mesh[i1, j0, k1] += fx * gy * fz
        mesh[i1, j1, k0] += fx * fy * gz
        mesh[i1, j1, k1] += fx * fy * fz


@kernel
def _apply_green(modes, offset, k, difference, smooth, scale):
    """Multiply the columns of modes from `offset` on the second axis on by the Green's function."""
    for i in range(modes.shape[0]):
        kx, dx, sx = k[i], difference[i], scale * smooth[i]
        for j in range(modes.shape[1]):
            ky, dy = k[offset + j], difference[offset + j]
            kxy = kx * kx + ky * ky
            dxy = dx * dx + dy * dy
            kdxy = kx * dx + ky * dy
            sxy = sx * smooth[offset + j]
            for l in range(modes.shape[2]):  # noqa: E741 - i, j, l index the three axes
                k2 = kxy + k[l] * k[l]
                d2 = dxy + difference[l] * difference[l]
                if d2 > 0.0:
                    green = -(kdxy + k[l] * difference[l]) / (k2 * d2) * sxy * smooth[l]
                    modes[i, j, l] *= np.float32(green)
                else:
                    modes[i, j, l] = 0.0


@kernel(fastmath=True)
def _kick_gather(position, momentum, per_length, potential, scale):
    """Four-point differences of the potential at the eight corners, weighted by the cloud.

    The 6 x 6 x 6 block about a particle is not read whole: along each axis the differences of the two corners
    share a row of six, weighted by the 2 x 2 corners of the other axes.
    """
    n = potential.shape[0]
    row = potential.shape[2]
    flat = potential.reshape(potential.size)
    near = np.float32(2.0 / 3.0)
    wide = np.float32(-1.0 / 12.0)
    # Offsets in the flat mesh; unsigned, since a signed index is checked for being negative at every load.
    ix = np.empty(6, dtype=np.uint64)
    iy = np.empty(6, dtype=np.uint64)
    iz = np.empty(6, dtype=np.uint64)
    cx = np.empty(6, dtype=np.float32)
    cy = np.empty(6, dtype=np.float32)
    cz = np.empty(6, dtype=np.float32)
    wx = np.empty(2, dtype=np.float32)
    wy = np.empty(2, dtype=np.float32)
    wz = np.empty(2, dtype=np.float32)
    for p in range(len(position)):
        x = position[p, 0] * per_length
        y = position[p, 1] * per_length
        z = position[p, 2] * per_length
        i, j, k = int(x), int(y), int(z)
        wx[1], wy[1], wz[1] = x - np.float32(i), y - np.float32(j), z - np.float32(k)
        wx[0], wy[0], wz[0] = np.float32(1) - wx[1], np.float32(1) - wy[1], np.float32(1) - wz[1]
        for m in range(6):
            ix[m] = _wrap(i + m - 2, n) * n * row
            iy[m] = _wrap(j + m - 2, n) * row
            iz[m] = _wrap(k + m - 2, n)
        # Interpolated differences as one six-point stencil an axis.
        _stencil(wx, near, wide, cx)
        _stencil(wy, near, wide, cy)
        _stencil(wz, near, wide, cz)
        gx = np.float32(0)
        gy = np.float32(0)
        gz = np.float32(0)
        for a in range(2):
            for b in range(2):
                wyz, wxz, wxy = wy[a] * wz[b], wx[a] * wz[b], wx[a] * wy[b]
                yz, xz, xy = iy[2 + a] + iz[2 + b], ix[2 + a] + iz[2 + b], ix[2 + a] + iy[2 + b]
                for m in range(6):
                    gx += wyz * cx[m] * flat[ix[m] + yz]
                    gy += wxz * cy[m] * flat[iy[m] + xz]
                    gz += wxy * cz[m] * flat[iz[m] + xy]
        momentum[p, 0] += scale * gx
        momentum[p, 1] += scale * gy
        momentum[p, 2] += scale * gz


@kernel(fastmath=True, inline="always")
def _stencil(w, near, wide, c):
    c[0] = -wide * w[0]
    c[1] = -near * w[0] - wide * w[1]
    c[2] = -near * w[1]
    c[3] = near * w[0]
    c[4] = wide * w[0] + near * w[1]
    c[5] = wide * w[1]
