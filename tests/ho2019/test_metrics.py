"""`metrics.json` and `losses.json` are what is declared of them, or one line says what is wrong."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings

from damage import damaged_json, one_line_or_no_error
from zwicky.errors import ZwickyError
from zwicky.ho2019.metrics import read_losses, read_metrics
from zwicky.io.files import read_json

RESULTS = Path(__file__).parents[2] / "docs" / "results"
PUBLISHED = [path for path in sorted(RESULTS.glob("*.json")) if "table2" in read_json(path)]


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.stem)
def test_published_runs_are_read(path):
    assert read_metrics(path) == json.loads(path.read_text())


def test_the_made_up_run_is_read(run_directory):
    assert set(read_metrics(run_directory / "metrics.json")["table2"])
    assert set(read_losses(run_directory / "losses.json")) == {"cnn_1d", "cnn_2d"}


@pytest.fixture(scope="module")
def small():
    """A complete run of one method, so that damage meets every kind of value."""
    metrics = read_json(RESULTS / "paper.json")
    for table in ("table1", "table2", "table3", "table4", "leakage"):
        metrics[table] = dict(list(metrics[table].items())[:1])
    metrics["comparisons"], metrics["claims"] = metrics["comparisons"][:1], metrics["claims"][:2]
    return json.dumps(metrics)


def change(metrics, *keys, to):
    inside = metrics
    for key in keys[:-1]:
        inside = inside[key]
    inside[keys[-1]] = to


@pytest.mark.parametrize(
    ("keys", "value", "said"),
    [
        (("table2", "cnn_1d", "scatter"), "0.15", "table2.cnn_1d.scatter = '0.15' is a str; give a float"),
        (("table2", "cnn_1d", "n"), 1.5, "table2.cnn_1d.n = 1.5 is a float; give a int"),
        (("table2", "cnn_1d", "scater"), 0.1, "unknown key 'scater'; did you mean 'scatter'"),
        (("table3", "cnn_1d", "mu_0"), 0.1, "table3.cnn_1d.mu_0 = 0.1 is not a table"),
        (("table4", "cnn_1d", "window"), [0.1], "window = [0.1] has 1 items; give 2"),
        (("universe", "redshift"), True, "universe.redshift = True is a bool"),
        (("timing", "mocks_s"), "long", "timing.mocks_s is no number"),
        (("claims",), {}, "claims = {} is not a list"),
    ],
)
def test_a_value_of_another_kind_is_told(tmp_path, small, keys, value, said):
    metrics = json.loads(small)
    name = next(iter(metrics["table2"]))
    change(metrics, *(name if key == "cnn_1d" else key for key in keys), to=value)
    (tmp_path / "metrics.json").write_text(json.dumps(metrics))
    with pytest.raises(ZwickyError) as error:
        read_metrics(tmp_path / "metrics.json")
    assert said.replace("cnn_1d", name) in str(error.value)


def test_what_is_missing_is_told(tmp_path, small):
    metrics = json.loads(small)
    del metrics["evaluation"]
    (tmp_path / "metrics.json").write_text(json.dumps(metrics))
    with pytest.raises(ZwickyError, match="evaluation"):
        read_metrics(tmp_path / "metrics.json")


def test_structural_damage(tmp_path, small):
    path = tmp_path / "metrics.json"

    @settings(max_examples=60)
    @given(damaged_json(small))
    def attempt(text):
        path.write_text(text)
        with one_line_or_no_error():
            found = read_metrics(path)
            assert isinstance(found["table2"], dict)
            assert isinstance(found["universe"].get("redshift", 0.1), float | int | None)

    attempt()


def test_structural_damage_of_losses(tmp_path):
    path = tmp_path / "losses.json"

    @settings(max_examples=40)
    @given(damaged_json(json.dumps({"cnn_1d": {"train": [[0.1, 0.05]], "validation": [[]]}})))
    def attempt(text):
        path.write_text(text)
        with one_line_or_no_error():
            assert all({"train", "validation"} == set(curves) for curves in read_losses(path).values())

    attempt()
