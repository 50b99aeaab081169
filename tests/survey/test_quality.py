"""What is refused, what is remarked on, and that sound clusters pass."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_clusters import galaxies_of, training_range

from zwicky.cosmology import paper_cosmology
from zwicky.survey import find_problem
from zwicky.survey.quality import remarks_on_data, remarks_on_mass, remarks_on_posterior
from zwicky.tables import Cylinder

CYLINDER = Cylinder(1.6 / 0.678, 2200.0, paper_cosmology().h)


def problem(r, v, redshift=0.1, from_sky=False, **more):
    return find_problem(r, v, redshift, cylinder=CYLINDER, from_sky=from_sky, **more)


def remarks(r, v, redshift=0.1, training=None, **more):
    training = training_range(redshift=(0.117, 0.117)) if training is None else training
    return remarks_on_data(
        r,
        v,
        redshift,
        sigma_v_kms=np.std(v, ddof=1),
        cylinder=CYLINDER,
        cosmology=paper_cosmology(),
        training=training,
        **more,
    )


@settings(deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(12, 400), sigma=st.floats(150, 1200))
def test_sound_clusters_have_no_problem(seed, n, sigma):
    assert problem(*galaxies_of(np.random.default_rng(seed), n, sigma)) is None


def test_sound_clusters_are_seldom_remarked_on():
    rng = np.random.default_rng(8)
    flagged = sum(bool(remarks(*galaxies_of(rng, rng.integers(12, 200), 700, 2.36))) for _ in range(2000))
    assert flagged <= 12


R, V = galaxies_of(np.random.default_rng(9))
BAD = {
    "nan velocity": (R, np.where(np.arange(80) == 3, np.nan, V), 0.1, "NaN v_los in 1 of 80"),
    "nan radius": (np.where(np.arange(80) < 2, np.nan, R), V, 0.1, "NaN r_proj in 2 of 80"),
    "negative radii": (np.where(np.arange(80) < 5, -R, R), V, 0.1, "negative r_proj in 5 of 80"),
    "redshifts for velocities": (R, 0.1 + V / 3e5, 0.1, "redshifts?"),
    "cz for velocities": (R, 30_000 + V, 0.1, "cz?"),
    "first bad row": (R, np.where(np.arange(80) == 3, np.nan, V), 0.1, "first in its row 4"),
    "infinite": (R, np.where(np.arange(80) == 3, np.inf, V), 0.1, "infinite v_los in 1 of 80"),
    "m/s": (R, V * 1000, 0.1, "m/s?"),
    "cz for a redshift": (R, V, 7000.0, "cz?"),
    "one": (R[:1], V[:1], 0.1, "1 galaxy in the cylinder"),
    "kpc": (R * 1000, V, 0.1, "kpc?"),
    "degrees at z = 0.1": (np.rad2deg(R / 430), V, 0.1, "degrees?"),
    "too few": (R[:9], V[:9], 0.1, "9 galaxies in the cylinder (10 needed)"),
    "none": (R[:0], V[:0], 0.1, "no galaxies"),
    "no redshift": (R, V, np.nan, "no redshift"),
    "negative redshift": (R, V, -0.1, "redshift -0.1"),
}


@pytest.mark.parametrize("name", BAD)
def test_problems_are_found(name):
    r, v, z, expected = BAD[name]
    found = problem(np.float32(r), np.float32(v), z)
    assert expected in found.what
    assert found.advice


def test_computed_radii_are_not_doubted():
    r, v = R * 0.1, V
    assert "degrees" in problem(r, v).what
    assert problem(r, v, from_sky=True) is None


def test_remarks_are_made():
    assert any("redshift 0.60" in text for text in remarks(R, V, redshift=0.6))
    assert not remarks(R, V, redshift=0.02)
    assert any("--recentre" in text for text in remarks(R, V + 1200))
    assert any("end at 0.5" in text for text in remarks(R * 0.55, V))
    assert any("number" in text for text in remarks(R, V, training=training_range(n_galaxies=(10, 50))))
    assert any(
        "dispersion" in text for text in remarks(R, V, training=training_range(sigma_v_kms=(100, 600)))
    )
    masses = training_range(log10_m200c_h=(13.7, 15.4))
    assert remarks_on_mass(15.6, 15.5, masses) == ["mass outside training"]
    assert remarks_on_mass(14.0, 15.4, None) == ["unlike training: far from M-sigma"]
    assert remarks_on_mass(14.5, 14.9, masses) == []


def test_a_unit_that_was_given_is_doubted_by_its_name():
    units = {"r_proj": "Mpc", "v_los": "km / s"}
    assert "is [Mpc] right?" in problem(R * 1000, V, units=units).what
    assert "is [km / s] right?" in problem(R, 30_000 + V, units=units).what
    assert any("is [Mpc] right?" in text for text in remarks(R * 0.55, V, redshift=0.02, units=units))


def test_degrees_of_a_nearby_cluster_are_asked_for():
    # At z = 0.02 a degree is 1.5 Mpc.
    degrees = R / 1.5
    assert any("degrees?" in text for text in remarks(degrees, V, redshift=0.02))
    assert not any("degrees?" in text for text in remarks(degrees, V, redshift=0.02, from_sky=True))
    assert not any("degrees?" in text for text in remarks(degrees, V, redshift=0.3))


def test_galaxies_given_twice_are_counted():
    again = np.r_[np.arange(80), 4, 4]
    assert "2 galaxies given twice" in remarks(R[again], V[again])
    assert "1 galaxy given twice" in remarks(R[again[:-1]], V[again[:-1]])


def test_a_posterior_says_where_it_ends_and_what_is_odd():
    assert remarks_on_posterior(0.15, 0.01) == []
    assert remarks_on_posterior(0.17, 0.5) == ["upper limit"]
    assert remarks_on_posterior(0.0, 0.001) == ["unlike training: p = 0.001"]
    assert remarks_on_posterior(np.nan, np.nan) == []


def test_a_model_that_is_told_the_aperture_and_the_centre_needs_no_remark_on_them():
    rng = np.random.default_rng(1)
    r, v = 0.5 * rng.random(60), rng.normal(900.0, 500.0, 60)
    known = {"sigma_v_kms": 500.0, "cylinder": CYLINDER, "cosmology": paper_cosmology(), "training": None}
    assert len(remarks_on_data(r, v, 0.02, from_sky=True, **known)) == 2
    assert remarks_on_data(r, v, 0.02, from_sky=True, is_told=True, **known) == []
    assert "degrees?" in remarks_on_data(r, v, 0.1, is_told=True, **known)[0]
