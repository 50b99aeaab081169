import dataclasses
import itertools

import numpy as np
import pytest
from equations import brute_force
from hypothesis import given, settings
from hypothesis import strategies as st
from synthetic_box import BOX, QUANTUM, quantised

from zwicky.cosmology import paper_cosmology
from zwicky.errors import ZwickyError
from zwicky.mocks.cylinders import count_in_cylinders, cut_cylinders
from zwicky.mocks.grid import galaxy_grid
from zwicky.tables import Cylinder, GalaxyTable, Snapshot, take

APERTURE, V_CUT = 1.6 / 0.678, 2200.0


def cylinder_of(aperture_mpc, v_cut_kms):
    return Cylinder(aperture_mpc, v_cut_kms, paper_cosmology().h)


CYLINDER = cylinder_of(APERTURE, V_CUT)


def lines(halos, n, seed=0):
    """Centres and velocities of the first halos, and random lines of sight with the axes among them."""
    direction = np.random.default_rng(seed).normal(size=(n, 3))
    direction[:3] = np.eye(3)
    direction[3:5] = [[1, 1, 0], [0, 1, -1]]
    direction /= np.linalg.norm(direction, axis=1)[:, None]
    return halos.position[:n], halos.velocity[:n], direction


def members(found):
    """Galaxies of each cylinder as sorted (row, r_proj, v_los) triples."""
    parts = zip(found.offsets[:-1], found.offsets[1:], strict=True)
    triples = [(found.galaxy[a:b], found.r_proj_comoving[a:b], found.v_los[a:b]) for a, b in parts]
    return [tuple(x[np.argsort(rows)] for x in (rows, r, v)) for rows, r, v in triples]


def assert_same(one, other):
    for a, b in zip(members(one), members(other), strict=True):
        np.testing.assert_array_equal(a[0], b[0])
        np.testing.assert_allclose(a[1], b[1], atol=1e-5)
        np.testing.assert_allclose(a[2], b[2], atol=2e-3)


def test_equals_brute_force(universe):
    halos, galaxies = universe
    where = lines(halos, 40)
    found = cut_cylinders(galaxy_grid(galaxies), *where, CYLINDER)
    assert found.counts.min() > 20
    for i, (rows, r_proj, v_los) in enumerate(members(found)):
        expected = brute_force(galaxies, *(w[i] for w in where), APERTURE, V_CUT, BOX)
        np.testing.assert_array_equal(rows, expected[0])
        np.testing.assert_allclose(r_proj, expected[1], atol=1e-6)
        np.testing.assert_allclose(v_los, expected[2], atol=0.01)


def test_equals_a_padded_box(universe):
    """No copies at the faces are needed: as the paper's padded box, with no wrapping at all."""
    halos, galaxies = universe
    shifts = np.array(list(itertools.product([-BOX, 0, BOX], repeat=3)))
    images = (galaxies.position[None].astype(float) + shifts[:, None]).reshape(-1, 3)
    pad = 112 / 0.678
    near = np.all((images > -pad) & (images < BOX + pad), axis=1)
    rows = np.tile(np.arange(len(galaxies)), len(shifts))[near]
    snapshot = dataclasses.replace(galaxies.snapshot, box_size=10 * BOX)
    padded = dataclasses.replace(take(galaxies, rows), snapshot=snapshot, position=images[near])
    where = lines(halos, 10, seed=3)
    found = members(cut_cylinders(galaxy_grid(galaxies), *where, CYLINDER))
    for i in range(10):
        expected = brute_force(padded, *(w[i] for w in where), APERTURE, V_CUT)
        np.testing.assert_array_equal(found[i][0], np.sort(rows[expected[0]]))


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
@pytest.mark.parametrize("signs", [(1, 1, 1), (-1, 1, 1), (-1, -1, 1), (-1, -1, -1)])
def test_symmetries_of_the_cube(universe, order, signs):
    halos, galaxies = universe
    signs = np.array(signs)

    def turned(vectors):
        return vectors[:, order] * signs

    def placed(positions):
        return np.where(signs > 0, 0.0, BOX - QUANTUM) + turned(positions)

    other = dataclasses.replace(
        galaxies, position=placed(galaxies.position), velocity=turned(galaxies.velocity)
    )
    where = lines(halos, 30)
    turned_lines = placed(where[0]), turned(where[1]), turned(where[2])
    assert_same(
        cut_cylinders(galaxy_grid(galaxies), *where, CYLINDER),
        cut_cylinders(galaxy_grid(other), *turned_lines, CYLINDER),
    )


@given(st.tuples(*[st.integers(0, 2**20 - 1)] * 3))
@settings(deadline=None, max_examples=10)
def test_translation_with_wrap(universe, steps):
    halos, galaxies = universe
    shift = np.array(steps) * QUANTUM
    moved = dataclasses.replace(galaxies, position=quantised(galaxies.position.astype(float) + shift))
    position, velocity, direction = lines(halos, 30)
    assert_same(
        cut_cylinders(galaxy_grid(galaxies), position, velocity, direction, CYLINDER),
        cut_cylinders(galaxy_grid(moved), quantised(position + shift), velocity, direction, CYLINDER),
    )


def test_order_of_galaxies(universe):
    halos, galaxies = universe
    order = np.random.default_rng(5).permutation(len(galaxies))
    where = lines(halos, 30)
    found = cut_cylinders(galaxy_grid(take(galaxies, order)), *where, CYLINDER)
    found = dataclasses.replace(found, galaxy=order[found.galaxy])
    assert_same(found, cut_cylinders(galaxy_grid(galaxies), *where, CYLINDER))


def test_number_of_threads(universe):
    halos, galaxies = universe
    grid, where = galaxy_grid(galaxies), lines(halos, 50)
    one, many = (cut_cylinders(grid, *where, CYLINDER, workers=n) for n in (1, 5))
    for name in ("offsets", "galaxy", "r_proj_comoving", "v_los"):
        np.testing.assert_array_equal(getattr(one, name), getattr(many, name))


@given(st.floats(1.5, 200.0), st.floats(0.2, 12.0), st.floats(200.0, 9000.0), st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=25)
def test_any_cell_aperture_and_cut(universe, cell, aperture, v_cut, seed):
    halos, galaxies = universe
    where = lines(halos, 8, seed)
    found = members(cut_cylinders(galaxy_grid(galaxies, cell), *where, cylinder_of(aperture, v_cut)))
    i = seed % 8
    expected = brute_force(galaxies, *(w[i] for w in where), aperture, v_cut, BOX)
    np.testing.assert_array_equal(found[i][0], expected[0])


def test_a_box_shorter_than_the_cylinder_counts_each_galaxy_once():
    rng = np.random.default_rng(7)
    snapshot = Snapshot("small", 0.117, 40.0, paper_cosmology())
    n = 4000
    galaxies = GalaxyTable(
        snapshot,
        np.arange(n),
        rng.uniform(0, 40, (n, 3)),
        rng.normal(0, 500, (n, 3)),
        np.full(n, -1),
        np.full(n, -1),
        np.zeros(n, dtype=bool),
    )
    direction = rng.normal(size=(20, 3))
    direction /= np.linalg.norm(direction, axis=1)[:, None]
    where = rng.uniform(0, 40, (20, 3)), rng.normal(0, 300, (20, 3)), direction
    for cell in (4.0, 10.0, 100.0):
        found = members(cut_cylinders(galaxy_grid(galaxies, cell), *where, cylinder_of(5.0, 9000.0)))
        for i in range(20):
            expected = brute_force(galaxies, *(w[i] for w in where), 5.0, 9000.0, 40.0)
            np.testing.assert_array_equal(found[i][0], expected[0])


def test_a_fast_galaxy_scatters_in_from_far(universe):
    """8000 km/s of Hubble flow behind, 7000 km/s towards us: in the cylinder, 84 Mpc/h away."""
    halos, galaxies = universe
    position = halos.position[:1]
    far = position + np.array([[0.0, 0.0, 84.4 / 0.678]])
    extra = take(galaxies, [0])
    extra = dataclasses.replace(extra, position=far % BOX, velocity=halos.velocity[:1] - [[0, 0, 7000.0]])
    both = dataclasses.replace(
        galaxies,
        **{
            f: np.concatenate([getattr(galaxies, f), getattr(extra, f)])
            for f in ("galaxy_id", "position", "velocity", "host_id", "fof_id", "is_central")
        },
    )
    where = position, halos.velocity[:1], np.array([[0.0, 0.0, 1.0]])
    found = cut_cylinders(galaxy_grid(both), *where, CYLINDER)
    assert len(galaxies) in found.galaxy
    assert abs(found.v_los[found.galaxy == len(galaxies)][0] - 1000.0) < 100.0


@pytest.mark.parametrize("axis", [(0, 0, 1), (1, 0, 0), (3, -2, 1)])
def test_cells_are_skipped_only_if_nothing_scatters_in(axis):
    """Few galaxies a cell, all rushing along the line of sight: a cell's bound is as tight as can be."""
    rng = np.random.default_rng(11)
    direction = np.array(axis) / np.linalg.norm(axis)
    n, m = 12000, 100
    galaxies = GalaxyTable(
        Snapshot("rush", 0.117, BOX, paper_cosmology()),
        np.arange(n),
        quantised(rng.uniform(0, BOX, (n, 3))),
        rng.uniform(-2500, 2500, (n, 1)) * direction,
        np.full(n, -1),
        np.full(n, -1),
        np.zeros(n, dtype=bool),
    )
    where = rng.uniform(0, BOX, (m, 3)), rng.normal(0, 300, (m, 3)), np.tile(direction, (m, 1))
    found = members(cut_cylinders(galaxy_grid(galaxies, 6.0), *where, cylinder_of(4 * APERTURE, 300.0)))
    for i in range(m):
        expected = brute_force(galaxies, *(w[i] for w in where), 4 * APERTURE, 300.0, BOX)
        np.testing.assert_array_equal(found[i][0], expected[0])


def test_counts_without_galaxies_in_memory(universe, monkeypatch):
    halos, galaxies = universe
    grid, where = galaxy_grid(galaxies), lines(halos, 50)
    monkeypatch.setattr("zwicky.mocks.cylinders._BATCH", 7)
    counts = count_in_cylinders(grid, *where, CYLINDER)
    np.testing.assert_array_equal(counts, cut_cylinders(grid, *where, CYLINDER).counts)
    assert len(count_in_cylinders(grid, *(w[:0] for w in where), CYLINDER)) == 0


def test_mistakes_are_named(universe):
    halos, galaxies = universe
    grid = galaxy_grid(galaxies)
    position, velocity, direction = lines(halos, 5)
    with pytest.raises(ZwickyError, match="wrap them into the box, from 0 to below 256"):
        cut_cylinders(grid, position + BOX, velocity, direction, CYLINDER)
    with pytest.raises(ZwickyError, match="wrap them"):
        cut_cylinders(grid, position * np.nan, velocity, direction, CYLINDER)
    with pytest.raises(ZwickyError, match="are the units right"):
        cut_cylinders(grid, position, velocity * 1e4, direction, CYLINDER)
    with pytest.raises(ZwickyError, match="length 3; divide"):
        cut_cylinders(grid, position, velocity, 3 * direction, CYLINDER)
    with pytest.raises(ZwickyError, match=r"give \(m, 3\) each"):
        cut_cylinders(grid, position, velocity[:2], direction, CYLINDER)
    with pytest.raises(ZwickyError, match=r"v_cut = 1000000\.0 km/s"):
        cut_cylinders(grid, position, velocity, direction, cylinder_of(APERTURE, 1e6))
    with pytest.raises(ZwickyError, match="is empty"):
        galaxy_grid(take(galaxies, slice(0)))
    with pytest.raises(ZwickyError, match="wrap them into the box"):
        galaxy_grid(dataclasses.replace(galaxies, position=galaxies.position - 1))
    with pytest.raises(ZwickyError, match="the fastest galaxy moves at"):
        galaxy_grid(dataclasses.replace(galaxies, velocity=galaxies.velocity * 1e3))
