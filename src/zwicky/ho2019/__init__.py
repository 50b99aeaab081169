"""Ho et al. (2019): the paper's numbers, its experiment on any mocks, the whole run, and its report."""

from zwicky.ho2019.paper import (
    PAPER_EDGEWORTH,
    PAPER_INTRINSIC_SHARE,
    PAPER_RANGE_LOG10_M200C_H,
    PAPER_TABLE1,
    PAPER_TABLE2,
    PAPER_TABLE3,
    PAPER_TABLE4,
    PAPER_TIMES_S,
)
from zwicky.ho2019.run import reproduce
from zwicky.ho2019.settings import RUN_SCALES, ExistingUniverse, RunSettings

__all__ = [
    "PAPER_EDGEWORTH",
    "PAPER_INTRINSIC_SHARE",
    "PAPER_RANGE_LOG10_M200C_H",
    "PAPER_TABLE1",
    "PAPER_TABLE2",
    "PAPER_TABLE3",
    "PAPER_TABLE4",
    "PAPER_TIMES_S",
    "RUN_SCALES",
    "ExistingUniverse",
    "RunSettings",
    "reproduce",
]
