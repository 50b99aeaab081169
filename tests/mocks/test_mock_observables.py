import astropy.units as u
import numpy as np
import pytest
from astropy.cosmology import Flatw0waCDM, LambdaCDM, Planck18, z_at_value
from equations import step_by_step
from hypothesis import given, settings
from hypothesis import strategies as st

from zwicky.cosmology import DistanceRedshift, paper_cosmology, relative_velocity
from zwicky.errors import ZwickyError
from zwicky.mocks.observables import hubble_flow, minimum_image, observe, sky_basis
from zwicky.tables import Snapshot
from zwicky.units import SPEED_OF_LIGHT_KMS as C

SNAPSHOT = Snapshot("test", 0.117, 1000.0, paper_cosmology())
speeds = st.floats(-3000.0, 3000.0)
vectors = st.tuples(speeds, speeds, speeds).map(np.array)
axes = st.tuples(*[st.floats(-1.0, 1.0)] * 3).map(np.array).filter(lambda a: np.linalg.norm(a) > 0.1)


@given(vectors, vectors, axes, st.lists(st.floats(-120.0, 120.0), min_size=3, max_size=3).map(np.array))
@settings(deadline=None, max_examples=50)
def test_equations_15_to_22(v_gal, v_clu, axis, separation):
    direction = axis / np.linalg.norm(axis)
    seen = observe(separation[None], v_gal[None], v_clu, direction, SNAPSHOT)
    r_proj, v_los = step_by_step(separation[None], v_gal[None], v_clu, direction, SNAPSHOT)
    np.testing.assert_allclose(seen.v_los, v_los, rtol=0, atol=1e-3)
    np.testing.assert_allclose(seen.r_proj_comoving, r_proj, rtol=0, atol=1e-10)


def test_closed_form_of_observed_redshifts():
    rng = np.random.default_rng(1)
    depth, v_gal, v_clu = rng.uniform(-100, 100, 500), rng.normal(0, 1000, 500), 640.0
    tables = DistanceRedshift(SNAPSHOT.cosmology, 0.5)
    z = tables.redshift(tables.distance(0.117) + depth)
    z_obs = (1 + z) * np.sqrt((1 + v_gal / C) / (1 - v_gal / C)) - 1
    z_clu = 1.117 * np.sqrt((1 + v_clu / C) / (1 - v_clu / C)) - 1
    line = np.array([0.0, 0.0, 1.0])
    seen = observe(depth[:, None] * line, v_gal[:, None] * line, v_clu * line, line, SNAPSHOT)
    np.testing.assert_allclose(seen.v_los, relative_velocity(z_obs, z_clu), rtol=0, atol=1e-3)


def test_a_thousand_kms_of_hubble_flow():
    flow = hubble_flow(paper_cosmology(), 0.117, 3000.0)
    depth = 10.55 / 0.678
    np.testing.assert_allclose(C * flow(0.5 * depth) * 2, 1000.0, rtol=1e-3)
    assert abs(C * (flow(depth) - flow(-depth)) / 2 - 1000.0) < 0.5


@pytest.mark.parametrize(
    "cosmology",
    [paper_cosmology(), Planck18, LambdaCDM(70, 0.3, 0.6), Flatw0waCDM(70, 0.3, w0=-0.8, wa=0.3)],
    ids=lambda c: c.name or type(c).__name__,
)
@pytest.mark.parametrize("redshift", [0.05, 0.117, 1.0])
def test_hubble_flow_against_astropy(cosmology, redshift):
    flow = hubble_flow(cosmology, redshift, 12000.0)
    z = np.linspace(redshift - 0.03, redshift + 0.03, 13)
    depth = (cosmology.comoving_distance(z) - cosmology.comoving_distance(redshift)).to_value("Mpc")
    np.testing.assert_allclose(C * flow(depth), C * (np.log1p(z) - np.log1p(redshift)), rtol=0, atol=3e-5)


def test_hubble_flow_at_redshift_zero():
    flow = hubble_flow(Planck18, 0.0, 8000.0)
    far = 80.0
    assert flow(0.0) == pytest.approx(0.0, abs=1e-12)
    z = z_at_value(Planck18.comoving_distance, far * u.Mpc).value
    assert C * flow(far) == pytest.approx(C * np.log1p(z), abs=1e-3)
    # Hubble's law, and as much in front as behind to first order.
    assert C * flow(1.0) == pytest.approx(Planck18.H0.value, rel=1e-3)
    assert flow(-1.0) == pytest.approx(-flow(1.0), rel=1e-3)


@given(axes)
@settings(deadline=None)
def test_sky_basis_is_a_right_handed_triad(axis):
    z = axis / np.linalg.norm(axis)
    triad = np.array([*sky_basis(z), z])
    np.testing.assert_allclose(triad @ triad.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(triad) == pytest.approx(1.0)


def test_only_relative_places_matter_on_the_sky():
    seen = observe(
        np.array([[3.0, 4.0, 5.0]]), np.zeros((1, 3)), np.zeros(3), np.array([0, 0, 1.0]), SNAPSHOT
    )
    assert (seen.x_proj[0], seen.y_proj[0], seen.depth[0]) == (3.0, 4.0, 5.0)
    assert seen.r_proj_comoving[0] == 5.0


def test_minimum_image_is_the_nearest():
    separation = np.random.default_rng(2).uniform(-10, 10, 100)
    images = separation[:, None] + 10.0 * np.arange(-2, 3)
    np.testing.assert_allclose(np.abs(minimum_image(separation, 10.0)), np.abs(images).min(axis=1))


def test_direction_must_be_a_unit_vector():
    with pytest.raises(ZwickyError, match="not a unit vector; divide it"):
        observe(np.zeros((1, 3)), np.zeros((1, 3)), np.zeros(3), np.array([0, 0, 2.0]), SNAPSHOT)
