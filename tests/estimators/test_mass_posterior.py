"""Against scipy: Gaussians and mixtures, whose quantiles, moments and products are known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.stats import norm

from zwicky.errors import ZwickyError
from zwicky.estimators.join import join_posteriors
from zwicky.estimators.mass_posterior import MassPosterior, mass_grid
from zwicky.estimators.prior import Prior

MEAN, STD = np.array([14.2, 14.9, 15.3]), np.array([0.1, 0.2, 0.05])


@pytest.fixture
def gaussians():
    return MassPosterior.from_gaussian(MEAN, STD)


def mixture(x):
    return 0.7 * norm.pdf(x, 14.0, 0.1) + 0.3 * norm.pdf(x, 14.8, 0.25)


def mixture_quantile(q):
    return brentq(lambda x: 0.7 * norm.cdf(x, 14.0, 0.1) + 0.3 * norm.cdf(x, 14.8, 0.25) - q, 12, 17)


def test_a_gaussian_keeps_its_numbers(gaussians):
    assert np.array_equal(gaussians.log10_m200c, MEAN)
    assert gaussians.mean == pytest.approx(MEAN, abs=1e-6)
    assert gaussians.std == pytest.approx(STD, rel=2e-4)
    assert gaussians.median == pytest.approx(MEAN, abs=1e-6)
    q = np.array([0.001, 0.16, 0.5, 0.84, 0.999])
    expected = norm.ppf(q, MEAN[:, None], STD[:, None])
    assert gaussians.quantile(q) == pytest.approx(expected, abs=7e-4)
    low, high = gaussians.interval(0.9)
    assert low == pytest.approx(norm.ppf(0.05, MEAN, STD), abs=3e-4)
    assert high == pytest.approx(norm.ppf(0.95, MEAN, STD), abs=3e-4)
    assert np.trapezoid(gaussians.density, gaussians.grid) == pytest.approx(1.0, abs=1e-12)


def test_a_mixture_keeps_its_numbers():
    found = MassPosterior.from_log_density(np.log(mixture(mass_grid())) + 17.0)
    mean = 0.7 * 14.0 + 0.3 * 14.8
    variance = 0.7 * (0.1**2 + 14.0**2) + 0.3 * (0.25**2 + 14.8**2) - mean**2
    assert found.mean[0] == pytest.approx(mean, abs=1e-6)
    assert found.std[0] == pytest.approx(np.sqrt(variance), abs=1e-5)
    assert found.log10_m200c == found.median
    for q in (0.01, 0.3, 0.5, 0.7, 0.75, 0.99):
        assert found.quantile(q)[0] == pytest.approx(mixture_quantile(q), abs=5e-4)


def test_log_prob_and_cdf_at_each_clusters_own_mass(gaussians):
    masses = np.array([14.173, 15.611, 15.299])
    assert gaussians.log_prob(masses) == pytest.approx(norm.logpdf(masses, MEAN, STD), abs=5e-3)
    assert gaussians.cdf(masses) == pytest.approx(norm.cdf(masses, MEAN, STD), abs=1e-3)
    assert gaussians.log_prob(14.9)[1] == pytest.approx(norm.logpdf(14.9, 14.9, 0.2), abs=1e-3)
    far = gaussians.log_prob(12.5)  # 17, 12 and 56 standard deviations
    assert far == pytest.approx(norm.logpdf(12.5, MEAN, STD), rel=1e-3)
    assert np.array_equal(gaussians.log_prob([11.9, 16.3, 20.0]), [-np.inf] * 3)
    assert gaussians.cdf([11.9, 16.3, 20.0]) == pytest.approx([0.0, 1.0, 1.0], abs=1e-12)


def test_draws_follow_the_density(gaussians):
    drawn = gaussians.sample(20000, rng=np.random.default_rng(1))
    assert drawn.shape == (3, 20000)
    assert drawn.mean(axis=1) == pytest.approx(MEAN, abs=4 * 0.2 / np.sqrt(20000))
    assert drawn.std(axis=1) == pytest.approx(STD, rel=0.02)
    again = gaussians.sample(20000, rng=np.random.default_rng(1))
    assert np.array_equal(drawn, again)
    uniform = norm.cdf(drawn, MEAN[:, None], STD[:, None])
    assert np.abs(np.sort(uniform, axis=1) - np.linspace(0, 1, 20000)).max() < 1.63 / np.sqrt(20000)


@given(q=st.floats(0, 1), mean=st.floats(12.5, 15.5), std=st.floats(0.02, 0.8))
def test_cdf_inverts_quantile(q, mean, std):
    found = MassPosterior.from_gaussian([mean], [std])
    assert found.cdf(found.quantile(q))[0] == pytest.approx(q, abs=1e-9)


def test_a_change_of_prior_is_exact_for_an_exponential(gaussians):
    """A Gaussian times exp(-k x) is the Gaussian moved by -k sigma^2."""
    steep = Prior.from_function("steep", lambda x: -3.0 * x, mass_grid())
    found = gaussians.with_prior(steep)
    assert found.mean == pytest.approx(MEAN - 3.0 * STD**2, abs=1e-5)
    assert found.log10_m200c == pytest.approx(MEAN - 3.0 * STD**2, abs=1e-5)
    assert found.std == pytest.approx(STD, rel=5e-4)
    assert found.prior is steep
    back = found.with_prior(Prior.flat())
    assert back.log_density == pytest.approx(gaussians.log_density, abs=1e-9)


def test_each_cluster_may_have_a_prior_of_its_own(gaussians):
    slopes = np.array([0.0, -2.0, 5.0])
    own = Prior("own", mass_grid(), slopes[:, None] * mass_grid())
    found = gaussians.with_prior(own)
    assert found.mean == pytest.approx(MEAN + slopes * STD**2, abs=1e-5)
    assert found[2].mean == pytest.approx(found.mean[2:])
    assert found[1:].prior.log_density.shape == (2, 421)
    with pytest.raises(ZwickyError, match="give them one with with_prior"):
        found.product()


def test_product_counts_the_prior_once():
    """n Gaussians with an exponential prior: inverse variances add, the prior moves the mean once."""
    mean, std = np.array([14.4, 14.6, 14.55]), np.array([0.2, 0.15, 0.3])
    prior = Prior.from_function("steep", lambda x: -4.0 * x, mass_grid())
    found = MassPosterior.from_gaussian(mean, std).with_prior(prior).product()
    variance = 1 / np.sum(std**-2)
    expected = variance * np.sum(mean / std**2) - 4.0 * variance
    assert len(found) == 1
    assert found.mean[0] == pytest.approx(expected, abs=1e-5)
    assert found.std[0] == pytest.approx(np.sqrt(variance), rel=2e-3)
    assert found.prior is prior


def test_product_of_ten_thousand_clusters_is_a_needle_off_the_grid():
    n = 10_000
    mean = 14.5037 + np.random.default_rng(2).normal(0, 0.2, n)
    found = MassPosterior.from_gaussian(mean, np.full(n, 0.2)).product()
    assert found.mean[0] == pytest.approx(mean.mean(), abs=1e-6)
    assert found.std[0] == pytest.approx(0.2 / np.sqrt(n), rel=1e-3)
    assert found.quantile(0.84)[0] == pytest.approx(norm.ppf(0.84, mean.mean(), 0.002), abs=2e-6)


def test_product_of_what_cannot_be_multiplied():
    two = MassPosterior.from_gaussian([14.0, 15.0], [0.1, 0.1])
    apart = np.where(np.abs(mass_grid() - np.array([[13.0], [15.0]])) < 0.5, 0.0, -np.inf)
    with pytest.raises(ZwickyError, match="do not overlap"):
        MassPosterior.from_log_density(apart).product()
    with pytest.raises(ZwickyError, match="no cluster to multiply"):
        two[:0].product()
    with pytest.raises(ZwickyError, match="row 1 has a point estimate and no error"):
        join_posteriors([two[:1], MassPosterior.from_points([14.0])]).product()


def test_a_top_hat_has_straight_quantiles():
    inside = np.abs(mass_grid() - 14.0) < 0.2001
    with np.errstate(divide="ignore"):
        found = MassPosterior.from_log_density(np.log(inside.astype(float)))
    assert found.quantile([0.25, 0.75])[0] == pytest.approx([13.9, 14.1], abs=3e-3)
    assert found.log_prob(13.0)[0] == -np.inf
    assert found.log_prob(14.05)[0] == pytest.approx(-np.log(0.41), abs=1e-9)


def test_a_point_has_no_width_and_says_so():
    found = MassPosterior.from_points(np.array([14.25, np.nan]))
    assert np.array_equal(found.log10_m200c, [14.25, np.nan], equal_nan=True)
    assert not found.has_width.any()
    for values in (found.std, found.median, found.mean, found.log_prob(14.0), found.cdf(14.0)):
        assert np.isnan(values).all()
    assert np.isnan(found.quantile([0.1, 0.9])).all()
    with pytest.raises(ZwickyError, match="cannot be drawn from"):
        found.sample(3, rng=np.random.default_rng(0))
    assert repr(found[0]) == "<log10 M200c [Msun] = 14.25, error not known>"
    kept = found.with_prior(Prior.flat())
    assert np.array_equal(kept.log10_m200c, found.log10_m200c, equal_nan=True)


def test_rows_that_are_not_known_do_not_touch_the_others():
    found = MassPosterior.from_gaussian([14.0, 14.5, np.nan], [0.1, np.nan, 0.1])
    assert found.has_width.tolist() == [True, False, False]
    assert found.median[0] == pytest.approx(14.0, abs=1e-6)
    assert found.log10_m200c[1] == 14.5
    assert np.isnan(found.std[1:]).all()


def test_rows_by_number_slice_mask_and_name(gaussians):
    named = MassPosterior.from_gaussian(MEAN, STD, cluster_id=np.array(["A85", "Coma", "A1689"]))
    assert named[1].cluster_id.tolist() == ["Coma"]
    assert named[1:].log10_m200c.tolist() == [14.9, 15.3]
    assert named[np.array([True, False, True])].log10_m200c.tolist() == [14.2, 15.3]
    assert named[[2, 0]].cluster_id.tolist() == ["A1689", "A85"]
    assert named.of("Coma").median[0] == pytest.approx(14.9, abs=1e-6)
    assert gaussians.of(2).log10_m200c.tolist() == [15.3]
    with pytest.raises(ZwickyError, match="'A2029' is not among the 3; use one of A85, Coma, A1689"):
        named.of("A2029")
    together = join_posteriors([named[:1], named[1:]])
    assert np.array_equal(together.log_density, named.log_density)
    assert together.cluster_id.tolist() == named.cluster_id.tolist()


def test_repr_is_an_answer(gaussians):
    answer = (
        "<cluster Coma: log10 M200c [Msun] = 14.90 +0.20 -0.20 (68 %), M200c = 7.9 x 10^14 Msun; flat prior>"
    )
    assert repr(MassPosterior.from_gaussian([14.9], [0.2], cluster_id=np.array(["Coma"]))) == answer
    assert repr(gaussians) == (
        "<MassPosterior: 3 clusters, log10 M200c [Msun] 14.20 to 15.30, +- 0.10 dex; flat prior>"
    )
    assert repr(gaussians[:0]) == "<MassPosterior: 0 clusters, errors not known>"


def test_table_says_what_its_columns_are(gaussians):
    table = gaussians.to_qtable()
    assert table.colnames == [
        "log10_m200c",
        "log10_m200c_median",
        "log10_m200c_p16",
        "log10_m200c_p84",
        "log10_m200c_std",
    ]
    assert table["log10_m200c_p84"] == pytest.approx(norm.ppf(0.84, MEAN, STD), abs=3e-4)
    assert all(table[name].info.description for name in table.colnames)
    assert table.meta == {"prior": "flat"}


def test_what_cannot_be_a_posterior_is_refused(gaussians):
    with pytest.raises(ZwickyError, match="row 1 is zero, or infinite"):
        MassPosterior.from_log_density(np.stack([np.zeros(421), np.full(421, -np.inf)]))
    with pytest.raises(ZwickyError, match="give 421 masses a row"):
        MassPosterior.from_log_density(np.zeros((2, 100)))
    with pytest.raises(ZwickyError, match="a standard deviation is 0 dex"):
        MassPosterior.from_gaussian([14.0], [0.0])
    with pytest.raises(ZwickyError, match=r"quantile 1\.5"):
        gaussians.quantile(1.5)
    with pytest.raises(ZwickyError, match=r"level = 68"):
        gaussians.interval(68)
    with pytest.raises(ZwickyError, match="need"):
        MassPosterior(MEAN, mass_grid(), np.zeros((2, 421)))
    narrow = Prior.from_function("narrow", lambda x: 0 * x, np.linspace(13, 15, 11))
    with pytest.raises(ZwickyError, match="given from log10 M200c"):
        gaussians.with_prior(narrow)


def test_priors_are_read_between_their_masses():
    prior = Prior("kinked", np.array([12.0, 14.0, 15.0, 17.0]), np.array([0.0, -2.0, -np.inf, -np.inf]))
    assert np.array_equal(
        prior.on(np.array([12.5, 13.0, 14.0, 14.5, 16.0])), [-0.5, -1, -2, -np.inf, -np.inf]
    )
    with pytest.raises(ZwickyError, match="does not rise"):
        Prior("back", np.array([15.0, 14.0]), np.zeros(2))
    with pytest.raises(ZwickyError, match="is NaN"):
        Prior("hole", np.array([14.0, 15.0]), np.array([0.0, np.nan]))
    with pytest.raises(ZwickyError, match=r"give \(2,\) or \(clusters, 2\)"):
        Prior("long", np.array([14.0, 15.0]), np.zeros(3))


def test_a_zero_of_the_old_prior_stays_zero():
    cut = Prior("cut", np.array([12.0, 14.0, 14.0001, 16.2]), np.array([-np.inf, -np.inf, 0.0, 0.0]))
    found = MassPosterior.from_gaussian([14.1], [0.2]).with_prior(cut)
    assert found.cdf(14.0)[0] == 0.0
    assert found.with_prior(Prior.flat()).cdf(14.0)[0] == 0.0
