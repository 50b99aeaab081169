"""Reading a run: the right numbers in the right units, and one clear line when a file is spoilt."""

import shutil

import numpy as np
import pyarrow.parquet as pq
import pytest

from zwicky.errors import ZwickyError
from zwicky.ho2019.report import read_galaxies, read_run, write_report
from zwicky.io.files import read_json, write_json


@pytest.fixture
def copy(run_directory, tmp_path):
    """A run of one's own to spoil."""
    return shutil.copytree(run_directory, tmp_path / "copy")


def test_masses_are_in_the_papers_unit(run, run_directory):
    table = pq.read_table(run_directory / "predictions.parquet")
    true = table["log10_m200c"].to_numpy()
    np.testing.assert_allclose(run.predictions.log10_true_h, true + np.log10(0.678))
    assert run.predictions.log10_true_h.min() >= 14.0
    epsilon = run.predictions.log10_predicted_h["cnn_2d"] - run.predictions.log10_true_h
    np.testing.assert_allclose(epsilon, table["log10_m200c_cnn_2d"].to_numpy() - true, atol=1e-12)


def test_every_method_is_found(run):
    assert set(run.predictions.log10_predicted_h) == {
        "cnn_1d",
        "cnn_2d",
        "m_sigma_pure",
        "m_sigma_contaminated",
        "sdm_1d",
        "sdm_2d",
    }


def test_galaxies_belong_to_the_halos(run):
    galaxies = read_galaxies(run)
    hosts = galaxies.host_id[galaxies.host_id >= 0]
    assert np.isin(hosts, run.halos.halo_id).all()
    assert galaxies.snapshot == run.halos.snapshot


def test_a_universe_of_several_redshifts_gives_the_runs_own(run, copy):
    universe = copy / "universe"
    shutil.copy(universe / "halos_z0.117.parquet", universe / "halos_z0.000.parquet")
    assert len(read_run(copy).halos) == len(run.halos)
    metrics = read_json(copy / "metrics.json")
    metrics["universe"]["redshift"] = 0.5
    write_json(copy / "metrics.json", metrics)
    with pytest.raises(ZwickyError, match=r"halos_z0\.500\.parquet: cannot be read"):
        read_run(copy)


def test_not_a_run(tmp_path):
    with pytest.raises(ZwickyError, match="is not a directory; give one that `zwicky reproduce"):
        read_run(tmp_path / "nowhere")


FILES = (
    "run.toml",
    "metrics.json",
    "losses.json",
    "predictions.parquet",
    "universe/halos_z0.117.parquet",
    "universe/diagnostics_z0.117.npz",
    "table3.npz",
    "universe/provenance.json",
    "mocks/provenance.json",
)


# The mocks' provenance is a sign of completeness: only its presence counts, so it is last and never garbage.
# Without the samples of Table 3 a report is complete but for its corner plot.
@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        *((name, "missing") for name in FILES if name != "table3.npz"),
        *((name, "garbage") for name in FILES[:-1]),
    ],
)
def test_a_spoilt_file_is_named_in_one_line_and_nothing_is_written(copy, name, spoil):
    (copy / "report.html").unlink(missing_ok=True)
    path = copy / name
    path.unlink()
    if spoil == "garbage":
        path.write_bytes(b"\xff\x00 not what it should be")
    with pytest.raises(ZwickyError) as caught:
        write_report(copy)
    assert "\n" not in str(caught.value)
    assert path.stem.partition("_z")[0] in str(caught.value)
    assert ";" in str(caught.value)  # and what to do about it
    assert not (copy / "report.html").exists()


def test_diagnostics_without_a_curve_say_which(copy):
    path = copy / "universe" / "diagnostics_z0.117.npz"
    with np.load(path) as file:
        kept = {name: file[name] for name in file if name != "power_linear"}
    np.savez(path, **kept)
    with pytest.raises(ZwickyError, match="lacks power_linear"):
        read_run(copy)


def test_samples_of_other_parameters_are_refused(copy):
    np.savez(copy / "table3.npz", parameters=np.array(["mu_0"]), cnn_2d=np.zeros((10, 5)))
    with pytest.raises(ZwickyError, match=r"cnn_2d has shape \(10, 5\), not a column for each of mu_0;"):
        read_run(copy)


def test_samples_are_read_by_parameter(run, run_directory):
    with np.load(run_directory / "table3.npz") as file:
        expected = file["cnn_2d"][:, list(file["parameters"]).index("sigma_1")]
    np.testing.assert_array_equal(run.posteriors["cnn_2d"]["sigma_1"], expected)


def test_predictions_without_a_truth(copy):
    path = copy / "predictions.parquet"
    pq.write_table(pq.read_table(path).drop_columns(["log10_m200c"]), path)
    with pytest.raises(ZwickyError, match="column 'log10_m200c' is missing"):
        read_run(copy)
