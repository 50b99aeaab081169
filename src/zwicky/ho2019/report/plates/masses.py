"""Plates of the results: scatter at a glance, predicted against true mass, residuals."""

from __future__ import annotations

from matplotlib.figure import Figure

from zwicky.ho2019.paper import PAPER_TABLE2
from zwicky.ho2019.report.needs import weighed_by
from zwicky.ho2019.report.plates.plate import Plate
from zwicky.ho2019.report.results import RunResults
from zwicky.plots import (
    draw_normalised_residuals,
    draw_predicted_true,
    draw_residual_comparison,
    draw_scatter_summary,
)
from zwicky.plots.style import new_figure

__all__ = ["PREDICTED_TRUE", "RESIDUALS", "SCATTER", "SHAPES"]

_NETWORKS = ("cnn_1d", "cnn_2d")

#: Rows of Fig. 8, in the order of Table 2; where the best network is not in the row, it is outlined.
_ROWS = (("cnn_1d", "cnn_2d"), ("m_sigma_pure", "m_sigma_contaminated"), ("sdm_1d", "sdm_2d"))
_REFERENCE = "cnn_2d"

#: Panels of Fig. 9.
_SHAPES = (
    ("cnn_1d", "cnn_2d", "m_sigma_pure", "m_sigma_contaminated"),
    ("cnn_1d", "cnn_2d", "sdm_1d", "sdm_2d"),
)


def _scatter(run: RunResults) -> Figure:
    figure = new_figure(7.0, 1.1 + 0.35 * len(run.metrics["table2"]))
    draw_scatter_summary(run.metrics["table2"], PAPER_TABLE2, figure.subplots())
    return figure


def _scatter_caption(run: RunResults) -> str:
    low, high = run.metrics["evaluation"]["range_log10_m200c_h"]
    return (
        "Standard deviation of the residuals, predicted less true log mass, about their own mean, in dex (a "
        "common bias is not in it: see the medians of Table 2), for clusters "
        f"between 10<sup>{low:g}</sup> and 10<sup>{high:g}</sup> M<sub>⊙</sub>/<i>h</i>. Filled: this "
        "run, with one standard error from a bootstrap over halos. Open diamonds: Ho et al. (2019), "
        "on other mocks."
    )


def _predicted_true(run: RunResults) -> Figure:
    names = [name for name in _NETWORKS if name in run.predictions.log10_predicted_h]
    figure = new_figure(0.8 + 3.4 * len(names), 5.2)
    columns = figure.subplots(2, len(names), sharex=True, sharey="row", height_ratios=[2, 1], squeeze=False).T
    for name, axes in zip(names, columns, strict=True):
        draw_predicted_true(
            name, run.predictions.log10_true_h, run.predictions.log10_predicted_h[name], tuple(axes)
        )
    for axes in columns[1:].flat:
        axes.set_ylabel("")
    figure.get_layout_engine().set(wspace=0.06)  # tick labels at the inner ends would meet
    return figure


def _predicted_true_caption(run: RunResults) -> str:
    return (
        "Predicted against true mass for the two networks, on clusters that they were not trained on. "
        "Line: median in each bin of true mass; dark band: 16th to 84th "
        "percentile; light band: 3rd to 97th. A perfect method would stay on the dashed line. Below, "
        "the same as a residual, ε = "
        "log<sub>10</sub>(<i>M</i><sub>pred</sub>/<i>M</i><sub>true</sub>)."
    )


def _present(run: RunResults, groups: tuple[tuple[str, ...], ...]) -> list[list[str]]:
    """The groups without the methods that were not run, and without the groups that have none of their own.

    A group's own methods are those that the first group does not have.
    """
    known = run.predictions.log10_predicted_h
    kept = [[name for name in group if name in known] for group in groups]
    return [
        names
        for names, group in zip(kept, groups, strict=True)
        if any(name in known for name in group if name not in _NETWORKS) or (group is groups[0] and names)
    ]


def _residuals(run: RunResults) -> Figure:
    known = run.predictions.log10_predicted_h
    rows = _present(run, _ROWS)
    figure = new_figure(7.7, 0.8 + 2.3 * len(rows))
    panels = figure.subplots(len(rows), 2, sharex="col", width_ratios=[2.2, 1], squeeze=False)
    for names, axes in zip(rows, panels, strict=True):
        reference = _REFERENCE if _REFERENCE in known and _REFERENCE not in names else None
        draw_residual_comparison(names, run.predictions.log10_true_h, known, tuple(axes), reference=reference)
    figure.get_layout_engine().set(wspace=0.04)
    panels[-1, 0].set_xlabel(r"$\log_{10}\ M_{200c}\ [h^{-1}\,M_\odot]$")
    panels[-1, 1].set_xlabel(r"probability density [dex$^{-1}$]")
    return figure


def _residuals_caption(run: RunResults) -> str:
    return (
        "Residuals of the methods. Left: median and 16th to 84th percentile in bins of true mass. Right: "
        "the distribution over all masses, its 16th to 84th percentile filled. Below the first row "
        "CNN<sub>2D</sub> is repeated in outline. The contaminated <i>M</i>–σ tends to put light clusters "
        "too high, because unrelated galaxies fill the cylinder and fake a large dispersion. All methods "
        "see the same galaxies, except the pure <i>M</i>–σ, which is told which galaxies are members."
    )


def _shapes(run: RunResults) -> Figure:
    rows = _present(run, _SHAPES)
    figure = new_figure(7.7, 0.6 + 2.9 * len(rows))
    panels = figure.subplots(len(rows), 2, sharex="col", squeeze=False)
    for names, axes in zip(rows, panels, strict=True):
        draw_normalised_residuals(
            names, run.predictions.log10_true_h, run.predictions.log10_predicted_h, tuple(axes)
        )
    for axes in panels[-1]:
        axes.set_xlabel(r"$(\epsilon - \langle\epsilon\rangle)\,/\,\sigma_\epsilon$")
    return figure


def _shapes_caption(run: RunResults) -> str:
    return (
        "Residuals less their mean, in units of their own scatter, which the legend gives in dex: the shape "
        "alone. Grey: the normal distribution. Left, the middle, as the paper draws it; right, on a "
        "logarithmic scale, the tails, out of which light clusters pose as rare heavy ones. A method whose "
        "residuals are normal in log mass is easy to correct for."
    )


SCATTER = Plate("scatter", "Scatter at a glance.", _scatter, _scatter_caption)
PREDICTED_TRUE = Plate(
    "predicted_true",
    "Predicted and true masses.",
    _predicted_true,
    _predicted_true_caption,
    "Fig. 7",
    weighed_by(*_NETWORKS),
)
RESIDUALS = Plate("residuals", "Residuals.", _residuals, _residuals_caption, "Fig. 8")
SHAPES = Plate("shapes", "Are they normal?", _shapes, _shapes_caption, "Fig. 9")
