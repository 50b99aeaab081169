"""The paper's conclusions as a checklist: the paper agrees with itself, and a worse run does not."""

import copy

import numpy as np
import pytest

from zwicky.diagnostics import lognormal_factor
from zwicky.ho2019 import PAPER_EDGEWORTH, PAPER_TABLE2, PAPER_TABLE3, PAPER_TABLE4, PAPER_TIMES_S
from zwicky.ho2019.claim import VERDICTS, bound, level, reduction, time_claim
from zwicky.ho2019.claims import check_claims
from zwicky.ho2019.paper import paper_scatter_ratio
from zwicky.ho2019.summary import COMPARISONS
from zwicky.io.files import read_json, write_json

KEYS = {"number", "claim", "unit", "paper", "ours", "error", "sigma", "verdict", "text"}


@pytest.fixture
def papers_run():
    """Metrics of a run that found what the paper did, with errors."""
    table2 = {
        name: {
            **row,
            "median_error": 0.002,
            "lognormal_factor": lognormal_factor(row["scatter"]),
            "edgeworth_term": PAPER_EDGEWORTH[name],
            "edgeworth_term_error": 0.001,
        }
        for name, row in PAPER_TABLE2.items()
    }
    comparisons = [
        {
            "method": one,
            "other": two,
            "ratio": paper_scatter_ratio(one, two),
            "error": 0.01,
            "paper": paper_scatter_ratio(one, two),
            "text": "as published",
        }
        for one, two in COMPARISONS
    ]
    table3 = copy.deepcopy(dict(PAPER_TABLE3))
    for row in table3.values():
        row["mu_0"]["median"] = 0.0
        for name in ("mu_0", "sigma_0", "sigma_1", "alpha_0"):
            row[name]["halo_bootstrap_error"] = 0.002
    drift = {name: {**row, "window_width_error": 0.002} for name, row in PAPER_TABLE4.items()}
    timing = {
        "fold_cnn_1d_s": PAPER_TIMES_S["cnn_fold"],
        "fold_cnn_2d_s": PAPER_TIMES_S["cnn_fold"],
        "folds_cnn_1d_s": PAPER_TIMES_S["cnn_ten_folds"],
        "folds_cnn_2d_s": PAPER_TIMES_S["cnn_ten_folds"],
        "folds_sdm_1d_s": PAPER_TIMES_S["sdm_ten_folds"],
        "folds_sdm_2d_s": PAPER_TIMES_S["sdm_ten_folds"],
        "per_cluster_us": {"image_1d": 73.0, "image_2d": 410.0, "cnn_1d": 44.0, "cnn_2d": 44.0},
    }
    return {
        "table2": table2,
        "comparisons": comparisons,
        "table3": table3,
        "table4": {name: {**row, "one_draw": row} for name, row in drift.items()},
        "timing": timing,
    }


def losses(rise):
    curves = [np.linspace(1, 0.5, 20) * (1 + wobble) for wobble in (0.0, 0.01, 0.02)]
    for curve in curves:
        curve[15:] += rise
    return {"cnn_2d": {"train": curves, "validation": curves}}


def test_the_paper_agrees_with_itself_on_every_conclusion(papers_run, tmp_path):
    found = check_claims(papers_run, losses(0.0))
    assert {c["number"] for c in found} == set(range(1, 8))
    assert [c["number"] for c in found] == sorted(c["number"] for c in found)
    assert all(set(c) == KEYS for c in found)
    differing = [c["claim"] for c in found if c["verdict"] != "agrees"]
    assert differing == []
    sigmas = [c["sigma"] for c in found if c["sigma"] is not None]
    np.testing.assert_allclose(sigmas, 0.0, atol=1e-6)
    write_json(tmp_path / "claims.json", {"claims": found})
    assert len(read_json(tmp_path / "claims.json")["claims"]) == len(found)


def test_the_published_percentages_are_in_the_list(papers_run):
    """Sec. 6: 24, 45, 58, 10, 32 and 17 per cent of scatter, 1.7 per cent of counts, 30 of width."""
    found = check_claims(papers_run)
    papers = [c["paper"] for c in found if c["unit"] == "%" and c["paper"] is not None]
    for published in (24, 45, 58, 10, 32, 17, 1.7, 30):
        assert np.min(np.abs(np.array(papers) - published)) < 0.5


def test_a_run_in_which_the_second_dimension_does_not_help_is_told_so(papers_run):
    row = next(r for r in papers_run["comparisons"] if (r["method"], r["other"]) == ("cnn_2d", "cnn_1d"))
    row["ratio"] = 1.05
    found = next(c for c in check_claims(papers_run) if "scatter of CNN_1D" in c["claim"])
    assert found["verdict"] == "opposite sign"
    assert found["ours"] == pytest.approx(-5.0)
    assert found["sigma"] == pytest.approx((24.14 + 5) / 1.0, rel=0.01)
    assert found["text"].startswith("The sign is not the paper's.")


def test_bias_shape_drift_and_overfitting_are_judged(papers_run):
    papers_run["table2"]["cnn_1d"]["median"] = -0.04
    papers_run["table2"]["sdm_2d"]["edgeworth_term"] = -0.001  # its size is what counts
    papers_run["table3"]["cnn_2d"]["alpha_0"]["median"] = 1.2
    papers_run["table4"]["m_sigma_pure"]["one_draw"] = {"window_width": 0.1, "window_width_error": 0.001}
    differ = [c["claim"] for c in check_claims(papers_run, losses(0.2)) if c["verdict"] != "agrees"]
    expected = ("CNN_1D has little bias", "lowest of all", "alpha_0 = 1", "single draws", "does not overfit")
    for words in expected:
        assert any(words in claim for claim in differ), words


def test_what_a_run_lacks_is_left_out(papers_run):
    only = {"table2": {"m_sigma_pure": papers_run["table2"]["m_sigma_pure"]}, "comparisons": []}
    assert check_claims(only) == []
    del papers_run["table4"], papers_run["table3"], papers_run["timing"]
    papers_run["comparisons"][0]["ratio"] = float("nan")
    found = check_claims(papers_run)
    assert {c["number"] for c in found} == {1, 2, 3, 4}
    assert not any(c["claim"] == "CNN_2D reduces the scatter of M-sigma (contaminated)" for c in found)


def test_means_of_ten_draws_are_not_set_against_single_ones(papers_run):
    """The published widths are those of single draws: four statements, two networks against two families."""
    widths = [c["claim"] for c in check_claims(papers_run) if c["number"] == 6]
    assert len(widths) == 4
    assert all("single draws" in claim for claim in widths)
    for row in papers_run["table4"].values():
        del row["one_draw"]
    assert [c for c in check_claims(papers_run) if c["number"] == 6] == []


def test_a_time_that_was_not_measured_enters_no_claim(papers_run):
    del papers_run["timing"]["fold_cnn_2d_s"], papers_run["timing"]["folds_cnn_2d_s"]
    found = [c["claim"] for c in check_claims(papers_run) if c["number"] == 7]
    assert "CNN_2D: one fold trains in about a minute" not in found
    assert "CNN_2D's ten folds take less time than SDM_2D's" not in found
    assert "CNN_1D: one fold trains in about a minute" in found


def test_the_rules():
    def verdict(found):
        assert found["verdict"] in VERDICTS
        return found["verdict"]

    assert verdict(reduction(1, "", 24.0, 20.0, 0.1)) == "agrees"  # within a fifth
    assert verdict(reduction(1, "", 24.0, 12.0, 5.0)) == "agrees"  # within 3 errors
    assert verdict(reduction(1, "", 24.0, 12.0, 1.0)) == "weaker"
    assert verdict(reduction(1, "", 24.0, 36.0, 1.0)) == "stronger"
    assert verdict(reduction(1, "", -24.0, -36.0, 1.0)) == "stronger"
    assert verdict(reduction(1, "", 2.0, -0.1, 1.0)) == "weaker"  # within errors, but the other way
    assert verdict(reduction(1, "", 2.0, -3.1, 1.0)) == "opposite sign"
    assert verdict(reduction(1, "", 90.0, -1.0, np.nan)) == "opposite sign"
    assert verdict(level(1, "", 0.0, 0.015, 0.001, 0.02)) == "agrees"
    assert verdict(level(1, "", 0.0, 0.05, 0.02, 0.02)) == "agrees"
    assert verdict(level(1, "", 0.0, 0.05, 0.01, 0.02)) == "stronger"
    assert verdict(level(1, "", -0.003, 0.05, 0.01, 0.02)) == "stronger"  # of a sign that the paper has not
    assert verdict(level(1, "", -0.3, 0.05, 0.01, 0.02)) == "opposite sign"
    assert verdict(level(1, "", 1.0, 0.9, 0.01, 0.05)) == "weaker"
    assert verdict(bound(1, "", -1.0, 0.2, 0.1)) == "agrees"
    assert verdict(bound(1, "", -1.0, 0.4, 0.1)) == "opposite sign"
    assert time_claim(7, "", 60.0, 3.0)["text"] == "20 times faster here."
    assert verdict(time_claim(7, "", 60.0, 61.0)) == "weaker"
    assert time_claim(7, "", 60.0, 61.0)["sigma"] is None
