"""A model card's numbers are those of settings and evidence, and it says where the model fails."""

import copy

import numpy as np
import pytest

from zwicky.errors import ZwickyError
from zwicky.estimators import load_model, read_provenance, save_model, shipped_models
from zwicky.estimators.conditional_card import calibration_text, evidence_of, failures_text
from zwicky.estimators.model_card import model_card
from zwicky.estimators.model_files import renew_card


def numbers(median, held, n=1234):
    errors = {"n": n, "halos": 300, "median": median, "median_error": 0.012, "scatter": 0.241}
    shares = {"inside_68": held, "inside_90": 0.9, "inside_95": 0.951}
    return errors | {"scatter_error": 0.009, "pull": 1.0} | shares


RESULTS = {
    "all": numbers(-0.013, 0.684),
    "pit": [1, 2, 3],
    "by galaxies": {
        "4 to 8": numbers(0.021, 0.701),
        "4 to 5": numbers(0.127, 0.77),
        "8 to 16": {"n": 3, "halos": 2},
    },
    "by tracer": {"1 to 2": numbers(-0.034, 0.671)},
    "beyond training": {
        "nothing": numbers(0.02, 0.69),
        "velocity bias 0.85": numbers(-0.15, 0.51),
        "interlopers x 2": numbers(0.03, 0.66),
        "wide errors": numbers(0.01, 0.55),
    },
}


def test_evidence_is_what_was_measured_and_no_more():
    evidence = evidence_of(RESULTS)
    assert set(evidence) == {"all", "by galaxies", "by tracer", "beyond training"}
    assert "pull" not in evidence["all"]
    assert evidence == evidence_of({"unseen": RESULTS})
    with pytest.raises(ZwickyError, match="no entry 'all'"):
        evidence_of({"pit": [1, 2]})


def test_calibration_is_a_table_of_the_evidence():
    text = calibration_text({"stretch": 0.98293, "floor_dex": 0.03}, evidence_of(RESULTS))
    assert "stretch 0.9829, floor_dex 0.03" in text
    assert "| all | 1,234 | 300 | -0.013 ± 0.012 | 0.241 ± 0.009 | 68 / 90 / 95 |" in text
    assert "| 4 to 8 galaxies | 1,234 | 300 | +0.021" in text
    assert "8 to 16" not in text  # too few to say anything
    assert "| tracer red |" in text
    assert "Not yet measured" in calibration_text({}, None)


def test_failures_are_found_in_the_evidence():
    """What moves a median by more than 0.05 dex from where it is without, or holds less than 60 %."""
    text = failures_text(evidence_of(RESULTS))
    assert "- **velocity bias 0.85: the median moves by -0.17 dex, 68 % intervals hold 51 %**" in text
    assert "- **wide errors: the median moves by -0.01 dex" in text
    assert "- interlopers x 2: the median moves by +0.01 dex, 68 % intervals hold 66 % (holds)" in text
    assert "- **4 to 5 galaxies: median +0.13 dex, 68 % intervals hold 77 %**" in text
    assert "4 to 8" not in text
    assert "velocity bias" not in failures_text(None)


@pytest.fixture(scope="module")
def posterior():
    return load_model("posterior")


def test_the_card_of_a_posterior_says_what_it_is_told(posterior):
    card = model_card(posterior, {"seed": 4, "universes": ["small", "peak_00"]})
    survey = posterior.settings.survey
    for head in ("Intended use", "What it is told, and what it averages over", "Known failures", "Settings"):
        assert f"\n## {head}\n" in card
    assert f"| {survey.redshift_error_kms[0]:g} to {survey.redshift_error_kms[1]:g} km/s |" in card
    low, high = survey.velocity_bias
    assert f"{low:g} to {high:g}" in card
    floor = posterior.calibration.floor_dex
    assert "zwicky train small peak_00 --estimator posterior --out posterior --seed 4" in card
    assert f"--floor-dex {floor:g}" in card


def test_other_models_have_cards_without_conditions():
    card = model_card(load_model("m_sigma"), {"command": "zwicky mock u --out m; zwicky train m"})
    assert "What it is told" not in card
    assert "```sh\nzwicky mock u --out m\nzwicky train m\n```" in card


def test_evidence_changes_the_card_and_nothing_else(posterior, tmp_path):
    facts = {"seed": 4, "note": "kept"}
    save_model(tmp_path / "model", posterior, facts)
    before = {p.name: p.read_bytes() for p in (tmp_path / "model").iterdir()}
    renew_card(tmp_path / "model", copy.deepcopy(RESULTS))
    after = {p.name: p.read_bytes() for p in (tmp_path / "model").iterdir()}
    assert {n for n in after if after[n] != before.get(n)} == {"MODEL_CARD.md", "provenance.json"}
    told = read_provenance(tmp_path / "model")
    assert (told["note"], told["evidence"]) == ("kept", evidence_of(RESULTS))
    assert "velocity bias 0.85" in after["MODEL_CARD.md"].decode()
    loaded = load_model(tmp_path / "model")
    assert all(np.array_equal(v, loaded.weights()[k]) for k, v in posterior.weights().items())


@pytest.mark.parametrize("name", shipped_models())
def test_a_shipped_card_is_the_one_of_its_model(name):
    """After weights or results changed: ``python -m validation.model_card`` with the model's directory."""
    told = {k: v for k, v in read_provenance(name).items() if k != "sha256"}
    assert (shipped_models()[name] / "MODEL_CARD.md").read_text() == model_card(load_model(name), told)
