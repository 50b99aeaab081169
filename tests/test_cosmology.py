import pickle

import numpy as np
import pytest
from astropy.cosmology import FlatwCDM, LambdaCDM, Planck18
from hypothesis import given
from hypothesis import strategies as st

from zwicky.cosmology import (
    DistanceRedshift,
    cosmology_from_text,
    cosmology_named,
    cosmology_to_text,
    deferred_cosmology,
    paper_cosmology,
    relative_velocity,
)
from zwicky.errors import ZwickyError
from zwicky.parallel import pieces, run_pieces
from zwicky.units import SPEED_OF_LIGHT_KMS, critical_density, log10_msun, log10_msun_h

COSMOLOGIES = [paper_cosmology(), Planck18, FlatwCDM(70, 0.3, w0=-0.8), LambdaCDM(65, 0.3, 0.8)]


@pytest.mark.parametrize("cosmology", COSMOLOGIES, ids=lambda c: c.name or type(c).__name__)
def test_distance_and_redshift_are_astropys_and_each_others_inverse(cosmology):
    table = DistanceRedshift(cosmology, 0.6)
    z = np.linspace(1e-4, 0.6, 777)
    exact = cosmology.comoving_distance(z).to_value("Mpc")
    assert np.allclose(table.distance(z), exact, rtol=1e-8)
    assert np.allclose(table.redshift(exact), z, rtol=1e-7)
    assert np.isnan(table.redshift(1e5))


@pytest.mark.parametrize("cosmology", COSMOLOGIES, ids=lambda c: c.name or type(c).__name__)
def test_text_keeps_a_cosmology(cosmology):
    assert cosmology_from_text(cosmology_to_text(cosmology)) == cosmology


def test_names():
    assert cosmology_named("ho2019") is paper_cosmology()
    assert cosmology_named("Planck18") is Planck18
    with pytest.raises(ZwickyError, match="did you mean 'Planck18'"):
        cosmology_named("Plank18")


@given(st.floats(-0.01, 0.01), st.floats(0.0, 2.0))
def test_velocity_of_a_small_redshift_difference(difference, z):
    v = relative_velocity(z + difference, z)
    assert v == pytest.approx(SPEED_OF_LIGHT_KMS * difference / (1 + z), rel=0.011, abs=1e-6)
    assert relative_velocity(z, z + difference) == pytest.approx(-v, abs=1e-7)


def test_velocities_of_the_science_notes():
    # c dz / (1 + z) is off by 0.16 % at 950 km/s and 0.3 % at 1900 km/s.
    for speed, off in ((950.0, 0.0016), (1900.0, 0.0032)):
        dz = 1.117 * speed / SPEED_OF_LIGHT_KMS
        assert speed / relative_velocity(0.117 + dz, 0.117) - 1 == pytest.approx(off, abs=2e-4)


def test_masses_and_density():
    assert log10_msun_h(log10_msun(14.5, 0.678), 0.678) == pytest.approx(14.5)
    exact = Planck18.critical_density0.to_value("Msun/Mpc3")
    assert critical_density(Planck18.H0.value) == pytest.approx(exact, rel=1e-4)


@given(st.integers(0, 500), st.integers(1, 40))
def test_pieces_cover_everything_once(n, parts):
    cut = pieces(n, parts)
    assert [i for a, b in cut for i in range(a, b)] == list(range(n))
    assert len(cut) <= parts


def test_pieces_come_back_in_order():
    assert run_pieces(lambda x, y: x * y, [(i, 2) for i in range(50)], workers=4) == list(range(0, 100, 2))
    with pytest.raises(ZeroDivisionError):
        run_pieces(lambda x: 1 / x, [(1,), (0,)], workers=2)


def test_a_deferred_cosmology_is_the_papers():
    deferred = deferred_cosmology("ho2019")
    paper = paper_cosmology()
    assert (deferred.name, deferred.h) == (paper.name, paper.h)
    z = np.linspace(0, 3, 50)
    assert np.allclose(deferred.efunc(z), paper.efunc(z), rtol=1e-14)
    assert deferred == paper
    assert paper == deferred
    assert deferred != Planck18
    assert deferred.comoving_distance(0.1) == paper.comoving_distance(0.1)
    assert cosmology_from_text(cosmology_to_text(deferred)) == paper
    assert pickle.loads(pickle.dumps(deferred)) == paper
    assert deferred_cosmology("Planck18") is Planck18


def test_text_that_is_no_cosmology_is_one_clear_line():
    for text in ("", "[", "a: 1", "!numpy.ndarray {}", "!astropy.table.Table {}"):
        with pytest.raises(ZwickyError, match="stored with it cannot be read") as error:
            cosmology_from_text(text)
        assert "\n" not in str(error.value)
