"""Plates of the methods: the M-sigma relation and the networks' training."""

from __future__ import annotations

from matplotlib.figure import Figure

from zwicky.images import member_moments
from zwicky.report.figures import draw_dispersion_mass, draw_losses
from zwicky.report.formats import number
from zwicky.report.plates.plate import Plate
from zwicky.report.results import RunResults
from zwicky.report.style import new_figure

__all__ = ["DISPERSION_MASS", "LOSSES"]

_CATALOGUES = ("pure", "contaminated")


def _dispersion_mass(run: RunResults) -> Figure:
    figure = new_figure(7.7, 4.0)
    panels = figure.subplots(1, 2, sharey=True)
    for catalogue, axes in zip(_CATALOGUES, panels, strict=True):
        sample = run.mocks.train_pure if catalogue == "pure" else run.mocks.train
        dispersions = member_moments(sample).v_sigma
        draw_dispersion_mass(
            catalogue,
            sample.log10_m200c_h,
            dispersions,
            run.metrics["table1"][catalogue],
            run.fit_above_log10_m200c_h,
            axes,
        )
    panels[1].set_ylabel("")
    return figure


def _dispersion_mass_caption(run: RunResults) -> str:
    slopes = {name: number(run.metrics["table1"][name]["alpha"], 3) for name in _CATALOGUES}
    return (
        "Velocity dispersion of the galaxies against true mass in the training set (Fig. 6 of the "
        "paper). Line: median; dark band: 16th to 84th percentile; light band: 3rd to 97th. Dashed: "
        "the fitted power law and its scatter, extrapolated below the dotted line, where it was not "
        f"fitted. With true members only (left) the slope is {slopes['pure']}, near the 1/3 that "
        f"gravity alone would give; with interlopers (right) it is {slopes['contaminated']}, because "
        "galaxies that do not belong raise the dispersion most where the cluster itself is light. A "
        "flat relation is a poor scale: a small error in σ becomes a large one in mass."
    )


def _losses(run: RunResults) -> Figure:
    names = [name for name in ("cnn_1d", "cnn_2d") if name in run.losses]
    figure = new_figure(0.7 + 3.5 * len(names), 3.3)
    panels = figure.subplots(1, len(names), sharey=True, squeeze=False)[0]
    for name, axes in zip(names, panels, strict=True):
        draw_losses(name, run.losses[name], axes)
    panels[0].set_ylabel("mean squared error of y")
    return figure


def _losses_caption(run: RunResults) -> str:
    folds = max((len(curves["train"]) for curves in run.losses.values()), default=0)
    return (
        "How the error shrinks while the networks look at the training set again and again (Fig. 5 of "
        "the paper). The output y runs from 0 at the lightest cluster of the training set to 1 at the "
        f"heaviest. Lines: mean over {folds} folds; bands: the 16th to 84th percentile of the folds. "
        "The validation clusters take no part in the training and choose nothing. Their loss can lie "
        "below the training loss, because dropout handicaps the network only while it learns, and "
        "because the two sets differ in their mixture of masses."
    )


DISPERSION_MASS = Plate(
    "dispersion_mass", "Galaxy velocities and mass.", _dispersion_mass, _dispersion_mass_caption
)
LOSSES = Plate("losses", "Learning.", _losses, _losses_caption)
