"""`zwicky import` as a user types it, and what works on an imported universe: info, mock, reproduce."""

import dataclasses
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.main import get_command

from foreign_universe import made_simulation, write_own_hdf5, write_rockstar, write_universe_machine
from zwicky.cli import app, main
from zwicky.errors import ZwickyError
from zwicky.ho2019 import RunSettings, reproduce
from zwicky.ho2019.settings import existing_universe
from zwicky.mocks import read_mocks
from zwicky.settings import digest, read_toml, to_toml
from zwicky.simulations import read_column_map
from zwicky.universe import UniverseSettings, read_galaxies, read_halos

MOCKS = """
min_log10_m200c_h = 13.2
test_min_log10_m200c_h = 13.5
test_max_log10_m200c_h = 15.0
upsample_above_log10_m200c_h = 13.5
flat_density = 2e-5
n_min = 5
n_folds = 3
"""
RUN = "seed = 5\n[training]\nepochs = 1\n[m_sigma]\nmin_log10_m200c_h = 13.5\n[mocks]\n" + MOCKS
HALOS, GALAXIES = "out_5.list", "sfr_catalog_0.800000.bin"


def zwicky(*arguments, code=0):
    """Run in this process; returns nothing, checks the exit code."""
    with pytest.raises(SystemExit) as end:
        main([str(a) for a in arguments])
    assert end.value.code == code


@pytest.fixture(scope="module")
def simulation():
    return made_simulation()


@pytest.fixture(scope="module")
def files(simulation, tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    write_rockstar(folder / HALOS, simulation)
    write_universe_machine(folder / GALAXIES, simulation)
    write_own_hdf5(folder, simulation)
    return folder


@pytest.fixture(scope="module")
def universe(files, tmp_path_factory):
    out = tmp_path_factory.mktemp("universe") / "u"
    zwicky("import", "--halos", files / HALOS, "--galaxies", files / GALAXIES, "--out", out)
    return out


def test_import_says_what_it_took_and_what_not(files, tmp_path, capsys):
    command = ["import", "--halos", files / HALOS, "--galaxies", files / GALAXIES, "--out", tmp_path / "u"]
    zwicky(*command, "--simulation", "Made Up", "--orphans", "drop", "--stellar-mass-min", "1e10")
    captured = capsys.readouterr()
    assert "halos: <HaloTable: 1232 halos, log10 M200c [Msun/h] 13.00" in captured.out
    assert "Made Up, z = 0.25" in captured.out
    assert "left out: 1468 m200c below the least" in captured.out
    assert "matched: 1232 of 1232 hosts have their galaxy" in captured.out
    assert "virial mass only" in captured.err
    assert "warning" not in captured.err
    zwicky(*command, "--simulation", "Made Up", "--orphans", "drop", "--stellar-mass-min", "1e10", "--json")
    made = json.loads(capsys.readouterr().out)
    assert made["simulation"] == "Made Up"
    assert made["galaxies"]["orphans_kept"] == 0


def test_a_column_map_from_the_command_line(files, universe, tmp_path):
    zwicky("import", "--map", files / "own.toml", "--out", tmp_path / "u")
    assert np.array_equal(read_halos(tmp_path / "u", 0.25).m200c, read_halos(universe, 0.25).m200c)
    # Halos of a known format and galaxies of the map, whose file is given by hand.
    text = (files / "own.toml").read_text()
    (tmp_path / "galaxies.toml").write_text(text[: text.index("[halos]")] + text[text.index("[galaxies]") :])
    zwicky(
        "import", "--map", tmp_path / "galaxies.toml", "--halos", files / HALOS,
        "--galaxies", files / "own.hdf5", "--out", tmp_path / "v",
    )  # fmt: skip
    assert np.array_equal(read_galaxies(tmp_path / "v", 0.25).host_id, read_galaxies(universe, 0.25).host_id)


def test_the_page_on_it_is_right(tmp_path):
    page = (Path(__file__).parents[2] / "docs" / "howto" / "bring_your_simulation.md").read_text()
    (tmp_path / "my.toml").write_text(re.search(r"```toml\n(.*?)```", page, re.S)[1])
    column_map = read_column_map(tmp_path / "my.toml")
    assert column_map.galaxies.columns["parent_id"].of == "halos"
    commands = get_command(app).commands
    named = [commands[name] for name in ("import", "reproduce", "mock", "train", "predict")]
    known = {option for command in named for parameter in command.params for option in parameter.opts}
    assert set(re.findall(r"--[a-z][a-z0-9-]+", page)) <= known


def test_a_factor_h_is_warned_of(files, simulation, tmp_path, capsys):
    for name, units in (("masses", {"mass_unit": "Msun"}), ("lengths", {"length_unit": "Mpc"})):
        (tmp_path / name).mkdir()
        path = write_own_hdf5(tmp_path / name, simulation, **units)
        zwicky("import", "--map", path, "--out", tmp_path / name / "u", "--sigma8", "0.82")
        said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("warning: ")]
        expected = {"masses": "times those of Evrard et al.", "lengths": "the galaxies span 0.50"}[name]
        assert any(expected in line for line in said), said
    path = write_own_hdf5(tmp_path, simulation)
    path.write_text(path.read_text().replace("box_size_mpc_h = 160.0", "box_size_mpc = 160.0"))
    zwicky("import", "--map", path, "--out", tmp_path / "u", "--sigma8", "0.82")
    assert "of the galaxies lie outside the box of 80 Mpc/h" in capsys.readouterr().err


def test_mock_of_an_imported_universe(universe, tmp_path, capsys):
    (tmp_path / "mock.toml").write_text(MOCKS)
    zwicky("mock", universe, "--out", tmp_path / "mocks", "--config", tmp_path / "mock.toml")
    assert "train: <ClusterSample:" in capsys.readouterr().out
    mocks = read_mocks(tmp_path / "mocks")
    assert mocks.test.meta["source"] == "a simulation without a name"
    made = json.loads((tmp_path / "mocks" / "provenance.json").read_text())
    assert made["universe_digest"] == json.loads((universe / "provenance.json").read_text())["digest"]


def test_a_run_is_the_same_wherever_its_universe_stands(universe, tmp_path):
    here = existing_universe(universe)
    moved = existing_universe(shutil.copytree(universe, tmp_path / "moved"))
    assert here.directory != moved.directory
    one, two = (RunSettings(existing=u, redshift=0.25) for u in (here, moved))
    assert one.universe is None
    assert one.digest == two.digest
    assert one.universe_digest == json.loads((universe / "provenance.json").read_text())["digest"]
    other = dataclasses.replace(here, digest="another")
    assert RunSettings(existing=other, redshift=0.25).digest != one.digest
    (tmp_path / "run.toml").write_text(to_toml(one))
    assert read_toml(RunSettings, tmp_path / "run.toml") == one
    assert one.universe_in(tmp_path) == universe.resolve()
    with pytest.raises(ZwickyError, match=r"redshift = 0.117 is not an output of the universe; use one of"):
        RunSettings(existing=here)
    with pytest.raises(ZwickyError, match="both universe and existing are given"):
        RunSettings(existing=here, universe=UniverseSettings(), redshift=0.25)
    # Without one, a universe is simulated as before, with the same digest as ever.
    assert RunSettings().universe == UniverseSettings()
    assert RunSettings().digest == digest(RunSettings())


def test_a_universe_that_changed_is_refused(universe, tmp_path):
    moved = shutil.copytree(universe, tmp_path / "moved")
    settings = RunSettings(existing=existing_universe(moved), redshift=0.25)
    made = json.loads((moved / "provenance.json").read_text())
    (moved / "provenance.json").write_text(json.dumps(made | {"digest": "another"}))
    with pytest.raises(ZwickyError, match="holds another universe than when this run began"):
        reproduce(settings, tmp_path / "out")


@pytest.fixture(scope="module")
def run(universe, tmp_path_factory):
    directory = tmp_path_factory.mktemp("run")
    moved = shutil.copytree(universe, directory / "elsewhere")
    (directory / "run.toml").write_text(RUN)
    command = ["reproduce", "--universe", moved, "--config", directory / "run.toml"]
    zwicky(*command, "--out", directory / "out")
    return directory / "out"


@pytest.mark.slow
def test_reproduce_uses_an_imported_universe_where_it_stands(run, universe):
    assert not (run / "universe").exists()
    metrics = json.loads((run / "metrics.json").read_text())
    facts = metrics["universe"]
    assert facts["imported"] is True
    assert facts["box_size_mpc_h"] == pytest.approx(160.0)
    assert "wall_s" not in facts
    assert "universe_s" not in metrics["timing"]
    assert facts["sigma_slope"] == pytest.approx(1 / 3, abs=0.05)
    assert metrics["table2"]["cnn_2d"]["n"] > 0
    report = re.sub(r"base64,[A-Za-z0-9+/=]+", "", (run / "report.html").read_text())
    for words in ("our own simulation", "universe of our own", "matter particles", ">None<", ">nan<"):
        assert words not in report, words
    assert "a simulation without a name" in report
    drawn = {path.stem for path in (run / "figures").glob("*.png")}
    assert {"slice", "mass_function", "sigma_mass", "cluster_views"} <= drawn
    assert "power_spectrum" not in drawn


@pytest.mark.slow
def test_the_same_run_is_not_made_again_and_another_is_refused(run, universe, tmp_path, capsys):
    before = {path: path.stat().st_mtime_ns for path in run.rglob("*") if path.is_file()}
    zwicky("reproduce", "--config", run / "run.toml", "--out", run)
    changed = {p.name for p, t in before.items() if p.stat().st_mtime_ns != t}
    assert changed <= {"timing.json"}
    # The same universe in another place: the same run, which now looks there.
    zwicky("reproduce", "--universe", universe, "--config", run.parent / "run.toml", "--out", run)
    assert str(universe) in (run / "run.toml").read_text()
    other = shutil.copytree(universe, tmp_path / "other")
    made = json.loads((other / "provenance.json").read_text())
    (other / "provenance.json").write_text(json.dumps(made | {"digest": "0123456789abcdef"}))
    zwicky("reproduce", "--universe", other, "--config", run.parent / "run.toml", "--out", run, code=2)
    assert "holds a run of other settings" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (HALOS, ["format: rockstar-out", "m200c: mass in 200 times", "column M200c in Msun/h"]),
        (GALAXIES, ["rows: ", "redshift: 0.25", "lacks m200c; give --box, --h, --omega-m unless"]),
        ("own.toml", ["kind: column map", "to import as galaxies: nothing is missing"]),
        ("own.hdf5", ["table (HDF5) of no simulation's layout", "mass", "write a column map"]),
    ],
)
def test_info_of_foreign_files(files, capsys, name, words):
    zwicky("info", files / name)
    out = capsys.readouterr().out
    for word in words:
        assert word in out
    zwicky("info", files / name, "--json")
    assert json.loads(capsys.readouterr().out)["kind"]


def test_info_of_an_imported_universe_and_of_masses(universe, files, tmp_path, capsys):
    zwicky("info", universe)
    out = capsys.readouterr().out
    assert "kind: imported universe" in out
    assert "m200c: column M200c, unit Msun/h" in out
    zwicky("info", universe / "halos_z0.250.parquet")
    assert "<HaloTable: 1232 halos" in capsys.readouterr().out
    rng = np.random.default_rng(1)
    rows = "\n".join(f"{r},{v}" for r, v in zip(rng.uniform(0, 2, 30), rng.normal(0, 700, 30), strict=True))
    (tmp_path / "c.csv").write_text("r_proj,v_los\n" + rows)
    masses = tmp_path / "m.ecsv"
    zwicky("predict", tmp_path / "c.csv", "--redshift", "0.1", "--out", masses, "--model", "m_sigma")
    capsys.readouterr()
    zwicky("info", masses, "--json")
    facts = json.loads(capsys.readouterr().out)
    assert (facts["kind"], facts["clusters"], facts["weighed"]) == ("masses", 1, 1)
    broken = tmp_path / "broken.parquet"
    broken.write_bytes((universe / "halos_z0.250.parquet").read_bytes()[:3000])
    zwicky("info", broken, code=2)
    assert "cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--out", "x"], "--halos and --galaxies missing; name the catalogue, or give a column map"),
        (["--halos", HALOS, "--out", "x"], "--galaxies missing"),
        (["--halos", "no", "--galaxies", "no", "--out", "x"], "no: no such file; check the path"),
        (["--map", "no.toml", "--out", "x"], "no.toml: cannot be read"),
        (["--map", "own.toml", "--tracers", "some", "--out", "x"], "tracers = 'some' is not allowed"),
        (
            ["--map", "own.toml", "--h", "67.8", "--out", "x"],
            "give at least 0.3 and at most 1.5 (H0 / (100 km",
        ),
        (["--map", "own.toml", "--h", "0.6", "--out", "x"], "but 0.6 in --h"),
        (["--map", "own.toml", "--redshift", "nan", "--out", "x"], "redshift = nan is not a finite number"),
        (["--map", "own.toml", "--out", HALOS], f"{HALOS}: a file stands in the way"),
        (["--map", "own.toml", "--halos-format", "hlist", "--out", "x"], "hlist needs --halos"),
        (
            ["--halos", GALAXIES, "--galaxies", GALAXIES, "--out", "x"],
            "has no m200c (universe-machine-binary)",
        ),
    ],
)
def test_mistakes_are_one_line_and_exit_code_2(files, arguments, message, capsys, tmp_path, monkeypatch):
    for name in (HALOS, GALAXIES, "own.toml", "own.hdf5"):
        (tmp_path / name).symlink_to(files / name)
    monkeypatch.chdir(tmp_path)
    before = set(tmp_path.rglob("*"))
    zwicky("import", *arguments, code=2)
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("zwicky: ")
    assert message in error
    assert set(tmp_path.rglob("*")) == before


def test_mistakes_of_the_commands_that_take_a_universe(tmp_path, capsys):
    for arguments, message in (
        (["mock", tmp_path, "--out", "x"], "universe.toml: cannot be read (nor import.toml)"),
        (["reproduce", "--universe", "nowhere", "--out", "x"], "nowhere/universe.toml: cannot be read"),
        (["reproduce", "--redshift", "0.1", "--out", "x"], "--redshift 0.1 needs --universe"),
    ):
        zwicky(*arguments, code=2)
        assert message in capsys.readouterr().err


def test_an_unfinished_or_wrong_output_of_an_imported_universe(universe, tmp_path, capsys):
    zwicky("mock", universe, "--redshift", "0.3", "--out", tmp_path / "m", code=2)
    assert "--redshift 0.3 is not an output of this universe; give one of 0.25" in capsys.readouterr().err
    (tmp_path / "import.toml").write_text("")
    zwicky("mock", tmp_path, "--out", tmp_path / "m", code=2)
    assert "is not finished; run `zwicky import` on it again" in capsys.readouterr().err
    zwicky("universe", "--n-side", "16", "--out", universe, code=2)
    assert "holds an imported universe; choose another directory" in capsys.readouterr().err


def _cut(data, at, _):
    return data[: int(at * len(data))]


def _flip(data, at, byte):
    i = int(at * (len(data) - 1))
    return data[:i] + bytes([byte]) + data[i + 1 :]


def _noise(data, at, byte):
    rng = np.random.default_rng(byte)
    i = int(at * len(data))
    return data[:i] + rng.integers(0, 256, 400, dtype=np.uint8).tobytes() + data[i + 400 :]


def _zeros(data, at, _):
    i = int(at * len(data))
    return data[:i] + bytes(len(data) - i)


def _twice(data, at, _):
    i = int(at * len(data)) // 128 * 128
    return data + data[i:]


@given(
    name=st.sampled_from([HALOS, GALAXIES, "own.hdf5", "own.toml"]),
    spoil=st.sampled_from([_cut, _flip, _noise, _zeros, _twice]),
    at=st.floats(0, 1),
    byte=st.integers(0, 255),
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damaged_files_give_a_universe_or_one_line_and_nothing(
    small_files, name, spoil, at, byte, tmp_path, capsys
):
    folder = tmp_path / "damaged"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(small_files, folder)
    (folder / name).write_bytes(spoil((folder / name).read_bytes(), at, byte))
    command = ["import", "--out", str(folder / "u")]
    if name.startswith("own"):
        command += ["--map", str(folder / "own.toml")]
    else:
        command += ["--halos", str(folder / HALOS), "--galaxies", str(folder / GALAXIES)]
    before = {path.name for path in folder.iterdir()}
    with pytest.raises(SystemExit) as end:
        main(command)
    captured = capsys.readouterr()
    after = {path.name for path in folder.iterdir()}
    if end.value.code == 0:
        assert after == before | {"u"}
        halos, galaxies = read_both(folder / "u")
        assert np.isfinite(halos.position).all()
        assert np.isfinite(galaxies.velocity).all()
        assert len(np.unique(galaxies.galaxy_id)) == len(galaxies)
    else:
        assert end.value.code == 2
        error = captured.err.strip().splitlines()[-1]
        assert error.startswith("zwicky: ")
        assert len(error) < 1200
        assert captured.out == ""
        assert after == before


def read_both(directory):
    z = json.loads((directory / "provenance.json").read_text())["redshifts"][0]
    return read_halos(directory, z), read_galaxies(directory, z)


@pytest.fixture(scope="module")
def small_files(tmp_path_factory):
    """A simulation of 40 Mpc/h: a few dozen hosts."""
    simulation = made_simulation(seed=2, box_mpc_h=40.0)
    folder = tmp_path_factory.mktemp("small")
    write_rockstar(folder / HALOS, simulation)
    write_universe_machine(folder / GALAXIES, simulation)
    write_own_hdf5(folder, simulation)
    return folder
