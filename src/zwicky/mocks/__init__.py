"""Mocks: lines of sight, cylinders, samples and folds (Ho et al. 2019, Sec. 2 and Appendix)."""

from typing import TYPE_CHECKING

from zwicky.lazy import contents

if TYPE_CHECKING:
    from zwicky.mocks.catalogue import Mocks as Mocks
    from zwicky.mocks.catalogue import make_mocks as make_mocks
    from zwicky.mocks.folds import halo_folds as halo_folds
    from zwicky.mocks.folds import spatial_folds as spatial_folds
    from zwicky.mocks.settings import MockSettings as MockSettings
    from zwicky.mocks.storage import read_mocks as read_mocks
    from zwicky.mocks.storage import write_mocks as write_mocks

__all__ = [
    "MockSettings",
    "Mocks",
    "halo_folds",
    "make_mocks",
    "read_mocks",
    "spatial_folds",
    "write_mocks",
]

__getattr__, __dir__ = contents(
    __name__,
    {
        "MockSettings": "zwicky.mocks.settings",
        "Mocks": "zwicky.mocks.catalogue",
        "halo_folds": "zwicky.mocks.folds",
        "make_mocks": "zwicky.mocks.catalogue",
        "read_mocks": "zwicky.mocks.storage",
        "spatial_folds": "zwicky.mocks.folds",
        "write_mocks": "zwicky.mocks.storage",
    },
)
