"""Every command as a user types it, on one small universe from initial conditions to the report."""

import json
import os
import subprocess
import sys

import numpy as np
import pyarrow.parquet as pq
import pytest

from zwicky import __version__
from zwicky.cli import main

CONFIG = """
seed = 2

[universe]
n_side = 48
box_size_mpc_h = 94.0
n_steps = 16
n_substeps = 2
seed = 2

[mocks]
min_log10_m200c_h = 13.2
test_min_log10_m200c_h = 13.5
upsample_above_log10_m200c_h = 13.5
flat_density = 4e-4
n_min = 5
n_folds = 2

[training]
epochs = 3

[m_sigma]
min_log10_m200c_h = 13.5
"""


def zwicky(*arguments, code=0):
    """Run in this process; returns nothing, checks the exit code."""
    with pytest.raises(SystemExit) as end:
        main([str(a) for a in arguments])
    assert end.value.code == code


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    directory = tmp_path_factory.mktemp("run")
    (directory / "config.toml").write_text(CONFIG)
    zwicky("reproduce", "--config", directory / "config.toml", "--out", directory / "out")
    return directory / "out"


def test_metrics_hold_what_was_promised(run):
    metrics = json.loads((run / "metrics.json").read_text())
    universe = {"n_particles", "box_size_mpc_h", "redshift", "halos_above_1e14", "sigma15_kms", "sigma_slope"}
    universe |= {"sigma_scatter_ln", "wall_s", "pairs_per_s"}
    assert universe <= set(metrics["universe"])
    assert metrics["universe"]["n_particles"] == 48**3
    assert set(metrics["table1"]) == {"pure", "contaminated"}
    assert set(metrics["table1"]["pure"]) == {"sigma15_kms", "alpha", "scatter_dex"}
    methods = {"cnn_1d", "cnn_2d", "sdm_1d", "sdm_2d", "m_sigma_pure", "m_sigma_contaminated"}
    methods |= {"counts", "counts_inner"}
    assert set(metrics["table2"]) == methods
    row = {"n", "median", "p16", "p84", "scatter", "scatter_error", "skewness", "kurtosis"}
    assert all(row <= set(values) for values in metrics["table2"].values())
    assert set(metrics["table3"]) == set(metrics["table4"]) == methods
    assert set(metrics["leakage"]) == {"cnn_1d", "cnn_2d"}
    assert {claim["number"] for claim in metrics["claims"]} == set(range(1, 8))
    assert metrics["timing"]["universe_s"] > 0
    assert metrics["timing"]["per_cluster_us"]["image_2d"] > 0


def test_predictions_are_of_networks_that_never_saw_the_halo(run):
    table = pq.read_table(run / "predictions.parquet")
    columns = {name: table[name].to_numpy() for name in table.column_names}
    halo_and_fold = np.unique(np.stack([columns["halo_id"], columns["fold"]]), axis=1)
    assert len(np.unique(halo_and_fold[0])) == halo_and_fold.shape[1]
    assert np.isfinite(columns["log10_m200c_cnn_2d"]).all()
    assert len(np.unique(columns["cluster_id"])) == len(table)


def test_report_is_one_file(run):
    page = (run / "report.html").read_text()
    assert "<img" in page
    assert 'src="http' not in page
    assert 'href="http' not in page.replace('href="https://doi.org', "")
    names = {path.stem for path in (run / "figures").glob("*.png")}
    assert names == {path.stem for path in (run / "figures").glob("*.pdf")}
    assert len(names) >= 10


def test_a_finished_run_is_not_run_again(run, tmp_path, capsys):
    before = {path: path.stat().st_mtime_ns for path in run.rglob("*") if path.is_file()}
    zwicky("reproduce", "--config", run / "run.toml", "--out", run, "--json")
    assert json.loads(capsys.readouterr().out)["table2"]
    changed = [p.name for p, t in before.items() if p.stat().st_mtime_ns != t and p.name != "timing.json"]
    assert changed == []


def test_mock_train_and_predict(run, tmp_path, capsys):
    (tmp_path / "mock.toml").write_text("min_log10_m200c_h = 13.2\nn_min = 5\nn_folds = 2\n")
    settings = ["--config", tmp_path / "mock.toml", "--training-density", "4e-4", "--folds", "spatial"]
    zwicky("mock", run / "universe", "--out", tmp_path / "mocks", *settings)
    assert "train: <ClusterSample:" in capsys.readouterr().out
    model = tmp_path / "model"
    for estimator in ("cnn_1d", "cnn_2d"):
        options = ["--estimator", estimator, "--epochs", "2", "--thin", "0.5"]
        zwicky("train", tmp_path / "mocks", "--out", model, *options)
    assert json.loads((model / "calibration.json").read_text())["error_table"]
    zwicky("info", model)
    assert "CNN" in capsys.readouterr().out
    zwicky("predict", run / "sample_cluster.ecsv", "--model", model, "--json")
    cluster = json.loads(capsys.readouterr().out)["clusters"][0]
    assert 12.5 < cluster["log10_m200c"] < 16
    assert cluster["log10_m200c_err"] > 0


def test_evaluate(run, tmp_path, capsys):
    command = ["evaluate", run / "mocks", "--epochs", "1", "--out", tmp_path / "results"]
    # The paper's mass cut leaves nothing of so small a universe: one line, before anything is trained.
    zwicky(*command, code=2)
    assert "lower min_log10_m200c_h" in capsys.readouterr().err
    assert not (tmp_path / "results").exists()
    zwicky(*command, "--m-sigma-above", "13.5")
    assert "cnn_2d" in capsys.readouterr().out


def test_universe_command_resumes_nothing_when_complete(run, capsys):
    config = run / "universe" / "universe.toml"
    zwicky("universe", "--config", config, "--out", run / "universe", "--json")
    captured = capsys.readouterr()
    assert json.loads(captured.out)["pairs"] > 0
    assert "GiB" not in captured.err


@pytest.mark.parametrize(
    "place", ["universe", "mocks", "", "universe/halos_z0.117.parquet", "mocks/test.parquet"]
)
def test_info(run, place, capsys):
    zwicky("info", run / place, "--json")
    assert json.loads(capsys.readouterr().out)["kind"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["reproduce", "--scale", "huge", "--out", "x"], "--scale 'huge' is not known; use one of demo"),
        (["universe", "--n-side", "7", "--out", "x"], "n_side = 7 is not allowed; give"),
        (["universe", "--n-side", "4096", "--out", "x"], "GiB"),
        (["universe"], "--out"),
        (["mock", "nowhere", "--out", "x"], "nowhere/universe.toml: cannot be read"),
        (["train", "nowhere", "--out", "x"], "nowhere: no complete mocks"),
        (["train", "nowhere", "--estimator", "svm", "--out", "x"], "estimator 'svm' is not known"),
        (["report", "nowhere"], "nowhere"),
        (["info", "nowhere"], "nowhere: no such file, directory or shipped model"),
        (["info", ""], "the path is empty"),
        (["universe", "--out", "file"], "file: a file stands in the way"),
        (["reproduce", "--out", "file"], "file: a file stands in the way"),
        (["universe", "--tracer-density", "1e9", "--out", "x"], "the particles' own"),
        (["mock", "nowhere", "--seed", "-1", "--out", "x"], "--seed"),
        (["train", "nowhere", "--workers", "0", "--out", "x"], "--workers"),
        (["train", "nowhere", "--thin", "2", "--out", "x"], "--thin 2 is not allowed"),
        (["reproduce", "--universe", "nowhere", "--seed", "-1", "--out", "x"], "--seed"),
        (["info", "nothing_*.list"], "nothing_*.list"),
        (["weigh"], "weigh"),
    ],
)
def test_mistakes_are_one_line_and_exit_code_2(arguments, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    zwicky(*arguments, code=2)
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("zwicky: ")
    assert message in error
    assert not list(tmp_path.rglob("*.parquet"))


def test_mocks_over_their_own_universe_are_refused(run, capsys):
    before = (run / "universe" / "provenance.json").read_bytes()
    zwicky("mock", run / "universe", "--out", run / "universe", code=2)
    assert "holds other things than mocks" in capsys.readouterr().err
    assert (run / "universe" / "provenance.json").read_bytes() == before


def test_an_evaluation_over_a_run_is_refused(run, capsys):
    before = (run / "metrics.json").read_bytes()
    zwicky("evaluate", run / "mocks", "--out", run, code=2)
    assert "holds other things than an evaluation" in capsys.readouterr().err
    assert (run / "metrics.json").read_bytes() == before


def test_what_the_system_refuses_is_one_line(tmp_path, capsys, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device", str(tmp_path / "x"))

    monkeypatch.setattr("zwicky.mocks.read_mocks", full)
    zwicky("train", tmp_path, "--out", tmp_path / "model", code=2)
    assert "x: No space left on device; check" in capsys.readouterr().err


def test_unfinished_universe(run, tmp_path, capsys):
    (tmp_path / "universe.toml").write_text((run / "universe" / "universe.toml").read_text())
    zwicky("mock", tmp_path, "--out", tmp_path / "mocks", code=2)
    assert "is not finished" in capsys.readouterr().err
    zwicky("info", tmp_path)
    assert "give the `zwicky universe` command again" in capsys.readouterr().out


def test_other_settings_in_the_same_directory(run, capsys):
    zwicky("reproduce", "--scale", "demo", "--out", run, code=2)
    assert "run of other settings" in capsys.readouterr().err


def test_version_and_help_are_quick_to_come():
    # Neither needs PyTorch, matplotlib or numba: an observer asks for help more often than for masses.
    heavy = "('torch', 'matplotlib', 'numba', 'astropy')"
    code = f"import sys; import zwicky.cli; print([m for m in {heavy} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
    out = subprocess.run(
        [sys.executable, "-m", "zwicky", "--version"], capture_output=True, text=True, check=True
    )
    assert out.stdout.strip() == __version__


def test_every_command_shows_an_example():
    commands = ("predict", "universe", "mock", "train", "evaluate", "reproduce", "report", "info", "import")
    for command in commands:
        out = subprocess.run(
            [sys.executable, "-m", "zwicky", command, "--help"],
            capture_output=True, text=True, check=True, env={**os.environ, "COLUMNS": "120"},
        )  # fmt: skip
        assert f"zwicky {command}" in out.stdout
        assert "Example" in out.stdout
