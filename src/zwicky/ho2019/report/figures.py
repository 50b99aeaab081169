"""The report's figures, composed from a run with the functions of `zwicky.plots`."""

from __future__ import annotations

from importlib import resources

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from zwicky.ho2019.paper import PAPER_TABLE2
from zwicky.ho2019.report.examples import rows_across_masses, typical_row
from zwicky.ho2019.report.items import diagnosed, figure, halo_dispersions, measured, posteriors, weighed_by
from zwicky.ho2019.report.results import RunResults, read_galaxies
from zwicky.images import galaxy_moments, phase_space_images, velocity_images
from zwicky.mocks.example import observe_one
from zwicky.plots import (
    draw_cluster_views,
    draw_corner,
    draw_losses,
    draw_mass_function,
    draw_normalised_residuals,
    draw_phase_space_image,
    draw_power_spectrum,
    draw_predicted_true,
    draw_residual_comparison,
    draw_scatter_summary,
    draw_sigma_mass,
    draw_slice,
    method_style,
)
from zwicky.plots.bands import LOG10_M200C_H
from zwicky.plots.dispersions import draw_dispersion_mass
from zwicky.plots.mock_samples import draw_sample_mass_functions
from zwicky.plots.sampling import draw_sampling
from zwicky.plots.style import in_order, new_figure

__all__: list[str] = []

_NETWORKS = ("cnn_1d", "cnn_2d")
_RELATIONS = ("m_sigma_pure", "m_sigma_contaminated")
_MACHINES = ("sdm_1d", "sdm_2d")


@figure("scatter")
def _scatter(run: RunResults) -> Figure:
    page = new_figure(7.0, 1.1 + 0.35 * len(run.metrics["table2"]))
    draw_scatter_summary(run.metrics["table2"], PAPER_TABLE2, page.subplots())
    return page


@figure("slice", needs=diagnosed("slice_map"))
def _slice(run: RunResults) -> Figure:
    page = new_figure(7.4, 6.3)
    page.set_layout_engine("compressed")  # a square panel: the other layout cuts the label of its axis
    draw_slice(run.diagnostics, run.h, page.subplots())
    return page


def _two_panels(page: Figure):
    return tuple(page.subplots(2, 1, sharex=True, height_ratios=[2.4, 1]))


@figure("mass_function", needs=diagnosed("mass_counts", "mass_function_tinker"))
def _mass_function(run: RunResults) -> Figure:
    page = new_figure(6.2, 5.4)
    draw_mass_function(run.diagnostics, run.halos.snapshot.volume_mpc_h3, _two_panels(page))
    return page


@figure("sigma_mass", needs=halo_dispersions)
def _sigma_mass(run: RunResults) -> Figure:
    page = new_figure(6.2, 5.4)
    draw_sigma_mass(run.halos, _two_panels(page))
    return page


@figure("power_spectrum", needs=diagnosed("power"))
def _power_spectrum(run: RunResults) -> Figure:
    page = new_figure(6.2, 5.4)
    draw_power_spectrum(run.diagnostics, _two_panels(page))
    return page


@figure("cluster_views", "Fig. 1")
def _cluster_views(run: RunResults) -> Figure:
    test, settings = run.mocks.test, run.mocks.settings
    row = typical_row(test)
    halo_row = int(np.flatnonzero(run.halos.halo_id == test.halo_id[row])[0])
    seen = observe_one(run.halos, read_galaxies(run), halo_row, test.direction[row], settings)
    page = new_figure(7.6, 6.2)
    grid = page.add_gridspec(2, 2, height_ratios=[1, 1.75])
    axes = (page.add_subplot(grid[0, :]), page.add_subplot(grid[1, 0]), page.add_subplot(grid[1, 1]))
    where = (seen.x_proj * run.h, seen.y_proj * run.h, seen.depth * run.h)
    cylinder = (settings.aperture_mpc_h, settings.v_cut_kms)
    draw_cluster_views(*where, seen.v_los, seen.is_member, *cylinder, axes)
    return page


@figure("samples", "Fig. 2")
def _samples(run: RunResults) -> Figure:
    page = new_figure(6.6, 4.3)
    masses = (run.mocks.train.log10_m200c_h, run.mocks.test.log10_m200c_h)
    volume, density = run.halos.snapshot.volume_mpc_h3, run.mocks.settings.flat_density
    draw_sample_mass_functions(*masses, volume, run.diagnostics, page.subplots(), density)
    return page


@figure("images", "Fig. 3")
def _images(run: RunResults) -> Figure:
    sample = run.mocks.test[rows_across_masses(run.mocks.test)]
    seen = sample.cylinder
    velocity, phase_space = velocity_images(sample, seen), phase_space_images(sample, seen)
    cylinder = (seen.aperture_mpc_h, seen.v_cut_kms / 1000)
    page = new_figure(7.7, 3.5)
    shape = {"sharex": True, "sharey": "row", "height_ratios": [1, 1.6], "squeeze": False}
    columns = page.subplots(2, len(sample), **shape).T
    for i, axes in enumerate(columns):
        one = sample[i]
        galaxies = (one.r_proj_comoving * run.h, one.v_los / 1000, one.is_member)
        draw_phase_space_image(velocity[i], phase_space[i], *galaxies, *cylinder, tuple(axes))
        axes[0].set_title(f"{one.log10_m200c_h[0]:.2f}")
        axes[0].tick_params(labelleft=False)
        axes[1].set_xticks([-2, 0, 2])
    columns[0][0].set_ylabel("density")
    columns[0][1].set_ylabel(r"$R_{\rm proj}\ [h^{-1}\,{\rm Mpc}]$")
    page.supxlabel(r"$v_{\rm los}\ [1000\ {\rm km\,s^{-1}}]$", fontsize=10.5)
    return page


@figure("dispersion_mass", "Fig. 6")
def _dispersion_mass(run: RunResults) -> Figure:
    page = new_figure(7.7, 4.0)
    panels = page.subplots(1, 2, sharey=True)
    samples = {"pure": run.mocks.train_pure, "contaminated": run.mocks.train}
    for (catalogue, sample), axes in zip(samples.items(), panels, strict=True):
        fit, above = run.metrics["table1"][catalogue], run.fit_above_log10_m200c_h
        sigma = galaxy_moments(sample).v_sigma
        draw_dispersion_mass(catalogue, sample.log10_m200c_h, sigma, fit, above, axes)
    panels[1].set_ylabel("")
    return page


@figure("architectures", "Fig. 4", weighed_by(*_NETWORKS))
def _architectures(run: RunResults) -> bytes:
    """The paper's networks: a drawing, the same in every report."""
    return (resources.files("zwicky.ho2019.report") / "templates" / "networks.svg").read_bytes()


@figure("losses", "Fig. 5", lambda run: bool(run.losses))
def _losses(run: RunResults) -> Figure:
    page = new_figure(0.7 + 3.5 * len(run.losses), 3.3)
    panels = page.subplots(1, len(run.losses), sharey=True, squeeze=False)[0]
    for name, axes in zip(in_order(run.losses), panels, strict=True):
        draw_losses(name, run.losses[name], axes)
    panels[0].set_ylabel("mean squared error of y")
    return page


@figure("predicted_true", "Fig. 7", weighed_by(*_NETWORKS))
def _predicted_true(run: RunResults) -> Figure:
    predictions = run.predictions
    names = [name for name in _NETWORKS if name in predictions.log10_predicted_h]
    page = new_figure(0.8 + 3.4 * len(names), 5.2)
    shape = {"sharex": True, "sharey": "row", "height_ratios": [2, 1], "squeeze": False}
    columns = page.subplots(2, len(names), **shape).T
    for name, axes in zip(names, columns, strict=True):
        masses = (predictions.log10_true_h, predictions.log10_predicted_h[name])
        draw_predicted_true(name, *masses, tuple(axes))
    for axes in columns[1:].flat:
        axes.set_ylabel("")
    page.get_layout_engine().set(wspace=0.06)  # tick labels at the inner ends would meet
    return page


def _present(known, groups: list[tuple[str, ...]], shared: tuple[str, ...] = ()) -> list[list[str]]:
    """The groups less what is not `known`, then other methods in pairs; none that has only `shared`."""
    named = {name for group in groups for name in group}
    others = [name for name in in_order(known) if name not in named]
    pairs = [(*shared, *others[i : i + 2]) for i in range(0, len(others), 2)]
    kept = [[name for name in group if name in known] for group in (*groups, *pairs)]
    first, rest = kept[:1], kept[1:]
    return [g for g in first if g] + [g for g in rest if set(g) - set(shared)]


@figure("residuals", "Fig. 8")
def _residuals(run: RunResults) -> Figure:
    """A pair of methods a row, in the order of Table 2, the best network outlined where it is not in it."""
    known = run.predictions.log10_predicted_h
    rows = _present(known, [_NETWORKS, _RELATIONS, _MACHINES])
    page = new_figure(7.7, 0.8 + 2.3 * len(rows))
    panels = page.subplots(len(rows), 2, sharex="col", width_ratios=[2.2, 1], squeeze=False)
    for names, axes in zip(rows, panels, strict=True):
        reference = "cnn_2d" if "cnn_2d" in known and "cnn_2d" not in names else None
        masses = (run.predictions.log10_true_h, known)
        draw_residual_comparison(names, *masses, tuple(axes), reference=reference)
    page.get_layout_engine().set(wspace=0.04)
    panels[-1, 0].set_xlabel(LOG10_M200C_H)
    panels[-1, 1].set_xlabel(r"probability density [dex$^{-1}$]")
    return page


@figure("shapes", "Fig. 9")
def _shapes(run: RunResults) -> Figure:
    known = run.predictions.log10_predicted_h
    rows = _present(known, [(*_NETWORKS, *_RELATIONS), (*_NETWORKS, *_MACHINES)], _NETWORKS)
    page = new_figure(7.7, 0.6 + 2.9 * len(rows))
    panels = page.subplots(len(rows), 2, sharex="col", squeeze=False)
    for names, axes in zip(rows, panels, strict=True):
        draw_normalised_residuals(names, run.predictions.log10_true_h, known, tuple(axes))
    for axes in panels[-1]:
        axes.set_xlabel(r"$(\epsilon - \langle\epsilon\rangle)\,/\,\sigma_\epsilon$")
    return page


#: Parameters of Table 3 in the corner plot; the share of outliers is left free.
_PARAMETERS = {
    "mu_0": r"$\mu_0$",
    "sigma_0": r"$\sigma_0$",
    "sigma_1": r"$\sigma_1$",
    "alpha_0": r"$\alpha_0$",
}


@figure("corner", needs=posteriors(*_NETWORKS))
def _corner(run: RunResults) -> Figure:
    shown = {name: run.posteriors[name] for name in _NETWORKS if name in run.posteriors}
    table3 = run.metrics["table3"]
    errors = {
        name: {key: table3.get(name, {}).get(key, {}).get("halo_bootstrap_error") for key in _PARAMETERS}
        for name in shown
    }
    page = new_figure(6.6, 6.3)
    margins = {"left": 0.13, "right": 0.98, "bottom": 0.09, "top": 0.98, "wspace": 0.1, "hspace": 0.1}
    panels = page.subplots(len(_PARAMETERS), len(_PARAMETERS), gridspec_kw=margins)
    draw_corner(shown, _PARAMETERS, errors, panels)
    styles = [method_style(name) for name in shown]
    lines = [Line2D([], [], color=s.colour, linestyle=s.line, label=s.label) for s in styles]
    page.legend(handles=lines, loc="upper right", fontsize=11)
    return page


@figure("sampling", "Fig. 10", measured("table4"))
def _sampling(run: RunResults) -> Figure:
    """The mean of some drawings above, one drawing, where it was kept, below."""
    table4 = run.metrics["table4"]
    panels = _present(table4, [(*_NETWORKS, *_RELATIONS), (*_NETWORKS, *_MACHINES)], _NETWORKS)
    rows = [(f"mean of {next(iter(table4.values()))['n_draws']} drawings", table4)]
    single = {name: {**row, **row["one_draw"]} for name, row in table4.items() if row.get("one_draw")}
    if single:
        rows.append(("one drawing", single))
    page = new_figure(0.9 + 3.4 * len(panels), 0.7 + 3.1 * len(rows))
    grid = page.subplots(len(rows), len(panels), sharex=True, sharey=True, squeeze=False)
    for (title, table), axes_of_row in zip(rows, grid, strict=True):
        for names, axes in zip(panels, axes_of_row, strict=True):
            draw_sampling([name for name in names if name in table], table, axes)
            axes.text(0.97, 0.95, title, transform=axes.transAxes, ha="right", va="top")
        axes_of_row[0].set_ylabel(r"$\epsilon^{(r)}$ [dex]")
    for axes in grid[-1]:
        axes.set_xlabel("sampling rate r")
    for axes in grid[1:].flat:
        axes.get_legend().remove()
    return page
