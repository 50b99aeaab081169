"""Figures: each function takes results and axes, draws, and returns the axes."""

from zwicky.report.figures.architecture import draw_architecture
from zwicky.report.figures.clusters import draw_cluster_views, draw_phase_space_image, scatter_galaxies
from zwicky.report.figures.corner import draw_corner
from zwicky.report.figures.dispersions import draw_dispersion_mass
from zwicky.report.figures.distributions import draw_normalised_residuals
from zwicky.report.figures.layers import Layer, layers_of
from zwicky.report.figures.masses import draw_predicted_true, draw_residual_comparison, draw_scatter_summary
from zwicky.report.figures.mock_samples import draw_sample_mass_functions
from zwicky.report.figures.sampling import draw_sampling
from zwicky.report.figures.training import draw_losses
from zwicky.report.figures.universe import (
    draw_mass_function,
    draw_power_spectrum,
    draw_sigma_mass,
    draw_slice,
)

__all__ = [
    "Layer",
    "draw_architecture",
    "draw_cluster_views",
    "draw_corner",
    "draw_dispersion_mass",
    "draw_losses",
    "draw_mass_function",
    "draw_normalised_residuals",
    "draw_phase_space_image",
    "draw_power_spectrum",
    "draw_predicted_true",
    "draw_residual_comparison",
    "draw_sample_mass_functions",
    "draw_sampling",
    "draw_scatter_summary",
    "draw_sigma_mass",
    "draw_slice",
    "layers_of",
    "scatter_galaxies",
]
