"""Plots: each function takes results and axes, draws, and returns the axes."""

from zwicky.plots.calibration import draw_pit
from zwicky.plots.clusters import draw_cluster_views, draw_phase_space_image
from zwicky.plots.corner import draw_corner
from zwicky.plots.distributions import draw_normalised_residuals
from zwicky.plots.masses import draw_predicted_true, draw_residual_comparison, draw_scatter_summary
from zwicky.plots.style import METHODS, method_style, report_style
from zwicky.plots.training import draw_losses
from zwicky.plots.universe import draw_mass_function, draw_power_spectrum, draw_sigma_mass, draw_slice

__all__ = [
    "METHODS",
    "draw_cluster_views",
    "draw_corner",
    "draw_losses",
    "draw_mass_function",
    "draw_normalised_residuals",
    "draw_phase_space_image",
    "draw_pit",
    "draw_power_spectrum",
    "draw_predicted_true",
    "draw_residual_comparison",
    "draw_scatter_summary",
    "draw_sigma_mass",
    "draw_slice",
    "method_style",
    "report_style",
]
