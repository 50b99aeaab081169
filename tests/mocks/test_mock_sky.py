"""A mock survey: coordinates and redshifts are astropy's, and what is missed is what was asked for."""

import dataclasses
import itertools

import astropy.units as u
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from astropy.coordinates import CartesianRepresentation, SkyCoord
from astropy.cosmology import z_at_value
from synthetic_box import BOX, synthetic_universe

from zwicky.cli import main
from zwicky.errors import ZwickyError
from zwicky.io import write_table
from zwicky.io.files import read_json, write_json
from zwicky.mocks.light_cone import copies, hubble_flow_to, see, shells
from zwicky.mocks.sky import mock_sky, number_brighter
from zwicky.mocks.sky_settings import SkySettings
from zwicky.units import SPEED_OF_LIGHT_KMS
from zwicky.universe.directory import snapshot_file

NEAR = SkySettings(z_min=0.02, z_max=0.05, redshift_error_kms=0.0)


@pytest.fixture(scope="module")
def box():
    return synthetic_universe(seed=2, n_halos=60, n_field=4000)


@pytest.fixture(scope="module")
def seen(box):
    return mock_sky([box], NEAR, rng=np.random.default_rng(1))


def test_positions_and_redshifts_are_astropys(box):
    _, galaxies = box
    cosmology, shift, observer = galaxies.snapshot.cosmology, np.array([0.0, BOX, -BOX]), np.full(3, 100.0)
    found = see(galaxies, observer, shift, (0.02, 0.08), hubble_flow_to(cosmology, 0.08))[:200]
    assert len(found) == 200
    offset = np.asarray(galaxies.position[found.row], dtype=float) + shift - observer
    where = SkyCoord(CartesianRepresentation(*(offset.T * u.Mpc)), frame="icrs")
    np.testing.assert_allclose(found.ra, where.ra.deg, atol=1e-10)
    np.testing.assert_allclose(found.dec, where.dec.deg, atol=1e-10)
    distance = cosmology.comoving_distance(found.z_cosmological).to_value("Mpc")
    np.testing.assert_allclose(distance, np.linalg.norm(offset, axis=1), rtol=1e-7)
    one = z_at_value(cosmology.comoving_distance, distance[0] * u.Mpc)
    assert found.z_cosmological[0] == pytest.approx(float(one), rel=1e-6)
    # The relativistic Doppler shift of astropy on top.
    v_los = np.sum(galaxies.velocity[found.row] * offset, axis=1) / distance
    doppler = (v_los * u.km / u.s).to(u.dimensionless_unscaled, u.doppler_redshift())
    np.testing.assert_allclose(1 + found.z, (1 + found.z_cosmological) * (1 + doppler.value), rtol=1e-6)


def test_every_copy_in_reach_is_looked_at():
    observer = np.array([10.0, 200.0, 128.0])
    shifts = np.array(list(copies(BOX, observer, 300.0, 500.0)))
    rng = np.random.default_rng(0)
    place = rng.normal(size=(2000, 3))
    place *= rng.uniform(300.0, 500.0, 2000)[:, None] / np.linalg.norm(place, axis=1)[:, None]
    needed = np.unique(np.floor((place + observer) / BOX) * BOX, axis=0)
    assert {tuple(s) for s in needed} <= {tuple(s) for s in shifts}
    assert len(np.unique(shifts, axis=0)) == len(shifts) < 7**3


def test_shells_meet():
    spans = shells([0.0, 0.1, 0.3], 0.01, 0.25)
    assert spans[0][0] == 0.01
    assert spans[-1][1] == 0.25
    assert all(a[1] == b[0] for a, b in itertools.pairwise(spans))


def test_the_density_is_the_tracers(box, seen):
    _, galaxies = box
    cosmology = galaxies.snapshot.cosmology
    low, high = (cosmology.comoving_distance(z).to_value("Mpc") for z in (NEAR.z_min, NEAR.z_max))
    expected = len(galaxies) / BOX**3 * 4 / 3 * np.pi * (high**3 - low**3)
    assert len(seen.galaxies["z"]) == pytest.approx(expected, rel=0.25)


def test_the_truth_belongs_to_the_survey(box, seen):
    halos, _ = box
    truth, clusters = seen.true_clusters, seen.clusters
    assert len(clusters["cluster_id"]) > 5
    assert np.array_equal(truth["cluster_id"], np.arange(len(clusters["cluster_id"])))
    rows = [np.flatnonzero(halos.halo_id == i)[0] for i in truth["halo_id"]]
    np.testing.assert_array_equal(truth["log10_m200c"], np.log10(halos.m200c[rows]))
    np.testing.assert_array_equal(clusters["z"], truth["z_true"])
    of = seen.true_galaxies["cluster_id"]
    assert np.array_equal(np.bincount(of[of >= 0], minlength=len(truth["n_true"])), truth["n_true"])
    # Members lie around their cluster on the sky and in redshift.
    mine = np.flatnonzero(of >= 0)
    here = SkyCoord(clusters["ra"][of[mine]], clusters["dec"][of[mine]], unit="deg")
    apart = here.separation(SkyCoord(seen.galaxies["ra"][mine], seen.galaxies["dec"][mine], unit="deg")).rad
    cosmology = halos.snapshot.cosmology
    distance = cosmology.comoving_distance(truth["z_cosmological"][of[mine]]).to_value("Mpc")
    radius = halos.r200c[np.array(rows)[of[mine]]]
    assert np.all(apart * distance <= 1.01 * radius)


def test_what_a_survey_misses(box):
    settings = dataclasses.replace(
        NEAR,
        redshift_error_kms=200.0,
        completeness=0.7,
        collision_arcsec=600.0,
        holes=40,
        hole_deg=5.0,
        region_deg=(20.0, 300.0, -60.0, 70.0),
        centre_error_kms=300.0,
        miscentred=0.5,
    )
    seen = mock_sky([box], settings, rng=np.random.default_rng(1))
    ra, dec, z = (seen.galaxies[name] for name in ("ra", "dec", "z"))
    assert ra.min() >= 20.0
    assert ra.max() <= 300.0
    assert dec.min() >= -60.0
    assert dec.max() <= 70.0
    has = np.isfinite(z)
    assert np.array_equal(has, seen.true_galaxies["has_redshift"])
    assert 0.4 < has.mean() < 0.7
    error = SPEED_OF_LIGHT_KMS * (z - seen.true_galaxies["z_true"]) / (1 + seen.true_galaxies["z_true"])
    assert np.nanstd(error) == pytest.approx(200.0, rel=0.1)
    # Of no two targets so close both got a fibre, unless a third took it from one that lost it anyway.
    whole = dataclasses.replace(settings, completeness=1.0)
    fibres = mock_sky([box], whole, rng=np.random.default_rng(1))
    got = np.isfinite(fibres.galaxies["z"])
    where = SkyCoord(fibres.galaxies["ra"][got], fibres.galaxies["dec"][got], unit="deg")
    assert where.match_to_catalog_sky(where, nthneighbor=2)[1].arcsec.min() > 600.0
    truth = seen.true_clusters
    moved = SkyCoord(truth["ra_true"], truth["dec_true"], unit="deg").separation(
        SkyCoord(seen.clusters["ra"], seen.clusters["dec"], unit="deg")
    )
    assert 0.2 < np.mean(moved.arcsec > 1.0) < 0.8
    assert np.all((truth["completeness"] > 0) & (truth["completeness"] <= 1) | (truth["n_true"] == 0))


def test_galaxies_may_move_slower_than_matter(box, seen):
    slow = mock_sky([box], dataclasses.replace(NEAR, velocity_bias=0.5), rng=np.random.default_rng(1))
    of = seen.true_galaxies["cluster_id"]
    assert np.array_equal(slow.true_galaxies["cluster_id"], of)
    mine = of >= 0
    spread = [
        np.std(sky.true_galaxies["z_true"][mine] - sky.true_clusters["z_true"][of[mine]])
        for sky in (slow, seen)
    ]
    assert spread[0] == pytest.approx(0.5 * spread[1], rel=0.1)
    assert np.array_equal(slow.true_clusters["z_true"], seen.true_clusters["z_true"])


def test_a_flux_limit_thins_with_distance(box):
    settings = dataclasses.replace(NEAR, flux_limit=15.5, z_max=0.12)
    seen = mock_sky([box], settings, rng=np.random.default_rng(1))
    z = seen.true_galaxies["z_cosmological"]
    cosmology = box[0].snapshot.cosmology
    edges = np.linspace(0.03, 0.12, 91)
    volume = np.diff(cosmology.comoving_distance(edges).to_value("Mpc") ** 3) * 4 / 3 * np.pi * cosmology.h**3
    middle = 0.5 * (edges[1:] + edges[:-1])
    distance = cosmology.luminosity_distance(middle).to_value("Mpc") * cosmology.h
    tracers = len(box[1]) / (BOX * cosmology.h) ** 3
    density = np.minimum(number_brighter(15.5 - 25 - 5 * np.log10(distance)), tracers)
    expected = (density * volume).reshape(3, 30).sum(axis=1)
    found = np.histogram(z, edges[::30])[0]
    np.testing.assert_allclose(found, expected, rtol=0.3)
    assert density[0] == tracers
    assert density[-1] < 0.2 * tracers


def test_the_luminosity_function_is_the_integral_of_schechters():
    from scipy.integrate import quad

    def schechter(x):
        return 1.49e-2 * x**-1.05 * np.exp(-x)

    for magnitude in (-22.0, -20.44, -18.0, -15.0):
        direct = quad(schechter, 10 ** (0.4 * (-20.44 - magnitude)), 60.0)[0]
        assert number_brighter(np.array([magnitude]))[0] == pytest.approx(direct, rel=1e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"z_min": 0.2, "z_max": 0.1}, "is not below z_max"),
        ({"density_h3_mpc3": 0.01, "flux_limit": 17.0}, "one or the other"),
        ({"region_deg": (10.0, 5.0, -90.0, 90.0)}, "the lower first"),
        ({"completeness": 0.0}, "completeness = 0"),
    ],
)
def test_settings_that_make_no_survey_are_refused(change, message):
    with pytest.raises(ZwickyError, match=message):
        SkySettings(**change)


def test_more_galaxies_than_there_are_cannot_be_seen(box):
    with pytest.raises(ZwickyError, match="tracers per"):
        mock_sky([box], dataclasses.replace(NEAR, density_h3_mpc3=10.0), rng=np.random.default_rng(1))


def test_from_a_universe_to_masses_and_residuals(box, tmp_path, capsys):
    """The whole way as it is typed: what `zwicky survey` finds on the sky are the halos that are there."""
    pytest.importorskip("hats")
    universe = tmp_path / "universe"
    universe.mkdir()
    halos, galaxies = box
    redshift = halos.snapshot.redshift
    write_table(snapshot_file(universe, "halos", redshift), halos)
    write_table(snapshot_file(universe, "galaxies", redshift), galaxies)
    (universe / "universe.toml").write_text("")
    write_json(universe / "provenance.json", {"digest": "made", "redshifts": [redshift]})

    def zwicky(*words):
        with pytest.raises(SystemExit) as stop:
            main(list(map(str, words)))
        heard = capsys.readouterr()
        assert stop.value.code == 0, heard.err
        return heard.out

    sky = tmp_path / "sky"
    span = ("--z-min", 0.03, "--z-max", 0.07)
    said = zwicky("sky", universe, "--out", sky, *span, "--redshift-error", 30, "--hats")
    assert "galaxies with redshifts" in said
    given = ("--clusters", sky / "clusters.parquet", "--model", "m_sigma", "--workers", 0)
    zwicky("survey", sky / "galaxies.parquet", *given, "--out", tmp_path / "masses")
    zwicky("survey", sky / "galaxies_hats", *given, "--out", tmp_path / "again")
    truth = sky / "truth" / "clusters.parquet"
    zwicky("evaluate", tmp_path / "masses", "--truth", truth, "--out", tmp_path / "residuals.json")
    found = read_json(tmp_path / "residuals.json")
    assert found["with_truth"] == found["clusters"] > 20
    assert found["weighed"] > 0.8 * found["clusters"]
    # Dispersions of these halos are put in by hand, 0.1 dex of mass below the relation's at most.
    assert abs(found["all"]["median_dex"]) < 0.25
    assert found["all"]["scatter_dex"] < 0.45
    masses, again = (
        pq.read_table(tmp_path / name / "dataset").to_pandas().sort_values("cluster_id", ignore_index=True)
        for name in ("masses", "again")
    )
    pd.testing.assert_frame_equal(again, masses, check_exact=True)
    n_true = pq.read_table(truth).to_pandas().sort_values("cluster_id")["n_true"].to_numpy()
    inside = masses["n_galaxies"].to_numpy()
    assert np.median(inside / np.maximum(n_true, 1)) == pytest.approx(1.15, abs=0.25)
