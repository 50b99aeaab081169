"""No position reaches a kernel that would index memory out of its arrays by it."""

import numpy as np
import pytest

from zwicky.cosmology import paper_cosmology
from zwicky.errors import ZwickyError
from zwicky.tables import HaloTable, Snapshot
from zwicky.universe import find_halos, friends_of_friends
from zwicky.universe.box import check_in_box
from zwicky.universe.cells import cell_sort
from zwicky.universe.measure import power_spectrum, projected_slab
from zwicky.universe.tracers import make_galaxies

BOX = 20.0
SNAPSHOT = Snapshot("made up", 0.1, BOX, paper_cosmology())


def halos(position):
    none = np.full(len(position), -1)
    return find_halos(SNAPSHOT, position, np.zeros_like(position), none, 1e10, 0.1)


def halos_of_sorted(position):
    none, starts = np.full(len(position), -1), np.array([0, len(position)])
    return find_halos(SNAPSHOT, position, np.zeros_like(position), none, 1e10, 0.1, cell_starts=starts)


def galaxies(position):
    nothing = np.empty(0)
    empty = HaloTable(
        SNAPSHOT, nothing, np.empty((0, 3)), np.empty((0, 3)), nothing, nothing, nothing, nothing
    )
    n = len(position)
    none = np.full(n, -1)
    density = n / SNAPSHOT.volume_mpc_h3
    return make_galaxies(
        SNAPSHOT, position, np.zeros_like(position), np.arange(n), none, none, empty, density, 1
    )


DOORS = {
    "check_in_box": lambda position: check_in_box(position, BOX),
    "cell_sort": lambda position: cell_sort(position, BOX, 4),
    "friends_of_friends": lambda position: friends_of_friends(position, BOX, 0.3),
    "find_halos": halos,
    "find_halos, sorted": halos_of_sorted,
    "make_galaxies": galaxies,
    "power_spectrum": lambda position: power_spectrum(position, BOX, 16),
    "projected_slab": lambda position: projected_slab(position, BOX, BOX, 8),
}


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf, -1e-30, -3.0, BOX, 1e30])
@pytest.mark.parametrize("door", DOORS)
def test_one_wrong_number_is_refused_at_every_door(door, wrong, axis):
    position = np.random.default_rng(1).uniform(0, BOX, (1000, 3)).astype(np.float32)
    DOORS[door](position)
    position[[700, 800], axis] = wrong
    with pytest.raises(ZwickyError, match=r"2 of 1000 positions lie outside the box, the first in row 700: "):
        DOORS[door](position)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_both_ends_of_what_is_allowed(dtype):
    ends = np.array([[0.0] * 3, [np.nextafter(dtype(BOX), dtype(0))] * 3], dtype=dtype)
    for door in ("check_in_box", "cell_sort", "friends_of_friends", "power_spectrum", "projected_slab"):
        DOORS[door](ends)


@pytest.mark.parametrize("position", [np.zeros((3, 2)), np.zeros(3), np.zeros((3, 3), dtype=int)])
def test_shapes_and_kinds(position):
    with pytest.raises(ZwickyError, match="give float32 or float64, shape"):
        check_in_box(position, BOX)


@pytest.mark.parametrize("box_size", [0.0, -1.0, np.nan, np.inf])
def test_box(box_size):
    with pytest.raises(ZwickyError, match="box_size = "):
        check_in_box(np.zeros((1, 3)), box_size)
