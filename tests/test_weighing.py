"""`zwicky.weigh` and `zwicky.weigh_sky`: one answer from whatever the galaxies are kept in."""

import warnings

import astropy.units as u
import numpy as np
import pytest
from astropy.cosmology import Planck18
from astropy.table import MaskedColumn, QTable, Table

import zwicky
from zwicky.cosmology import paper_cosmology, relative_velocity
from zwicky.errors import ZwickyError

Z = 0.12


@pytest.fixture(scope="module")
def plane(clusters):
    """Proper Mpc and km/s of one cluster."""
    one = clusters(1, seed=4)
    return one.r_proj_comoving.astype(float) / (1 + Z), one.v_los.astype(float)


@pytest.fixture(scope="module")
def answer(plane):
    r_proj, v_los = plane
    return zwicky.weigh(r_proj=r_proj, v_los=v_los, redshift=Z, cosmology="ho2019")


def same(found, answer):
    assert len(found) == len(answer)
    assert found.log10_m200c == pytest.approx(answer.log10_m200c, abs=1e-5)
    assert np.allclose(found.median, answer.median, atol=1e-4)
    return True


def test_an_answer_is_a_posterior_that_says_so(answer):
    assert isinstance(answer, zwicky.MassPosterior)
    assert 13.5 < answer.median[0] < 15.8
    low, high = answer.interval(0.68)
    assert 0.02 < high[0] - low[0] < 1.0
    text = repr(answer)
    assert "log10 M200c [Msun] = " in text
    assert f"{answer.median[0]:.2f}" in text
    assert "\n" not in text


def test_every_kind_of_table_gives_the_same(plane, answer, tmp_path):
    r_proj, v_los = plane
    arrays = {"r_proj": r_proj, "v_los": v_los}
    with_units = QTable({"r_proj": (r_proj * u.Mpc).to(u.kpc), "v_los": (v_los * u.km / u.s).to(u.m / u.s)})
    Table(arrays).write(tmp_path / "cluster.csv", format="ascii.csv")
    options = {"redshift": Z, "cosmology": paper_cosmology()}
    places = [arrays, Table(arrays), with_units, tmp_path / "cluster.csv"]
    for place in [*places, str(tmp_path / "cluster.csv")]:
        assert same(zwicky.weigh(place, **options), answer), type(place)
    assert same(zwicky.weigh(r_proj=r_proj * 1000 * u.kpc, v_los=v_los * u.km / u.s, **options), answer)
    assert same(zwicky.weigh(r_proj=list(r_proj), v_los=list(v_los), **options), answer)
    assert same(zwicky.weigh({"R": r_proj, "V": v_los}, columns="r_proj=R,v_los=V", **options), answer)
    assert same(zwicky.weigh(r_proj=r_proj * (1 + Z), v_los=v_los, comoving=True, **options), answer)


def test_a_data_frame_is_a_table(plane, answer):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"r_proj": plane[0], "v_los": plane[1], "cluster_id": "Abell 1"})
    found = zwicky.weigh(frame, redshift=Z, cosmology="ho2019")
    assert same(found, answer)
    assert list(found.cluster_id) == ["Abell 1"]


def test_several_clusters_keep_their_names(plane, answer):
    r_proj, v_los = plane
    names = np.repeat(["Abell 1", "Abell 2"], len(r_proj))
    twice = {"r_proj": np.tile(r_proj, 2), "v_los": np.tile(v_los, 2), "cluster_id": names}
    found = zwicky.weigh(**twice, redshift=Z, cosmology="ho2019")
    assert list(found.cluster_id) == ["Abell 1", "Abell 2"]
    assert same(found.of("Abell 2"), answer)
    assert "cluster Abell 1: " in repr(found[0])


def test_a_cluster_that_cannot_be_weighed_is_a_warning_among_others_and_an_error_alone(plane):
    r_proj, v_los = plane
    with pytest.raises(ZwickyError, match="galaxies in the cylinder") as error:
        zwicky.weigh(r_proj=r_proj[:3], v_los=v_los[:3], redshift=Z, cosmology="ho2019")
    assert "\n" not in str(error.value)
    names = ["good"] * len(r_proj) + ["poor"] * 3
    both = {"r_proj": [*r_proj, *r_proj[:3]], "v_los": [*v_los, *v_los[:3]], "cluster_id": names}
    with pytest.warns(UserWarning, match="cluster poor: 3 galaxies in the cylinder"):
        found = zwicky.weigh(both, redshift=Z, cosmology="ho2019")
    assert np.isfinite(found.log10_m200c).tolist() == [True, False]
    assert "cluster poor: " in repr(found[1])


@pytest.fixture(scope="module")
def sky(plane):
    """The cluster on the sky about (150, 10) degrees, in Planck's cosmology."""
    rng = np.random.default_rng(3)
    r_proj, v_los = plane
    theta = np.rad2deg(r_proj / Planck18.angular_diameter_distance(Z).to_value("Mpc"))
    phi = rng.uniform(0, 2 * np.pi, len(theta))
    beta = v_los / 299792.458
    z = (1 + Z) * np.sqrt((1 + beta) / (1 - beta)) - 1
    assert np.allclose(relative_velocity(z, Z), v_los)
    dec = 10 + theta * np.sin(phi)
    return {"ra": 150 + theta * np.cos(phi) / np.cos(np.deg2rad(dec)), "dec": dec, "z": z}


def test_the_sky_gives_what_the_plane_gives(sky, plane):
    r_proj, v_los = plane
    expected = zwicky.weigh(r_proj=r_proj, v_los=v_los, redshift=Z, cosmology=Planck18)
    options = {"cosmology": "Planck18"}
    centre = {"cluster_id": ["it"], "ra": [150.0], "dec": [10.0], "z": [Z]}
    in_radians = QTable({"ra": np.deg2rad(sky["ra"]) * u.rad, "dec": sky["dec"] * u.deg, "z": sky["z"]})
    for galaxies, centres in ((sky, centre), (sky, (150.0, 10.0, Z)), (in_radians, Table(centre))):
        found = zwicky.weigh_sky(galaxies, centres, **options)
        assert found.log10_m200c == pytest.approx(expected.log10_m200c, abs=0.02)


def test_gaps_are_left_out(plane, answer):
    r_proj, v_los = plane
    bad = np.array([*np.zeros(len(v_los), bool), True])
    table = Table({"r_proj": [*r_proj, 0.1], "v_los": MaskedColumn([*v_los, 1e5], mask=bad)})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert same(zwicky.weigh(table, redshift=Z, cosmology="ho2019"), answer)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "give one of the two"),
        ({"galaxies": {"r_proj": [1.0]}, "v_los": [1.0]}, "give one of the two"),
        ({"galaxies": 3}, "is no table"),
        ({"r_proj": [1.0, 2.0], "v_los": [1.0]}, "different lengths"),
        ({"r_proj": [], "v_los": []}, "no rows"),
        ({"galaxies": "absent.csv"}, "cannot be read|no such file"),
        ({"galaxies": {"a": [1.0]}}, "r_proj"),
    ],
)
def test_mistakes_are_one_line(arguments, message):
    with pytest.raises(ZwickyError, match=message) as error:
        zwicky.weigh(**arguments, redshift=Z, cosmology="ho2019")
    assert "\n" not in str(error.value)


# What `zwicky predict` can be told, a program can be told too.


def test_a_prior_changes_the_posterior_as_it_should(plane, answer):
    r_proj, v_los = plane
    options = {"r_proj": r_proj, "v_los": v_los, "redshift": Z, "cosmology": "ho2019"}
    by_number = zwicky.weigh(**options, prior="hmf")
    assert by_number.prior.name == "hmf"
    expected = answer.log_density[0] + by_number.prior.log_density[0]
    expected -= np.log(np.trapezoid(np.exp(expected), answer.grid))
    assert by_number.log_density[0] == pytest.approx(expected, abs=1e-9)
    own = zwicky.Prior("low", np.array([12.0, 14.4, 14.41, 16.2]), np.array([0.0, 0.0, -99.0, -99.0]))
    assert zwicky.weigh(**options, prior=own).median[0] < 14.42


def test_a_prior_from_a_table(plane, tmp_path):
    r_proj, v_los = plane
    (tmp_path / "prior.csv").write_text("log10_m200c,density\n14.0,1\n14.3,1\n")
    found = zwicky.weigh(
        r_proj=r_proj, v_los=v_los, redshift=Z, cosmology="ho2019", prior=tmp_path / "prior.csv"
    )
    assert 14.0 <= found.median[0] <= 14.3
    with pytest.raises(ZwickyError, match="is no file"):
        zwicky.weigh(r_proj=r_proj, v_los=v_los, redshift=Z, cosmology="ho2019", prior="halo")


def test_a_network_takes_no_density_and_no_density_is_zero(plane):
    r_proj, v_los = plane
    options = {"r_proj": r_proj, "v_los": v_los, "redshift": Z, "cosmology": "ho2019", "model": "cnn_2d"}
    with pytest.raises(ZwickyError, match="takes no density"):
        zwicky.weigh(**options, density=0.01)
    with pytest.raises(ZwickyError, match="density 0 is not allowed"):
        zwicky.weigh(**options, density=0.0)


@pytest.mark.parametrize(
    "told",
    [
        {"redshift_error_kms": 300.0},
        {"centre_error_kms": 0.0},
        {"aperture_mpc_h": 0.8},
        {"tracer": "red"},
        {"density": 3e-3},
    ],
    ids=lambda told: next(iter(told)),
)
def test_what_a_posterior_is_told_it_takes_into_account(plane, told):
    r_proj, v_los = plane
    options = {"r_proj": r_proj, "v_los": v_los, "redshift": Z, "cosmology": "ho2019", "model": "posterior"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before, after = zwicky.weigh(**options), zwicky.weigh(**options, **told)
    assert np.abs(after.density - before.density).max() > 1e-3


def test_a_mistake_in_what_is_told_is_one_line(plane):
    r_proj, v_los = plane
    options = {"r_proj": r_proj, "v_los": v_los, "redshift": Z, "cosmology": "ho2019"}
    with pytest.raises(ZwickyError, match="tracer 'pink' is not known"):
        zwicky.weigh(**options, tracer="pink")
    with pytest.raises(ZwickyError, match="at least 0"):
        zwicky.weigh(**options, redshift_error_kms=-1.0)


def test_repeats_on_the_sky_are_merged_as_asked():
    rng = np.random.default_rng(5)
    ra, dec = 150.0 + 0.2 * rng.standard_normal(60), 2.0 + 0.2 * rng.standard_normal(60)
    z = 0.1 + 0.003 * rng.standard_normal(60)
    twice = {name: np.concatenate([x, x]) for name, x in (("ra", ra), ("dec", dec), ("z", z))}
    options = {"centres": (150.0, 2.0, 0.1), "cosmology": "ho2019", "model": "cnn_2d"}
    once = zwicky.weigh_sky({"ra": ra, "dec": dec, "z": z}, **options)
    with pytest.warns(UserWarning, match="merged 120 rows into 60 galaxies"):
        merged = zwicky.weigh_sky(twice, **options)
    assert merged.median == pytest.approx(once.median, abs=1e-6)
    with pytest.warns(UserWarning, match="galaxies given twice"):
        zwicky.weigh_sky(twice, **options, merge_arcsec=0.0)


def test_rows_with_a_warning_and_the_table_of_a_file(tmp_path):
    from astropy.io import fits

    rng = np.random.default_rng(6)
    good = {"r_proj": 2.0 * rng.random(60), "v_los": rng.normal(0, 700, 60), "ZWARN": np.repeat([0, 4], 30)}
    other = {"r_proj": 2.0 * rng.random(60), "v_los": rng.normal(0, 300, 60)}
    hdus = [fits.PrimaryHDU()]
    hdus += [fits.table_to_hdu(Table(t, meta={"EXTNAME": n})) for n, t in (("FAST", good), ("SLOW", other))]
    fits.HDUList(hdus).writeto(tmp_path / "g.fits")
    options = {"redshift": 0.1, "cosmology": "ho2019", "model": "cnn_2d"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        some = zwicky.weigh(tmp_path / "g.fits", **options)
        every = zwicky.weigh(tmp_path / "g.fits", **options, keep_warned=True)
        slow = zwicky.weigh(tmp_path / "g.fits", **options, table="SLOW")
    assert some.median[0] != every.median[0]
    assert slow.median[0] < every.median[0] - 0.4
