"""Particles in cells: a stable parallel counting sort over a cubic grid.

Cells are numbered x-major, ``(ix * n + iy) * n + iz``, so that a pencil of cells along z is contiguous
and a slab of constant ix is one block. The sort is stable, hence the same for any number of threads.
"""

from __future__ import annotations

import numpy as np

from zwicky.kernels import kernel
from zwicky.parallel import available_cores, pieces, run_pieces
from zwicky.universe.box import check_in_box, is_in_box

__all__ = ["cell_sort", "reorder"]


def cell_sort(
    position: np.ndarray,
    box_size: float,
    n_cells: int,
    scratch: tuple[np.ndarray, np.ndarray] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Order in which particles are sorted by cell, and where each cell starts.

    Parameters
    ----------
    position : float32 or float64, shape (n, 3)
        Positions in [0, box_size).
    box_size
        Side of the periodic cube, in the positions' unit.
    n_cells
        Cells a side.
    scratch : int64 and int32, shape (n,) each, optional
        Memory for the order and for the cells, where sorting is done again and again.

    Returns
    -------
    order : int64, shape (n,)
        ``position[order]`` is sorted by cell; particles of a cell keep their order.
    starts : int64, shape (n_cells**3 + 1,)
        Sorted particles of cell c are ``starts[c]:starts[c + 1]``.

    Raises
    ------
    ZwickyError
        If a position is outside the box, as after a step of gravity that went wrong.
    """
    n = len(position)
    # Each part counts in cells of its own: no more parts than leave that less than the particles take.
    parts = pieces(n, min(4 * available_cores(), max(1, n // n_cells**3)))
    order, cell = scratch or (np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int32))
    counts = np.zeros((max(1, len(parts)), n_cells**3), dtype=np.int64)
    box_size = float(box_size)
    outside = run_pieces(
        _count, [(position[a:b], box_size, n_cells, cell[a:b], counts[i]) for i, (a, b) in enumerate(parts)]
    )
    if any(outside):
        check_in_box(position, box_size)
    starts = np.empty(n_cells**3 + 1, dtype=np.int64)
    _scan(counts, starts)
    run_pieces(_place, [(cell[a:b], a, counts[i], order) for i, (a, b) in enumerate(parts)])
    return order, starts


def reorder(array: np.ndarray, order: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """``array[order]`` along the first axis, on all cores; into `out` if that is given."""
    if out is None:
        out = np.empty((len(order), *array.shape[1:]), dtype=array.dtype)
    kernel = _gather if array.ndim == 1 else _gather_rows
    run_pieces(kernel, [(array, order[a:b], out[a:b]) for a, b in pieces(len(order), 16 * available_cores())])
    return out


@kernel
def _count(position, box_size, n_cells, cell, counts):
    """Cells of some particles, counted; whether any is outside the box, which ends the count."""
    per_length = n_cells / box_size
    for i in range(len(position)):
        x, y, z = position[i, 0], position[i, 1], position[i, 2]
        if not is_in_box(x, y, z, box_size):
            return True
        # Rounding can put the last number below the box's side into the cell after the last.
        ix = min(int(x * per_length), n_cells - 1)
        iy = min(int(y * per_length), n_cells - 1)
        iz = min(int(z * per_length), n_cells - 1)
        c = (ix * n_cells + iy) * n_cells + iz
        cell[i] = c
        counts[c] += 1
    return False


@kernel
def _scan(counts, starts):
    """Counts by part and cell become, in place, where the first particle of each part and cell goes."""
    place = 0
    for c in range(counts.shape[1]):
        starts[c] = place
        for part in range(counts.shape[0]):
            n = counts[part, c]
            counts[part, c] = place
            place += n
    starts[-1] = place


@kernel
def _place(cell, offset, first, order):
    for i in range(len(cell)):
        c = cell[i]
        order[first[c]] = offset + i
        first[c] += 1


@kernel
def _gather(array, order, out):
    for i in range(len(order)):
        out[i] = array[order[i]]


@kernel
def _gather_rows(array, order, out):
    for i in range(len(order)):
        for j in range(array.shape[1]):
            out[i, j] = array[order[i], j]
