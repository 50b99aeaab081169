"""The whole paper in one directory: settings, scales, and the run itself."""

from zwicky.reproduce.run import reproduce
from zwicky.reproduce.settings import RUN_SCALES, ExistingUniverse, RunSettings, existing_universe

__all__ = ["RUN_SCALES", "ExistingUniverse", "RunSettings", "existing_universe", "reproduce"]
