"""The whole paper in one directory: settings, scales, and the run itself."""

from zwicky.reproduce.run import reproduce
from zwicky.reproduce.settings import (
    RUN_SCALES,
    ExistingUniverse,
    RunSettings,
    density_in_box,
    existing_universe,
)

__all__ = [
    "RUN_SCALES",
    "ExistingUniverse",
    "RunSettings",
    "density_in_box",
    "existing_universe",
    "reproduce",
]
