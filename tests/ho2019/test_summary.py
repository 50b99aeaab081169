"""`metrics.json`: what it holds, over which clusters, and that nothing in it depends on its company."""

import numpy as np
import pytest

from zwicky.errors import ZwickyError
from zwicky.ho2019 import PAPER_TABLE2
from zwicky.ho2019.paper import paper_scatter_ratio
from zwicky.ho2019.summary import summarise
from zwicky.io.files import read_json, write_json

TABLE1 = {"pure": {"sigma15_kms": 1070.0, "alpha": 0.35, "scatter_dex": 0.05}}


@pytest.fixture
def run():
    rng = np.random.default_rng(20)
    halo = np.repeat(np.arange(600), 3)
    truth = np.repeat(rng.uniform(13.5, 15.3, 600), 3)
    errors = {"cnn_1d": 0.16, "cnn_2d": 0.12, "m_sigma_pure": 0.19, "m_sigma_contaminated": 0.3}
    predictions = {name: truth + rng.normal(0, sigma, len(truth)) for name, sigma in errors.items()}
    return truth, predictions, halo


def summary(truth, predictions, halo, seed=0, **kwargs):
    return summarise(
        truth,
        predictions,
        halo,
        universe={"n_particles": 8},
        table1=TABLE1,
        timing={"mocks": 1.5},
        rng=np.random.default_rng(seed),
        n_resamples=100,
        **kwargs,
    )


def test_only_the_papers_mass_range_counts(run):
    truth, predictions, halo = run
    inside = (truth >= 14) & (truth <= 15)
    found = summary(truth, predictions, halo)
    row = found["table2"]["cnn_2d"]
    assert row["n"] == inside.sum() == found["evaluation"]["n_clusters"]
    assert row["n_halos"] == len(np.unique(halo[inside])) == found["evaluation"]["n_halos"]
    epsilon = (predictions["cnn_2d"] - truth)[inside]
    assert row["scatter"] == pytest.approx(epsilon.std(ddof=1))
    wider = summary(truth, predictions, halo, range_log10_m200c_h=(13.5, 16.0))
    assert wider["table2"]["cnn_2d"]["n"] == len(truth)


def test_comparisons_bracket_the_ratio_and_stand_beside_the_papers(run):
    found = {(c["method"], c["other"]): c for c in summary(*run)["comparisons"]}
    assert len(found) == 5
    best = found["cnn_2d", "m_sigma_contaminated"]
    assert best["ratio"] == pytest.approx(0.12 / 0.30, rel=0.08)
    assert best["low"] < best["ratio"] < best["high"]
    # Sec. 6, conclusions 1 and 2: reductions of 24, 45, 58, 10 and 32 per cent.
    published = [1 - found[pair]["paper"] for pair in found]
    np.testing.assert_allclose(published, [0.58, 0.45, 0.32, 0.10, 0.24], atol=0.006)


def test_papers_sentence_on_sdm_follows_from_its_table():
    assert 1 - paper_scatter_ratio("cnn_2d", "sdm_2d") == pytest.approx(0.17, abs=0.005)
    assert set(PAPER_TABLE2) >= {"cnn_1d", "cnn_2d", "m_sigma_pure", "m_sigma_contaminated"}


def test_a_methods_numbers_do_not_depend_on_the_others(run):
    truth, predictions, halo = run
    everything = summary(truth, predictions, halo, seed=3)
    alone = summary(truth, {"cnn_2d": predictions["cnn_2d"]}, halo, seed=3)
    assert alone["table2"]["cnn_2d"] == everything["table2"]["cnn_2d"]
    assert alone["comparisons"] == []
    other_seed = summary(truth, predictions, halo, seed=4)
    assert other_seed["table2"]["cnn_2d"] != everything["table2"]["cnn_2d"]


def test_it_survives_json_even_where_a_method_has_no_predictions(run, tmp_path):
    truth, predictions, halo = run
    predictions["m_sigma_pure"] = np.full_like(truth, np.nan)
    write_json(tmp_path / "metrics.json", summary(truth, predictions, halo))
    back = read_json(tmp_path / "metrics.json")
    assert back["table2"]["m_sigma_pure"]["n"] == 0
    assert back["table2"]["m_sigma_pure"]["scatter"] is None
    assert back["universe"] == {"n_particles": 8}
    assert back["table1"] == TABLE1
    assert back["timing"] == {"mocks": 1.5}


def test_predictions_must_be_one_a_cluster(run):
    truth, _, halo = run
    with pytest.raises(ZwickyError, match=r"'cnn_2d' have shape \(3,\)"):
        summary(truth, {"cnn_2d": np.zeros(3)}, halo)
