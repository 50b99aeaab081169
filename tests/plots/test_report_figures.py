"""Figures show the numbers they are given; checked on what is drawn, not on pixels."""

import matplotlib
import matplotlib.colors
import numpy as np
import pytest

from zwicky.ho2019.report.examples import rows_across_masses, typical_row
from zwicky.plots import (
    draw_losses,
    draw_mass_function,
    draw_power_spectrum,
    draw_predicted_true,
    draw_residual_comparison,
    draw_sigma_mass,
    draw_slice,
)
from zwicky.plots.dispersions import draw_dispersion_mass
from zwicky.plots.mock_samples import draw_sample_mass_functions
from zwicky.plots.style import METHODS, new_figure, report_style

pytestmark = pytest.mark.usefixtures("style")


def panels(n=2, **kwargs):
    return tuple(new_figure().subplots(n, 1, **kwargs))


def line(axes, label):
    """Data of the line with a label."""
    return next(each for each in axes.lines if each.get_label() == label).get_xydata().T


def points(axes, label=None):
    """Data of the error bars with a label, or of the first."""
    bars = [c for c in axes.containers if label is None or c.get_label() == label]
    return bars[0].lines[0].get_xydata().T


def test_mass_function_is_counts_over_volume_and_bin(run):
    d = run.diagnostics
    top, bottom = draw_mass_function(d, 1e6, panels())
    seen = d["mass_counts"] > 0
    expected = d["mass_counts"][seen] / 1e6 / 0.2
    np.testing.assert_allclose(points(top, "this universe")[1], expected)
    np.testing.assert_allclose(points(bottom)[1], expected / d["mass_function_tinker"][seen])


def test_sigma_mass_shows_the_published_line_and_a_median_on_it(run):
    """The made-up halos follow Evrard et al. (2008), so the ratio must be one within its error."""
    top, bottom = draw_sigma_mass(run.halos, panels())
    x, y = line(top, "Evrard et al. 2008, with its 4.3 % scatter")
    at_15 = np.interp(15.0, x, np.log10(y))
    assert 10**at_15 == pytest.approx(1082.9, rel=1e-3)
    assert (np.log10(y[1]) - np.log10(y[0])) / (x[1] - x[0]) == pytest.approx(0.3361)
    ratio = points(bottom)[1]
    assert np.nanmedian(ratio) == pytest.approx(1.0, abs=0.02)


def test_power_spectrum_ratio_and_a_missing_fit(run):
    d = dict(run.diagnostics)
    _, bottom = draw_power_spectrum(d, panels())
    k, ratio = line(bottom, "to HMcode")
    inside = np.interp(k, d["k_mpc_h"], d["power"] / d["power_nonlinear"])
    np.testing.assert_allclose(ratio, inside, atol=0.05)
    assert k.min() >= d["k_mpc_h"].min()
    d["power_nonlinear"] = np.full_like(d["power"], np.nan)
    top, bottom = draw_power_spectrum(d, panels())
    assert not any("HMcode" in each.get_label() for each in top.lines)
    assert line(bottom, "to linear theory")[1][-1] == pytest.approx((d["power"] / d["power_linear"])[-1])


def test_slice_is_relative_to_the_mean_and_turns_with_the_box(run):
    d = dict(run.diagnostics)
    shown = draw_slice(d, run.h, new_figure().subplots()).images[0].get_array()
    assert shown.mean() == pytest.approx(1.0, rel=0.01)
    d["slice_map"] = np.roll(d["slice_map"], 100, axis=0)
    rolled = draw_slice(d, run.h, new_figure().subplots()).images[0]
    np.testing.assert_allclose(rolled.get_array(), np.roll(shown, 100, axis=1), rtol=1e-6)
    assert rolled.get_extent() == pytest.approx((0, 100, 0, 100))  # Mpc/h


def test_the_slice_of_a_gigaparsec_has_its_axes_labels_whole():
    """Ticks of four digits, by the report's own figure: the label once stood half outside of it."""
    from types import SimpleNamespace

    from zwicky.ho2019.report.figures import _slice

    counts = np.full((64, 64), 30)
    run = SimpleNamespace(diagnostics={"slice_map": counts, "slice_extent_mpc": 1000.001 / 0.7}, h=0.7)
    page = _slice(run)
    page.draw_without_rendering()
    for label in (page.axes[0].xaxis.label, page.axes[0].yaxis.label, page.axes[1].yaxis.label):
        box = label.get_window_extent()
        assert min(box.x0, box.y0) >= 0
        assert box.x1 <= page.bbox.width
        assert box.y1 <= page.bbox.height


def test_predicted_true_draws_the_median_of_each_bin():
    rng = np.random.default_rng(0)
    true = rng.uniform(13.8, 15.2, 3000)
    predicted = true + 0.1 + rng.normal(0, 0.05, 3000)
    top, bottom = draw_predicted_true("cnn_2d", true, predicted, panels())
    x, y = line(top, "median")
    first = (true >= 14.0) & (true < 14.1)
    assert (x[0], y[0]) == pytest.approx((14.05, np.median(predicted[first])))
    assert len(x) == 10
    epsilon = (predicted - true)[first]
    inner = [each.get_ydata()[0] for each in bottom.lines[:2]]
    assert inner == pytest.approx(np.quantile(epsilon, [0.16, 0.84]))


def test_marginal_distribution_integrates_to_one_and_holes_are_left_out():
    rng = np.random.default_rng(1)
    true = rng.uniform(14, 15, 2000)
    predicted = {"cnn_2d": true + rng.normal(0, 0.12, 2000), "m_sigma_pure": np.full(2000, np.nan)}
    _, marginal = draw_residual_comparison(["m_sigma_pure", "cnn_2d"], true, predicted, panels())
    density, epsilon = marginal.lines[0].get_xydata().T
    assert np.trapezoid(density, epsilon) == pytest.approx(1.0, abs=0.01)
    assert len(marginal.lines) == 2  # one method and the zero line


def test_dispersion_mass_draws_the_fitted_power_law():
    rng = np.random.default_rng(2)
    mass = rng.uniform(13.5, 15.1, 2000)
    sigma = 1000 * 10 ** (0.3 * (mass - 15) + rng.normal(0, 0.05, 2000))
    fit = {"sigma15_kms": 1000.0, "alpha": 0.3, "scatter_dex": 0.05}
    axes = draw_dispersion_mass("pure", mass, sigma, fit, 14.3, new_figure().subplots())
    assert [14.3, 14.3] in [list(each.get_xdata()) for each in axes.lines]
    x, y = line(axes, "fit and its scatter")
    assert np.interp(15.0, x, y) == pytest.approx(3.0)
    x, median = line(axes, "median, 16–84 %, 3–97 %")
    np.testing.assert_allclose(median, 3 + 0.3 * (x - 15), atol=0.03)


def test_losses_are_averaged_over_folds():
    losses = {"train": [[3.0, 1.0], [5.0, 3.0]], "validation": [[2.0, 1.0], [2.0, 0.5]]}
    axes = draw_losses("cnn_1d", losses, new_figure().subplots())
    epochs, mean = line(axes, "training (with dropout)")
    assert epochs.tolist() == [1, 2]
    assert mean.tolist() == [4.0, 2.0]
    assert line(axes, "validation")[1].tolist() == [2.0, 0.75]


def test_sample_mass_functions_count_rows_per_volume(run):
    train, test = run.mocks.train.log10_m200c_h, run.mocks.test.log10_m200c_h
    axes = draw_sample_mass_functions(train, test, 1e6, run.diagnostics, new_figure().subplots())
    steps = next(p for p in axes.patches if p.get_label().startswith("test")).get_data()
    assert np.nansum(steps.values) * 0.1 * 1e6 == pytest.approx(len(test))


def test_examples_are_typical_and_in_order(run):
    test = run.mocks.test
    row = typical_row(test, 14.27)
    near = np.argsort(np.abs(test.log10_m200c_h - 14.27), kind="stable")[:30]
    assert row in near
    galaxies = np.sort(test.n_galaxies[near])
    assert test.n_galaxies[row] == galaxies[14]
    rows = rows_across_masses(test)
    assert 1 < len(rows) <= 6
    assert (np.diff(test.log10_m200c_h[rows]) > 0).all()


def test_the_callers_matplotlib_is_left_alone():
    before = dict(matplotlib.rcParams)
    with report_style():
        assert matplotlib.rcParams["savefig.dpi"] == 150
    assert dict(matplotlib.rcParams) == before


# Severe deuteranopia and protanopia of Machado, Oliveira & Fernandes (2009, Table 1), on linear RGB.
BLINDNESS = {
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.01182, 0.04294, 0.968881],
    ],
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "grey": [[0.2126, 0.7152, 0.0722]] * 3,
}


@pytest.mark.parametrize("sight", BLINDNESS)
@pytest.mark.parametrize("others", [("m_sigma_pure", "m_sigma_contaminated"), ("sdm_1d", "sdm_2d")])
def test_methods_of_a_panel_can_be_told_apart_by_everyone(sight, others):
    """By lightness or hue for the colour-blind and in grey, and always by line style."""
    names = ["cnn_1d", "cnn_2d", *others]
    rgb = np.array([matplotlib.colors.to_rgb(METHODS[name].colour) for name in names])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear @ np.array(BLINDNESS[sight]).T, 0, 1) ** (1 / 2.4)
    distance = np.linalg.norm(seen[:, None] - seen[None], axis=-1)[np.triu_indices(4, 1)]
    assert distance.min() > 0.2
    assert len({METHODS[name].line for name in METHODS}) == len(METHODS)
