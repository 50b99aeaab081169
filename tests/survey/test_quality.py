"""What is refused, what is remarked on, and that sound clusters pass."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_clusters import galaxies_of, sample_of, training_range

from zwicky.cosmology import paper_cosmology
from zwicky.images import galaxy_moments
from zwicky.survey.quality import find_problems
from zwicky.survey.remarks import joined, remarks_on_data, remarks_on_mass, remarks_on_posterior
from zwicky.tables import Cylinder

CYLINDER = Cylinder(1.6 / 0.678, 2200.0, paper_cosmology().h)


def problem(r, v, redshift=0.1, from_sky=False, **more):
    # Beside others, which must not matter.
    rng = np.random.default_rng(5)
    clusters = [galaxies_of(rng), (r, v), galaxies_of(rng, 5)]
    sample = sample_of(clusters, paper_cosmology(), [0.1, redshift, 0.1])
    found = find_problems(sample, cylinder=CYLINDER, from_sky=from_sky, **more)
    assert found[0] is None
    assert found[2].what == "5 galaxies in the cylinder (10 needed)"
    return found[1]


def remarks_of_all(clusters, redshift=0.1, training=None, **more):
    training = training_range(redshift=(0.117, 0.117)) if training is None else training
    sample = sample_of(clusters, paper_cosmology(), redshift)
    return joined(
        remarks_on_data(sample, galaxy_moments(sample), cylinder=CYLINDER, training=training, **more),
        len(sample),
    )


def remarks(r, v, redshift=0.1, training=None, **more):
    """What is said of a cluster, whatever stands beside it."""
    other = galaxies_of(np.random.default_rng(6), 40, reach=2.36)
    return remarks_of_all([other, (r, v)], redshift, training, **more)[1]


@settings(deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(12, 400), sigma=st.floats(150, 1200))
def test_sound_clusters_have_no_problem(seed, n, sigma):
    assert problem(*galaxies_of(np.random.default_rng(seed), n, sigma)) is None


def test_sound_clusters_are_seldom_remarked_on():
    rng = np.random.default_rng(8)
    flags = remarks_of_all([galaxies_of(rng, rng.integers(12, 200), 700, 2.36) for _ in range(2000)])
    assert np.sum(flags != "ok") <= 12


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
    assert "redshift 0.60" in remarks(R, V, redshift=0.6)
    assert "redshift" not in remarks(R, V, redshift=0.02)
    assert "--recentre" in remarks(R, V + 1200)
    assert "end at 0.5" in remarks(R * 0.55, V)
    assert "number" in remarks(R, V, training=training_range(n_galaxies=(10, 50)))
    assert "dispersion" in remarks(R, V, training=training_range(sigma_v_kms=(100, 600)))
    masses = training_range(log10_m200c_h=(13.7, 15.4))
    mass = np.array([15.6, 14.0, 14.5])
    sigma = np.array([15.5, 15.4, 14.9])
    assert joined(remarks_on_mass(mass, sigma, masses), 3).tolist() == [
        "mass outside training",
        "unlike training: far from M-sigma",
        "ok",
    ]
    both = joined(remarks_on_mass(np.array([12.0]), np.array([15.0]), masses), 1)
    assert both[0] == "mass outside training; unlike training: far from M-sigma"
    assert joined(remarks_on_mass(mass, mass, None), 3).tolist() == ["ok"] * 3


def test_a_unit_that_was_given_is_doubted_by_its_name():
    units = {"r_proj": "Mpc", "v_los": "km / s"}
    assert "is [Mpc] right?" in problem(R * 1000, V, units=units).what
    assert "is [km / s] right?" in problem(R, 30_000 + V, units=units).what
    assert "is [Mpc] right?" in remarks(R * 0.55, V, redshift=0.02, units=units)


def test_degrees_of_a_nearby_cluster_are_asked_for():
    # At z = 0.02 a degree is 1.5 Mpc.
    degrees = R / 1.5
    assert "degrees?" in remarks(degrees, V, redshift=0.02)
    assert "degrees?" not in remarks(degrees, V, redshift=0.02, from_sky=True)
    assert "degrees?" not in remarks(degrees, V, redshift=0.3)


def test_galaxies_given_twice_are_counted():
    again = np.r_[np.arange(80), 4, 4]
    assert "2 galaxies given twice" in remarks(R[again], V[again])
    assert "1 galaxy given twice" in remarks(R[again[:-1]], V[again[:-1]])


def test_a_posterior_says_where_it_ends_and_what_is_odd():
    low_share = np.array([0.15, 0.17, 0.0, np.nan])
    p_unlike = np.array([0.01, 0.5, 0.001, np.nan])
    assert joined(remarks_on_posterior(low_share, p_unlike), 4).tolist() == [
        "ok",
        "upper limit",
        "unlike training: p = 0.001",
        "ok",
    ]


def test_a_model_that_is_told_the_aperture_and_the_centre_needs_no_remark_on_them():
    rng = np.random.default_rng(1)
    r, v = 0.5 * rng.random(60), rng.normal(900.0, 500.0, 60)
    wide = training_range()
    off = remarks(r, v, 0.02, wide, from_sky=True)
    assert "galaxies end at" in off
    assert "--recentre" in off
    assert remarks(r, v, 0.02, wide, from_sky=True, is_told=True) == "ok"
    assert "degrees?" in remarks(r, v, 0.1, wide, is_told=True)
