"""Plots: each function takes results and axes, draws, and returns the axes."""

from zwicky.plots.bands import LOG10_M200C_H
from zwicky.plots.calibration import draw_binned, draw_pit
from zwicky.plots.clusters import draw_cluster_views, draw_phase_space_image, scatter_galaxies
from zwicky.plots.corner import draw_corner
from zwicky.plots.dispersions import draw_dispersion_mass
from zwicky.plots.distributions import draw_normalised_residuals
from zwicky.plots.masses import draw_predicted_true, draw_residual_comparison, draw_scatter_summary
from zwicky.plots.mock_samples import draw_sample_mass_functions
from zwicky.plots.sampling import draw_sampling
from zwicky.plots.style import METHODS, Method, in_order, method_style, new_figure, report_style
from zwicky.plots.training import draw_losses
from zwicky.plots.universe import (
    draw_mass_function,
    draw_power_spectrum,
    draw_sigma_mass,
    draw_slice,
)

__all__ = [
    "LOG10_M200C_H",
    "METHODS",
    "Method",
    "draw_binned",
    "draw_cluster_views",
    "draw_corner",
    "draw_dispersion_mass",
    "draw_losses",
    "draw_mass_function",
    "draw_normalised_residuals",
    "draw_phase_space_image",
    "draw_pit",
    "draw_power_spectrum",
    "draw_predicted_true",
    "draw_residual_comparison",
    "draw_sample_mass_functions",
    "draw_sampling",
    "draw_scatter_summary",
    "draw_sigma_mass",
    "draw_slice",
    "in_order",
    "method_style",
    "new_figure",
    "report_style",
    "scatter_galaxies",
]
