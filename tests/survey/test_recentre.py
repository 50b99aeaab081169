"""Recentring: exact, idempotent, and robust to what is not the cluster."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_clusters import galaxies_of, sample_of

from zwicky.cosmology import paper_cosmology, relative_velocity
from zwicky.survey.clusters import ObservedClusters
from zwicky.survey.recentre import recentre
from zwicky.tables import Cylinder
from zwicky.velocities import compose, median_velocities


def cylinder_of(aperture_mpc):
    return Cylinder(aperture_mpc, 2200.0, paper_cosmology().h)


@settings(deadline=None)
@given(z=st.floats(0.001, 2), z_wrong=st.floats(0.001, 2), z_right=st.floats(0.001, 2))
def test_composition_is_a_change_of_the_reference_redshift(z, z_wrong, z_right):
    shifted = compose(relative_velocity(z, z_wrong), relative_velocity(z_right, z_wrong))
    assert shifted == pytest.approx(relative_velocity(z, z_right), rel=1e-9, abs=1e-5)


@pytest.mark.parametrize("offset", [-1200.0, -40.0, 0.0, 350.0, 900.0])
def test_a_wrong_redshift_is_mended(offset):
    rng = np.random.default_rng(5)
    r, v = galaxies_of(rng, n=300, sigma=600.0)
    right = sample_of([(r, compose(v, -offset))], paper_cosmology(), 0.05)
    clusters = ObservedClusters(right, np.array(["x"]), from_sky=False)
    moved = recentre(clusters, cylinder_of(2.36))
    assert moved.recentred_kms[0] == pytest.approx(offset, abs=4 * 1.25 * 600 / np.sqrt(150))
    assert abs(np.median(moved.sample.v_los[r <= 1.18])) < 0.01
    again = recentre(moved, cylinder_of(2.36))
    assert abs(again.recentred_kms[0]) < 0.01
    np.testing.assert_allclose(again.sample.v_los, moved.sample.v_los, atol=0.01)


def test_redshift_and_distance_follow():
    rng = np.random.default_rng(6)
    r, v = galaxies_of(rng)
    z = 0.02
    sample = sample_of([(r, v + 600.0)], paper_cosmology(), z)
    on_sky = recentre(ObservedClusters(sample, np.array([1]), from_sky=True), cylinder_of(2.36))
    shift = on_sky.recentred_kms[0]
    new = float(on_sky.sample.redshift[0])
    assert relative_velocity(new, z) == pytest.approx(shift, rel=1e-9)
    distance = [paper_cosmology().comoving_distance(x).value for x in (z, new)]
    np.testing.assert_allclose(on_sky.sample.r_proj_comoving, r * distance[1] / distance[0], rtol=1e-5)
    given_radii = recentre(ObservedClusters(sample, np.array([1]), from_sky=False), cylinder_of(2.36))
    np.testing.assert_array_equal(given_radii.sample.r_proj_comoving, sample.r_proj_comoving)


def test_background_and_missing_values_do_not_matter():
    rng = np.random.default_rng(7)
    r, v = galaxies_of(rng, n=100, sigma=500.0)
    with_more = np.concatenate([v, np.full(200, 9000.0), [np.nan]])
    radii = np.concatenate([r, np.full(201, 0.1)])
    assert centre_of(radii, with_more) == centre_of(r, v)


def test_a_cluster_without_inner_galaxies_is_left_alone():
    assert centre_of(np.array([2.0]), np.array([500.0])) == 0.0


def centre_of(r, v):
    return median_velocities(np.array([0, len(v)]), r, v, 2.36, 2200.0)[0]


def test_many_clusters_at_once_are_each_as_alone():
    """Against the rule said plainly: the median of those within the cut about it, until it stays."""
    rng = np.random.default_rng(3)
    counts = rng.integers(0, 60, 40)
    offsets = np.concatenate([[0], np.cumsum(counts)])
    r = rng.uniform(0, 2.36, offsets[-1])
    v = rng.normal(np.repeat(rng.normal(0, 800, 40), counts), 900.0)
    found = median_velocities(offsets, r, v, 2.36, 2200.0)
    for i, (a, b) in enumerate(itertools.pairwise(offsets)):
        inner = v[a:b][r[a:b] <= 1.18]
        shift, before = 0.0, None
        for _ in range(50):
            inside = np.abs(compose(inner, shift)) <= 2200.0
            if not inside.any() or (before is not None and np.array_equal(inside, before)):
                break
            shift, before = np.median(inner[inside]), inside
        assert found[i] == pytest.approx(shift, abs=1e-4)
