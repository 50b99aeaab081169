"""Positions and redshifts to radii and velocities, against astropy."""

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.cosmology import FlatLambdaCDM, LambdaCDM
from hypothesis import given, settings
from hypothesis import strategies as st

from zwicky.cosmology import relative_velocity
from zwicky.errors import ZwickyError
from zwicky.io.observed import Centres, SkyList
from zwicky.survey.search import angular_separation, unit_vectors
from zwicky.survey.sky import clusters_from_sky
from zwicky.tables import Cylinder

COSMOLOGIES = {
    "flat": FlatLambdaCDM(H0=70, Om0=0.3),
    "closed": LambdaCDM(H0=70, Om0=0.5, Ode0=0.8),
    "open": LambdaCDM(H0=70, Om0=0.3, Ode0=0.0),
}
COORDINATES = {"ra": st.floats(0, 360), "dec": st.floats(-90, 90)}


def cylinder_of(aperture_mpc):
    return Cylinder(aperture_mpc, 2200.0, 0.7)


def sky_of(rng, n, centres, degrees=1.0):
    which = rng.integers(0, len(centres.ra), n)
    dec = np.clip(centres.dec[which] + rng.normal(0, degrees, n), -90, 90)
    ra = (centres.ra[which] + rng.normal(0, degrees, n) / np.maximum(np.cos(np.deg2rad(dec)), 0.05)) % 360
    return SkyList(ra=ra, dec=dec, z=np.abs(centres.z[which] + rng.normal(0, 0.004, n)))


@settings(deadline=None)
@given(ra=COORDINATES["ra"], dec=COORDINATES["dec"], ra2=COORDINATES["ra"], dec2=COORDINATES["dec"])
def test_separations_are_astropys(ra, dec, ra2, dec2):
    ours = angular_separation(unit_vectors(ra, dec), unit_vectors(ra2, dec2))
    theirs = SkyCoord(ra, dec, unit="deg").separation(SkyCoord(ra2, dec2, unit="deg")).rad
    assert ours == pytest.approx(theirs, abs=1e-14)


@pytest.mark.parametrize("name", COSMOLOGIES)
def test_every_galaxy_near_a_centre_is_found_and_placed(name):
    cosmology = COSMOLOGIES[name]
    rng = np.random.default_rng(3)
    # A pole, the seam of right ascension, and two centres that share galaxies.
    centres = Centres(
        cluster_id=np.array(["pole", "seam", "a", "b"]),
        ra=np.array([10.0, 359.9, 120.0, 120.5]),
        dec=np.array([89.5, 0.0, 30.0, 30.2]),
        z=np.array([0.05, 0.08, 0.03, 0.032]),
    )
    galaxies = sky_of(rng, 4000, centres)
    found = clusters_from_sky(galaxies, centres, cosmology=cosmology, cylinder=cylinder_of(2.3))
    shared = 0
    for i in range(4):
        here = SkyCoord(centres.ra[i], centres.dec[i], unit="deg")
        theta = here.separation(SkyCoord(galaxies.ra, galaxies.dec, unit="deg")).rad
        r = theta * cosmology.comoving_transverse_distance(centres.z[i]).to_value("Mpc")
        v = relative_velocity(galaxies.z, centres.z[i])
        near = (r < 2.3) & (np.abs(v) < 2200)
        cluster = found.sample[i]
        inside = (cluster.r_proj_comoving < 2.3) & (np.abs(cluster.v_los) < 2200)
        assert near.sum() > 20
        np.testing.assert_allclose(np.sort(cluster.r_proj_comoving[inside]), np.sort(r[near]), rtol=1e-5)
        np.testing.assert_allclose(np.sort(cluster.v_los[inside]), np.sort(v[near]), rtol=1e-4, atol=1e-2)
        shared += near.sum()
    assert found.label.tolist() == centres.cluster_id.tolist()
    assert shared > 0


def test_galaxies_with_a_cluster_stay_with_it():
    rng = np.random.default_rng(4)
    centres = Centres(np.array([7, 3]), np.array([10.0, 10.2]), np.array([5.0, 5.1]), np.array([0.05, 0.05]))
    galaxies = sky_of(rng, 40, centres, degrees=0.2)
    own = SkyList(galaxies.ra, galaxies.dec, galaxies.z, cluster_id=np.array(["3"] * 15 + ["7"] * 25))
    found = clusters_from_sky(own, centres, cosmology=COSMOLOGIES["flat"], cylinder=cylinder_of(2.3))
    assert found.sample.n_galaxies.tolist() == [25, 15]


def test_targets_without_a_redshift_are_left_out_and_missing_centre_has_no_redshift():
    centres = Centres(
        np.array([1, 2]), np.array([10.0, np.nan]), np.array([5.0, 5.0]), np.array([0.05, 0.05])
    )
    galaxies = SkyList(np.full(3, 10.0), np.full(3, 5.0), np.array([0.05, np.nan, 0.5]))
    found = clusters_from_sky(galaxies, centres, cosmology=COSMOLOGIES["flat"], cylinder=cylinder_of(2))
    assert found.sample.n_galaxies.tolist() == [1, 0]
    assert np.isfinite(found.sample.v_los).all()
    assert found.notes == ("galaxies: left out 1 galaxy without a redshift near a centre",)
    assert np.isnan(found.sample.redshift).tolist() == [False, True]


def test_one_centre_of_a_survey_with_many_clusters():
    centres = Centres(np.array(["B"]), np.array([10.0]), np.array([5.0]), np.array([0.05]))
    survey = SkyList(
        np.full(3, 10.0), np.full(3, 5.0), np.full(3, 0.05), cluster_id=np.array(["A", "B", "B"])
    )
    found = clusters_from_sky(survey, centres, cosmology=COSMOLOGIES["flat"], cylinder=cylinder_of(2))
    assert found.sample.n_galaxies.tolist() == [2]
    assert found.notes == ("galaxies: left out 1 galaxy of clusters that are not among the centres",)


def test_no_usable_centre_in_a_cosmology_with_radiation():
    from astropy.cosmology import Planck18

    centres = Centres(np.array(["A"]), np.array([10.0]), np.array([5.0]), np.array([np.nan]))
    galaxies = SkyList(np.full(3, 10.0), np.full(3, 5.0), np.full(3, 0.05), cluster_id=np.full(3, "A"))
    found = clusters_from_sky(galaxies, centres, cosmology=Planck18, cylinder=cylinder_of(2))
    assert np.isnan(found.sample.redshift).all()


def test_a_fault_of_one_centre_is_its_own():
    faults = {1: "centre has no cluster_id"}
    place = np.array([10.0, 11.0]), np.array([5.0, 6.0]), np.array([0.05, 0.05])
    centres = Centres(np.array(["A", "row 2"]), *place, faults=faults)
    galaxies = SkyList(np.full(3, 10.0), np.full(3, 5.0), np.full(3, 0.05))
    found = clusters_from_sky(galaxies, centres, cosmology=COSMOLOGIES["flat"], cylinder=cylinder_of(2))
    assert found.sample.n_galaxies.tolist() == [3, 0]
    assert found.problems[1].what == "centre has no cluster_id"
    assert 0 not in found.problems


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"dec": np.array([1.0, 95.0])}, "dec = 95"),
        ({"ra": np.array([1.0, 400.0])}, "ra = 400"),
        ({"ra": np.array([1.0, np.nan])}, "row 2"),
        ({"source": "g.csv", "ra": np.array([1.0, 400.0])}, "g.csv: ra"),
        ({"z": np.array([7000.0, 7100.0])}, "looks like cz"),
        ({"cluster_id": np.array(["C", "D"])}, "'C' of the galaxies"),
    ],
)
def test_mistakes_are_named(changes, expected):
    centres = Centres(np.array(["A"]), np.array([1.0]), np.array([1.0]), np.array([0.05]))
    values = {"ra": np.array([1.0, 2.0]), "dec": np.array([1.0, 2.0]), "z": np.array([0.05, 0.06])} | changes
    with pytest.raises(ZwickyError) as error:
        clusters_from_sky(SkyList(**values), centres, cosmology=COSMOLOGIES["flat"], cylinder=cylinder_of(2))
    assert expected in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("with_ids", [True, False])
def test_of_many_clusters_the_bad_are_flagged_and_the_others_found(with_ids):
    rng = np.random.default_rng(5)
    names = np.array(["A", "B", "C", "D", "E"])
    ra, z = np.array([10.0, 40.0, 70.0, 100.0, 130.0]), np.full(5, 0.05)
    right = Centres(names, ra, np.zeros(5), z)
    n = np.repeat(np.arange(5), 30)
    galaxies = SkyList(
        ra[n] + rng.normal(0, 0.05, 150),
        rng.normal(0, 0.05, 150),
        z[n] + rng.normal(0, 0.002, 150),
        cluster_id=names[n] if with_ids else None,
    )
    where = {"cosmology": COSMOLOGIES["flat"], "cylinder": cylinder_of(2.3)}
    before = clusters_from_sky(galaxies, right, **where)
    galaxies.ra[149] = np.nan
    if with_ids:
        galaxies.cluster_id[0] = "X"
    wrong = Centres(
        names,
        np.r_[10.0, np.nan, 70, 100, 130],
        np.r_[0, 0, -95.0, 0, 0],
        np.r_[0.05, 0.05, 0.05, 15000.0, 0.05],
    )
    found = clusters_from_sky(galaxies, wrong, **where)
    assert {row: problem.what for row, problem in found.problems.items()} == {
        1: "centre has no ra",
        2: "centre has dec = -95",
    }
    first = 1 if with_ids else 0
    np.testing.assert_allclose(found.sample[0].r_proj_comoving, before.sample[0].r_proj_comoving[first:])
    assert found.notes == (
        ("galaxies: left out 1 galaxy of clusters that are not among the centres",)
        if with_ids
        else ("galaxies: left out 1 galaxy without a position",)
    )
    assert np.isnan(found.sample[4].r_proj_comoving).sum() == with_ids
