"""Plates of the mock observations: one cluster, the samples, the images."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from zwicky.ho2019.report.examples import rows_across_masses, typical_row
from zwicky.ho2019.report.formats import count
from zwicky.ho2019.report.plates.plate import Plate
from zwicky.ho2019.report.results import RunResults, read_galaxies
from zwicky.images import image_settings_of, phase_space_images, velocity_images
from zwicky.mocks import observe_one
from zwicky.plots import (
    draw_cluster_views,
    draw_phase_space_image,
    draw_sample_mass_functions,
)
from zwicky.plots.style import new_figure

__all__ = ["CLUSTER_VIEWS", "IMAGES", "SAMPLES"]


def _cluster_views(run: RunResults) -> Figure:
    test, settings = run.mocks.test, run.mocks.settings
    row = typical_row(test)
    halo_row = int(np.flatnonzero(run.halos.halo_id == test.halo_id[row])[0])
    seen = observe_one(run.halos, read_galaxies(run), halo_row, test.direction[row], settings)
    figure = new_figure(7.6, 6.2)
    grid = figure.add_gridspec(2, 2, height_ratios=[1, 1.75])
    axes = (figure.add_subplot(grid[0, :]), figure.add_subplot(grid[1, 0]), figure.add_subplot(grid[1, 1]))
    draw_cluster_views(
        seen.x_proj * run.h,
        seen.y_proj * run.h,
        seen.depth * run.h,
        seen.v_los,
        seen.is_member,
        settings.aperture_mpc_h,
        settings.v_cut_kms,
        axes,
    )
    return figure


def _cluster_views_caption(run: RunResults) -> str:
    test = run.mocks.test
    row = typical_row(test)
    members = int(test[row].is_member.sum())
    return (
        f"A cluster of 10<sup>{test.log10_m200c_h[row]:.2f}</sup> M<sub>⊙</sub>/<i>h</i>, "
        "the one with the median number of galaxies among those of that mass: "
        f"{test.n_galaxies[row]} in the cylinder, {members} of them members (filled) and "
        f"{test.n_galaxies[row] - members} interlopers (open). Top: from the side, which no observer "
        "sees; note the stretched horizontal axis. Bottom left: what a redshift survey sees, velocity "
        "against distance from the centre. Bottom right: the sky, with the rim of the cylinder. In "
        "the bottom panels nothing tells members from interlopers but the pattern that they make."
    )


def _samples(run: RunResults) -> Figure:
    figure = new_figure(6.6, 4.3)
    draw_sample_mass_functions(
        run.mocks.train.log10_m200c_h,
        run.mocks.test.log10_m200c_h,
        run.halos.snapshot.volume_mpc_h3,
        run.diagnostics,
        figure.subplots(),
        run.mocks.settings.flat_density,
    )
    return figure


def _samples_caption(run: RunResults) -> str:
    train, test = run.mocks.train, run.mocks.test
    return (
        f"Mock clusters by true mass: {count(len(train))} to learn from, "
        f"{count(len(test))} to be tested on. Nature makes far more light clusters than heavy ones, "
        "and a network shown that mixture would learn to guess light. So the training set is made "
        "flat: of the many light ones a few are taken, the few heavy ones are seen from many sides. "
        "The test set keeps nature's proportions, each halo seen along the three axes of the box. "
        "Grey: the mass range that is judged."
    )


def _images(run: RunResults) -> Figure:
    sample = run.mocks.test[rows_across_masses(run.mocks.test)]
    cells = image_settings_of(sample)
    velocity, phase_space = velocity_images(sample, cells), phase_space_images(sample, cells)
    figure = new_figure(7.7, 3.5)
    columns = figure.subplots(
        2, len(sample), sharex=True, sharey="row", height_ratios=[1, 1.6], squeeze=False
    ).T
    for i, axes in enumerate(columns):
        one = sample[i]
        draw_phase_space_image(
            velocity[i],
            phase_space[i],
            one.r_proj * run.h,
            one.v_los / 1000,
            one.is_member,
            cells.aperture_mpc * run.h,
            cells.v_cut_kms / 1000,
            tuple(axes),
        )
        axes[0].set_title(f"{one.log10_m200c_h[0]:.2f}")
        axes[0].tick_params(labelleft=False)
        axes[1].set_xticks([-2, 0, 2])
    columns[0][0].set_ylabel("density")
    columns[0][1].set_ylabel(r"$R_{\rm proj}\ [h^{-1}\,{\rm Mpc}]$")
    figure.supxlabel(r"$v_{\rm los}\ [1000\ {\rm km\,s^{-1}}]$", fontsize=10.5)
    return figure


def _images_caption(run: RunResults) -> str:
    return (
        "What the networks see: clusters of rising mass, their log<sub>10</sub> "
        "<i>M</i><sub>200c</sub> [M<sub>⊙</sub>/<i>h</i>] on top. Above, the smoothed distribution of "
        "velocities, the input of CNN<sub>1D</sub>; below, that of velocity and distance from the "
        "centre, the input of CNN<sub>2D</sub>. The points, members filled and interlopers open, are "
        "for us: the network gets the grey map alone. Heavier clusters are wider, and keep their "
        "width out to larger radii."
    )


CLUSTER_VIEWS = Plate(
    "cluster_views", "One cluster, three views.", _cluster_views, _cluster_views_caption, "Fig. 1"
)
SAMPLES = Plate("samples", "Training and test sets.", _samples, _samples_caption, "Fig. 2")
IMAGES = Plate("images", "Six images.", _images, _images_caption, "Fig. 3")
