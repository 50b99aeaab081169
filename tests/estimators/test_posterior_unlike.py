"""Odd clusters: what is spoiled is spoiled so, p is even on clusters like the mocks and small on odd ones."""

import dataclasses

import numpy as np
import pytest
from scipy.stats import kstest, spearmanr

from synthetic_clusters import synthetic_clusters
from zwicky.errors import ZwickyError
from zwicky.estimators.posterior.faults import FAULTS, spoil
from zwicky.estimators.posterior.looks import balanced_rows, look
from zwicky.estimators.posterior.settings import PosteriorSettings
from zwicky.estimators.posterior.told import conditions
from zwicky.estimators.posterior.unlike import Unlike
from zwicky.mocks.conditions import SurveySettings
from zwicky.mocks.deep import views_of_sample

SETTINGS = PosteriorSettings(
    members=1, distilled_epochs=0, hidden=16, components=2, epochs=24, batch=64,
    range_log10_m200c_h=(13.0, 15.3),
    survey=SurveySettings(
        n_galaxies=(20.0, 60.0), aperture_mpc_h=(1.5, 1.6), redshift_error_kms=(5.0, 50.0),
        miscentred_share=0.0,
    ),
)  # fmt: skip


def views(n, seed):
    return views_of_sample(synthetic_clusters(n, seed=seed, interlopers=5, log10_m200c_h=(13.2, 15.2)))


def looks_of(n, seed):
    some, rng = views(n, seed), np.random.default_rng(seed)
    return look(some, balanced_rows(some, SETTINGS, rng=rng), SETTINGS, rng=rng)


@pytest.fixture(scope="module")
def spoiled():
    fine = looks_of(2000, 3)
    fine = dataclasses.replace(fine, view=np.arange(len(fine.view)))
    return fine, *spoil(fine, SETTINGS, rng=np.random.default_rng(4))


def velocities(looks, rows):
    return [looks.v_los[looks.offsets[i] : looks.offsets[i + 1]] for i in rows]


def radii(looks, rows):
    return [looks.r_mpc_h[looks.offsets[i] : looks.offsets[i + 1]] for i in rows]


def test_every_fault_is_made_and_what_is_seen_fits_what_is_told(spoiled):
    fine, odd, kind = spoiled
    assert set(kind) == set(range(len(FAULTS)))
    counts = np.diff(odd.offsets)
    assert counts.min() >= 4
    assert np.allclose(odd.conditions[:, 0], (np.log(counts) - 3.5) / 1.3, atol=1e-5)
    assert np.array_equal(odd.conditions[:, 1:], fine.conditions[odd.view][:, 1:])
    assert np.abs(odd.v_los).max() <= 2200.0
    assert np.all(odd.r_mpc_h <= np.repeat(odd.aperture_mpc_h, counts) + 1e-6)


def test_faults_are_what_they_are_called(spoiled):
    fine, odd, kind = spoiled
    of = {name: np.flatnonzero(kind == i) for i, name in enumerate(FAULTS)}
    as_it_was = {name: odd.view[rows] for name, rows in of.items()}
    exact = fine.conditions[odd.view, 9] == 0

    def spread(looks, rows):
        return np.median([v.std() for v in velocities(looks, rows)])

    blends = of["two clusters taken for one"]
    assert spread(odd, blends) > 1.1 * spread(fine, as_it_was["two clusters taken for one"])
    beside = of["centre beside the cluster"]
    assert np.mean(np.concatenate(radii(odd, beside))) > 1.2 * np.mean(
        np.concatenate(radii(fine, as_it_was["centre beside the cluster"]))
    )
    wrong = of["wrong redshift of the centre"]
    assert np.median([abs(np.median(v)) for v in velocities(odd, wrong[exact[wrong]])]) > 400.0
    # What is put on its median stays there.
    assert np.median([abs(np.median(v)) for v in velocities(odd, wrong[~exact[wrong]])]) < 200.0
    side = of["a side in velocity lost"]
    assert np.mean([max(v.min(), -v.max()) > -150.0 for v in velocities(odd, side[exact[side]])]) > 0.95
    lost = of["the core lost"]
    assert np.min(np.concatenate(radii(odd, lost))) > 0.24 * 1.5
    none = of["no cluster"][exact[of["no cluster"]]]
    r, v = np.concatenate(radii(odd, none)), np.concatenate(velocities(odd, none))
    reach = np.concatenate(
        [np.full(len(x), odd.aperture_mpc_h[i]) for i, x in zip(none, radii(odd, none), strict=True)]
    )
    assert kstest((r / reach) ** 2, "uniform").pvalue > 1e-3
    assert spearmanr(r, np.abs(v)).pvalue > 1e-3


def drawn_conditions(n, seed):
    rng = np.random.default_rng(seed)
    return conditions(
        np.exp(rng.uniform(np.log(4), np.log(400), n)),
        rng.uniform(0.0, 1.2, n),
        rng.uniform(0.3, 1.6, n),
        np.where(rng.random(n) < 0.2, np.nan, rng.uniform(5.0, 350.0, n)),
        rng.integers(-1, 3, n),
        rng.random(n) < 0.4,
        rng.uniform(0.0, 600.0, n),
    )


def test_p_is_even_under_all_conditions_whatever_the_scores_are():
    n = 12000
    told = drawn_conditions(n, 1)
    blue, recentred = told[:, 8] > 0, told[:, 9] > 0
    number = told[:, 0].astype(float)
    middle = number + 2.0 * blue + 1.5 * told[:, 2] * number
    score = np.random.default_rng(2).gumbel(middle, np.where(recentred, 0.3, 1.0) * np.exp(0.3 * number))
    learned, tried = np.arange(n) < n // 2, np.arange(n) >= n // 2
    known = Unlike.fit(score[learned], told[learned])
    p = known.p_value(score[tried], told[tried])
    for kind in (recentred, ~recentred, blue, told[:, 6] > 0, told[:, 2] < 0.5, told[:, 10] > 1.5):
        assert kstest(p[kind[tried]], "uniform").pvalue > 1e-3
    for part in np.array_split(np.argsort(number[tried]), 4):
        assert np.mean(p[part] < 0.1) == pytest.approx(0.1, abs=0.04)
    same = np.repeat(told[:1], 200, axis=0)
    assert np.all(np.diff(known.p_value(np.linspace(-9, 40, 200), same)) <= 0)
    assert known.p_value(np.array([1e9]), told[:1])[0] > 0


def test_conditions_beyond_the_mocks_count_as_the_nearest():
    told = drawn_conditions(3000, 3)
    known = Unlike.fit(told[:, 1] + np.random.default_rng(4).normal(size=3000), told)
    far, edge = told[:50].copy(), told[:50].copy()
    far[:, 1], edge[:, 1] = 40.0, told[:, 1].max()
    score = np.linspace(-3.0, 5.0, 50)
    assert np.array_equal(known.p_value(score, far), known.p_value(score, edge))


@pytest.fixture(scope="module")
def calibrated():
    pytest.importorskip("torch")
    from zwicky.estimators import build_estimator

    estimator = build_estimator("posterior", SETTINGS)
    estimator.fit_views(views(1500, 1), rng=np.random.default_rng(1))
    estimator.calibrate_views(views(500, 2), rng=np.random.default_rng(2))
    return estimator


def test_p_is_even_on_clusters_and_small_on_what_is_none(calibrated):
    sample = synthetic_clusters(600, seed=9, interlopers=5, log10_m200c_h=(13.2, 15.2))
    kept = np.random.default_rng(1).random(sample.offsets[-1]) < 0.6
    sample = sample.select_galaxies(kept & (sample.r_proj_comoving * sample.cosmology.h <= 1.6))
    sample = sample[(sample.n_galaxies >= 20) & (sample.n_galaxies <= 60)]
    sample = dataclasses.replace(sample, centre_error_kms=np.full(len(sample), 0.0))
    p = calibrated.p_unlike(sample)
    assert np.mean(p < 0.05) < 0.15
    half = sample.select_galaxies(sample.v_los > 0)
    half = half[half.n_galaxies >= 20]
    assert np.mean(calibrated.p_unlike(half) < 0.05) > 0.6
    shifted = dataclasses.replace(sample, v_los=sample.v_los + np.float32(1200.0))
    shifted = shifted.select_galaxies(np.abs(shifted.v_los) <= 2200.0)
    shifted = shifted[shifted.n_galaxies >= 20]
    assert np.mean(calibrated.p_unlike(shifted) < 0.05) > 0.6


def test_arrays_give_it_back_and_damage_is_seen():
    rng = np.random.default_rng(5)
    told = drawn_conditions(900, 6)
    known = Unlike.fit(rng.normal(size=900), told)
    some = rng.normal(size=50), drawn_conditions(50, 7)
    assert np.array_equal(Unlike.of(known.arrays()).p_value(*some), known.p_value(*some))
    for broken in ({"edges": np.zeros(99)}, {"level": np.full(96, np.nan)}, {"mean": np.zeros(3)}):
        with pytest.raises(ZwickyError, match="save the model again"):
            Unlike.of(known.arrays() | broken)
    with pytest.raises(ZwickyError, match="too few"):
        Unlike.fit(rng.normal(size=300), told[:300])
