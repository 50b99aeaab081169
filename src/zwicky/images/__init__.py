"""Images: a cluster's projected phase space as kernel density maps (Ho et al. 2019, Sec. 3.1)."""

from zwicky.images.density import image_faults, phase_space_images, velocity_images
from zwicky.images.moments import MemberMoments, member_moments
from zwicky.images.settings import ImageSettings, image_settings_of, paper_images
from zwicky.images.thinning import thinned

__all__ = [
    "ImageSettings",
    "MemberMoments",
    "image_faults",
    "image_settings_of",
    "member_moments",
    "paper_images",
    "phase_space_images",
    "thinned",
    "velocity_images",
]
