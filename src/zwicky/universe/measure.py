"""What the matter of a universe looks like: power spectrum and a slice."""

from __future__ import annotations

import numpy as np

from zwicky.kernels import kernel
from zwicky.parallel import available_cores, pieces, run_pieces
from zwicky.universe.box import check_in_box
from zwicky.universe.cells import cell_sort, reorder
from zwicky.universe.mesh import density_modes

__all__ = ["power_spectrum", "projected_slab"]


def power_spectrum(position: np.ndarray, box_size: float, n_mesh: int) -> tuple[np.ndarray, np.ndarray]:
    """Power spectrum of equal-mass particles, shot noise subtracted.

    The cloud-in-cell window is divided out; bins are one fundamental frequency wide and end at half
    the mesh's Nyquist frequency, beyond which aliasing would show.

    Parameters
    ----------
    position : float32, shape (n, 3)
        Positions in [0, box_size).
    box_size
        Side of the periodic cube; k and P come in its unit.
    n_mesh
        Mesh cells a side.

    Returns
    -------
    k, power : float64, shape (n_bins,)
        Mean wave number of each bin and mean power. The same for any number of threads.

    Raises
    ------
    ZwickyError
        If a position is outside the box.
    """
    n_cells = max(1, n_mesh // 4)
    order, starts = cell_sort(position, box_size, n_cells)
    position = reorder(position, order)
    del order
    modes = density_modes(position, starts, n_cells, box_size, n_mesh)
    n_bins = n_mesh // 4
    window = np.sinc(np.fft.fftfreq(n_mesh)) ** -4
    # As many parts on every machine: sums of floats depend on how they are cut.
    parts = pieces(n_mesh, 64)
    sums = run_pieces(_bin_power, [(modes[a:b], a, window, n_bins) for a, b in parts])
    count, wave, power = np.sum(sums, axis=0)[:, 1:]
    fundamental = 2.0 * np.pi / box_size
    per_mode = box_size**3 / count / float(n_mesh) ** 6
    return fundamental * wave / count, power * per_mode - box_size**3 / len(position)


def projected_slab(position: np.ndarray, box_size: float, depth: float, n_pixels: int) -> np.ndarray:
    """Particle counts of the slab ``z < depth`` projected along z, float32, shape (n_pixels, n_pixels).

    Raises
    ------
    ZwickyError
        If a position is outside the box, [0, box_size).
    """
    check_in_box(position, box_size)
    edges = np.linspace(0.0, box_size, n_pixels + 1)
    parts = pieces(len(position), available_cores())
    counts = run_pieces(_count_pixels, [(position[a:b], depth, edges) for a, b in parts])
    return np.sum(counts, axis=0, dtype=np.float32).reshape(n_pixels, n_pixels)


@kernel
def _count_pixels(position, depth, edges):
    """Counts of the points with z below `depth` in the squares that the edges bound."""
    n = len(edges) - 1
    per_length = n / edges[n]
    counts = np.zeros((n, n), dtype=np.int32)
    for i in range(len(position)):
        if position[i, 2] < depth:
            counts[_pixel(position[i, 0], per_length, edges), _pixel(position[i, 1], per_length, edges)] += 1
    return counts


@kernel
def _pixel(x, per_length, edges):
    """Row of the last edge that is not above x, whichever way a product rounds."""
    pixel = min(int(x * per_length), len(edges) - 2)
    if x < edges[pixel]:
        return pixel - 1
    return pixel + 1 if x >= edges[pixel + 1] and pixel < len(edges) - 2 else pixel


@kernel
def _bin_power(modes, offset, window, n_bins):
    n = modes.shape[1]
    sums = np.zeros((3, n_bins + 1))
    for i in range(modes.shape[0]):
        fi = i + offset if i + offset < n - n // 2 else i + offset - n
        for j in range(n):
            fj = j if j < n - n // 2 else j - n
            for l in range(modes.shape[2]):  # noqa: E741 - i, j, l index the three axes
                f = np.sqrt(fi * fi + fj * fj + l * l)
                b = int(f + 0.5)
                if b > n_bins:
                    continue
                # The half-complex transform holds each mode off its two self-conjugate planes once for twice.
                weight = 1.0 if l == 0 or 2 * l == n else 2.0
                w = window[fi] * window[fj] * window[l]
                m = modes[i, j, l]
                sums[0, b] += weight
                sums[1, b] += weight * f
                sums[2, b] += weight * w * (m.real * m.real + m.imag * m.imag)
    return sums
