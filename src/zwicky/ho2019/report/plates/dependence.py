"""Plates of what residuals depend on: mass and richness, and the share of the galaxies that is seen."""

from __future__ import annotations

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from zwicky.ho2019.report.needs import measured, posteriors
from zwicky.ho2019.report.plates.plate import Plate
from zwicky.ho2019.report.results import RunResults
from zwicky.plots import draw_corner, draw_sampling
from zwicky.plots.style import METHODS, new_figure

__all__ = ["CORNER", "SAMPLING"]

_PARAMETERS = {
    "mu_0": r"$\mu_0$",
    "sigma_0": r"$\sigma_0$",
    "sigma_1": r"$\sigma_1$",
    "alpha_0": r"$\alpha_0$",
}

_NETWORKS = ("cnn_1d", "cnn_2d")

#: Panels of Fig. 10.
_PANELS = (
    ("cnn_1d", "cnn_2d", "m_sigma_pure", "m_sigma_contaminated"),
    ("cnn_1d", "cnn_2d", "sdm_1d", "sdm_2d"),
)


def _corner(run: RunResults) -> Figure:
    shown = {name: run.posteriors[name] for name in _NETWORKS if name in run.posteriors}
    table3 = run.metrics["table3"]
    errors = {
        name: {key: table3.get(name, {}).get(key, {}).get("halo_bootstrap_error") for key in _PARAMETERS}
        for name in shown
    }
    figure = new_figure(6.6, 6.3)
    figure.set_layout_engine("none")  # which would make columns of unequal width
    margins = {"left": 0.13, "right": 0.98, "bottom": 0.09, "top": 0.98, "wspace": 0.1, "hspace": 0.1}
    panels = figure.subplots(len(_PARAMETERS), len(_PARAMETERS), gridspec_kw=margins)
    draw_corner(shown, _PARAMETERS, errors, panels)
    lines = [
        Line2D([], [], color=METHODS[n].colour, linestyle=METHODS[n].line, label=METHODS[n].label)
        for n in shown
    ]
    figure.legend(handles=lines, loc="upper right", fontsize=11)
    return figure


def _corner_caption(run: RunResults) -> str:
    return (
        "What the residuals say about the four parameters of Table 3, the share of outliers left free: on "
        "the diagonal the density of each, elsewhere contours that hold 68 and 95 % of the samples of two. "
        "The bars over the curves are the standard errors over resamples of halos; where they are wider "
        "than the curve, the likelihood took the views of one cluster for different clusters. Slanting "
        "contours: intrinsic and richness-dependent scatter can partly stand in for each other."
    )


def _sampling(run: RunResults) -> Figure:
    table4 = run.metrics["table4"]
    panels = [[name for name in names if name in table4] for names in _PANELS]
    panels = [
        names
        for i, names in enumerate(panels)
        if names and (i == 0 or any(name not in _NETWORKS for name in names))
    ]
    rows = [(f"mean of {_n_draws(run)} drawings", table4)]
    single = {name: {**row, **row["one_draw"]} for name, row in table4.items() if row.get("one_draw")}
    if single:
        rows.append(("one drawing", single))
    figure = new_figure(0.9 + 3.4 * len(panels), 0.7 + 3.1 * len(rows))
    grid = figure.subplots(len(rows), len(panels), sharex=True, sharey=True, squeeze=False)
    for (title, table), axes_of_row in zip(rows, grid, strict=True):
        for names, axes in zip(panels, axes_of_row, strict=True):
            draw_sampling([name for name in names if name in table], table, axes)
            axes.text(0.97, 0.95, title, transform=axes.transAxes, ha="right", va="top")
        axes_of_row[0].set_ylabel(r"$\epsilon^{(r)}$ [dex]")
    for axes in grid[-1]:
        axes.set_xlabel("sampling rate r")
    for axes in grid[1:].flat:
        axes.get_legend().remove()
    return figure


def _n_draws(run: RunResults) -> int:
    return next(iter(run.metrics["table4"].values()))["n_draws"]


def _sampling_caption(run: RunResults) -> str:
    text = (
        "How a mass drifts when only a share r of the galaxies is seen, relative to the mass from all of "
        "them: median and 16th to 84th percentile over clusters. The log mass is averaged over "
        f"{_n_draws(run)} random drawings for each cluster (Eq. 14; to the letter that averages masses, "
        "which is up to 0.01 dex higher)"
    )
    if any(row.get("one_draw") for row in run.metrics["table4"].values()):
        text += " (above), and for one drawing, which is what an observer has (below)"
    return text + (
        ". Grey strip: the rates of Table 4. A line that bends down tells that a method reads mass off the "
        "number of galaxies; a wide band, that it hangs on a few of them."
    )


CORNER = Plate(
    "corner", "Mass and richness dependence.", _corner, _corner_caption, needs=posteriors(*_NETWORKS)
)
SAMPLING = Plate(
    "sampling", "With galaxies missing.", _sampling, _sampling_caption, "Fig. 10", measured("table4")
)
