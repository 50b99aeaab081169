import itertools

import numpy as np
import pytest
from astropy.cosmology import FlatLambdaCDM

from zwicky.universe.cells import cell_sort, reorder
from zwicky.universe.evolve import evolve, start
from zwicky.universe.growth import drift_factor, kick_factor
from zwicky.universe.levels import kick_table, middle, pair_step
from zwicky.universe.pairs import ShortRange, kick_short
from zwicky.universe.settings import UniverseSettings

COSMOLOGY = FlatLambdaCDM(H0=70, Om0=0.3)
SMALL = UniverseSettings(
    n_side=32, box_size_mpc_h=62.5, n_steps=20, n_substeps=1, transfer="eisenstein98", softening_mpc_h=0.1
)


class SpringGravity:
    """Particles on springs to the origin, each with the levels that it is told, kicked as gravity kicks."""

    def __init__(self, levels):
        self.levels = iter(levels)
        self.kicks = 0

    def kick_short(self, p, until, least=0, pair_step=None):
        table = kick_table(COSMOLOGY, 1.0, p.a_short, until).astype(float)
        old, kicked = p.level, p.level >= least
        if pair_step is not None:
            p.level = next(self.levels)
        p.momentum -= np.where(kicked, table[old, p.level], 0.0) * p.strength * p.position
        p.a_short = until
        self.kicks += kicked.sum()
        return int(p.level.max())

    def drift(self, p, a, wrap=True):
        p.position += drift_factor(COSMOLOGY, p.a, a) * p.momentum
        p.a = a


class Springs:
    def __init__(self, n, strength):
        self.position, self.momentum = np.ones(n), np.zeros(n)
        self.level, self.a_short, self.a, self.strength = (
            np.zeros(n, dtype=int),
            np.full(3, 0.5),
            0.5,
            strength,
        )


def swing(levels, n_steps, strength):
    """Springs from a = 0.5 to 1, the level of each in each pair step given."""
    springs, gravity = Springs(levels.shape[1], strength), SpringGravity(levels)
    edges = np.linspace(np.sqrt(0.5), 1.0, n_steps + 1) ** 2
    for begin, end in itertools.pairwise(edges):
        pair_step(gravity, springs, begin, end, 3)
    gravity.kick_short(springs, np.full(3, 1.0))
    return springs, gravity


def test_whatever_the_levels_all_time_is_kicked_once():
    # Springs too weak to move what they pull: the momentum is the force times the whole kick factor.
    levels = np.random.default_rng(1).integers(0, 3, (10, 40))
    springs, gravity = swing(levels, 10, 1e-9)
    assert np.allclose(springs.momentum, -1e-9 * kick_factor(COSMOLOGY, 0.5, 1.0), rtol=1e-6)
    assert gravity.kicks == (2**levels).sum() + 40
    assert np.array_equal(springs.a_short, [1.0] * 3)


def test_a_level_more_is_a_step_half_as_long():
    strength = 1e5
    exact, _ = swing(np.full((1280, 1), 2), 1280, strength)
    errors = []
    for level in range(3):
        springs, _ = swing(np.full((40, 1), level), 40, strength)
        errors.append(abs(springs.position[0] - exact.position[0]))
    assert errors[0] == pytest.approx(4 * errors[1], rel=0.15)
    assert errors[1] == pytest.approx(4 * errors[2], rel=0.15)


def run(settings, steps):
    for particles, _ in evolve(start(settings), settings):
        if particles.step == steps:
            order = np.argsort(particles.particle_id)
            return particles.position[order], particles.momentum[order], particles


def test_no_particle_in_need_is_no_levels_at_all():
    lazy = SMALL.replace(n_levels=3, step_accuracy=1e9)
    (x, p, _), (y, q, particles) = run(SMALL.replace(n_levels=1), 8), run(lazy, 8)
    assert particles.level.max() == 0
    assert np.array_equal(x, y)
    assert np.array_equal(p, q)


def test_all_in_need_is_a_shorter_step_for_all():
    # Cells are sorted more rarely than with four pair steps, and sums take another order: rounding.
    eager = SMALL.replace(n_levels=3, step_accuracy=1e-9)
    (x, p, _), (y, q, particles) = run(SMALL.replace(n_levels=1, n_substeps=4), 5), run(eager, 5)
    assert np.bincount(particles.level)[-1] > 0.99 * len(x)
    box = SMALL.box_size_mpc
    assert np.abs((x - y + 0.5 * box) % box - 0.5 * box).max() < 2e-4
    assert np.sqrt(((p - q) ** 2).mean()) < 2e-4 * p.std()


def test_levels_follow_the_pull_and_only_some_are_kicked():
    box, force = 100.0, ShortRange(0.05, 2.5, 11.25)
    rng = np.random.default_rng(5)
    clump = 50 + 0.5 * rng.standard_normal((400, 3))
    position = np.concatenate([rng.random((3000, 3)) * box, clump]).astype(np.float32)
    order, starts = cell_sort(position, box, 8)
    position = reorder(position, order)
    everything = np.zeros_like(position)
    level = np.zeros(len(position), dtype=np.uint8)
    pull = np.zeros_like(position)
    kick_short(position, pull, starts, 8, box, force, 1.0)
    size = np.linalg.norm(pull.astype(float), axis=1)
    gauge = 4.0 / np.percentile(size, 97)
    found = []
    for workers in (1, 3):
        level[:] = 0
        everything[:] = 0
        table = np.array([[1, 2, 3], [0, 0, 0], [0, 0, 0]], dtype=np.float32)
        pairs = kick_short(position, everything, starts, 8, box, force, table, workers, (level, 0, gauge))
        found.append((everything.copy(), level.copy()))
    assert np.array_equal(found[0][0], found[1][0])
    assert np.array_equal(found[0][1], found[1][1])
    expected = np.clip(np.ceil(np.log(gauge * size) / np.log(4.0)), 0, 2)
    edge = np.abs(np.log(gauge * size) / np.log(4.0) % 1.0 - 0.5) > 0.499
    assert np.array_equal(level[~edge], expected[~edge])
    assert np.allclose(everything, (1 + level[:, None]) * pull, rtol=1e-5)
    # Those of the highest level again: the others stay as they are, and few pairs are looked at.
    again = np.zeros_like(position)
    some = kick_short(position, again, starts, 8, box, force, np.eye(3, dtype=np.float32), 2, (level, 2, 0.0))
    highest = level == 2
    assert 0 < highest.sum() < 0.1 * len(level)
    assert np.all(again[~highest] == 0)
    assert np.allclose(again[highest], pull[highest], rtol=2e-3, atol=1e-4 * size.max())
    assert 0 < some < 0.5 * pairs


def test_middle_is_half_way_in_the_root():
    assert middle(0.25, 1.0) == pytest.approx(0.75**2)
