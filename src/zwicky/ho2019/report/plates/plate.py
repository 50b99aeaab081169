"""`Plate`: a figure of the report with its place and its words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from matplotlib.figure import Figure

from zwicky.ho2019.report.needs import Needs, always
from zwicky.ho2019.report.results import RunResults

__all__ = ["Plate"]


@dataclass(frozen=True)
class Plate:
    """One figure of the report.

    Parameters
    ----------
    name
        File name without suffix.
    title
        A few words, shown in bold before the caption and used as the picture's text alternative.
    draw
        Makes the figure from a run.
    caption
        Makes the caption, HTML, from a run.
    paper
        The figure of Ho et al. (2019) that it corresponds to, such as ``"Fig. 8"``; empty if none.
    needs
        Whether a run has what it takes; without it the figure is left out.
    """

    name: str
    title: str
    draw: Callable[[RunResults], Figure]
    caption: Callable[[RunResults], str]
    paper: str = ""
    needs: Needs = always
