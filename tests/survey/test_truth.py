"""Masses against the truth: of any method, with errors that count halos."""

import json

import numpy as np
import pytest
from astropy.table import Table

from zwicky.cli import main
from zwicky.errors import ZwickyError
from zwicky.survey.truth import against_truth


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """600 looks at 40 halos, whose masses are 0.1 dex too high, by 0.2 dex from halo to halo."""
    folder = tmp_path_factory.mktemp("truth")
    rng = np.random.default_rng(1)
    halo = np.repeat(np.arange(40), 15)
    true = rng.uniform(14.0, 15.0, 40)[halo]
    of_halo = 0.2 * rng.standard_normal(40)
    mass = true + 0.1 + of_halo[halo]
    n = rng.integers(5, 100, len(halo))
    columns = {"cluster_id": np.arange(600), "log10_m200c": true}
    Table(columns | {"halo_id": halo, "n_galaxies": n}).write(folder / "truth.csv")
    Table(columns).write(folder / "no_halos.csv")
    Table({"cluster_id": np.arange(600)[::-1], "log10_m200c": mass[::-1]}).write(folder / "points.csv")
    ends = {"log10_m200c_p16": mass - 0.3, "log10_m200c_p84": mass + 0.3}
    Table({"cluster_id": np.arange(600), "log10_m200c": mass} | ends).write(folder / "widths.csv")
    return folder, of_halo


def test_points_alone_are_an_entry(files):
    folder, of_halo = files
    found = against_truth(folder / "points.csv", folder / "truth.csv")
    assert found["weighed"] == 600
    assert found["all"]["median_dex"] == pytest.approx(0.1 + np.median(of_halo), abs=0.02)
    assert "inside_68" not in found["all"]
    assert sum(one["n"] for one in found["by_n_galaxies"].values()) == 600


def test_errors_are_those_of_forty_halos_and_not_of_six_hundred_looks(files):
    folder, _ = files
    found = against_truth(folder / "points.csv", folder / "truth.csv")["all"]
    assert found["halos"] == 40
    assert found["median_error_dex"] == pytest.approx(1.25 * 0.2 / np.sqrt(40), rel=0.5)
    assert "halos" not in against_truth(folder / "points.csv", folder / "no_halos.csv")["all"]


def test_intervals_of_one_level_are_enough(files):
    folder, of_halo = files
    found = against_truth(folder / "widths.csv", folder / "truth.csv")["all"]
    assert found["inside_68"] == pytest.approx(np.mean(np.abs(0.1 + of_halo) <= 0.3))
    assert "inside_95" not in found


def test_a_table_without_masses_is_refused_by_its_name(files, tmp_path):
    folder, _ = files
    Table({"cluster_id": [1], "mass": [14.0]}).write(tmp_path / "other.csv")
    with pytest.raises(ZwickyError, match=r"other\.csv: has no column log10_m200c; it has cluster_id, mass"):
        against_truth(tmp_path / "other.csv", folder / "truth.csv")


def test_the_command_says_them(files, tmp_path, capsys):
    folder, _ = files
    out = tmp_path / "score.json"
    masses, truth = folder / "widths.csv", folder / "truth.csv"
    with pytest.raises(SystemExit) as end:
        main(["evaluate", str(masses), "--truth", str(truth), "--out", str(out)])
    said = capsys.readouterr().out
    assert not end.value.code
    assert "600 of 600 clusters with a true mass weighed" in said
    assert " +- 0.0" in said
    assert json.loads(out.read_text())["all"]["halos"] == 40
