"""Numbers in cells, units as people spell them, names as archives write them; conventions are asked about."""

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import Angle
from hypothesis import given
from hypothesis import strategies as st

from sky_field import CENTRE, field, write_text
from zwicky.errors import ZwickyError
from zwicky.io.cells import decimals, sexagesimal
from zwicky.io.centres import parse_centre
from zwicky.io.columns import column_named, parse_columns
from zwicky.io.foreign import ForeignColumn, ForeignTable
from zwicky.io.observed import read_observed
from zwicky.io.spelling import parsed_unit, split_unit


@given(degrees=st.floats(-89.9, 89.9), sep=st.sampled_from([":", " ", "dms"]))
def test_sexagesimal_is_astropys(degrees, sep):
    text = Angle(degrees, "deg").to_string(unit="deg", sep=sep, precision=6)
    assert sexagesimal([text])[0][0] == pytest.approx(Angle(text, "deg").deg, abs=1e-12)


@pytest.mark.parametrize(
    "cell", ["13:60:00", "13:00", "13:00:60.0", "a:b:c", "1:2:3:4", "12:00:00 12:00:00", ""]
)
def test_what_is_not_sexagesimal_is_refused(cell):
    with pytest.raises(ValueError):
        sexagesimal([cell])


@given(value=st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_pythons_and_decimal_commas_the_same(value):
    assert decimals([repr(value)])[0][0] == value
    if "e" not in repr(value):
        assert decimals([repr(value).replace(".", ",")])[0][0] == value


@pytest.mark.parametrize("cell", ["1_000", "0x10", "1,2,3", "1.2.3", "fast", "1 2"])
def test_what_nobody_reads_as_a_number_is_none(cell):
    with pytest.raises(ValueError, match=cell):
        decimals(["1.0", cell])


def test_minus_signs_and_exponents_of_other_trades():
    assert decimals(["−5.5", "1.5D+02"])[0].tolist() == [-5.5, 150.0]


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        *((text, u.deg) for text in ("degrees", "DEG", "Degree", "deg", "d:m:s")),
        *((text, u.km / u.s) for text in ("km/sec", "kms-1", "KM/S", "km s-1", "km.s**-1", "kms")),
        *((text, u.kpc) for text in ("Kpc", "KPC", "kpc")),
        *((text, u.Mpc) for text in ("mpc", "MPC", "Mpc")),
        *((text, u.hourangle) for text in ("hours", "hr", '"h:m:s"', "hourangle")),
        *((text, u.arcmin) for text in ("arcmins", "arcminutes", "amin")),
        *((text, u.dimensionless_unscaled) for text in ("redshift", "---", "unitless", "")),
        *((text, None) for text in ("furlongs per", "mag(Mpc)", "x" * 1000, "(", "deg" * 30)),
    ],
)
def test_units_as_people_spell_them(text, unit):
    assert parsed_unit(text) == unit


def test_a_note_in_brackets_is_part_of_the_name():
    assert split_unit("z (helio)") == ("z (helio)", None)
    assert split_unit("Dec [J2000]") == ("Dec [J2000]", None)
    assert split_unit("[Fe/H]") == ("[Fe/H]", None)
    assert split_unit("r_proj (pMpc)") == ("r_proj", "pMpc")
    assert split_unit("v[km/s]") == ("v", "km/s")


def table_of(*names):
    return ForeignTable("g.csv", tuple(ForeignColumn(name, None, None) for name in names), 1)


@pytest.mark.parametrize(
    ("ours", "names", "expected"),
    [
        ("ra", ["RAJ2000", "_RAJ2000"], "RAJ2000"),
        ("ra", ["plate", "TARGET_RA"], "TARGET_RA"),
        ("ra", ["al2000"], "al2000"),
        ("dec", ["DE_ICRS"], "DE_ICRS"),
        ("z", ["zphot", "specz"], "specz"),
        ("z", ["cz", "Z_spec"], "Z_spec"),
        ("z", ["Redshift", "Velocity"], "Redshift"),
        ("z", ["zphot", "e_z", "z_err"], None),
        ("r_proj", ["rproj"], None),
        ("v_los", ["velocity"], None),
        ("cluster_id", ["name", "id"], None),
    ],
)
def test_common_names_are_recognised_where_they_have_one_meaning(ours, names, expected):
    found = column_named(table_of(*names), ours, {})
    assert (found and found.name) == expected


def test_names_of_clusters_in_a_table_of_centres(tmp_path):
    (tmp_path / "g.csv").write_text("ra,dec,z\n1,2,0.1\n")
    (tmp_path / "c.csv").write_text("Name,RAJ2000,DEJ2000,z\nAbell 85,10.4,-9.3,0.055\n")
    found, centres = read_observed(tmp_path / "g.csv", tmp_path / "c.csv", h=0.7)
    assert centres.cluster_id.tolist() == ["Abell 85"]
    assert "c.csv: took RAJ2000 for ra, DEJ2000 for dec" in found.notes


def sky_file(path, ra=lambda ra: ra, names=("ra", "dec", "z"), z=lambda z: z):
    found = field()
    write_text(path, names, (ra(found[0]), found[1], z(found[2])))
    return path


@pytest.mark.parametrize("n_centres", [1, 3])
@pytest.mark.parametrize("hours_in_centres", [True, False])
def test_right_ascensions_in_hours_are_asked_about(tmp_path, n_centres, hours_in_centres):
    g = sky_file(tmp_path / "g.csv", lambda ra: np.round(ra / 15, 6), ("al2000", "de2000", "z"))
    ra = CENTRE[0] / (15 if hours_in_centres else 1)
    rows = [f"{i},{ra + 0.001 * i},{CENTRE[1]},{CENTRE[2]}" for i in range(n_centres)]
    (tmp_path / "c.csv").write_text("\n".join(["cluster_id,al2000,de2000,z", *rows]) + "\n")
    with pytest.raises(ZwickyError, match=r"al2000 looks like hours.*ra=al2000\[hourangle\]"):
        read_observed(g, tmp_path / "c.csv", h=0.7)
    told = parse_columns("ra=al2000[hourangle]")
    if hours_in_centres:
        found, centres = read_observed(g, tmp_path / "c.csv", h=0.7, columns=told)
        np.testing.assert_allclose(found.ra, field()[0], atol=2e-5)
        assert centres.ra[0] == pytest.approx(CENTRE[0])


@pytest.mark.parametrize("ra", [0.5, 12.0, 23.0])
def test_right_ascensions_in_degrees_below_24_are_not_asked_about(tmp_path, ra):
    g = sky_file(tmp_path / "g.csv", lambda x: np.round(x - CENTRE[0] + ra, 5) % 360)
    found, _ = read_observed(g, parse_centre(f"{ra},27.98,0.05"), h=0.7)
    assert len(found.ra) == 60


def test_velocities_by_name_that_are_redshifts_are_asked_about(tmp_path):
    g = sky_file(tmp_path / "g.csv", names=("ra", "dec", "cz"))
    with pytest.raises(ZwickyError, match=r"cz looks like velocities by its name and like redshifts"):
        read_observed(g, parse_centre("194.95,27.98,0.05"), h=0.7)
    told = parse_columns("z=cz[redshift]")
    found, _ = read_observed(g, parse_centre("194.95,27.98,0.05"), h=0.7, columns=told)
    assert np.array_equal(found.z, field()[2])


@pytest.mark.parametrize(
    "text",
    ["194.95,27.98", "a,b,c", "400,0,0.1", "10,95,0.1", "10,5,0", "10,5,-1", "10,5,0.1,7", "25:00:00,0,0.1"],
)
def test_a_centre_that_is_none_is_refused(text):
    with pytest.raises(ZwickyError, match="--centre"):
        parse_centre(text)


def test_a_centre_needs_positions(tmp_path):
    (tmp_path / "g.csv").write_text("r_proj,v_los\n1,200\n")
    with pytest.raises(ZwickyError, match="there is no ra; give --redshift Z"):
        read_observed(tmp_path / "g.csv", parse_centre("10,5,0.1"), h=0.7)
