"""Mock clusters as plain files: another's method needs nothing of ours but the folder."""

import numpy as np
import pytest
from astropy.table import Table
from validation.benchmark_clusters import write_benchmark
from validation.mock_clusters import flat_rows, learning

from synthetic_clusters import synthetic_clusters
from zwicky.mocks.deep import views_of_sample
from zwicky.survey.truth import against_truth


@pytest.fixture(scope="module")
def views():
    return views_of_sample(synthetic_clusters(200, seed=3, log10_m200c_h=(13.5, 15.3)))


@pytest.fixture(scope="module")
def written(views, tmp_path_factory):
    folder = tmp_path_factory.mktemp("benchmark")
    samples = [learning(views, n, rng=np.random.default_rng(n)) for n in (300, 200)]
    write_benchmark(*samples, folder)
    return folder, *samples


def test_files_hold_the_clusters(written):
    folder, training, test = written
    for part, sample in (("training", training), ("test", test)):
        galaxies = Table.read(folder / part / "galaxies.csv")
        clusters = Table.read(folder / part / "clusters.csv")
        assert np.array_equal(np.bincount(galaxies["cluster_id"]), sample.n_galaxies)
        assert np.array_equal(clusters["n_galaxies"], sample.n_galaxies)
        comoving = np.asarray(galaxies["r_proj"]) * (1.0 + np.asarray(galaxies["redshift"]))
        assert comoving == pytest.approx(sample.r_proj_comoving, abs=1e-4)
        assert np.asarray(galaxies["v_los"]) == pytest.approx(sample.v_los, abs=0.06)
    assert "log10_m200c" in Table.read(folder / "training" / "clusters.csv").colnames


def test_the_truth_is_apart(written):
    folder, _, test = written
    for name in ("galaxies.csv", "clusters.csv"):
        columns = Table.read(folder / "test" / name).colnames
        assert not {"log10_m200c", "halo_id", "is_member", "n_true"} & set(columns)
    truth = Table.read(folder / "truth" / "clusters.csv")
    assert np.asarray(truth["log10_m200c"]) == pytest.approx(test.log10_m200c, abs=1e-4)
    readme = (folder / "README.md").read_text()
    assert "67.8" in readme
    assert "{" not in readme


def test_an_entry_of_a_name_and_a_mass_is_scored(written, tmp_path):
    folder, _, test = written
    taught = Table.read(folder / "training" / "clusters.csv")
    middle = float(np.median(taught["log10_m200c"]))
    mass = np.full(len(test), middle)
    Table({"cluster_id": np.arange(len(test)), "log10_m200c": mass}).write(tmp_path / "entry.csv")
    found = against_truth(tmp_path / "entry.csv", folder / "truth" / "clusters.csv")
    assert found["weighed"] == len(test)
    assert found["all"]["median_dex"] == pytest.approx(np.median(middle - test.log10_m200c), abs=1e-4)
    assert found["all"]["halos"] > 20


def test_rows_are_flat_in_mass(views):
    rows = flat_rows(views, 4000, (13.5, 15.3), rng=np.random.default_rng(1))
    counts = np.histogram(views.log10_m200c_h[rows], np.arange(13.5, 15.35, 0.1))[0]
    assert counts.min() > 0.7 * 4000 / 18
    assert counts.max() < 1.3 * 4000 / 18
