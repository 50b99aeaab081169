import time

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from zwicky.errors import ZwickyError
from zwicky.universe import fof
from zwicky.universe.fof import friends_of_friends


def components(position, box_size, b):
    """The groups by scipy: connected components of all pairs within b."""
    pairs = cKDTree(position.astype(float), boxsize=box_size).query_pairs(b, output_type="ndarray")
    graph = coo_matrix((np.ones(len(pairs)), pairs.T), shape=(len(position),) * 2)
    return connected_components(graph, directed=False)[1]


def same_partition(a, b):
    return len(np.unique(np.stack([a, b]), axis=1).T) == len(np.unique(a)) == len(np.unique(b))


def clumps(rng, n, n_clumps, box_size, width):
    """Half of the particles anywhere, half about `n_clumps` points, some across the faces."""
    centre = np.concatenate([np.zeros((1, 3)), rng.random((n_clumps - 1, 3)) * box_size])
    near = centre[rng.integers(n_clumps, size=n // 2)] + width * rng.standard_normal((n // 2, 3))
    position = np.concatenate([rng.random((n - n // 2, 3)) * box_size, near]) % box_size
    position = position.astype(np.float32)
    position[position >= box_size] = 0
    return position


@pytest.mark.parametrize(
    ("n", "box_size", "b", "width"),
    [(3000, 10.0, 0.2, 0.3), (3000, 10.0, 0.7, 1.0), (4000, 1.0, 0.013, 0.004), (30, 7.0, 1.74, 0.2)],
)
def test_groups_are_the_connected_components(n, box_size, b, width):
    position = clumps(np.random.default_rng(n), n, min(20, n // 10), box_size, width)
    group = friends_of_friends(position, box_size, b, min_members=1)
    assert same_partition(group, components(position, box_size, b))
    assert 1 < group.max() < n - 1


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(1, 150),
    b=st.floats(0.01, 0.25),
    width=st.floats(0.001, 0.3),
    seed=st.integers(0, 2**32 - 1),
)
def test_groups_in_any_small_box(n, b, width, seed):
    position = clumps(np.random.default_rng(seed), n, 3, 1.0, width)
    assert same_partition(friends_of_friends(position, 1.0, b, 1), components(position, 1.0, b))


def test_groups_are_numbered_by_size_then_by_first_particle():
    position = clumps(np.random.default_rng(5), 4000, 30, 10.0, 0.1)
    group = friends_of_friends(position, 10.0, 0.2, min_members=2)
    sizes = np.bincount(group[group >= 0])
    first = np.array([np.flatnonzero(group == g)[0] for g in range(len(sizes))])
    assert np.all(np.diff(sizes) <= 0)
    assert np.all(np.diff(first)[np.diff(sizes) == 0] > 0)
    assert np.any(np.diff(sizes) == 0)


def test_small_groups_get_no_number():
    position = clumps(np.random.default_rng(6), 4000, 30, 10.0, 0.1)
    everyone = friends_of_friends(position, 10.0, 0.2, min_members=1)
    sizes = np.bincount(everyone)
    large = friends_of_friends(position, 10.0, 0.2, min_members=20)
    assert np.array_equal(large, np.where(sizes[everyone] >= 20, everyone, -1))
    assert 0 < (large >= 0).sum() < len(position)


def test_a_chain_around_the_box_is_one_group():
    t = np.arange(0.0, 10.0, 0.19)
    for axis in range(3):
        position = np.full((len(t), 3), 9.99, dtype=np.float32)
        position[:, axis] = t
        assert np.all(friends_of_friends(position, 10.0, 0.2, min_members=len(t)) == 0)
        broken = np.delete(position, len(t) // 2, axis=0)
        assert np.all(friends_of_friends(broken, 10.0, 0.2, min_members=len(t) - 1) == 0)
        twice = np.delete(broken, 3, axis=0)
        assert np.all(friends_of_friends(twice, 10.0, 0.2, min_members=len(t) - 2) == -1)


@settings(max_examples=20, deadline=None)
@given(
    shift=st.tuples(*[st.integers(0, 8191)] * 3),
    axes=st.permutations([0, 1, 2]),
    mirror=st.tuples(*[st.booleans()] * 3),
    seed=st.integers(0, 1000),
)
def test_translation_rotation_and_order_change_nothing(shift, axes, mirror, seed):
    # Positions are multiples of 1/1024 in a box of 8, so that they move without rounding.
    rng = np.random.default_rng(seed)
    ticks = np.round(clumps(rng, 800, 10, 8.0, 0.1) * 1024).astype(int) % 8192
    group = friends_of_friends((ticks / 1024).astype(np.float32), 8.0, 0.3001, min_members=5)
    moved = np.where(mirror, -ticks, ticks)[:, axes] + shift
    order = rng.permutation(len(ticks))
    again = friends_of_friends((moved[order] % 8192 / 1024).astype(np.float32), 8.0, 0.3001, min_members=5)
    assert same_partition(group[order], again)
    assert np.array_equal(group[order] >= 0, again >= 0)


@pytest.mark.parametrize("cores", [1, 2, 7])
def test_number_of_threads_changes_nothing(monkeypatch, cores):
    position = clumps(np.random.default_rng(7), 5000, 30, 10.0, 0.2)
    before = friends_of_friends(position, 10.0, 0.3)
    monkeypatch.setattr(fof, "available_cores", lambda: cores)
    monkeypatch.setattr("zwicky.parallel.available_cores", lambda: cores)
    assert np.array_equal(before, friends_of_friends(position, 10.0, 0.3))


def test_two_dense_clumps_just_out_of_reach_cost_no_square():
    # 2.5e9 pairs lie between them; the time must stay of the order of an unclustered box's.
    rng = np.random.default_rng(8)
    n = 50_000
    position = (5 + 1e-4 * rng.random((2 * n, 3))).astype(np.float32)
    position[n:, 0] += 0.101
    uniform = (10 * rng.random((2 * n, 3))).astype(np.float32)

    def seconds(x):
        times = []
        for _ in range(3):
            start = time.perf_counter()
            group = friends_of_friends(x, 10.0, 0.1)
            times.append(time.perf_counter() - start)
        return min(times), group

    usual, _ = seconds(uniform)
    clumped, group = seconds(position)
    assert np.array_equal(np.bincount(group), [n, n])
    assert clumped < 5 * usual


def test_no_particles_no_groups():
    assert friends_of_friends(np.empty((0, 3), np.float32), 10.0, 0.2).shape == (0,)


@pytest.mark.parametrize("b", [0.0, -1.0, 2.6, 1e-5, np.nan, np.inf])
def test_a_linking_length_that_cannot_be_is_refused(b):
    with pytest.raises(ZwickyError, match=r"linking_length_mpc = .* give one from"):
        friends_of_friends(np.zeros((3, 3), np.float32), 10.0, b)
