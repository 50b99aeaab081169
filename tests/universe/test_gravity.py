import numpy as np
import pytest
from ewald import ewald_acceleration

from zwicky.errors import ZwickyError
from zwicky.universe.cells import cell_sort, reorder
from zwicky.universe.mesh import kick_long, smoothed_potential
from zwicky.universe.pairs import ShortRange, kick_short

BOX = 100.0


def p3m_acceleration(position, n_mesh, split_cells=1.0, softening=1e-3, workers=None):
    """Acceleration in the particles' own order, with G m = 1."""
    split = split_cells * BOX / n_mesh
    force = ShortRange(softening, split, 4.5 * split)
    n_cells = int(BOX / force.cutoff)
    order, starts = cell_sort(position, BOX, n_cells)
    ordered = reorder(position, order)
    momentum = np.zeros_like(ordered)
    kick_short(ordered, momentum, starts, n_cells, BOX, force, 1.0, workers)
    potential = smoothed_potential(ordered, starts, n_cells, BOX, n_mesh, split)
    kick_long(ordered, momentum, potential, BOX, 4.0 * np.pi * len(position) / BOX**3)
    out = np.empty_like(momentum)
    out[order] = momentum
    return out


def clustered(rng, n):
    centres = rng.random((20, 3)) * BOX
    width = rng.choice([0.3, 1.0, 3.0], n // 2)[:, None]
    clumps = centres[rng.integers(0, 20, n // 2)] + width * rng.standard_normal((n // 2, 3))
    position = np.concatenate([rng.random((n - n // 2, 3)) * BOX, clumps]) % BOX
    position = position.astype(np.float32)
    position[position >= BOX] = 0.0
    return position


def test_force_against_ewald_sum():
    rng = np.random.default_rng(1)
    position = clustered(rng, 8000)
    some = rng.choice(len(position), 150, replace=False)
    exact = ewald_acceleration(position[some].astype(float), position.astype(float), BOX)
    found = p3m_acceleration(position, n_mesh=40)[some]
    error = np.linalg.norm(found - exact, axis=1) / np.linalg.norm(exact, axis=1)
    assert np.median(error) < 0.005
    assert np.percentile(error, 99) < 0.035
    finer = p3m_acceleration(position, n_mesh=40, split_cells=1.25)[some]
    finer_error = np.linalg.norm(finer - exact, axis=1) / np.linalg.norm(exact, axis=1)
    assert np.median(finer_error) < 0.7 * np.median(error)


@pytest.mark.parametrize("separation", [0.02, 0.5, 2.0, 5.0, 10.0, 30.0])
def test_two_particles_in_a_sparse_box(separation):
    # Few particles, many empty cells: counting a neighbour twice or missing one shows here and nowhere else.
    direction = np.array([0.6, -0.64, 0.48])
    position = np.array([[0.3, 99.9, 50.0], [0.3, 99.9, 50.0] + separation * direction]) % BOX
    exact = ewald_acceleration(position, position, BOX)
    found = p3m_acceleration(position.astype(np.float32), n_mesh=40, softening=1e-4)
    assert np.allclose(found, exact, rtol=0.04, atol=0.02 * np.abs(exact).max())


def test_momentum_is_conserved():
    position = clustered(np.random.default_rng(2), 4000)
    acceleration = p3m_acceleration(position, n_mesh=32).astype(float)
    assert np.all(np.abs(acceleration.sum(axis=0)) < 1e-5 * np.abs(acceleration).sum(axis=0))


def test_translation_and_threads():
    rng = np.random.default_rng(3)
    position = clustered(rng, 3000)
    still = p3m_acceleration(position, n_mesh=32)
    assert np.array_equal(still, p3m_acceleration(position, n_mesh=32, workers=1))
    # By whole mesh cells, so that only the short-range cells and rounding differ.
    shift = np.float32(BOX / 32 * 7)
    moved = (position + shift) % np.float32(BOX)
    moved[moved >= BOX] = 0.0
    shifted = p3m_acceleration(moved, n_mesh=32)
    scale = np.sqrt((still**2).mean())
    assert np.sqrt(((shifted - still) ** 2).mean()) < 0.02 * scale


def test_softened_force_at_small_distance_is_plummers():
    position = np.array([[50.0, 50.0, 50.0], [50.2, 50.0, 50.0]], dtype=np.float32)
    found = p3m_acceleration(position, n_mesh=40, softening=0.3)
    separation = float(position[1, 0] - position[0, 0])
    assert found[0, 0] == pytest.approx(separation / (separation**2 + 0.3**2) ** 1.5, rel=2e-3)


def test_polynomial_stands_for_the_long_range_factor():
    force = ShortRange(0.05, 1.0, 4.5)
    r2 = np.linspace(0.0, 4.5**2, 1000)
    fit = np.polynomial.polynomial.polyval(r2, force.coefficients().astype(float))
    error = np.abs(fit - force.long_range_factor(r2)) * np.maximum(r2, 1e-3) ** 1.5
    assert error.max() < 0.01  # of the unsoftened force of the pair
    assert force.long_range_factor(np.array([0.0]))[0] == pytest.approx(1 / (6 * np.sqrt(np.pi)))


def test_cells_smaller_than_the_cutoff_are_refused():
    with pytest.raises(ZwickyError, match="cells a side"):
        kick_short(
            np.zeros((1, 3), np.float32), np.zeros((1, 3), np.float32), np.zeros(1001, np.int64), 10, 10.0,
            ShortRange(0.1, 1.0, 4.5), 1.0,
        )  # fmt: skip
