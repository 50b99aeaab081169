"""The drawings of Figs. 4, 8, 9 and 10 and of Table 3's posterior: right layers, right numbers."""

import numpy as np
import pytest
from matplotlib.collections import PolyCollection
from scipy.stats import multivariate_normal, norm

from zwicky.estimators.cnn.network import PhaseSpaceNetwork
from zwicky.plots import (
    draw_architecture,
    draw_corner,
    draw_normalised_residuals,
    draw_residual_comparison,
    draw_sampling,
    layers_of,
)
from zwicky.plots.corner import contour_levels
from zwicky.plots.style import METHODS, new_figure

pytestmark = pytest.mark.usefixtures("style")


def texts(axes):
    return [text.get_text() for text in axes.texts]


@pytest.mark.parametrize(("radii", "first"), [(1, "24 filters 5 × 1"), (48, "24 filters 5 × 48")])
def test_layers_are_those_of_the_papers_figure(radii, first):
    """Fig. 4: Conv1D 5x1-24 (5x48-24), Conv1D 3-10, MaxPool 1x2, Dropout 0.25, Flatten 240, dense, y."""
    layers = layers_of(48, radii, 0.25)
    assert [layer.what.split("\n")[-1] for layer in layers[1:5]] == [
        first,
        "10 filters 3 × 24",
        "2 to 1",
        "dropout 25 %",
    ]
    shapes = [(48, radii), (48, 24), (48, 10), (24, 10), (240,), (128,), (64,), (1,)]
    assert [layer.shape for layer in layers] == shapes
    counted = sum(p.numel() for p in PhaseSpaceNetwork(48, radii).parameters())
    assert sum(layer.parameters for layer in layers) == counted


def test_layers_follow_the_network_to_other_sizes():
    assert [layer.shape for layer in layers_of(32, 16, 0.1)][:5] == [
        (32, 16),
        (32, 24),
        (32, 10),
        (16, 10),
        (160,),
    ]


def test_looking_at_layers_draws_no_random_numbers():
    import torch

    before = torch.get_rng_state()
    layers_of(48, 48, 0.25)
    assert torch.equal(torch.get_rng_state(), before)


def test_architecture_names_every_layer_and_stacks_its_maps():
    layers = layers_of(48, 48, 0.25)
    axes = draw_architecture("cnn_2d", layers, np.eye(48), new_figure().subplots())
    assert axes.get_title(loc="left").replace("\N{THIN SPACE}", "") == (
        f"{METHODS['cnn_2d'].label}: 45683 weights and biases"
    )
    for size in ("48 × 48", "48 × 24", "48 × 10", "24 × 10", "240", "128", "64", "y"):
        assert size in texts(axes)
    np.testing.assert_array_equal(axes.images[0].get_array(), np.eye(48))
    # 24 + 10 + 10 maps, 4 vectors, the input's frame and a filter's cells, 3 wedges
    assert len(axes.patches) == 44 + 4 + 2 + 3


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


@pytest.mark.parametrize("share", [0.39, 0.68, 0.95])
def test_contours_hold_their_share_of_a_gaussian(share):
    """In two dimensions a contour at exp(-r^2 / 2) of the peak holds 1 - exp(-r^2 / 2) of a Gaussian."""
    grid = np.linspace(-6, 6, 301)
    density = multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]]).pdf(np.dstack(np.meshgrid(grid, grid)))
    assert contour_levels(density, [share])[0] / density.max() == pytest.approx(1 - share, rel=0.01)


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
    assert panels[1, 0].lines[0].get_marker() == "o"
