"""The drawings of Figs. 8, 9 and 10 and of Table 3's posterior: right numbers."""

import numpy as np
import pytest
from matplotlib.collections import PolyCollection
from scipy.stats import norm

from zwicky.plots import draw_corner, draw_normalised_residuals, draw_residual_comparison
from zwicky.plots.sampling import draw_sampling
from zwicky.plots.style import METHODS, new_figure

pytestmark = pytest.mark.usefixtures("style")


def test_the_outlined_reference_is_not_filled():
    rng = np.random.default_rng(0)
    true = rng.uniform(14, 15, 3000)
    predicted = {name: true + rng.normal(0, 0.1, 3000) for name in ("sdm_1d", "sdm_2d", "cnn_2d")}
    axes = tuple(new_figure().subplots(1, 2))
    by_mass, marginal = draw_residual_comparison(
        ["sdm_1d", "sdm_2d"], true, predicted, axes, reference="cnn_2d"
    )
    for panel in (by_mass, marginal):
        assert len([c for c in panel.collections if isinstance(c, PolyCollection)]) == 2
    labels = [text.get_text() for text in by_mass.get_legend().get_texts()]
    assert labels == [METHODS[name].label for name in ("sdm_1d", "sdm_2d", "cnn_2d")]
    assert len(marginal.lines) == 4  # three methods and the zero line


def test_normal_residuals_lie_on_the_normal_distribution():
    rng = np.random.default_rng(1)
    true = rng.uniform(14, 15, 200_000)
    predicted = {"cnn_2d": 0.3 + true + rng.normal(0, 0.12, len(true)), "cnn_1d": np.full(len(true), np.nan)}
    axes = tuple(new_figure().subplots(1, 2))
    middle, tails = draw_normalised_residuals(["cnn_1d", "cnn_2d"], true, predicted, axes)
    assert len(middle.lines) == 2  # the normal distribution and one method
    x, density = middle.lines[1].get_xydata().T
    np.testing.assert_allclose(density, norm.pdf(x), atol=0.006)
    assert density.sum() * 0.25 == pytest.approx(1.0, abs=1e-4)
    assert "0.120" in middle.lines[1].get_label()
    assert tails.get_yscale() == "log"


def test_skewed_residuals_do_not():
    rng = np.random.default_rng(2)
    true = rng.uniform(14, 15, 50_000)
    predicted = {"sdm_1d": true + rng.gumbel(0, 0.1, len(true))}
    middle, _ = draw_normalised_residuals(["sdm_1d"], true, predicted, tuple(new_figure().subplots(1, 2)))
    x, density = middle.lines[1].get_xydata().T
    assert density[x < 0].max() > 1.05 * norm.pdf(0)


def test_sampling_draws_the_bands_of_table_4(run):
    table = run.metrics["table4"]
    axes = draw_sampling(["cnn_2d"], table, new_figure().subplots())
    rates = table["cnn_2d"]["rates"]
    low, high, median = (line.get_xydata().T for line in axes.lines[:3])
    np.testing.assert_allclose(median, [rates, table["cnn_2d"]["median"]])
    np.testing.assert_allclose(high[1] - median[1], table["cnn_2d"]["p84"])
    np.testing.assert_allclose(low[1] - median[1], table["cnn_2d"]["p16"])
    assert axes.get_xlim() == (0, 1)


def test_contours_hold_their_share_of_a_gaussian():
    """In two dimensions an ellipse of r standard deviations holds 1 - exp(-r^2 / 2): its area is pi r^2."""
    rng = np.random.default_rng(4)
    samples = {"cnn_2d": {"a": rng.normal(0, 2.0, 50_000), "b": rng.normal(0, 0.1, 50_000)}}
    panels = new_figure().subplots(2, 2)
    draw_corner(samples, {"a": "a", "b": "b"}, {}, panels)
    lines = panels[1, 0].collections[-1]
    areas = []
    for path in lines.get_paths():
        x, y = max(path.to_polygons(closed_only=False), key=len).T
        areas.append(0.5 * abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / (2.0 * 0.1))
    expected = [-2 * np.pi * np.log(1 - share) for share in (0.95, 0.68)]
    assert areas == pytest.approx(expected, rel=0.1)


def test_corner_shows_each_parameter_and_each_pair_once():
    rng = np.random.default_rng(3)
    samples = {
        "cnn_1d": {"mu_0": rng.normal(0, 1, 5000), "sigma_0": rng.normal(3, 0.1, 5000)},
        "cnn_2d": {"mu_0": rng.normal(2, 0.5, 5000), "sigma_0": rng.normal(1, 0.1, 5000)},
    }
    errors = {"cnn_1d": {"mu_0": 4.0, "sigma_0": None}}
    panels = new_figure().subplots(2, 2)
    draw_corner(samples, {"mu_0": "a", "sigma_0": "b"}, errors, panels)
    assert not panels[0, 1].axison
    assert (panels[1, 0].get_xlabel(), panels[1, 0].get_ylabel(), panels[1, 1].get_xlabel()) == (
        "a",
        "b",
        "b",
    )
    curves = [line.get_xydata().T for line in panels[0, 0].lines if len(line.get_xdata()) > 1]
    for (x, height), centre in zip(curves, (0.0, 2.0), strict=True):
        assert x[height.argmax()] == pytest.approx(centre, abs=0.4)
        assert height.max() == pytest.approx(1.0)
    assert len(panels[0, 0].containers) == 1  # one method has an error
    assert len(panels[1, 1].containers) == 0
    low, high = panels[0, 0].get_xlim()
    assert low < -4.0 < 4.0 < high  # the error bar fits
    assert panels[0, 0].get_xlim() == panels[1, 0].get_xlim()


def test_corner_of_a_parameter_that_did_not_move():
    stuck = {"cnn_2d": {"mu_0": np.zeros(100), "sigma_0": np.linspace(0, 1, 100)}}
    panels = new_figure().subplots(2, 2)
    draw_corner(stuck, {"mu_0": "a", "sigma_0": "b"}, {}, panels)
    contours = [path for lines in panels[1, 0].collections for path in lines.get_paths()]
    assert any(path.get_extents().contains(0.0, 0.5) for path in contours if len(path.vertices))
