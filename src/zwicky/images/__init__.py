"""Images: a cluster's projected phase space as kernel density maps (Ho et al. 2019, Sec. 3.1)."""

from zwicky.images.density import phase_space_images, velocity_images
from zwicky.images.moments import GalaxyMoments, galaxy_moments
from zwicky.images.settings import ImageSettings

__all__ = [
    "GalaxyMoments",
    "ImageSettings",
    "galaxy_moments",
    "phase_space_images",
    "velocity_images",
]
