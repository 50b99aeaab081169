"""What compares methods: errors, scores, nulls, and pages that say what the numbers say."""

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from validation import galaxy_models, methods
from validation.classical import Line
from validation.methods import judge, score
from validation.methods_sky import left_out

from synthetic_clusters import synthetic_clusters
from zwicky.images import galaxy_moments

DOCS = Path(__file__).resolve().parents[2] / "docs"


def dispersion(sample):
    return np.log10(galaxy_moments(sample).v_sigma)


@pytest.fixture(scope="module")
def learned():
    sample = synthetic_clusters(600, seed=3, log10_m200c_h=(14.2, 15.2))
    return judge(lambda: Line(dispersion), dataclasses.replace(sample, halo_id=np.arange(600)))


def test_errors_are_those_of_halos_that_were_kept_back(learned):
    sample = synthetic_clusters(600, seed=4, log10_m200c_h=(14.2, 15.2))
    point, error = learned.weigh(sample)
    away = point - sample.log10_m200c_h
    assert np.median(away) == pytest.approx(0.0, abs=0.05)
    assert np.mean(np.abs(away) < error) == pytest.approx(0.68, abs=0.08)


def test_a_score_counts_halos_and_what_failed():
    rng = np.random.default_rng(1)
    halo = np.repeat(np.arange(50), 10)
    error = 0.2 * rng.standard_normal(50)[halo]
    error[:20] = np.nan
    found = score(error, halo, np.abs(error) < 0.2, 2.0 * error)
    assert (found["n"], found["halos"], found["failed"]) == (480, 48, 20)
    assert found["ratio"] == pytest.approx(0.5)
    assert found["median_error"] == pytest.approx(1.25 * 0.2 / np.sqrt(48), rel=0.5)
    assert found["inside_68"] == pytest.approx(np.mean(np.abs(error[20:]) < 0.2))


@pytest.mark.parametrize("by", [None, "x"])
def test_the_null_of_a_cluster_never_saw_its_mass(by):
    rng = np.random.default_rng(2)
    x = rng.uniform(1.3, 2.5, 30)
    mass = 14.0 + 0.5 * x
    x = None if by is None else x
    found = left_out(x, mass)
    if by:
        assert found == pytest.approx(mass)
    changed = mass.copy()
    changed[0] += 10.0
    assert left_out(x, changed)[0] == found[0]
    assert not np.isclose(left_out(x, changed)[1], found[1])


@pytest.mark.parametrize(
    ("module", "numbers"), [(methods, "methods.json"), (galaxy_models, "galaxy_models.json")]
)
def test_the_page_says_what_the_numbers_say(module, numbers, tmp_path):
    page = tmp_path / "methods.md"
    shutil.copy(DOCS / "methods.md", page)
    module.write_page(page, json.loads((DOCS / "results" / numbers).read_text(encoding="utf-8")))
    assert page.read_text(encoding="utf-8") == (DOCS / "methods.md").read_text(encoding="utf-8")
