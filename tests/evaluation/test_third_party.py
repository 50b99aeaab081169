"""Somebody else's estimator trains, is evaluated, predicts and stands in the report by its name."""

import json
import sys
import tomllib
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import typer
from typer.testing import CliRunner

from fake_run import make_run
from zwicky.cli.evaluate import evaluate
from zwicky.cli.predict import predict
from zwicky.cli.train import train
from zwicky.errors import ZwickyError
from zwicky.estimators import estimator_class, estimator_names, load_model
from zwicky.ho2019.report import write_report
from zwicky.io import write_sample
from zwicky.mocks import read_mocks

TOY = Path(__file__).parent.parent / "toy_estimator"


def install(place, monkeypatch, name="zwicky-toy", points=None):
    """What pip does with a project: its modules on the path, and beside them what it registers."""
    project = tomllib.loads((TOY / "pyproject.toml").read_text())["project"]
    points = points or project["entry-points"]["zwicky.estimators"]
    info = place / f"{name.replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {project['version']}\n")
    lines = "".join(f"{key} = {value}\n" for key, value in points.items())
    (info / "entry_points.txt").write_text(f"[zwicky.estimators]\n{lines}")
    monkeypatch.syspath_prepend(place)
    monkeypatch.syspath_prepend(TOY)


@pytest.fixture(scope="module")
def run_directory(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("runs") / "run")


def command(function, *words):
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(function)
    result = CliRunner().invoke(app, [*map(str, words)], env={"COLUMNS": "200"}, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_trains_and_predicts(run_directory, tmp_path, monkeypatch):
    install(tmp_path / "site", monkeypatch)
    assert "toy_richness" in estimator_names()
    command(train, run_directory / "mocks", "--estimator", "toy_richness", "--out", tmp_path / "model")
    model = load_model(tmp_path / "model")
    assert type(model).__name__ == "Richness"
    test = read_mocks(run_directory / "mocks").test
    found = model.predict(test)
    assert np.corrcoef(found.log10_m200c, test.log10_m200c)[0, 1] > 0.5
    assert found.has_width.all()
    assert "Mass from counts" in (tmp_path / "model" / "MODEL_CARD.md").read_text()
    write_sample(tmp_path / "some.parquet", test[:5])
    printed = command(predict, tmp_path / "some.parquet", f"--model={tmp_path / 'model'}", "--json")
    masses = [row["log10_m200c"] for row in json.loads(printed)["clusters"]]
    assert masses == pytest.approx(found.log10_m200c[:5], abs=1e-6)


def test_is_evaluated_and_stands_in_the_report(run_directory, tmp_path, monkeypatch):
    install(tmp_path / "site", monkeypatch)
    mocks, out = run_directory / "mocks", tmp_path / "out"
    above = "--m-sigma-above=14.0"
    command(evaluate, mocks, "--estimators", "toy_richness", "--out", out, above)
    metrics = json.loads((out / "metrics.json").read_text())
    assert {"toy_richness", "m_sigma_pure"} <= set(metrics["table2"])
    assert 0.02 < metrics["table2"]["toy_richness"]["scatter"] < 1.0
    masses = pq.read_table(out / "predictions.parquet")["log10_m200c_toy_richness"].to_numpy()
    assert np.isfinite(masses).all()
    path = run_directory / "predictions.parquet"
    before = pq.read_table(path)
    pq.write_table(before.append_column("log10_m200c_toy_richness", [masses]), path)
    ours = json.loads((run_directory / "metrics.json").read_text())
    ours["table2"]["toy_richness"] = metrics["table2"]["toy_richness"]
    (run_directory / "metrics.json").write_text(json.dumps(ours))
    assert "toy_richness" in write_report(run_directory).read_text()
    pq.write_table(before, path)


def test_settings_and_mistakes_are_its_own(tmp_path, monkeypatch):
    install(tmp_path / "site", monkeypatch)
    assert estimator_class("toy_richness").from_settings({"degree": 2}).settings.degree == 2
    with pytest.raises(ZwickyError, match="toy_richness: unknown key 'degre'; did you mean 'degree'"):
        estimator_class("toy_richness").from_settings({"degre": 2})


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ({"toy_richness": "zwicky_toy:Poverty"}, "'toy_richness' of zwicky-toy cannot be loaded"),
        ({"toy_richness": "zwicky_nowhere:Richness"}, "'toy_richness' of zwicky-toy cannot be loaded"),
        (
            {"toy_richness": "zwicky_toy:RichnessSettings"},
            "must be a subclass",
        ),
        ({"toy_richness": "zwicky.estimators.msigma:MSigma"}, "with that name"),
    ],
)
def test_a_registration_that_leads_nowhere_is_one_line(tmp_path, monkeypatch, points, message):
    install(tmp_path / "site", monkeypatch, points=points)
    with pytest.raises(ZwickyError, match=message) as error:
        estimator_class("toy_richness")
    assert "\n" not in str(error.value)


def test_two_of_one_name_are_refused(tmp_path, monkeypatch):
    install(tmp_path / "a", monkeypatch)
    install(tmp_path / "b", monkeypatch, "other-toy", {"toy_richness": "zwicky_toy:Other"})
    with pytest.raises(ZwickyError, match=r"registered by other-toy .* and zwicky-toy .*; uninstall one"):
        estimator_class("toy_richness")


def test_names_cost_no_import(tmp_path, monkeypatch):
    install(tmp_path / "site", monkeypatch)
    monkeypatch.delitem(sys.modules, "zwicky_toy", raising=False)
    assert "toy_richness" in estimator_names()
    assert "zwicky_toy" not in sys.modules
