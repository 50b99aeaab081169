"""Plates of the methods: the M-sigma relation, the networks and their training."""

from __future__ import annotations

from matplotlib.figure import Figure

from zwicky.estimators import CNNSettings
from zwicky.ho2019.report.examples import typical_row
from zwicky.ho2019.report.formats import number
from zwicky.ho2019.report.needs import weighed_by
from zwicky.ho2019.report.plates.plate import Plate
from zwicky.ho2019.report.results import RunResults
from zwicky.images import image_settings_of, member_moments, phase_space_images, velocity_images
from zwicky.plots import draw_architecture, draw_dispersion_mass, draw_losses, layers_of
from zwicky.plots.style import new_figure

__all__ = ["ARCHITECTURES", "DISPERSION_MASS", "LOSSES"]

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
        "Velocity dispersion of the galaxies against true mass in the training set. Line: "
        "median; dark band: 16th to 84th percentile; light band: 3rd to 97th. Dashed: "
        "the fitted power law and its scatter, extrapolated below the dotted line, where it was not "
        f"fitted. With true members only (left) the slope is {slopes['pure']} (gravity alone would give "
        f"about 1/3); with interlopers (right) it is {slopes['contaminated']}, because "
        "galaxies that do not belong raise the dispersion most where the cluster itself is light. A "
        "flat relation is a poor scale: a small error in σ becomes a large one in mass."
    )


def _architectures(run: RunResults) -> Figure:
    figure = new_figure(7.7, 5.0)
    example = run.mocks.test[typical_row(run.mocks.test)]
    cells = image_settings_of(example)
    dropout = run.settings.get("training", {}).get("dropout", CNNSettings().dropout)
    images = {"cnn_1d": velocity_images(example, cells)[0][:, None]}
    images["cnn_2d"] = phase_space_images(example, cells)[0]
    for (name, image), axes in zip(images.items(), figure.subplots(2, 1), strict=True):
        draw_architecture(name, layers_of(*image.shape, dropout), image, axes)
    return figure


def _architectures_caption(run: RunResults) -> str:
    max_norm = run.settings.get("training", {}).get("max_norm", CNNSettings().max_norm)
    return (
        "The networks, drawn from their own layers, from left to right. The input is the map of a typical "
        "cluster: 48 cells of velocity and, below, as many of distance. A filter looks at a few cells of "
        "velocity at a time (grey wedge), at all distances at once, and slides along; each of the stacked "
        "maps is the answer of one filter, with its cells and the number of maps written below it. Pooling "
        "keeps the larger of two neighbours; dropout silences features at random while the network learns, "
        "so that it relies on none. What is left is combined in dense layers to one number y, in which log "
        "mass is linear. All layers but the last pass on positive values only (ReLU), and the weights that "
        f"feed a neuron are kept within a norm of {max_norm:g}."
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
        "How the error shrinks while the networks look at the training set again and again. "
        "The output y runs from 0 at the lightest cluster of the training set to 1 at the "
        f"heaviest. Lines: mean over {folds} folds; bands: the 16th to 84th percentile of the folds. "
        "The validation clusters take no part in the training and choose nothing. Their loss can lie "
        "below the training loss, because dropout handicaps the network only while it learns, and "
        "because the two sets differ in their mixture of masses."
    )


DISPERSION_MASS = Plate(
    "dispersion_mass", "Galaxy velocities and mass.", _dispersion_mass, _dispersion_mass_caption, "Fig. 6"
)
ARCHITECTURES = Plate(
    "architectures",
    "The networks.",
    _architectures,
    _architectures_caption,
    "Fig. 4",
    weighed_by("cnn_1d", "cnn_2d"),
)
LOSSES = Plate("losses", "Learning.", _losses, _losses_caption, "Fig. 5", lambda run: bool(run.losses))
