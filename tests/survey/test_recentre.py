"""Recentring: exact, idempotent, and robust to what is not the cluster."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_clusters import galaxies_of, sample_of

from zwicky.cosmology import paper_cosmology, relative_velocity
from zwicky.survey import ObservedClusters, compose, median_velocity, recentre
from zwicky.tables import Cylinder


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
    np.testing.assert_allclose(on_sky.sample.r_proj, r * distance[1] / distance[0], rtol=1e-5)
    given_radii = recentre(ObservedClusters(sample, np.array([1]), from_sky=False), cylinder_of(2.36))
    np.testing.assert_array_equal(given_radii.sample.r_proj, sample.r_proj)


def test_background_and_missing_values_do_not_matter():
    rng = np.random.default_rng(7)
    r, v = galaxies_of(rng, n=100, sigma=500.0)
    with_more = np.concatenate([v, np.full(200, 9000.0), [np.nan]])
    radii = np.concatenate([r, np.full(201, 0.1)])
    assert median_velocity(radii, with_more, cylinder_of(2.36)) == median_velocity(r, v, cylinder_of(2.36))


def test_a_cluster_without_inner_galaxies_is_left_alone():
    assert median_velocity(np.array([2.0]), np.array([500.0]), cylinder_of(2.36)) == 0.0
