"""Everything the paper measures on mocks drawn from a simple law: each stage, on disk, and in one file."""

import dataclasses

import numpy as np
import pytest

from zwicky.errors import ZwickyError
from zwicky.estimators import CNNSettings, MSigmaSettings
from zwicky.ho2019.calibration import measure_calibration, sample_cluster_row
from zwicky.ho2019.dependence import measure_dependence
from zwicky.ho2019.experiment import NETWORKS, cross_validate_methods, fit_relations, some_test_clusters
from zwicky.ho2019.leakage import measure_leakage, redealt
from zwicky.ho2019.metrics import read_metrics
from zwicky.ho2019.predictions import masses_h, weigh_test
from zwicky.ho2019.results import write_results
from zwicky.ho2019.robustness import measure_robustness
from zwicky.ho2019.weighing_time import time_per_cluster
from zwicky.io.files import read_json
from zwicky.mocks import Mocks, MockSettings
from zwicky.tables import HaloTable, Snapshot

SETTINGS = CNNSettings(epochs=2, device="cpu")
METHODS = {"cnn_1d", "cnn_2d", "m_sigma_pure", "m_sigma_contaminated"}


def halos_of(mocks, seed=9):
    """Halos with the mocks' ids and masses, strewn at random and out of order."""
    ids, first = np.unique(mocks.train.halo_id, return_index=True)
    order = np.random.default_rng(seed).permutation(len(ids))
    n = len(ids)
    zeros, vectors = np.zeros(n), np.zeros((n, 3))
    return HaloTable(
        snapshot=Snapshot("strewn", 0.117, 500.0, mocks.train.cosmology),
        halo_id=ids[order],
        position=np.random.default_rng(seed).uniform(0, 500, (n, 3)),
        velocity=vectors,
        m200c=10 ** mocks.train.log10_m200c[first[order]],
        r200c=zeros,
        sigma_1d=zeros,
        fof_id=np.full(n, -1),
    )


@pytest.fixture(scope="module")
def mocks(clusters):
    """240 halos; those of 10^14 to 10^15 Msun/h are the test sample; three folds."""
    train = clusters(240, seed=1)
    train = dataclasses.replace(train, fold=np.arange(len(train)) % 3)
    inside = (train.log10_m200c_h >= 14) & (train.log10_m200c_h <= 15)
    pure = train.select_galaxies(train.is_member)
    return Mocks(train, train[inside], pure, pure[inside], MockSettings(n_folds=3))


@pytest.fixture(scope="module")
def run(mocks, tmp_path_factory):
    directory = tmp_path_factory.mktemp("run")
    relations = fit_relations(mocks, MSigmaSettings(14.2))
    crossed = cross_validate_methods(
        dict.fromkeys(NETWORKS, SETTINGS), mocks, directory / "training", seed=1, workers=1
    )
    columns, _ = weigh_test(mocks, crossed, relations)
    return directory, relations, crossed, columns


@pytest.fixture(scope="module")
def stages(mocks, run):
    directory, relations, crossed, columns = run
    masses = masses_h(columns, mocks.test.cosmology.h)
    return {
        "table3": measure_dependence(
            directory, mocks.test, masses, seed=1, workdir=directory / "dependence", max_steps=600
        ),
        "table4": measure_robustness(
            mocks, crossed, relations, directory / "drift", seed=1, rates=(0.3, 0.7, 1.0), n_draws=2
        ),
        "leakage": measure_leakage(
            mocks,
            halos_of(mocks),
            crossed,
            directory / "in_space",
            SETTINGS,
            seed=1,
            workers=1,
            n_resamples=50,
        ),
        "calibration": measure_calibration(mocks, crossed, relations, seed=1),
        "per_cluster_us": time_per_cluster(mocks.test, crossed, relations["contaminated"]),
    }


def test_a_run_holds_all_that_the_paper_measures(mocks, run, stages):
    directory, relations, crossed, _ = run
    options = {"universe": {}, "timing": {"mocks_s": 1.0}, "seed": 1}
    write_results(directory, mocks, crossed, relations, **options, **stages)
    metrics = read_json(directory / "metrics.json")
    for table in ("table2", "table3", "table4"):
        assert set(metrics[table]) == METHODS
    assert set(metrics["leakage"]) == {"cnn_1d", "cnn_2d"}
    assert metrics["table2"]["cnn_2d"]["lognormal_factor"] > 1
    assert metrics["timing"]["mocks_s"] == 1.0
    assert read_metrics(directory / "metrics.json")["calibration"]["rows"]
    assert metrics["timing"]["fold_cnn_2d_s"] == pytest.approx(crossed["cnn_2d"].seconds.mean())
    assert {c["number"] for c in metrics["claims"]} == {1, 2, 4, 5, 6, 7}
    with np.load(directory / "table3.npz", allow_pickle=False) as stored:
        assert stored["parameters"].tolist() == ["mu_0", "sigma_0", "sigma_1", "alpha_0", "w_c"]
        for name in METHODS:
            median = np.median(stored[name], axis=0)[0]
            assert median == pytest.approx(metrics["table3"][name]["mu_0"]["median"], abs=0.02)
    assert set(metrics["timing"]["per_cluster_us"]) >= {"image_1d", "image_2d", "cnn_1d", "cnn_2d"}
    assert min(metrics["timing"]["per_cluster_us"].values()) > 0


def test_stages_that_were_not_measured_are_left_out(mocks, run, tmp_path):
    _, relations, crossed, _ = run
    found = write_results(tmp_path, mocks, crossed, relations, universe={}, timing={}, seed=1, run_digest="d")
    assert not {"table3", "table4", "leakage", "calibration"} & set(found)
    assert found["run_digest"] == "d"
    assert {c["number"] for c in found["claims"]} <= {1, 2, 4, 7}
    assert set(read_json(tmp_path / "losses.json")) == {"cnn_1d", "cnn_2d"}


def test_the_known_members_law_is_measured(mocks, stages):
    """Pure velocities follow sigma ~ M^0.34 with 0.03 dex of scatter of its own: 0.09 dex of mass."""
    row = stages["table3"]["m_sigma_pure"]
    assert row["n_clusters"] == len(mocks.test)
    assert row["n_true_median"] == np.median(mocks.test.n_true)
    assert row["sigma_0"]["median"] == pytest.approx(0.03 / 0.34, abs=0.06)
    # ... and the rest is counting noise, sqrt(1 / (2 N)) of sigma: Eq. 13 with sigma_1 = 0.09.
    assert row["sigma_1"]["median"] == pytest.approx(1 / np.sqrt(200) / 0.34 / np.log(10), abs=0.04)


def test_measured_stages_are_found_again(mocks, run, stages, monkeypatch):
    directory, relations, crossed, columns = run

    def never(*args, **kwargs):
        raise AssertionError("computed again")

    monkeypatch.setattr("zwicky.ho2019.dependence.measure_richness", never)
    monkeypatch.setattr("zwicky.evaluation.by_fold.FoldModels.weigh", never)
    masses = masses_h(columns, mocks.test.cosmology.h)
    again = measure_dependence(
        directory, mocks.test, masses, seed=1, workdir=directory / "dependence", max_steps=600
    )
    assert again == stages["table3"]
    options = {"seed": 1, "rates": (0.3, 0.7, 1.0), "n_draws": 2}
    drift = measure_robustness(mocks, crossed, relations, directory / "drift", **options)
    assert drift == stages["table4"]
    with pytest.raises(AssertionError, match="computed again"):
        measure_dependence(directory, mocks.test, masses, seed=2, workdir=directory / "dependence")


def test_machines_may_weigh_a_subset(mocks, tmp_path):
    """The subset is taken for any estimator: a quick one stands in."""
    methods = {"m_sigma": MSigmaSettings(14.2)}
    rows = {"m_sigma": some_test_clusters(mocks, 50, seed=1)}
    whole = cross_validate_methods(methods, mocks, tmp_path / "all", seed=1)["m_sigma"].log10_m200c
    some = cross_validate_methods(methods, mocks, tmp_path / "some", seed=1, rows=rows)["m_sigma"]
    assert np.isfinite(whole).all()
    weighed = np.isfinite(some.log10_m200c)
    assert weighed.sum() == 50
    assert np.array_equal(some.log10_m200c[weighed], whole[weighed])


def test_methods_with_too_few_masses_have_no_row_in_table_3(mocks, tmp_path):
    masses = {"sdm_2d": np.where(np.arange(len(mocks.test)) < 5, 14.5, np.nan)}
    assert measure_dependence(tmp_path, mocks.test, masses, seed=1, workdir=tmp_path) == {}


def test_folds_are_dealt_again_in_space_and_by_mass(mocks):
    halos = halos_of(mocks)
    spatial = redealt(mocks, halos)
    assert spatial.settings.folds == "spatial"
    where = dict(zip(halos.halo_id, halos.position, strict=True))
    fold_of = dict(zip(spatial.train.halo_id, spatial.train.fold, strict=True))
    for name in ("train", "test", "train_pure", "test_pure"):
        sample = getattr(spatial, name)
        assert [fold_of[halo] for halo in sample.halo_id] == sample.fold.tolist()
        assert sample.meta["folds"] == "spatial"
        assert np.array_equal(sample.v_los, getattr(mocks, name).v_los)
    counts = np.bincount(spatial.train.fold)
    assert len(counts) == 3
    assert counts.max() - counts.min() <= 1
    # Blocks: the nearest other halo is mostly of the same fold, by mass rank it seldom is.
    places = np.array([where[halo] for halo in mocks.train.halo_id])
    apart = np.linalg.norm(places[:, None] - places[None], axis=2) + 1e9 * np.eye(len(places))
    nearest = apart.argmin(axis=1)
    assert np.mean(spatial.train.fold[nearest] == spatial.train.fold) > 0.8
    back = redealt(spatial, halos)
    assert back.settings.folds == "halo"
    rank = np.argsort(np.argsort(-back.train.log10_m200c))
    assert np.array_equal(back.train.fold, rank % 3)
    few = dataclasses.replace(mocks.train, halo_id=mocks.train.halo_id + 1)
    with pytest.raises(ZwickyError, match="halo 240 of the mocks is not in the halo table"):
        redealt(dataclasses.replace(mocks, train=few), halos)


def test_a_leak_would_be_the_ratio_of_scatters(stages):
    for row in stages["leakage"].values():
        assert row["ratio"] == pytest.approx(row["spatial_folds"] / row["halo_folds"])
        assert row["low"] < row["ratio"] < row["high"]
        assert row["level"] == 0.95


def test_every_observer_s_method_says_how_sure_it_is(mocks, stages):
    """The shipped posterior under each prior, and the run's own methods with errors of their training."""
    found = stages["calibration"]
    rows = {(row["method"], row["prior"]): row for row in found["rows"]}
    priors = {prior for method, prior in rows if method == "posterior"}
    assert {"flat", "sample", "hmf"} <= priors
    own = {method for method, prior in rows if prior == "training"}
    assert own == METHODS - {"m_sigma_pure"}
    assert set(found["models"]) == {"posterior"}
    for row in rows.values():
        assert row["n"] + row["n_left_out"] == len(mocks.test)
        assert sum(row["pit"]) == pytest.approx(1)
        assert np.all(np.diff(row["inside"]) >= 0)
    # Each network's errors are cross-validated residuals: they hold about what they say.
    assert rows["m_sigma_contaminated", "training"]["inside"][0] == pytest.approx(0.68, abs=0.15)
    cluster = found["cluster"]
    row = sample_cluster_row(mocks.test)
    assert cluster["log10_m200c_h"] == mocks.test.log10_m200c_h[row] == pytest.approx(14.5, abs=0.05)
    assert [(r["method"], r["prior"]) for r in cluster["rows"]] == list(rows)
    assert all(r["p025"] < r["p16"] < r["median"] < r["p84"] < r["p975"] for r in cluster["rows"])
