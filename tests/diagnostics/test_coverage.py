"""Where the truth lies in posteriors, counted with errors that know how few halos there are."""

import numpy as np
import pytest

from zwicky.diagnostics import LEVELS, coverage
from zwicky.errors import ZwickyError


def judged(pit, halo_id=None, epsilon=None, seed=1, **options):
    n = len(pit)
    halo_id = np.arange(n) if halo_id is None else halo_id
    epsilon = np.zeros(n) if epsilon is None else epsilon
    return coverage(epsilon, pit, np.full(n, 0.2), halo_id, rng=np.random.default_rng(seed), **options)


def test_right_posteriors_hold_what_they_say():
    found = judged(np.random.default_rng(3).random(6000))
    assert found.inside == pytest.approx(LEVELS, abs=0.02)
    assert found.pit == pytest.approx([0.1] * 10, abs=0.015)  # four standard errors
    assert sum(found.pit) == pytest.approx(1)
    assert (found.n, found.n_halos, found.width) == (6000, 6000, 0.2)


@pytest.mark.parametrize(("factor", "more"), [(2.0, True), (0.5, False)])
def test_widths_that_are_wrong_show(factor, more):
    from scipy.stats import norm

    pull = np.random.default_rng(4).standard_normal(4000) / factor
    found = judged(norm.cdf(pull))
    assert (found.inside[0] > 0.9) if more else (found.inside[0] < 0.45)
    assert found.inside[0] == pytest.approx(2 * norm.cdf(factor * norm.ppf(0.84)) - 1, abs=0.03)


def test_errors_count_halos_and_not_their_views():
    """A share p of n halos has the error sqrt(p (1 - p) / n), however often each is looked at."""
    pit = np.random.default_rng(5).random(400)
    options = {"n_resamples": 1000}
    once = judged(pit, **options)
    thrice = judged(np.repeat(pit, 3), np.repeat(np.arange(400), 3), **options)
    binomial = [np.sqrt(p * (1 - p) / 400) for p in once.inside]
    assert once.inside_error == pytest.approx(binomial, rel=0.12)
    assert thrice.inside_error == pytest.approx(binomial, rel=0.12)
    assert thrice.n == 3 * thrice.n_halos


def test_ends_belong_to_the_outer_bins_and_rows_without_a_posterior_to_none():
    found = judged(np.array([0.0, 1.0, 0.55, np.nan]), epsilon=np.array([0.1, -0.1, 0.0, 0.0]))
    assert found.n == 3
    assert np.flatnonzero(found.pit).tolist() == [0, 5, 9]
    assert found.inside == pytest.approx([1 / 3] * 3)


def test_nothing_to_judge():
    found = judged(np.full(3, np.nan))
    assert (found.n, found.inside, found.pit) == (0, (), ())
    assert np.isnan(found.median)


def test_what_is_no_probability_is_refused():
    with pytest.raises(ZwickyError, match="give probabilities, 0 to 1"):
        judged(np.array([0.2, 14.0]))
    with pytest.raises(ZwickyError, match="give one a row"):
        judged(np.array([0.2]), halo_id=np.arange(2))
