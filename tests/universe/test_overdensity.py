import astropy.units as u
import numpy as np
import pytest
from sampled_halos import (
    LINKING,
    MASS,
    SOFTENING,
    background,
    nfw_halo,
    radius_200c,
    snapshot_of,
    together,
    wrapped,
)
from scipy.spatial import cKDTree

from zwicky.errors import ZwickyError
from zwicky.tables import density_200c
from zwicky.universe import overdensity
from zwicky.universe.cells import cell_sort
from zwicky.universe.fof import friends_of_friends
from zwicky.universe.overdensity import find_halos
from zwicky.universe.peaks import _depths

SNAPSHOT = snapshot_of(40.0)


def find(position, velocity, snapshot=SNAPSHOT, group=None, **kwargs):
    if group is None:
        group = friends_of_friends(position, snapshot.box_size, LINKING)
    return find_halos(snapshot, position, velocity, group, MASS, SOFTENING, **kwargs)


def distance(a, b, box_size=40.0):
    d = np.abs(np.asarray(a) - b)
    return np.sqrt((np.minimum(d, box_size - d) ** 2).sum(axis=-1))


@pytest.mark.parametrize("redshift", [0.0, 0.117, 1.0])
def test_threshold_is_200_times_astropys_critical_density(redshift):
    snapshot = snapshot_of(10.0, redshift)
    critical = snapshot.cosmology.critical_density(redshift).to_value(u.Msun / u.Mpc**3)
    assert density_200c(snapshot) == pytest.approx(200 * critical / (1 + redshift) ** 3, rel=2e-4)


@pytest.mark.parametrize(
    ("n", "centre"),
    [
        (400, (20.0, 11.0, 31.0)),
        (3000, (20.0, 11.0, 31.0)),
        (3000, (0.02, 39.9, 0.0)),
        (20_000, (3.0, 20.0, 39.0)),
    ],
)
def test_an_nfw_halo_is_recovered(n, centre):
    # 20,000 particles are more than source the potential: the thinned sum must find the same centre.
    rng = np.random.default_rng(n)
    halo = nfw_halo(rng, n, centre, SNAPSHOT, sigma=700.0, bulk=(300.0, -200.0, 900.0))
    halos, member_of = find(*together(background(rng, SNAPSHOT), halo))
    assert len(halos) == 1
    assert halos.m200c[0] == pytest.approx(n * MASS, rel=3 / np.sqrt(n))
    assert halos.r200c[0] == pytest.approx(radius_200c(n, SNAPSHOT), rel=1 / np.sqrt(n))
    assert distance(halos.position[0], centre) < SOFTENING
    assert halos.sigma_1d[0] == pytest.approx(700.0, rel=3 / np.sqrt(6 * n))
    assert np.allclose(halos.velocity[0], (300.0, -200.0, 900.0), atol=4 * 700 / np.sqrt(n))
    assert (member_of == 0).sum() * MASS == pytest.approx(halos.m200c[0])


def test_numbers_are_those_of_the_particles_in_the_sphere():
    rng = np.random.default_rng(1)
    parts = [nfw_halo(rng, n, rng.random(3) * 40, SNAPSHOT) for n in (50, 120, 400, 1500, 60, 200)]
    position, velocity = together(background(rng, SNAPSHOT), *parts)
    halos, member_of = find(position, velocity)
    assert len(halos) >= 4
    assert np.all(np.diff(halos.m200c) <= 0)
    assert np.array_equal(halos.halo_id, np.arange(len(halos)))
    tree = cKDTree(position.astype(float), boxsize=40.0)
    for i in range(len(halos)):
        inside = tree.query_ball_point(halos.position[i], halos.r200c[i])
        assert halos.m200c[i] == pytest.approx(len(inside) * MASS)
        volume = 4 / 3 * np.pi * halos.r200c[i] ** 3
        assert halos.m200c[i] / volume == pytest.approx(density_200c(SNAPSHOT))
        assert np.allclose(halos.velocity[i], velocity[inside].mean(axis=0, dtype=float))
        assert halos.sigma_1d[i] == pytest.approx(
            np.sqrt(velocity[inside].var(axis=0, ddof=1).mean()), rel=1e-5
        )
        earlier = [
            j for j in range(i) if distance(halos.position[i], halos.position[j]) < halos.r200c[[i, j]].sum()
        ]
        taken = np.isin(member_of[inside], earlier)
        assert np.all(taken | (member_of[inside] == i))
        # From 20 particles on, every smaller sphere is denser: r200c is the first crossing.
        d = np.sort(tree.query(halos.position[i], k=len(inside))[0])
        n = np.arange(20, len(inside))
        assert np.all(n * MASS / (4 / 3 * np.pi * d[n] ** 3) >= density_200c(SNAPSHOT))
    assert np.all(member_of < len(halos))
    assert (member_of >= 0).sum() <= halos.m200c.sum() / MASS + 1e-6


def test_masses_are_unbiased_and_scatter_like_poisson():
    rng = np.random.default_rng(2)
    snapshot = snapshot_of(60.0)
    centres = 10.0 * np.stack(np.meshgrid(*[np.arange(6)] * 3), axis=-1).reshape(-1, 3) + 2 * rng.random(
        (216, 3)
    )
    halos, _ = find(*together(*[nfw_halo(rng, rng.poisson(100), c, snapshot) for c in centres]), snapshot)
    assert len(halos) == 216
    off, nearest = cKDTree(halos.position, boxsize=60.0).query(centres)
    ratio = halos.m200c[nearest] / (100 * MASS)
    assert ratio.mean() == pytest.approx(1.0, abs=0.03)
    assert 0.08 < ratio.std() < 0.16
    assert np.median(off) < SOFTENING


def test_both_halos_of_a_bridged_group_are_found():
    rng = np.random.default_rng(3)
    centres = np.array([[15.0, 20.0, 20.0], [22.0, 20.0, 20.0]])
    bridge = np.linspace(*centres, 80) + 0.05 * rng.standard_normal((80, 3))
    first, second = (nfw_halo(rng, n, c, SNAPSHOT) for n, c in zip((2000, 300), centres, strict=True))
    position, velocity = together(first, second, (wrapped(bridge, 40.0), np.zeros((80, 3))))
    group = friends_of_friends(position, 40.0, LINKING)
    assert group[0] == group[len(first[0])] == group[-1] == 0
    halos, member_of = find(position, velocity, group=group)
    assert np.array_equal(halos.fof_id, [0, 0])
    assert np.all(distance(halos.position, centres) < 0.1)
    assert np.allclose(halos.m200c / MASS, [2000, 300], rtol=0.15)
    assert set(member_of[group == 0]) == {-1, 0, 1}


def test_a_clump_inside_a_halo_is_no_halo_of_its_own():
    rng = np.random.default_rng(4)
    host = nfw_halo(rng, 2000, (20.0, 20.0, 20.0), SNAPSHOT)
    clump = nfw_halo(rng, 100, (20.0, 20.0, 20.7 + 1), SNAPSHOT)
    position, velocity = together(host, clump)
    assert len(find(position, velocity)[0]) == 1
    # Not even where the clump is a group by itself.
    apart = np.where(np.arange(len(position)) < len(host[0]), 0, 1)
    halos, _ = find(position, velocity, group=apart)
    assert np.array_equal(halos.fof_id, [0])


def test_where_spheres_overlap_the_more_massive_halo_owns():
    rng = np.random.default_rng(5)
    centres = np.array([[20.0, 20.0, 20.0], [20.0, 20.0, 20.0 + 1.5 * radius_200c(2000, SNAPSHOT)]])
    parts = [nfw_halo(rng, n, c, SNAPSHOT, extent=1.0) for n, c in zip((2000, 1500), centres, strict=True)]
    position, velocity = together(*parts)
    halos, member_of = find(position, velocity)
    d = np.stack([distance(position, c) for c in halos.position])
    both = np.all(d < halos.r200c[:, None], axis=0)
    assert both.sum() > 10
    assert np.all(member_of[both] == 0)
    assert np.all(member_of[(d[1] < halos.r200c[1]) & ~both] == 1)


def test_a_halo_inside_the_virial_sphere_of_a_larger_one_is_no_host():
    rng = np.random.default_rng(5)
    r200c = radius_200c(2000, SNAPSHOT)
    for separation, hosts in ((1.1, 1), (1.5, 2)):  # the virial radius is 1.2 to 1.3 r200c
        parts = [
            nfw_halo(rng, n, (20.0, 20.0, 20.0 + x * r200c), SNAPSHOT, extent=1.3)
            for n, x in ((2000, 0.0), (300, separation))
        ]
        halos, _ = find(*together(*parts))
        assert len(halos) == hosts


def test_of_two_centres_in_one_sphere_the_more_massive_is_the_host():
    # A compact halo at the edge of a shallow, larger one: its peak is deeper, the other's sphere holds it.
    rng = np.random.default_rng(13)
    compact = nfw_halo(rng, 300, (20.0, 20.0, 20.0), SNAPSHOT, concentration=20.0, extent=1.0)
    edge = radius_200c(3000, SNAPSHOT)
    x = rng.standard_normal((3300, 3))
    x *= edge * np.sqrt(rng.random((3300, 1))) / np.linalg.norm(x, axis=1, keepdims=True)
    shallow = wrapped(x + 20.0 + 0.95 * edge * np.array([0, 0, 1]), 40.0), np.zeros((3300, 3))
    halos, _ = find(*together(compact, shallow))
    assert len(halos) == 1
    assert halos.m200c[0] / MASS > 3000
    assert distance(halos.position[0], (20.0, 20.0, 20.0)) < halos.r200c[0]


def test_a_uniform_background_holds_nothing():
    position, velocity = together(background(np.random.default_rng(6), SNAPSHOT))
    halos, member_of = find(position, velocity, group=np.zeros(len(position), dtype=np.int64))
    assert len(halos) == 0
    assert np.all(member_of == -1)


def test_a_box_that_is_dense_all_over_ends_the_search():
    snapshot = snapshot_of(4.0)
    rng = np.random.default_rng(7)
    position, velocity = together((rng.random((2000, 3)) * 4, np.zeros((2000, 3))))
    halos, _ = find(position, velocity, snapshot, group=np.zeros(2000, dtype=np.int64))
    assert len(halos) == 0


@pytest.mark.parametrize("stride", [1, 3])
def test_depth_is_the_softened_sum_over_all_other_sources(stride):
    x = np.random.default_rng(14).standard_normal((100, 3))
    r = np.sqrt(((x[:, None] - x[None, ::stride]) ** 2).sum(axis=-1) + 0.1**2)
    itself = np.where(np.arange(100) % stride == 0, 1 / 0.1, 0.0)
    depth = _depths(x.T.astype(np.float32).copy(), stride, np.float32(0.1**2))
    assert np.allclose(depth, (1 / r).sum(axis=1) - itself, rtol=1e-4)


def test_order_place_and_orientation_change_nothing():
    # Positions are multiples of 2**-13 in a box of 32, so that they move without rounding.
    rng = np.random.default_rng(8)
    snapshot = snapshot_of(32.0)
    parts = [nfw_halo(rng, n, rng.random(3) * 32, snapshot) for n in (40, 90, 300, 1500)]
    position, velocity = together(background(rng, snapshot), *parts)
    ticks = np.round(position.astype(float) * 8192).astype(int) % 262144
    halos, member_of = find((ticks / 8192).astype(np.float32), velocity, snapshot)
    axes, mirror, shift = [2, 0, 1], np.array([-1, 1, 1]), np.array([100_000, 5, 262_000])
    order = rng.permutation(len(ticks))
    moved = ((ticks[order][:, axes] * mirror + shift) % 262144 / 8192).astype(np.float32)
    again, member_again = find(moved, velocity[order][:, axes] * mirror.astype(np.float32), snapshot)
    assert np.allclose(again.m200c, halos.m200c)
    expected = (halos.position[:, axes] * mirror + shift / 8192) % 32
    assert np.all(distance(again.position, expected, 32.0) < 1e-9)
    assert np.allclose(again.velocity, halos.velocity[:, axes] * mirror)
    assert np.array_equal(member_again, member_of[order])


@pytest.mark.parametrize("cores", [1, 2, 5])
def test_threads_and_cell_order_change_nothing(monkeypatch, cores):
    rng = np.random.default_rng(9)
    parts = [nfw_halo(rng, n, rng.random(3) * 40, SNAPSHOT) for n in (40, 90, 300, 1500)]
    position, velocity = together(background(rng, SNAPSHOT), *parts)
    halos, member_of = find(position, velocity)
    order, starts = cell_sort(position, 40.0, 7)
    monkeypatch.setattr(overdensity, "available_cores", lambda: cores)
    monkeypatch.setattr("zwicky.parallel.available_cores", lambda: cores)
    group = friends_of_friends(position, 40.0, LINKING)[order]
    again, member_again = find(position[order], velocity[order], group=group, cell_starts=starts)
    assert np.allclose(again.position, halos.position, rtol=0, atol=1e-12)
    assert np.array_equal(again.m200c, halos.m200c)
    assert np.array_equal(member_again, member_of[order])


def test_fewest_particles_is_obeyed():
    rng = np.random.default_rng(10)
    parts = [nfw_halo(rng, n, rng.random(3) * 40, SNAPSHOT) for n in (30, 60, 120, 240)]
    position, velocity = together(*parts)
    for fewest, expected in ((20, 4), (45, 3), (90, 2), (170, 1), (1000, 0)):
        halos, _ = find(position, velocity, min_particles=fewest)
        assert len(halos) == expected
        assert np.all(halos.m200c >= fewest * MASS * (1 - 1e-12))


def test_what_does_not_fit_together_is_refused():
    x = np.zeros((5, 3), np.float32)
    with pytest.raises(ZwickyError, match="5 positions, 4 velocities, 5 group numbers"):
        find(x, x[:4], group=np.zeros(5, dtype=np.int64))
    with pytest.raises(ZwickyError, match="min_particles = 1; give 2 or more"):
        find(x, x, group=np.zeros(5, dtype=np.int64), min_particles=1)
