"""Residual statistics against scipy, analytic errors, and the properties a halo bootstrap must have."""

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from zwicky.diagnostics import binned_quantiles, compare_scatter, residual_statistics, residuals
from zwicky.diagnostics.bootstrap import weighted_quantiles
from zwicky.errors import ZwickyError


@pytest.fixture
def skewed():
    """Residuals with skewness and kurtosis, three lines of sight a halo that share half their variance."""
    rng = np.random.default_rng(5)
    halo = np.repeat(np.arange(2000), 3)
    common = np.repeat(rng.gamma(4.0, 0.05, 2000), 3)
    return common + rng.normal(0.0, 0.1, len(halo)), halo


def test_epsilon_is_the_log_of_the_mass_ratio():
    assert residuals(np.log10([2e14]), np.log10([1e14]))[0] == pytest.approx(np.log10(2.0))


def test_statistics_match_numpy_and_scipy(skewed):
    epsilon, halo = skewed
    found = residual_statistics(epsilon, halo, rng=np.random.default_rng(0), n_resamples=20)
    p16, p84 = np.percentile(epsilon, [16, 84]) - np.median(epsilon)
    assert found.n == len(epsilon)
    assert found.n_halos == 2000
    assert found.median == pytest.approx(np.median(epsilon), abs=1e-12)
    assert (found.p16, found.p84) == pytest.approx((p16, p84), abs=1e-12)
    assert found.scatter == pytest.approx(epsilon.std(ddof=1), rel=1e-10)
    assert found.skewness == pytest.approx(scipy.stats.skew(epsilon), rel=1e-9)
    assert found.kurtosis == pytest.approx(scipy.stats.kurtosis(epsilon), rel=1e-9)


def test_errors_of_independent_gaussian_rows_are_the_textbook_ones():
    n, sigma = 4000, 0.2
    epsilon = np.random.default_rng(1).normal(0.0, sigma, n)
    found = residual_statistics(epsilon, np.arange(n), rng=np.random.default_rng(2), n_resamples=2000)
    assert found.scatter_error == pytest.approx(sigma / np.sqrt(2 * n), rel=0.12)
    assert found.median_error == pytest.approx(sigma * np.sqrt(np.pi / (2 * n)), rel=0.15)
    assert found.skewness_error == pytest.approx(np.sqrt(6 / n), rel=0.15)
    assert found.kurtosis_error == pytest.approx(np.sqrt(24 / n), rel=0.25)


def test_repeating_every_row_does_not_shrink_the_errors():
    """Nine identical lines of sight of a halo say no more than one."""
    epsilon = np.random.default_rng(3).normal(0.0, 0.2, 500)
    halo = np.arange(500)
    once = residual_statistics(epsilon, halo, rng=np.random.default_rng(4))
    nine = residual_statistics(np.repeat(epsilon, 9), np.repeat(halo, 9), rng=np.random.default_rng(4))
    rows = residual_statistics(np.repeat(epsilon, 9), np.arange(4500), rng=np.random.default_rng(4))
    assert nine.scatter_error == pytest.approx(once.scatter_error, rel=0.02)
    assert rows.scatter_error == pytest.approx(once.scatter_error / 3, rel=0.15)


def test_bootstrap_percentile_errors_match_scipy_bootstrap():
    epsilon = np.random.default_rng(6).gumbel(0.0, 0.1, 400)

    def upper(x, axis):
        return np.percentile(x, 84, axis=axis) - np.median(x, axis=axis)

    oracle = scipy.stats.bootstrap((epsilon,), upper, n_resamples=3000, rng=np.random.default_rng(7))
    found = residual_statistics(epsilon, np.arange(400), rng=np.random.default_rng(8), n_resamples=3000)
    assert found.p84_error == pytest.approx(oracle.standard_error, rel=0.08)


def test_same_seed_same_errors_and_row_order_is_irrelevant(skewed):
    epsilon, halo = skewed
    shuffle = np.random.default_rng(9).permutation(len(halo))
    first = residual_statistics(epsilon, halo, rng=np.random.default_rng(10), n_resamples=50)
    second = residual_statistics(
        epsilon[shuffle], halo[shuffle], rng=np.random.default_rng(10), n_resamples=50
    )
    assert second.scatter_error == pytest.approx(first.scatter_error, rel=1e-9)
    assert second.p16_error == pytest.approx(first.p16_error, rel=1e-9)


def test_rows_without_a_prediction_are_left_out(skewed):
    epsilon, halo = skewed
    holes = epsilon.copy()
    holes[::4] = np.nan
    keep = np.isfinite(holes)
    found = residual_statistics(holes, halo, rng=np.random.default_rng(11), n_resamples=30)
    expected = residual_statistics(epsilon[keep], halo[keep], rng=np.random.default_rng(11), n_resamples=30)
    assert found == expected


def test_nothing_to_measure_is_nan_not_an_error():
    nothing = residual_statistics(np.array([np.nan]), np.array([1]), rng=np.random.default_rng(0))
    assert nothing.n == 0
    assert np.isnan(nothing.scatter)
    one = residual_statistics(np.array([0.1]), np.array([1]), rng=np.random.default_rng(0))
    assert one.median == pytest.approx(0.1)
    assert np.isnan([one.scatter, one.scatter_error]).all()


def test_equal_residuals_have_no_shape():
    flat = residual_statistics(np.full(30, 0.1), np.arange(30), rng=np.random.default_rng(0), n_resamples=5)
    assert flat.scatter == 0.0
    assert np.isnan([flat.skewness, flat.kurtosis]).all()


def test_lengths_must_agree():
    with pytest.raises(ZwickyError, match=r"shape \(3,\) for \(2,\)"):
        residual_statistics(np.zeros(3), np.zeros(2), rng=np.random.default_rng(0))


def test_paired_ratio_is_tighter_than_an_unpaired_one():
    """Two methods that share most of their error: their ratio is known far better than each scatter."""
    rng = np.random.default_rng(12)
    shared = rng.standard_t(4, 3000) * 0.1
    a, b = shared + rng.normal(0, 0.01, 3000), 2 * shared + rng.normal(0, 0.01, 3000)
    halo = np.arange(3000)
    found = compare_scatter(a, b, halo, rng=np.random.default_rng(13))
    assert found.low < found.ratio < found.high
    assert found.ratio == pytest.approx(a.std(ddof=1) / b.std(ddof=1), rel=1e-10)
    error = residual_statistics(a, halo, rng=np.random.default_rng(13)).scatter_error / a.std()
    assert (found.high - found.low) / found.ratio < 0.5 * error


def test_interval_of_a_ratio_covers_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(14)
    hits = 0
    for _ in range(200):
        a, b = rng.normal(0, 0.1, 200), rng.normal(0, 0.2, 200)
        found = compare_scatter(a, b, np.arange(200), rng=rng, n_resamples=200, level=0.9)
        hits += found.low <= 0.5 <= found.high
    assert 165 <= hits <= 194  # 180 expected; +/- 3.5 binomial standard deviations


def test_comparison_uses_the_clusters_that_both_weigh():
    a, b = np.random.default_rng(15).normal(size=(2, 100))
    b[50:] = np.nan
    found = compare_scatter(a, b, np.arange(100), rng=np.random.default_rng(16), n_resamples=10)
    assert found.n == 50
    assert found.ratio == pytest.approx(a[:50].std() / b[:50].std())


def test_level_must_be_a_probability():
    with pytest.raises(ZwickyError, match=r"level = 95"):
        compare_scatter(np.zeros(3), np.zeros(3), np.arange(3), rng=np.random.default_rng(0), level=95)


def test_one_halo_gives_no_ratio():
    alone = compare_scatter(np.arange(3.0), np.arange(3.0), np.zeros(3), rng=np.random.default_rng(0))
    assert np.isnan([alone.ratio, alone.low, alone.high]).all()


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.floats(-5, 5), st.integers(0, 4)), min_size=1, max_size=30).filter(
        lambda rows: sum(count for _, count in rows) > 0
    ),
    st.lists(st.floats(0, 1), min_size=1, max_size=4),
)
def test_weighted_quantiles_are_those_of_the_repeated_values(rows, levels):
    values, counts = (np.array(column) for column in zip(*sorted(rows), strict=True))
    expected = np.quantile(np.repeat(values, counts), levels)
    np.testing.assert_allclose(weighted_quantiles(values, counts, levels), expected, atol=1e-12)


def test_binned_quantiles_match_scipy():
    rng = np.random.default_rng(17)
    x, y = rng.uniform(14, 15, 3000), rng.normal(size=3000)
    edges = np.linspace(14, 15, 6)
    found = binned_quantiles(x, y, edges)
    for level in (0.16, 0.5, 0.97):
        oracle = scipy.stats.binned_statistic(x, y, lambda v, q=level: np.quantile(v, q), bins=edges)
        np.testing.assert_allclose(found.at(level), oracle.statistic)
    assert found.counts.sum() == 3000
    np.testing.assert_allclose(found.centres, [14.1, 14.3, 14.5, 14.7, 14.9])


def test_binned_quantiles_leave_out_thin_bins_holes_and_strangers():
    x = np.array([0.5] * 10 + [1.5] * 9 + [2.0] + [-1.0, 7.0, np.nan])
    y = np.arange(len(x), dtype=float)
    y[0] = np.nan
    found = binned_quantiles(x, y, np.array([0.0, 1.0, 2.0]), levels=(0.5,), min_count=10)
    assert found.counts.tolist() == [9, 10]  # the upper edge of the last bin belongs to it
    assert np.isnan(found.values[0]).all()
    assert found.values[1, 0] == pytest.approx(14.5)
