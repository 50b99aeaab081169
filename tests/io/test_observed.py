"""Foreign tables: every format, every unit, every way a file can be wrong."""

import astropy.units as u
import numpy as np
import pytest
from astropy.io import fits
from astropy.table import MaskedColumn, QTable, Table
from hypothesis import given, settings
from hypothesis import strategies as st

from zwicky.errors import ZwickyError
from zwicky.io.columns import parse_columns
from zwicky.io.observed import PhaseSpaceList, SkyList, read_observed
from zwicky.io.tabular import check_output, read_any, write_any

FORMATS = {
    "csv": "ascii.csv",
    "ecsv": "ascii.ecsv",
    "fits": "fits",
    "parquet": "parquet",
    "vot": "votable",
    "txt": "ascii.basic",
    "tsv": "ascii.tab",
}


def galaxies(n=30, **more):
    rng = np.random.default_rng(1)
    return Table({"r_proj": rng.uniform(0.1, 2.0, n), "v_los": rng.normal(0, 700, n), **more})


def message(error):
    text = str(error.value)
    assert "\n" not in text
    return text


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_gives_the_same_galaxies(tmp_path, suffix):
    table = galaxies(cluster_id=["A 1"] * 10 + ["B"] * 20)
    path = tmp_path / f"galaxies.{suffix}"
    table.write(path, format=FORMATS[suffix])
    found, centres = read_observed(path, h=0.7, redshift=0.1)
    assert centres is None
    assert isinstance(found, PhaseSpaceList)
    np.testing.assert_allclose(found.r_proj, table["r_proj"], rtol=1e-12)
    np.testing.assert_allclose(found.v_los, table["v_los"], rtol=1e-12)
    assert found.cluster_id.tolist() == ["A 1"] * 10 + ["B"] * 20
    assert found.v_los.dtype.isnative
    assert found.frame == "proper"


def test_content_counts_more_than_the_suffix(tmp_path):
    galaxies().write(tmp_path / "table.fits")
    renamed = tmp_path / "table.csv"
    (tmp_path / "table.fits").rename(renamed)
    assert len(read_any(renamed)) == 30


def test_compressed_text_and_byte_order_mark(tmp_path):
    import gzip

    path = tmp_path / "g.csv.gz"
    path.write_bytes(gzip.compress(b"\xef\xbb\xbfR_Proj;V_LOS\n1;200\n2;-300\n"))
    found, _ = read_observed(path, h=0.7, redshift=0.1)
    assert found.r_proj.tolist() == [1, 2]


def test_commented_header_is_read(tmp_path):
    path = tmp_path / "g.txt"
    path.write_text("# made by hand\n# r_proj v_los\n1 200\n2  -300\n")
    found, _ = read_observed(path, h=0.7, redshift=0.1)
    assert found.v_los.tolist() == [200, -300]


def test_big_endian_fits_with_a_missing_integer(tmp_path):
    columns = [
        fits.Column("R_PROJ", "E", unit="kpc", array=np.array([100, 200], ">f4")),
        fits.Column("V_LOS", "J", unit="m/s", null=-99, array=np.array([1000, -99], ">i4")),
    ]
    fits.BinTableHDU.from_columns(columns).writeto(tmp_path / "g.fits")
    found, _ = read_observed(tmp_path / "g.fits", h=0.7, redshift=0.1)
    np.testing.assert_allclose(found.r_proj, [0.1, 0.2], rtol=1e-6)
    assert found.v_los[0] == pytest.approx(1.0)
    assert np.isnan(found.v_los[1])


@pytest.mark.parametrize("suffix", ["csv", "ecsv", "fits", "parquet", "vot"])
def test_missing_values_become_nan(tmp_path, suffix):
    table = galaxies()
    table["v_los"] = MaskedColumn(table["v_los"], mask=np.arange(30) == 4)
    table.write(tmp_path / f"g.{suffix}", format=FORMATS[suffix])
    found, _ = read_observed(tmp_path / f"g.{suffix}", h=0.7, redshift=0.1)
    assert np.flatnonzero(np.isnan(found.v_los)).tolist() == [4]


@pytest.mark.parametrize(
    ("unit", "factor", "frame"),
    [
        ("kpc", 1e-3, "proper"),
        ("Mpc", 1.0, "proper"),
        ("Mpc/h", 1 / 0.7, "proper"),
        ("h^-1 kpc", 1e-3 / 0.7, "proper"),
        ("Mpc / littleh", 1 / 0.7, "proper"),
        ("cMpc", 1.0, "comoving"),
        ("ckpc/h", 1e-3 / 0.7, "comoving"),
        ("pMpc", 1.0, "proper"),
        ("lyr", u.lyr.to(u.Mpc), "proper"),
        ("arcmin", np.deg2rad(1 / 60), "angle"),
        ("deg", np.deg2rad(1.0), "angle"),
    ],
)
def test_units_of_radii_are_honoured(tmp_path, unit, factor, frame):
    path = tmp_path / "g.csv"
    path.write_text(f"r_proj [{unit}],v_los\n2.0,100\n")
    found, _ = read_observed(path, h=0.7, redshift=0.1)
    assert found.r_proj[0] == pytest.approx(2.0 * factor, rel=1e-12)
    assert found.frame == frame
    plain = tmp_path / "plain.csv"
    plain.write_text("r_proj,v_los\n2.0,100\n")
    columns = parse_columns(f"r_proj=R_PROJ[{unit}]")
    asked, _ = read_observed(plain, h=0.7, redshift=0.1, columns=columns)
    assert (asked.r_proj[0], asked.frame) == (found.r_proj[0], frame)


def test_comoving_is_said_by_the_option_or_the_unit(tmp_path):
    (tmp_path / "g.csv").write_text("r_proj,v_los\n2.0,100\n")
    (tmp_path / "p.csv").write_text("r_proj (pMpc),v_los\n2.0,100\n")
    assert read_observed(tmp_path / "g.csv", h=0.7, redshift=0.1, comoving=True)[0].frame == "comoving"
    assert read_observed(tmp_path / "p.csv", h=0.7, redshift=0.1, comoving=True)[0].frame == "proper"


def test_quantities_in_ecsv_and_sky_units(tmp_path):
    sky = QTable(
        {"RA": [1.0, 2.0] * u.hourangle, "Dec": [0.1, 0.2] * u.rad, "cz": [3000.0, 6000.0] * u.km / u.s}
    )
    sky.write(tmp_path / "g.ecsv")
    (tmp_path / "c.csv").write_text("cluster_id,ra,dec,z\n7,15,5.7,0.01\n")
    found, centres = read_observed(
        tmp_path / "g.ecsv", tmp_path / "c.csv", h=0.7, columns=parse_columns("z=cz")
    )
    assert isinstance(found, SkyList)
    np.testing.assert_allclose(found.ra, [15, 30])
    np.testing.assert_allclose(found.dec, np.rad2deg([0.1, 0.2]))
    np.testing.assert_allclose(found.z, [3000 / 299792.458, 6000 / 299792.458])
    assert found.cluster_id is None
    assert centres.cluster_id.tolist() == [7]


def test_redshift_from_column_metadata_or_option(tmp_path):
    table = galaxies(3)
    table.meta["redshift"] = 0.05
    table.write(tmp_path / "g.ecsv")
    assert read_observed(tmp_path / "g.ecsv", h=0.7)[0].redshift.tolist() == [0.05] * 3
    assert read_observed(tmp_path / "g.ecsv", h=0.7, redshift=0.06)[0].redshift.tolist() == [0.06] * 3
    galaxies(3, redshift=[0.1, 0.2, 0.3]).write(tmp_path / "g.csv")
    assert read_observed(tmp_path / "g.csv", h=0.7)[0].redshift.tolist() == [0.1, 0.2, 0.3]


def test_one_cluster_is_named_after_its_file(tmp_path):
    galaxies(3).write(tmp_path / "abell85.csv")
    assert set(read_observed(tmp_path / "abell85.csv", h=0.7, redshift=0.1)[0].cluster_id) == {"abell85"}


MISTAKES = {
    "empty": ("", "empty"),
    "header only": ("r_proj,v_los\n", "no rows"),
    "cut in a row": ("r_proj,v_los\n1.0,200\n1.5\n", "cut short"),
    "no header": ("1.0,200\n1.5,300\n", "names of the columns"),
    "text in a column": ("r_proj,v_los\n1.0,fast\n", "'fast'"),
    "nearest name": ("rproj,v_los\n1.0,200\n", "r_proj=rproj"),
    "neither kind": ("a,b\n1.0,200\n", "r_proj or v_los"),
    "part of the sky": ("ra,dec,redshif\n1.0,2,0.1\n", "no column z"),
    "sky without centre": ("ra,dec,z\n1.0,2,0.1\n", "--clusters"),
    "speed for a radius": ("r_proj [km/s],v_los\n1.0,200\n", "r_proj is in 'km / s'"),
    "unknown unit": ("r_proj [furlongs],v_los [km/s]\n1.0,200\n", "r_proj is in 'furlongs'"),
    "cluster without a name": (
        "cluster_id,r_proj,v_los\na,1.0,200\n,1.0,200\n",
        "cluster_id is missing in row 2",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_line(tmp_path, name):
    text, expected = MISTAKES[name]
    (tmp_path / "g.csv").write_text(text)
    with pytest.raises(ZwickyError) as error:
        read_observed(tmp_path / "g.csv", h=0.7, redshift=0.1)
    assert expected in message(error)
    assert "g.csv" in message(error)


def test_redshift_is_asked_for(tmp_path):
    galaxies(3).write(tmp_path / "g.csv")
    with pytest.raises(ZwickyError) as error:
        read_observed(tmp_path / "g.csv", h=0.7)
    assert "--redshift" in message(error)


def test_two_redshifts_contradict(tmp_path):
    galaxies(2, cluster_id=[1, 2], redshift=[0.1, 0.2]).write(tmp_path / "g.csv")
    with pytest.raises(ZwickyError) as error:
        read_observed(tmp_path / "g.csv", h=0.7, redshift=0.3)
    assert "leave out --redshift 0.3" in message(error)


@pytest.mark.parametrize("suffix", ["fits", "parquet", "vot", "ecsv"])
@pytest.mark.parametrize("kept", [0.4, 0.9])
def test_a_truncated_file_is_one_line(tmp_path, suffix, kept):
    path = tmp_path / f"g.{suffix}"
    galaxies(2000).write(path, format=FORMATS[suffix])
    data = path.read_bytes()
    end = int(kept * len(data))
    while suffix == "ecsv" and b" " in data[end - 4 : end + 4]:
        end += 1
    path.write_bytes(data[: end if suffix != "ecsv" else data.rindex(b" ", 0, end)])
    with pytest.raises(ZwickyError) as error:
        read_any(path)
    assert "cut short" in message(error)


@settings(deadline=None)
@given(
    data=st.binary(max_size=200), suffix=st.sampled_from([".csv", ".fits", ".parquet", ".vot", ".ecsv", ""])
)
def test_any_bytes_are_a_table_or_one_line(tmp_path_factory, data, suffix):
    path = tmp_path_factory.getbasetemp() / f"fuzz{suffix}"
    path.write_bytes(data)
    try:
        lines = len(read_any(path))
    except ZwickyError as error:
        lines = -len(str(error).splitlines()) * (path.name in str(error))
    assert lines > 0 or lines == -1


@pytest.mark.parametrize("suffix", [".csv", ".ecsv", ".fits", ".parquet", ".vot"])
def test_written_tables_are_read_back(tmp_path, suffix):
    table = QTable({"name": ["a", "b"], "mass": [14.5, np.nan], "speed": [1.0, 2.0] * u.km / u.s})
    table.meta["model"] = "cnn_2d"
    write_any(tmp_path / f"out{suffix}", table)
    back = read_any(tmp_path / f"out{suffix}")
    assert back["name"].tolist() == ["a", "b"]
    assert float(back["mass"][0]) == 14.5
    assert not np.isfinite(np.ma.filled(back["mass"][1], np.nan))
    if suffix != ".csv":
        assert back["speed"].unit == u.km / u.s
    assert [p.name for p in tmp_path.iterdir()] == [f"out{suffix}"]


@pytest.mark.parametrize("name", ["out.hdf", "out", "."])
def test_output_that_cannot_be_written_is_refused(tmp_path, name):
    with pytest.raises(ZwickyError) as error:
        check_output(tmp_path / name)
    assert "suffix" in message(error) or "directory" in message(error)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("r_proj", "ours=theirs"), ("rproj=R", "did you mean 'r_proj'"), ("v_los=", "ours=theirs")],
)
def test_column_map_mistakes(text, expected):
    with pytest.raises(ZwickyError) as error:
        parse_columns(text)
    assert expected in message(error)


def test_a_mapped_name_must_exist(tmp_path):
    galaxies(3).write(tmp_path / "g.csv")
    with pytest.raises(ZwickyError) as error:
        read_observed(tmp_path / "g.csv", h=0.7, redshift=0.1, columns=parse_columns("v_los=vel"))
    assert "v_los=vel" in message(error)


def test_centres_must_differ(tmp_path):
    (tmp_path / "g.csv").write_text("ra,dec,z\n1,2,0.1\n")
    (tmp_path / "c.csv").write_text("cluster_id,ra,dec,z\n7,1,2,0.1\n7,2,2,0.1\n")
    with pytest.raises(ZwickyError) as error:
        read_observed(tmp_path / "g.csv", tmp_path / "c.csv", h=0.7)
    assert "7 is there twice" in message(error)


def test_centres_without_a_label_of_their_own_are_faults_of_their_rows(tmp_path):
    (tmp_path / "g.csv").write_text("ra,dec,z\n1,2,0.1\n")
    (tmp_path / "c.ecsv").write_text(
        "# %ECSV 1.0\n# ---\n# datatype:\n# - {name: cluster_id, datatype: string}\n"
        "# - {name: ra, datatype: float64}\n# - {name: dec, datatype: float64}\n"
        "# - {name: z, datatype: float64}\n# schema: astropy-2.0\ncluster_id ra dec z\n"
        'A 1 2 0.1\n"" 2 2 0.1\nB 3 2 0.1\nB 4 2 0.1\n'
    )
    _, centres = read_observed(tmp_path / "g.csv", tmp_path / "c.ecsv", h=0.7)
    assert centres.cluster_id.tolist() == ["A", "row 2", "B", "B"]
    assert centres.faults == {
        1: "centre has no cluster_id", 2: "centre's cluster_id is there twice",
        3: "centre's cluster_id is there twice",
    }  # fmt: skip


@pytest.mark.parametrize("mapping", ["z=cz[km/s]", "redshift=cz[km/s]"])
def test_the_unit_of_a_redshift_is_honoured_whatever_it_is_called(tmp_path, mapping):
    table = galaxies(12)
    table["cz"] = 0.05 * 299792.458
    table.write(tmp_path / "g.csv")
    observed, _ = read_observed(tmp_path / "g.csv", h=0.7, columns=parse_columns(mapping))
    np.testing.assert_allclose(observed.redshift, 0.05, rtol=1e-9)


def test_a_redshift_in_words_is_asked_for(tmp_path):
    table = galaxies(12)
    table.meta["redshift"] = "unknown"
    table.write(tmp_path / "g.ecsv")
    with pytest.raises(ZwickyError) as error:
        read_observed(tmp_path / "g.ecsv", h=0.7)
    assert "'unknown' of its metadata is no number; give --redshift" in message(error)


@pytest.mark.parametrize("columns", ["", "ra=ra[deg]"])
@pytest.mark.parametrize(("n", "centre"), [(25, "150,2"), (5, "0.2,0.1")])
def test_radians_are_asked_for(tmp_path, n, centre, columns):
    Table({"ra": np.linspace(0, 6, n), "dec": np.linspace(-1.5, 1.5, n), "z": np.full(n, 0.1)}).write(
        tmp_path / "g.csv"
    )
    (tmp_path / "c.csv").write_text(f"cluster_id,ra,dec,z\n7,{centre},0.1\n")
    where = {"h": 0.7, "columns": parse_columns(columns)}
    if columns:
        assert len(read_observed(tmp_path / "g.csv", tmp_path / "c.csv", **where)[0].ra) == n
        return
    with pytest.raises(ZwickyError) as error:
        read_observed(tmp_path / "g.csv", tmp_path / "c.csv", **where)
    assert "g.csv: ra and dec look like radians: --columns ra=ra[rad],dec=dec[rad]" in message(error)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("g.txt", b"1 200\n2 300\n"),
        ("g.csv", b"\x89PNG\r\n\x1a\n\x00\x00\x00"),
        ("g.fits", b"r_proj,v_los\n1,200\n"),
    ],
)
def test_only_a_file_that_ends_too_early_may_be_cut_short(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ZwickyError) as error:
        read_any(tmp_path / name)
    assert "cut short" not in message(error)
