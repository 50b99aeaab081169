"""Plates of the universe: its slice, halos, dispersions and power spectrum."""

from __future__ import annotations

from matplotlib.figure import Figure

from zwicky.ho2019.report.needs import diagnosed, halo_dispersions
from zwicky.ho2019.report.plates.plate import Plate
from zwicky.ho2019.report.results import RunResults
from zwicky.plots import draw_mass_function, draw_power_spectrum, draw_sigma_mass, draw_slice
from zwicky.plots.style import new_figure

__all__ = ["MASS_FUNCTION", "POWER_SPECTRUM", "SIGMA_MASS", "SLICE"]


def _two_panels(width: float = 6.2, height: float = 5.4):
    figure = new_figure(width, height)
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=[2.4, 1])
    return figure, (top, bottom)


def _slice(run: RunResults) -> Figure:
    figure = new_figure(7.4, 6.3)
    draw_slice(run.diagnostics, run.h, figure.subplots())
    return figure


def _slice_caption(run: RunResults) -> str:
    depth = float(run.diagnostics["slice_depth_mpc"]) * run.h
    side = float(run.diagnostics["slice_extent_mpc"]) * run.h
    redshift = run.metrics["universe"]["redshift"]
    return (
        f"{'All galaxies' if run.is_imported else 'All matter'} in a slab {side:.0f} Mpc/<i>h</i> wide and "
        f"{depth:.0f} Mpc/<i>h</i> deep, at redshift {redshift:g}, relative to the mean density. Gravity has "
        "drawn an almost uniform beginning into filaments; where they cross, clusters of galaxies form: the "
        "brightest knots. Those are what this report weighs. The box is periodic: what leaves on the right "
        "comes in on the left."
    )


def _mass_function(run: RunResults) -> Figure:
    figure, axes = _two_panels()
    draw_mass_function(run.diagnostics, run.halos.snapshot.volume_mpc_h3, axes)
    return figure


def _mass_function_caption(run: RunResults) -> str:
    return (
        "How many halos there are of each mass, per volume and decade of mass, beside the function "
        "that Tinker et al. (2008) fitted to many larger simulations. Bars are Poisson errors; the "
        "grey band of the lower panel is ±15 %. Light halos have few particles and are the first to "
        "be lost; heavy ones are few in a box of this size."
    )


def _sigma_mass(run: RunResults) -> Figure:
    figure, axes = _two_panels()
    draw_sigma_mass(run.halos, axes)
    return figure


def _sigma_mass_caption(run: RunResults) -> str:
    return (
        "Heavier halos hold faster matter. Each dot is a halo: the one-dimensional velocity "
        "dispersion of all its matter inside <i>r</i><sub>200c</sub>, against its mass times "
        "<i>h</i>(<i>z</i>). The dashed line is the relation of Evrard et al. (2008), which many "
        "codes agree on; the grey band of the lower panel is ±4 %. This uses every particle in the "
        "true sphere; an observer, with a few dozen galaxies along one line of sight, always has more "
        "scatter."
    )


def _power_spectrum(run: RunResults) -> Figure:
    figure, axes = _two_panels()
    draw_power_spectrum(run.diagnostics, axes)
    return figure


def _power_spectrum_caption(run: RunResults) -> str:
    return (
        "How strongly the matter clusters on each scale: large scales on the left, small on the "
        "right. On large scales it follows linear theory, up to the few waves that fit into the box; "
        "on small ones gravity has amplified it, as HMcode-2020 (Mead et al. 2021), tuned on large "
        "simulations, predicts. The grey band of the lower panel is ±5 %."
    )


SLICE = Plate("slice", "A slice of the universe.", _slice, _slice_caption, needs=diagnosed("slice_map"))
MASS_FUNCTION = Plate(
    "mass_function",
    "Halos by mass.",
    _mass_function,
    _mass_function_caption,
    needs=diagnosed("mass_counts", "mass_function_tinker"),
)
SIGMA_MASS = Plate(
    "sigma_mass", "Dispersion and mass.", _sigma_mass, _sigma_mass_caption, needs=halo_dispersions
)
POWER_SPECTRUM = Plate(
    "power_spectrum",
    "Power spectrum.",
    _power_spectrum,
    _power_spectrum_caption,
    needs=diagnosed("power"),
)
