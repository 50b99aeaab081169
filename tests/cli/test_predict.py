"""`zwicky predict` as a user types it: the masses, the files, and every careless mistake."""

import json

import astropy.units as u
import numpy as np
import pytest
import typer
from astropy.table import MaskedColumn, QTable, Table
from typer.testing import CliRunner

from zwicky.cli.predict import predict
from zwicky.cosmology import paper_cosmology
from zwicky.errors import ZwickyError
from zwicky.estimators import ErrorTable, MSigma, save_model, shipped_models
from zwicky.io import write_sample
from zwicky.io.tabular import read_any
from zwicky.survey import observed_sample
from zwicky.tables import Cylinder
from zwicky.units import log10_msun

SIGMA15, ALPHA = 1000.0, 1 / 3


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    """M-sigma fitted to clusters that obey sigma = 1000 km/s (M / 10^15 Msun/h)^(1/3)."""
    rng = np.random.default_rng(0)
    mass_h = np.linspace(13.5, 15.4, 60)
    counts = 2 * rng.integers(5, 200, 60)
    v = [
        np.tile([-1.0, 1.0], n // 2) * SIGMA15 * 10 ** (ALPHA * (m - 15)) * np.sqrt(1 - 1 / n)
        for n, m in zip(counts, mass_h, strict=True)
    ]
    sample = observed_sample(
        paper_cosmology(),
        np.full(60, 0.117),
        np.concatenate([[0], np.cumsum(counts)]),
        rng.uniform(0, 2.3, counts.sum()),
        np.concatenate(v),
        "a relation without scatter",
    )
    sample = sample.in_cylinder(Cylinder.in_mpc_h(1.6, v_cut_kms=2200.0, h=sample.cosmology.h))
    sample.log10_m200c[:] = log10_msun(mass_h, 0.678)
    directory = tmp_path_factory.mktemp("models") / "relation"
    relation = MSigma().fit(sample, rng=rng)
    relation.errors = ErrorTable([13.0, 16.0], [5, 500], [[0.3, 0.3], [0.3, 0.3]])
    save_model(directory, relation, {})
    return directory


@pytest.fixture
def zwicky(model):
    """Run ``zwicky predict`` with the fitted relation; returns what was printed."""
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(predict)

    def run(*arguments, **named):
        options = [f"--{name.replace('_', '-')}={value}" for name, value in named.items()]
        words = [*map(str, arguments), f"--model={model}", f"--m-sigma={model}", *options]
        result = CliRunner().invoke(app, words, env={"COLUMNS": "200"})
        if isinstance(result.exception, ZwickyError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output

    return run


def one_cluster(n=60, sigma=800.0, seed=1, **more):
    rng = np.random.default_rng(seed)
    return Table({"r_proj": rng.uniform(0.05, 2.1, n), "v_los": rng.normal(0, sigma, n), **more})


def many_clusters():
    tables = []
    for i, name in enumerate(["good", "few", "nan", "negative", "also good"]):
        table = one_cluster(seed=i)
        if name == "few":
            table = table[:7]
        if name == "nan":
            table["v_los"][3] = np.nan
        if name == "negative":
            table["r_proj"][:4] *= -1
        table["cluster_id"] = name
        tables.append(table)
    from astropy.table import vstack

    return vstack(tables)


def expected_mass(v):
    return log10_msun(15 + np.log10(np.std(v, ddof=1) / SIGMA15) / ALPHA, 0.678)


@pytest.mark.parametrize("suffix", ["csv", "ecsv", "fits", "parquet", "vot"])
def test_one_cluster_in_and_out_in_every_format(zwicky, tmp_path, suffix):
    table = one_cluster()
    source, out = tmp_path / f"abell.{suffix}", tmp_path / f"mass.{suffix}"
    table.write(source, **({"format": "votable"} if suffix == "vot" else {}))
    printed = zwicky(source, redshift=0.1, out=out)
    assert "abell" in printed
    row = read_any(out)[0]  # astropy's own reader of Parquet wants pandas
    widths = ["", "_err", "_p16", "_p84", "_p025", "_p975"]
    assert list(row.colnames) == [
        *("cluster_id", "n_galaxies", *(f"log10_m200c{width}" for width in widths)),
        *("sigma_v_kms", "log10_m200c_msigma", *(f"log10_m200c_hmf{width}" for width in widths)),
        *("p_unlike", "flag"),
    ]
    assert row["n_galaxies"] == 60
    assert row["log10_m200c"] == pytest.approx(expected_mass(table["v_los"]), abs=1e-5)
    # The table says 0.3, and 84 % of a Gaussian lie below 0.99446 standard deviations.
    assert row["log10_m200c_err"] == pytest.approx(0.99446 * 0.3, rel=1e-3)
    assert row["log10_m200c_p84"] - row["log10_m200c"] == pytest.approx(row["log10_m200c_err"], rel=1e-3)
    assert row["log10_m200c_hmf"] < row["log10_m200c"] - 0.1
    assert row["sigma_v_kms"] == pytest.approx(np.std(table["v_los"], ddof=1), rel=1e-5)
    assert row["flag"] == "ok"
    assert f"{row['log10_m200c']:.2f}" in printed


def test_sky_positions_give_the_same_mass(zwicky, tmp_path):
    from astropy.coordinates import SkyCoord

    z, cosmology, table = 0.05, paper_cosmology(), one_cluster()
    theta = (table["r_proj"] * (1 + z) / cosmology.comoving_distance(z).value) * u.rad
    where = SkyCoord(150 * u.deg, 60 * u.deg).directional_offset_by(
        np.linspace(0, 360, len(table)) * u.deg, theta
    )
    beta = np.asarray(table["v_los"]) / 299792.458
    zs = (1 + z) * np.sqrt((1 + beta) / (1 - beta)) - 1
    Table({"RAJ2000": where.ra.deg, "DEJ2000": where.dec.deg, "zspec": zs}).write(tmp_path / "sky.fits")
    (tmp_path / "centres.csv").write_text("cluster_id,ra,dec,z\n12,150,60,0.05\n")
    printed = zwicky(
        tmp_path / "sky.fits",
        "--json",
        clusters=tmp_path / "centres.csv",
        columns="ra=RAJ2000,dec=DEJ2000,z=zspec",
    )
    table.write(tmp_path / "plane.csv")
    plane = json.loads(zwicky(tmp_path / "plane.csv", "--json", redshift=z))["clusters"][0]
    sky = json.loads(printed)["clusters"][0]
    assert sky["cluster_id"] == 12
    assert sky["n_galaxies"] == plane["n_galaxies"] == 60
    assert sky["log10_m200c"] == pytest.approx(plane["log10_m200c"], abs=1e-4)


def test_bad_clusters_are_flagged_and_the_others_weighed(zwicky, tmp_path):
    many_clusters().write(tmp_path / "many.ecsv")
    printed = zwicky(tmp_path / "many.ecsv", "--json", redshift=0.1, out=tmp_path / "o.fits")
    rows = json.loads(printed)["clusters"]
    flags = {row["cluster_id"]: row["flag"] for row in rows}
    assert flags["good"] == flags["also good"] == "ok"
    assert "7 galaxies" in flags["few"]
    assert "NaN" in flags["nan"]
    assert "negative" in flags["negative"]
    assert [row["log10_m200c"] is None for row in rows] == [False, True, True, True, False]
    assert len(Table.read(tmp_path / "o.fits")) == 5


def test_recentring_says_by_how_much(zwicky, tmp_path):
    table = one_cluster(400, 500.0)
    table["v_los"] += 700.0
    table.write(tmp_path / "g.csv")
    off = json.loads(zwicky(tmp_path / "g.csv", "--json", redshift=0.1))["clusters"][0]
    on = json.loads(zwicky(tmp_path / "g.csv", "--json", "--recentre", redshift=0.1))["clusters"][0]
    assert "--recentre" in off["flag"]
    assert on["flag"] == "ok"
    assert on["recentred_kms"] == pytest.approx(700, abs=150)
    assert "+" in zwicky(tmp_path / "g.csv", "--recentre", redshift=0.1)


def test_units_the_comoving_option_and_the_aperture(zwicky, tmp_path):
    # At z = 1 the aperture of 2.36 comoving Mpc is 1.18 proper Mpc.
    table = one_cluster(100, 500.0)
    table["r_proj"] = np.linspace(0.1, 2.3, 100)
    table.write(tmp_path / "g.csv")
    in_kpc = QTable({"R_proj": table["r_proj"] * 1000 * u.kpc, "V_los": table["v_los"] / 1000 * u.Mm / u.s})
    in_kpc.write(tmp_path / "g.ecsv")

    def n(*args, **named):
        return json.loads(zwicky(*args, "--json", **named))["clusters"][0]["n_galaxies"]

    assert n(tmp_path / "g.csv", "--comoving", redshift=1.0) == 100
    proper = n(tmp_path / "g.csv", redshift=1.0)
    assert proper == np.sum(table["r_proj"] <= 1.6 / 0.678 / 2)
    assert n(tmp_path / "g.ecsv", redshift=1.0) == proper


def test_msun_h_cosmology_and_plot(zwicky, tmp_path):
    many_clusters().write(tmp_path / "many.csv")
    printed = zwicky(
        tmp_path / "many.csv", "--msun-h", redshift=0.1, cosmology="WMAP9", plot=tmp_path / "p.png"
    )
    assert "Msun/h" in printed
    assert "WMAP9" in printed
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")


def test_a_report_is_one_page_of_every_cluster(zwicky, tmp_path):
    many_clusters().write(tmp_path / "many.csv")
    zwicky(tmp_path / "many.csv", redshift=0.1, report=tmp_path / "clusters.html")
    page = (tmp_path / "clusters.html").read_text(encoding="utf-8")
    assert page.count("<article") == 5
    assert "2 of 5 clusters weighed, 3 with a flag" in page
    with pytest.raises(ZwickyError, match=r"use a suffix of \.html"):
        zwicky(tmp_path / "many.csv", redshift=0.1, report=tmp_path / "clusters.pdf")
    with pytest.raises(ZwickyError, match="is a table to read"):
        zwicky(tmp_path / "many.csv", redshift=0.1, report=tmp_path / "many.csv")


def test_a_sample_that_zwicky_wrote(zwicky, tmp_path):
    table = one_cluster()
    sample = observed_sample(
        paper_cosmology(), [0.1], [0, 60], table["r_proj"] * 1.1, table["v_los"], "a test"
    )
    write_sample(tmp_path / "mock.parquet", sample)
    table.write(tmp_path / "g.csv")
    ours = json.loads(zwicky(tmp_path / "mock.parquet", "--json"))["clusters"][0]
    theirs = json.loads(zwicky(tmp_path / "g.csv", "--json", redshift=0.1))["clusters"][0]
    assert ours["log10_m200c"] == theirs["log10_m200c"]


def changed(**changes):
    table = one_cluster()
    for name, values in changes.items():
        table[name] = values
    return table


RNG = np.random.default_rng(3)
MISTAKES = {
    "nine galaxies": (one_cluster(9), "9 galaxies in the cylinder (10 needed)"),
    "nan": (changed(v_los=np.where(np.arange(60) == 5, np.nan, one_cluster()["v_los"])), "NaN v_los"),
    "masked": (changed(r_proj=MaskedColumn(one_cluster()["r_proj"], mask=np.arange(60) == 5)), "NaN r_proj"),
    "negative radii": (changed(r_proj=-one_cluster()["r_proj"]), "negative r_proj"),
    "redshifts": (changed(v_los=RNG.normal(0.1, 0.003, 60)), "redshifts?"),
    "cz": (changed(v_los=RNG.normal(30_000, 800, 60)), "cz?"),
    "degrees": (changed(r_proj=RNG.uniform(0, 0.3, 60)), "degrees?"),
    "kpc": (changed(r_proj=RNG.uniform(0, 2000, 60)), "kpc?"),
    "one velocity": (changed(v_los=np.full(60, 300.0)), "no spread"),
    "missing column": (Table({"r_proj": [1.0], "velocity": [2.0]}), "v_los=velocity"),
}


@pytest.mark.parametrize("name", MISTAKES)
@pytest.mark.parametrize("suffix", ["csv", "fits"])
def test_a_mistake_in_the_table_is_one_line_and_no_file(zwicky, tmp_path, name, suffix):
    table, expected = MISTAKES[name]
    table.write(tmp_path / f"g.{suffix}")
    with pytest.raises(ZwickyError) as error:
        zwicky(tmp_path / f"g.{suffix}", redshift=0.1, out=tmp_path / "out.csv", plot=tmp_path / "p.png")
    assert expected in str(error.value)
    assert "\n" not in str(error.value)
    assert [path.name for path in tmp_path.iterdir()] == [f"g.{suffix}"]


OPTIONS = {
    "file": (["none.csv"], "none.csv: cannot be read"),
    "empty": (["empty.csv"], "empty.csv: the file is empty"),
    "cut short": (["cut.fits"], "cut short"),
    "redshift": (["g.csv", "--redshift=-1"], "--redshift -1"),
    "no redshift": (["g.csv"], "--redshift"),
    "cosmology": (["g.csv", "--redshift=0.1", "--cosmology=Plank18"], "did you mean 'Planck18'"),
    "columns": (["g.csv", "--redshift=0.1", "--columns=rproj=R"], "did you mean 'r_proj'"),
    "out": (["g.csv", "--redshift=0.1", "--out=mass.doc"], "suffix '.doc'"),
    "plot": (["g.csv", "--redshift=0.1", "--plot=p.gif"], "p.gif"),
    "out over the galaxies": (
        ["g.csv", "--redshift=0.1", "--out=./g.csv"],
        "--out g.csv: is a table to read",
    ),
    "out over the centres": (["g.csv", "--clusters=c.csv", "--out=c.csv"], "--out c.csv: is a table to read"),
    "out over a link": (["g.csv", "--redshift=0.1", "--out=link.csv"], "--out link.csv: is a table to read"),
    "out is plot": (["g.csv", "--redshift=0.1", "--out=p.png", "--plot=p.png"], "is what --out writes"),
    "no directory": (["g.csv", "--redshift=0.1", "--out=no/m.csv"], "directory no does not exist; make it"),
    "no directory of the plot": (
        ["g.csv", "--redshift=0.1", "--out=m.csv", "--plot=no/p.png"],
        "directory no does not exist; make it",
    ),
    "named twice": (["g.csv", "--redshift=0.1", "--columns=r_proj=a,r_proj=b"], "r_proj is given twice"),
    "comoving sky": (["sky.csv", "--clusters=c.csv", "--comoving"], "leave out --comoving"),
    "redshift of centres": (["sky.csv", "--clusters=c.csv", "--redshift=0.1"], "leave out --redshift 0.1"),
    "redshift of a sample": (["s.h5", "--redshift=0.1", "--comoving"], "leave out --redshift and --comoving"),
    "centres": (["g.csv", "--clusters=none.csv"], "none.csv: cannot be read"),
}


@pytest.mark.parametrize("name", OPTIONS)
def test_a_mistake_on_the_command_line_is_one_line(zwicky, tmp_path, name, monkeypatch):
    monkeypatch.chdir(tmp_path)
    one_cluster().write("g.csv")
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "link.csv").symlink_to("g.csv")
    (tmp_path / "c.csv").write_text("cluster_id,ra,dec,z\n1,150,60,0.05\n")
    (tmp_path / "sky.csv").write_text("ra,dec,z\n150,60,0.05\n")
    sample = observed_sample(paper_cosmology(), [0.1], [0, 1], [1.0], [200.0], "a test")
    write_sample(tmp_path / "s.h5", sample)
    one_cluster().write("whole.fits")
    (tmp_path / "cut.fits").write_bytes((tmp_path / "whole.fits").read_bytes()[:6000])
    before = sorted(path.name for path in tmp_path.iterdir())
    arguments, expected = OPTIONS[name]
    with pytest.raises(ZwickyError) as error:
        zwicky(*arguments)
    assert expected in str(error.value)
    assert "\n" not in str(error.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_exit_code_two_and_one_line(model, tmp_path, capsys):
    from zwicky.cli import main

    one_cluster(9).write(tmp_path / "g.csv")
    with pytest.raises(SystemExit) as stop:
        main(["predict", str(tmp_path / "g.csv"), "--redshift=0.1", f"--model={model}", f"--m-sigma={model}"])
    assert stop.value.code == 2
    error = capsys.readouterr().err.strip()
    assert "9 galaxies in the cylinder" in error
    assert "\n" not in error


@pytest.mark.skipif("cnn_1d" not in shipped_models(), reason="no models ship with this build")
def test_only_an_m_sigma_relation_is_one(model, tmp_path, capsys):
    from zwicky.cli import main

    one_cluster().write(tmp_path / "g.csv")
    with pytest.raises(SystemExit) as stop:
        main(["predict", str(tmp_path / "g.csv"), "--redshift=0.1", f"--model={model}", "--m-sigma=cnn_1d"])
    assert stop.value.code == 2
    assert "--m-sigma cnn_1d: is not an M-sigma relation" in capsys.readouterr().err


def test_galaxies_without_a_cluster_are_left_out_and_counted(model, tmp_path, capsys):
    from zwicky.cli import main

    table = many_clusters()
    table["cluster_id"] = [str(name) for name in table["cluster_id"]]
    table["cluster_id"][:2] = ""
    table.write(tmp_path / "many.csv")
    words = ["predict", str(tmp_path / "many.csv"), "--json", "--redshift=0.1"]
    with pytest.raises(SystemExit) as stop:
        main([*words, f"--model={model}", f"--m-sigma={model}"])
    printed = capsys.readouterr()
    assert stop.value.code == 0
    assert printed.err == "zwicky: many.csv: left out 2 galaxies without cluster_id\n"
    rows = json.loads(printed.out)["clusters"]
    assert rows[0]["n_galaxies"] == 58


def sky_field_file(path):
    from sky_field import field, write_text

    write_text(path, ["ra", "dec", "z"], field(120))
    return path


def test_a_centre_on_the_command_line_is_one_in_a_table(zwicky, tmp_path):
    galaxies = sky_field_file(tmp_path / "abell.csv")
    (tmp_path / "c.csv").write_text("cluster_id,ra,dec,z\nabell,194.95,27.98,0.05\n")
    from_table = json.loads(zwicky(galaxies, "--json", clusters=tmp_path / "c.csv"))
    assert json.loads(zwicky(galaxies, "--json", centre="194.95,27.98,0.05")) == from_table
    assert json.loads(zwicky(galaxies, "--json", centre="12:59:48,+27:58:48,0.05")) == from_table


def test_a_centre_is_proposed_said_and_drawn(zwicky, tmp_path):
    galaxies = sky_field_file(tmp_path / "abell.csv")
    printed = zwicky(galaxies, centre="find", plot=tmp_path / "p.png")
    assert "abell.csv: proposed centre 19" in printed
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"centre": "10,5"}, "is not RA,DEC,Z"),
        ({"centre": "10,5,0.1", "redshift": 0.1}, "leave out --redshift"),
        ({"centre": "find", "clusters": "c.csv"}, "leave out --clusters"),
        ({"centre": "194.95,27.98,0.05", "merge_arcsec": -1}, "not between 0 and 60"),
        ({"centre": "194.95,27.98,0.05", "table": "3"}, "has no table '3'"),
    ],
)
def test_a_mistaken_centre_is_one_line(zwicky, tmp_path, options, expected):
    with pytest.raises(ZwickyError, match=expected):
        zwicky(sky_field_file(tmp_path / "g.csv"), **options)


def test_the_american_spelling_is_understood(zwicky, tmp_path):
    table = one_cluster(400, 500.0)
    table["v_los"] += 700.0
    table.write(tmp_path / "g.csv")
    on = json.loads(zwicky(tmp_path / "g.csv", "--json", "--recenter", redshift=0.1))["clusters"][0]
    assert on["recentred_kms"] == pytest.approx(700, abs=150)
    with pytest.raises(ZwickyError, match=r"is it cz in km/s\?"):
        zwicky(tmp_path / "g.csv", center="150,2,21915")
    with pytest.raises(ZwickyError, match=r"the redshift above 0$"):
        zwicky(tmp_path / "g.csv", center="150,2,-0.1")
