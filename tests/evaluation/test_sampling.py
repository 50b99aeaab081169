"""Table 4: thinned clusters weighed by their own fold's model; widths against an analytic answer."""

import dataclasses

import numpy as np
import pytest

from zwicky.errors import ZwickyError
from zwicky.estimators import MassPosterior, MSigma, MSigmaSettings, PointEstimator
from zwicky.evaluation.by_fold import FoldModels, fold_relations
from zwicky.evaluation.sampling import AT_LEAST, SubsamplingDeviation, measure_deviations, some_halos
from zwicky.ho2019 import PAPER_TABLE1, PAPER_TABLE4
from zwicky.ho2019.robustness import summarise_deviations
from zwicky.progress import quiet
from zwicky.tables import concatenate


class Counting(PointEstimator):
    """Mass is the number of galaxies; remembers what it was shown."""

    name, about, settings_class, is_fitted = "counting", "A test.", MSigmaSettings, True

    def __init__(self):
        super().__init__()
        self.seen = []

    def fit(self, sample, *, rng, validation=None, checkpoint=None, progress=quiet):
        return self

    def points(self, sample):
        raise NotImplementedError

    def restore(self, numbers, weights):
        raise NotImplementedError

    def predict(self, sample):
        self.seen.append(sample.v_los.copy())
        return MassPosterior.from_points(sample.n_galaxies.astype(float))


def one_fold(sample):
    return dataclasses.replace(sample, fold=np.zeros(len(sample), dtype=int))


def relation(alpha=0.345, sigma15_kms=1078.0):
    model = MSigma()
    model.alpha, model.sigma15_kms = alpha, sigma15_kms
    return model


@pytest.fixture
def small(clusters):
    return one_fold(clusters(30, seed=3))


def test_each_cluster_is_weighed_by_the_model_of_its_fold(clusters):
    train, test = clusters(900, seed=1), clusters(60, seed=2)
    models = fold_relations(train, MSigmaSettings(), test.fold)
    found = models.weigh(test)
    for k in range(10):
        fitted = MSigma().fit(train[train.fold != k], rng=np.random.default_rng(0))
        rows = test.fold == k
        assert np.array_equal(found[rows], fitted.predict(test[rows]).log10_m200c)
    other = fold_relations(clusters(900, seed=4), MSigmaSettings(), test.fold)
    assert other.digest != models.digest
    stranger = dataclasses.replace(test, fold=np.full(60, 12))
    with pytest.raises(ZwickyError, match="fold 12 has no model; there are models of folds 0, 1"):
        models.weigh(stranger)


def test_a_gaussian_clusters_drift_is_the_textbooks(clusters, tmp_path):
    """40 Gaussian velocities, 70 % kept: ln sigma moves by sqrt((1 / r - 1) / 2 N), ten draws by a third."""
    n, n_galaxies, rate = 3000, 40, 0.7
    base = one_fold(clusters(n, seed=5))
    v = np.random.default_rng(6).normal(0, 400, n * n_galaxies)
    sample = dataclasses.replace(
        base,
        offsets=np.arange(n + 1) * n_galaxies,
        v_los=v,
        r_proj_comoving=np.ones(len(v)),
        is_member=np.ones(len(v), dtype=bool),
    )
    alpha = PAPER_TABLE1["pure"]["alpha"]
    models = FoldModels({0: relation(alpha)}, "a")
    (drift,) = measure_deviations(models, sample, tmp_path, seed=1, rates=(rate,))
    expected = np.sqrt((1 / rate - 1) / (2 * n_galaxies)) / alpha / np.log(10)
    for epsilon, scale in ((drift.one_draw, 1.0), (drift.epsilon, np.sqrt(10))):
        p16, p84 = np.percentile(epsilon, [16, 84])
        assert p84 - p16 == pytest.approx(2 * expected / scale, rel=0.08)
        assert abs(np.median(epsilon)) < 0.012
    # Table 4 has 0.179 for this: the width of one draw, three times that of the mean of ten.
    published = PAPER_TABLE4["m_sigma_pure"]["window_width"]
    assert published == pytest.approx(2 * expected, rel=0.1)


def test_a_full_sample_does_not_drift_and_a_poorer_one_does(small, tmp_path):
    drifts = measure_deviations(FoldModels({0: Counting()}, "c"), small, tmp_path, seed=1, rates=(0.5, 1.0))
    n = small.n_galaxies
    np.testing.assert_allclose(drifts[0].epsilon, np.rint(0.5 * n) - n)
    assert np.array_equal(drifts[1].epsilon, np.zeros(len(small)))
    assert np.array_equal(drifts[1].one_draw, np.zeros(len(small)))


def test_all_models_see_the_same_galaxies_and_a_seed_changes_them(small, tmp_path):
    models = [Counting() for _ in range(3)]
    for i, (model, seed) in enumerate(zip(models, (1, 1, 2), strict=True)):
        folds = FoldModels({0: model}, str(i))
        measure_deviations(folds, small, tmp_path / str(i), seed=seed, rates=(0.3, 0.6), n_draws=2)
    first, same, other = (np.concatenate(model.seen) for model in models)
    assert np.array_equal(first, same)
    assert not np.array_equal(first, other)
    # Draws differ from each other, and a rate's draws do not depend on which rates were asked for.
    alone = Counting()
    measure_deviations(FoldModels({0: alone}, "x"), small, tmp_path / "x", seed=1, rates=(0.6,), n_draws=2)
    assert np.array_equal(alone.seen[1], models[0].seen[3])
    assert not np.array_equal(alone.seen[1], alone.seen[2])


def test_a_finished_rate_is_not_weighed_again_and_a_broken_file_is(small, tmp_path):
    def weighings(seed=1, digest="a"):
        model = Counting()
        drifts = measure_deviations(
            FoldModels({0: model}, digest), small, tmp_path, seed=seed, rates=(0.4, 0.8), n_draws=3
        )
        return len(model.seen), drifts

    calls, first = weighings()
    assert calls == 1 + 2 * 3  # all galaxies once, then three draws at two rates
    calls, again = weighings()
    assert calls == 0
    assert all(np.array_equal(a.epsilon, b.epsilon) for a, b in zip(first, again, strict=True))
    (tmp_path / "rate_0.8.safetensors").write_bytes((tmp_path / "rate_0.8.safetensors").read_bytes()[:100])
    calls, repeated = weighings()
    assert calls == 1 + 3
    assert np.array_equal(repeated[1].epsilon, first[1].epsilon)
    assert weighings(seed=2)[0] == 7
    assert weighings(seed=2, digest="b")[0] == 7


def test_three_galaxies_are_always_left_and_draws_without_spread_are_counted(small, tmp_path):
    """Ten galaxies of which nine share a velocity: a draw of three may have no dispersion at all."""
    n = len(small)
    v = np.tile([500.0] + [100.0] * 9, n)
    poor = dataclasses.replace(
        small,
        offsets=10 * np.arange(n + 1),
        v_los=v,
        r_proj_comoving=np.ones(10 * n),
        is_member=np.zeros(10 * n, dtype=bool),
    )
    models = FoldModels({0: relation()}, "a")
    (drift,) = measure_deviations(models, poor, tmp_path, seed=1, rates=(0.1,))
    assert drift.n_lifted == n
    # Each draw misses the one galaxy that differs with a probability of 1 - 3 / 10.
    assert drift.n_failed == pytest.approx(0.7 * 10 * n, rel=0.1)
    assert np.isnan(drift.one_draw).sum() == pytest.approx(0.7 * n, rel=0.4)
    assert np.isfinite(drift.epsilon).sum() > 0.9 * n
    # What is left is always the same three velocities.
    expected = np.log10(np.std([500, 100, 100], ddof=1) / np.std(v[:10], ddof=1)) / 0.345
    np.testing.assert_allclose(drift.epsilon[np.isfinite(drift.epsilon)], expected, rtol=1e-6)
    assert AT_LEAST == 3


@pytest.mark.parametrize("rate", [0.0, -0.2, 1.5])
def test_rates_that_are_none_are_refused(small, tmp_path, rate):
    with pytest.raises(ZwickyError, match="give 0 < rate <= 1"):
        measure_deviations(FoldModels({0: relation()}, "a"), small, tmp_path, seed=1, rates=(rate,))
    with pytest.raises(ZwickyError, match="n_draws = 0; give at least 1"):
        measure_deviations(FoldModels({0: relation()}, "a"), small, tmp_path, seed=1, n_draws=0)


def test_a_subset_holds_whole_halos(clusters):
    sample = clusters(200, seed=7)
    thrice = concatenate([sample, sample, sample])
    rows = some_halos(thrice, 60, rng=np.random.default_rng(1))
    assert 60 <= len(rows) < 63
    assert np.all(np.diff(rows) > 0)
    _, counts = np.unique(thrice.halo_id[rows], return_counts=True)
    assert np.all(counts == 3)
    assert np.array_equal(some_halos(sample, 500, rng=np.random.default_rng(1)), np.arange(200))


def test_the_window_takes_all_rates_in_it_together():
    rng = np.random.default_rng(2)
    rates = [k / 10 for k in range(1, 11)]
    drifts = [
        SubsamplingDeviation(r, rng.normal(r - 1, 0.1, 900), rng.normal(r - 1, 0.3, 900), 90, 9)
        for r in rates
    ]
    drifts[6].epsilon[:5] = np.nan
    row = summarise_deviations(drifts, np.repeat(np.arange(300), 3), rng=np.random.default_rng(3), n_draws=10)
    inside = np.concatenate([d.epsilon for d in drifts[5:8]])
    p16, median, p84 = np.nanpercentile(inside, [16, 50, 84])
    assert row["window"] == [0.6, 0.8]
    assert row["window_median"] == pytest.approx(median)
    assert (row["window_p16"], row["window_p84"]) == pytest.approx((p16 - median, p84 - median))
    assert row["window_width"] == pytest.approx(p84 - p16)
    assert row["one_draw"]["window_width"] > 2 * row["window_width"]
    assert row["median"][0] == pytest.approx(np.median(drifts[0].epsilon))
    assert row["share_failed"][0] == pytest.approx(0.01)
    assert row["share_failed"][-1] == pytest.approx(0.1)  # weighed once
    assert row["share_lifted"] == [0.01] * 10
    # The error of the width, against fresh samples of the same law.
    widths = []
    for _ in range(200):
        fresh = np.concatenate([rng.normal(r - 1, 0.1, 900) for r in rates[5:8]])
        widths.append(np.ptp(np.percentile(fresh, [16, 84])))
    assert row["window_width_error"] == pytest.approx(np.std(widths), rel=0.3)
