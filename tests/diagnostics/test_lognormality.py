"""Scatter, shape and cluster counts: the paper's percentages, and Eq. 9 integrated by quadrature."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from zwicky.diagnostics import edgeworth_term, lognormal_factor, residual_statistics
from zwicky.ho2019 import PAPER_EDGEWORTH, PAPER_TABLE2

#: Half a unit in the last digit that Sec. 5.2 prints.
PRINTED = dict.fromkeys(PAPER_EDGEWORTH, 0.0005) | {"m_sigma_contaminated": 0.005}


def row_of(name):
    return tuple(PAPER_TABLE2[name][key] for key in ("scatter", "skewness", "kurtosis"))


@pytest.mark.parametrize("name", PAPER_EDGEWORTH)
def test_table_2_gives_the_papers_percentages(name):
    """Within what rounding of the printed sigma, gamma, kappa and percentage leaves open."""
    row = np.array(row_of(name))
    steps = [abs(edgeworth_term(*(row + 0.0005 * step)) - edgeworth_term(*row)) for step in np.eye(3)]
    allowed = sum(steps) + PRINTED[name]
    assert abs(abs(edgeworth_term(*row)) - PAPER_EDGEWORTH[name]) <= allowed
    # Not so with sigma in dex, nor with 10^sigma - 1, other readings of "in percent".
    in_dex = edgeworth_term(row[0] / np.log(10), *row[1:])
    as_ratio = edgeworth_term((10 ** row[0] - 1) / np.log(10), *row[1:])
    for other in (in_dex, as_ratio):
        assert abs(abs(other) - PAPER_EDGEWORTH[name]) > allowed


def test_only_the_pure_relation_loses_clusters():
    signs = {name: np.sign(edgeworth_term(*row_of(name))) for name in PAPER_EDGEWORTH}
    assert [name for name, sign in signs.items() if sign < 0] == ["m_sigma_pure"]


@given(
    scatter=st.floats(0.02, 0.35),
    skewness=st.floats(-0.7, 0.7),
    kurtosis=st.floats(-0.5, 1.6),
    slope=st.floats(1.0, 3.0),
)
def test_factor_and_term_are_the_mean_of_exp_slope_epsilon(scatter, skewness, kurtosis, slope):
    """Counts at fixed predicted mass over counts at that true mass are E[exp(slope eps)], eps in ln M."""
    s = scatter * np.log(10)

    def density(x):  # Eq. 9
        third, fourth = -(x**3 - 3 * x), x**4 - 6 * x**2 + 3
        return norm.pdf(x) * (1 - skewness / 6 * third + kurtosis / 24 * fourth)

    mean, _ = quad(lambda x: density(x) * np.exp(slope * s * x), -12, 12, limit=200)
    expected = lognormal_factor(scatter, slope) * (1 + edgeworth_term(scatter, skewness, kurtosis, slope))
    assert mean == pytest.approx(expected, rel=1e-6)


def test_no_scatter_changes_no_counts():
    assert lognormal_factor(0.0) == 1.0
    assert edgeworth_term(0.0, 0.5, 1.0) == 0.0


def test_errors_of_a_gaussian_are_those_of_error_propagation():
    n, sigma = 4000, 0.15
    epsilon = np.random.default_rng(1).normal(0.0, sigma, n)
    found = residual_statistics(epsilon, np.arange(n), rng=np.random.default_rng(2))
    x = 2 * np.log(10) * sigma
    assert found.lognormal_factor == pytest.approx(np.exp(x**2 / 2), rel=0.03)
    assert found.lognormal_factor_error == pytest.approx(x**2 * np.exp(x**2 / 2) / np.sqrt(2 * n), rel=0.15)
    # Skewness and kurtosis of a Gaussian have variances 6 / n and 24 / n and are uncorrelated.
    term_error = np.sqrt((x**3 / 6) ** 2 * 6 / n + (x**4 / 24) ** 2 * 24 / n)
    assert found.edgeworth_term == pytest.approx(0.0, abs=4 * term_error)
    assert found.edgeworth_term_error == pytest.approx(term_error, rel=0.2)
