"""Friends of friends: particles nearer to each other than a linking length share a group.

Davis et al. (1985). The box is cut into cells whose diagonal is one linking length b, so that the
particles of a cell are friends without a look, and a friend elsewhere is at most two cells away. A grid
that fine has hundreds of cells a particle; only the occupied ones are kept, in pencils along z, and two
neighbouring pencils are merged like sorted lists. What is linked are cells: a pair of cells already in
one group costs nothing more, so the dense core of a cluster, with a hundred particles a cell, is cheap.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.kernels import kernel
from zwicky.parallel import available_cores, pieces, run_pieces
from zwicky.universe.box import check_in_box

__all__ = ["friends_of_friends"]

#: Most cells a side: the pencils of the grid are an array of this number squared.
MAX_CELLS = 20_000


def friends_of_friends(
    position: np.ndarray, box_size: float, linking_length_mpc: float, min_members: int = 20
) -> np.ndarray:
    """Groups of particles linked by distances of at most `linking_length_mpc` in a periodic cube.

    Parameters
    ----------
    position : float32, shape (n, 3)
        Comoving Mpc in [0, box_size).
    box_size
        Side of the cube in comoving Mpc.
    linking_length_mpc
        Comoving Mpc; 0.2 mean separations, ``0.2 * box_size / n ** (1 / 3)``, by custom.
    min_members
        Smallest group that gets a number.

    Returns
    -------
    group_id : int64, shape (n,)
        0 for the largest group and so on down, groups of one size in the order of their first particle;
        -1 outside groups of `min_members`. The same for any number of threads.

    Raises
    ------
    ZwickyError
        If the linking length is above a quarter or below about 1e-4 of the box, or a position outside it.

    Examples
    --------
    >>> x = np.array([[0.1, 5, 5], [9.9, 5, 5], [5, 5, 5]], dtype=np.float32)
    >>> friends_of_friends(x, box_size=10.0, linking_length_mpc=0.5, min_members=2)
    array([ 0,  0, -1])
    """
    check_in_box(position, box_size)
    n_cells = _cells_a_side(box_size, linking_length_mpc)
    group_id = np.full(len(position), -1, dtype=np.int64)
    if len(position) == 0:
        return group_id
    order, planes = _sorted_into_planes(position, box_size, n_cells)
    particles = np.empty_like(position)
    slabs = _slabs(planes)
    per_length = n_cells / box_size
    occupied = np.zeros(n_cells + 1, dtype=np.int64)
    run_pieces(
        _sort_planes,
        [(position, order, planes, a, b, per_length, n_cells, particles, occupied) for a, b in slabs],
    )
    np.cumsum(occupied, out=occupied)
    first = np.empty(occupied[-1] + 1, dtype=np.int32)
    first[-1] = len(position)
    cell_z = np.empty(occupied[-1], dtype=np.int16)
    rows = np.empty(n_cells**2 + 1, dtype=np.int32)
    rows[-1] = occupied[-1]
    run_pieces(
        _list_cells,
        [(particles, planes, occupied, a, b, per_length, n_cells, first, cell_z, rows) for a, b in slabs],
    )
    parent = np.arange(occupied[-1], dtype=np.int32)
    grid = (particles, first, cell_z, rows, parent, n_cells, float(box_size), float(linking_length_mpc))
    run_pieces(_link_slab, [(a, b, *grid) for a, b in slabs])
    for a, b in slabs:
        _link_beyond(a, b, *grid)
    del particles, cell_z, rows, grid
    _number_groups(order, first, parent, min_members, group_id)
    return group_id


def _cells_a_side(box_size: float, linking_length: float) -> int:
    """Cells a side such that a cell's diagonal is a hair below the linking length."""
    n_cells = int(np.ceil(np.sqrt(3.0) * box_size / linking_length * (1 + 1e-6))) if linking_length > 0 else 0
    if not (0 < linking_length <= box_size / 4 and n_cells <= MAX_CELLS):
        raise ZwickyError(
            f"linking_length_mpc = {linking_length:g} in a box of {box_size:g} Mpc; give one from "
            f"{np.sqrt(3.0) * box_size / MAX_CELLS * 1.001:.3g} to {box_size / 4:.3g}"
        )
    return n_cells


def _sorted_into_planes(position, box_size, n_cells):
    """Particle numbers sorted by plane of cells (stable), and where each plane starts."""
    parts = pieces(len(position), available_cores())
    counts = np.zeros((len(parts), n_cells), dtype=np.int64)
    per_length = n_cells / box_size
    run_pieces(
        _count_planes, [(position[a:b], per_length, n_cells, counts[i]) for i, (a, b) in enumerate(parts)]
    )
    planes = np.zeros(n_cells + 1, dtype=np.int64)
    np.cumsum(counts.sum(axis=0), out=planes[1:])
    next_place = planes[:-1] + np.cumsum(counts, axis=0) - counts
    order = np.empty(len(position), dtype=np.int32)
    run_pieces(
        _place_in_planes,
        [(position[a:b], a, per_length, n_cells, next_place[i], order) for i, (a, b) in enumerate(parts)],
    )
    return order, planes


def _slabs(planes) -> list[tuple[int, int]]:
    """Ranges of planes with about equal numbers of particles, several a core."""
    n_slabs = 8 * available_cores()
    edges = np.searchsorted(planes, np.linspace(0, planes[-1], n_slabs + 1))
    edges[0], edges[-1] = 0, len(planes) - 1
    return [(int(a), int(b)) for a, b in pairwise(edges) if b > a]


def _number_groups(order, first, parent, min_members, group_id):
    """Number the groups of `min_members` by decreasing size and write each particle's into `group_id`."""
    size = np.zeros(len(parent), dtype=np.int32)
    _resolve(first, parent, size)
    root = np.flatnonzero(size >= min_members).astype(np.int32)
    members = size[root]
    slot = size  # its sizes are kept: the array now says which entry of `root` a cell's root is
    slot.fill(-1)
    slot[root] = np.arange(len(root), dtype=np.int32)
    leader = np.full(len(root), len(order), dtype=np.int64)
    _first_members(order, first, parent, slot, leader)
    number = np.empty(len(root), dtype=np.int64)
    number[np.lexsort((leader, -members.astype(np.int64)))] = np.arange(len(root))
    run_pieces(
        _write_groups,
        [(order, first, parent, slot, number, a, b, group_id) for a, b in pieces(len(parent), 64)],
    )


@kernel(inline="always")
def _cell(x, per_length, n_cells):
    return min(int(np.float64(x) * per_length), n_cells - 1)


@kernel
def _count_planes(position, per_length, n_cells, counts):
    for i in range(len(position)):
        counts[_cell(position[i, 0], per_length, n_cells)] += 1


@kernel
def _place_in_planes(position, offset, per_length, n_cells, next_place, order):
    for i in range(len(position)):
        c = _cell(position[i, 0], per_length, n_cells)
        order[next_place[c]] = offset + i
        next_place[c] += 1


@kernel
def _sort_planes(position, order, planes, plane_a, plane_b, per_length, n_cells, particles, occupied):
    """Sort each plane by y cell, then z cell (two stable counting sorts); count its occupied cells."""
    starts = np.empty(n_cells + 1, dtype=np.int64)
    largest = 0
    for plane in range(plane_a, plane_b):
        largest = max(largest, planes[plane + 1] - planes[plane])
    key = np.empty((largest, 2), dtype=np.int32)
    from_z = np.empty(largest, dtype=np.int32)
    from_y = np.empty(largest, dtype=np.int32)
    for plane in range(plane_a, plane_b):
        offset = planes[plane]
        n = planes[plane + 1] - offset
        for i in range(n):
            p = order[offset + i]
            key[i, 0] = _cell(position[p, 1], per_length, n_cells)
            key[i, 1] = _cell(position[p, 2], per_length, n_cells)
            from_y[i] = i
        for axis, source, target in ((1, from_y, from_z), (0, from_z, from_y)):
            starts[:] = 0
            for i in range(n):
                starts[key[i, axis] + 1] += 1
            for c in range(n_cells):
                starts[c + 1] += starts[c]
            for i in range(n):
                c = key[source[i], axis]
                target[starts[c]] = source[i]
                starts[c] += 1
        for i in range(n):
            from_z[i] = order[offset + from_y[i]]
        count = 0
        for i in range(n):
            order[offset + i] = from_z[i]
            for axis in range(3):
                particles[offset + i, axis] = position[from_z[i], axis]
            this, last = from_y[i], from_y[max(i - 1, 0)]
            if i == 0 or key[this, 0] != key[last, 0] or key[this, 1] != key[last, 1]:
                count += 1
        occupied[plane + 1] = count


@kernel
def _list_cells(particles, planes, occupied, plane_a, plane_b, per_length, n_cells, first, cell_z, rows):
    """First particle and z of each occupied cell, and the first occupied cell of each pencil (row)."""
    for plane in range(plane_a, plane_b):
        cell = occupied[plane] - 1
        row = plane * n_cells - 1
        last_z = -1
        for i in range(planes[plane], planes[plane + 1]):
            y = _cell(particles[i, 1], per_length, n_cells)
            z = _cell(particles[i, 2], per_length, n_cells)
            new_row = plane * n_cells + y != row
            if new_row or z != last_z:
                cell += 1
                first[cell] = i
                cell_z[cell] = z
                last_z = z
            while row < plane * n_cells + y:
                row += 1
                rows[row] = cell
        while row < (plane + 1) * n_cells - 1:
            row += 1
            rows[row] = cell + 1


@kernel
def _find(parent, i):
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@kernel
def _link_cells(i, j, shift, particles, first, parent, b2):
    """Join the groups of cells i and j, the latter moved by `shift`, if any pair is near enough."""
    root_i, root_j = _find(parent, i), _find(parent, j)
    if root_i == root_j:
        return
    many = (first[i + 1] - first[i]) * (first[j + 1] - first[j]) > 64
    lx, ly, lz = np.inf, np.inf, np.inf
    hx, hy, hz = -np.inf, -np.inf, -np.inf
    if many:  # what lies further than b from all of cell j need not be compared with each of it
        for q in range(first[j], first[j + 1]):
            x, y, z = particles[q, 0], particles[q, 1], particles[q, 2]
            lx, ly, lz = min(lx, x), min(ly, y), min(lz, z)
            hx, hy, hz = max(hx, x), max(hy, y), max(hz, z)
    for p in range(first[i], first[i + 1]):
        x, y, z = particles[p, 0] - shift[0], particles[p, 1] - shift[1], particles[p, 2] - shift[2]
        if many:
            dx = max(lx - x, 0.0, x - hx)
            dy = max(ly - y, 0.0, y - hy)
            dz = max(lz - z, 0.0, z - hz)
            if dx * dx + dy * dy + dz * dz > b2:
                continue
        for q in range(first[j], first[j + 1]):
            dx, dy, dz = x - particles[q, 0], y - particles[q, 1], z - particles[q, 2]
            if dx * dx + dy * dy + dz * dz <= b2:
                if root_i < root_j:
                    parent[root_j] = root_i
                else:
                    parent[root_i] = root_j
                return


@kernel
def _link_rows(row, other, shift_x, shift_y, particles, first, cell_z, rows, parent, n_cells, box, b2):
    """Link the cells of one pencil with those of another, or of itself, at most two away in z."""
    a, b = rows[other], rows[other + 1]
    if a == b:
        return
    near = a
    for i in range(rows[row], rows[row + 1]):
        z = cell_z[i]
        if row == other:
            near = i + 1
        while near < b and cell_z[near] < z - 2:
            near += 1
        j = near
        while j < b and cell_z[j] <= z + 2:
            _link_cells(i, j, (shift_x, shift_y, 0.0), particles, first, parent, b2)
            j += 1
        if z >= n_cells - 2:
            j = a
            while j < b and cell_z[j] <= z + 2 - n_cells:
                _link_cells(i, j, (shift_x, shift_y, box), particles, first, parent, b2)
                j += 1
        if z < 2 and row != other:
            j = b - 1
            while j >= a and cell_z[j] >= z - 2 + n_cells:
                _link_cells(i, j, (shift_x, shift_y, -box), particles, first, parent, b2)
                j -= 1


@kernel
def _link_planes(plane, dx, particles, first, cell_z, rows, parent, n_cells, box, b):
    """Link a plane of cells with the one `dx` above it; each pair of pencils once."""
    other = (plane + dx) % n_cells
    shift_x = box if plane + dx >= n_cells else 0.0
    for y in range(n_cells):
        row = plane * n_cells + y
        if rows[row] == rows[row + 1]:
            continue
        for dy in range(0 if dx == 0 else -2, 3):
            shift_y = box if y + dy >= n_cells else (-box if y + dy < 0 else 0.0)
            target = other * n_cells + (y + dy) % n_cells
            _link_rows(
                row, target, shift_x, shift_y, particles, first, cell_z, rows, parent, n_cells, box, b * b
            )


@kernel
def _link_slab(plane_a, plane_b, particles, first, cell_z, rows, parent, n_cells, box, b):
    """All links inside a slab of planes: threads on different slabs touch different parents."""
    for plane in range(plane_a, plane_b):
        for dx in range(min(3, plane_b - plane)):
            _link_planes(plane, dx, particles, first, cell_z, rows, parent, n_cells, box, b)


@kernel
def _link_beyond(plane_a, plane_b, particles, first, cell_z, rows, parent, n_cells, box, b):
    """The links of a slab's last planes with those that follow it; one thread."""
    for plane in range(max(plane_a, plane_b - 2), plane_b):
        for dx in range(plane_b - plane, 3):
            _link_planes(plane, dx, particles, first, cell_z, rows, parent, n_cells, box, b)


@kernel
def _resolve(first, parent, size):
    """Point every cell at its root, which is the lowest cell of the group, and count particles there."""
    for c in range(len(parent)):
        parent[c] = parent[parent[c]]
        size[parent[c]] += first[c + 1] - first[c]


@kernel
def _first_members(order, first, parent, slot, leader):
    for c in range(len(parent)):
        g = slot[parent[c]]
        if g >= 0:
            for i in range(first[c], first[c + 1]):
                leader[g] = min(leader[g], order[i])


@kernel
def _write_groups(order, first, parent, slot, number, a, b, group_id):
    for c in range(a, b):
        g = slot[parent[c]]
        if g >= 0:
            for i in range(first[c], first[c + 1]):
                group_id[order[i]] = number[g]
