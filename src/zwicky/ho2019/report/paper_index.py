"""Where each figure and table of the paper is in a report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zwicky.ho2019.report.chapters import Chapter
from zwicky.ho2019.report.plates import Plate
from zwicky.ho2019.report.sheets import Sheet

__all__ = ["PAPER_ITEMS", "PaperItem", "paper_index"]

#: Everything that the paper shows, in words.
PAPER_ITEMS = {
    "Fig. 1": "a cluster in three views",
    "Fig. 2": "training and test mass functions",
    "Fig. 3": "input images",
    "Fig. 4": "network architectures",
    "Fig. 5": "loss curves",
    "Fig. 6": "M–σ relations",
    "Fig. 7": "predicted and true mass",
    "Fig. 8": "residuals of all methods",
    "Fig. 9": "normalised residuals",
    "Fig. 10": "deviation with sampling rate",
    "Table 1": "fits of M–σ",
    "Table 2": "scatter, skewness, kurtosis",
    "Table 3": "mass and richness dependence",
    "Table 4": "robustness to sampling",
    "Sec. 5.1": "who is better, and by how much",
    "Eqs. 9–10": "effect on cluster counts",
    "Sec. 5.5": "times",
    "Sec. 6": "conclusions, one by one",
}


@dataclass(frozen=True)
class PaperItem:
    """A figure, table or section of the paper, what it shows, and the anchors of ours (none if absent)."""

    name: str
    shows: str
    anchors: tuple[str, ...]


def paper_index(contents: Sequence[tuple[Chapter, Sequence[Plate | Sheet]]]) -> list[PaperItem]:
    """For everything that the paper shows, where a report shows it; tables before their figures.

    Parameters
    ----------
    contents
        Chapters with their items, as `zwicky.ho2019.report.chapters.contents` gives them.
    """
    items = [item for _, items in contents for item in items]
    items.sort(key=lambda item: isinstance(item, Plate))
    return [
        PaperItem(name, shows, tuple(item.name for item in items if item.paper == name))
        for name, shows in PAPER_ITEMS.items()
    ]
