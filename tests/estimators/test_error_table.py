"""The error table recovers a known scatter and is read back where it was made."""

import json

import numpy as np
import pytest
from scipy.stats import norm

from zwicky.errors import ZwickyError
from zwicky.estimators import ErrorTable


def residuals(n=20_000, scatter=None):
    rng = np.random.default_rng(2)
    mass = rng.uniform(13.7, 15.3, n)
    number = np.round(10 ** (1.2 + 0.7 * (mass - 13.7) + rng.normal(0, 0.15, n))).clip(10)
    sigma = 0.5 / np.sqrt(np.log10(number)) if scatter is None else np.full(n, scatter)
    return mass, mass + sigma * rng.standard_normal(n), number, sigma


def test_a_constant_scatter_is_found_everywhere():
    predicted, true, number, _ = residuals(scatter=0.2)
    table = ErrorTable.from_residuals(predicted, true, number, np.arange(len(true)))
    # The coarsest cell rests on 30 residuals: 1 / sqrt(60) = 13 % each, so 4 sigma of the worst of 96.
    assert np.all(np.abs(table.scatter_dex / 0.2 - 1) < 0.5)
    assert np.median(table.scatter_dex) == pytest.approx(0.2, rel=0.03)


def test_pulls_are_normal_where_the_scatter_varies():
    predicted, true, number, sigma = residuals()
    kept = json.loads(
        json.dumps(ErrorTable.from_residuals(predicted, true, number, np.arange(len(true))).to_mapping())
    )
    error = ErrorTable.from_mapping(kept).error_of(predicted, number)
    assert np.median(np.abs(error / sigma - 1)) < 0.05
    inside = np.mean(np.abs(true - predicted) < error)
    assert inside == pytest.approx(norm.cdf(1) - norm.cdf(-1), abs=0.02)


def test_a_bias_counts_as_error():
    predicted, true, number, _ = residuals(scatter=0.1)
    table = ErrorTable.from_residuals(predicted, true + 0.3, number, np.arange(len(true)))
    assert np.median(table.scatter_dex) == pytest.approx(np.hypot(0.1, 0.3), rel=0.03)


def test_edges_hold_and_nan_stays():
    predicted, true, number, _ = residuals()
    table = ErrorTable.from_residuals(predicted, true, number, np.arange(len(true)))
    far, edge, nan = table.error_of([10.0, table.log10_m200c_h[0], np.nan], [1, table.n_galaxies[0], 50])
    assert far == pytest.approx(edge)
    assert edge == pytest.approx(table.scatter_dex[0, 0])
    assert np.isnan(nan)


def test_too_few_residuals_are_refused():
    with pytest.raises(ZwickyError, match="residuals of 29 halos are too few"):
        ErrorTable.from_residuals(np.ones(29), np.ones(29), np.full(29, 20), np.arange(29))
    with pytest.raises(ZwickyError, match="residuals of 29 halos are too few"):
        ErrorTable.from_residuals(np.ones(290), np.ones(290), np.full(290, 20), np.arange(290) % 29)


def test_lines_of_sight_of_a_halo_do_not_make_it_many():
    """A hundred views of each of 60 halos give the table of one view each, not a sharper one."""
    predicted, true, number, _ = residuals(60)
    halo = np.arange(60)
    once = ErrorTable.from_residuals(predicted, true, number, halo).scatter_dex
    views = (np.repeat(column, 100) for column in (predicted, true, number))
    again = ErrorTable.from_residuals(*views, np.repeat(halo, 100)).scatter_dex
    np.testing.assert_allclose(again, once, rtol=0.05)
    views = (np.repeat(column, 100) for column in (predicted, true, number))
    as_many = ErrorTable.from_residuals(*views, np.arange(6000)).scatter_dex
    assert np.abs(as_many / once - 1).max() > 0.2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scatter_dex": [[0.3, 0.3]]}, "a scatter of shape"),
        ({"scatter_dex": [[0.3, 0.3], [0.3, -0.1]]}, "a positive scatter"),
        ({"scatter_dex": [[0.3, 0.3], [0.3, None]]}, "a positive scatter"),
        ({"scatter_dex": "wide"}, "no error table"),
        ({"n_galaxies": [500, 5]}, "rising numbers of galaxies"),
        ({"log10_m200c_h": [13.0]}, "1 masses"),
        ({"log10_m200c_h": {"low": 13}}, "no error table"),
    ],
)
def test_what_is_no_table_is_refused(change, message):
    table = {"log10_m200c_h": [13.0, 16.0], "n_galaxies": [5, 500], "scatter_dex": [[0.3, 0.3], [0.3, 0.3]]}
    assert ErrorTable.from_mapping(table).error_of([14.0], [50]) == pytest.approx(0.3)
    with pytest.raises(ZwickyError, match=message):
        ErrorTable.from_mapping(table | change)
    with pytest.raises(ZwickyError, match="'n_galaxies'"):
        ErrorTable.from_mapping({"log10_m200c_h": [13.0, 16.0]})
