"""`Sheet`: a table of the report with its place and its words, and `Grid`, its cells."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from zwicky.ho2019.report.needs import Needs, always
from zwicky.ho2019.report.results import RunResults

__all__ = ["Cell", "Grid", "Row", "Sheet", "cells"]


@dataclass(frozen=True)
class Cell:
    """One cell: HTML (a `Markup`) or text, its kind (a class of the style sheet), and how many columns."""

    text: str
    kind: str = ""
    span: int = 1


@dataclass(frozen=True)
class Row:
    """Cells from left to right; `kind` is a class of the style sheet: ``ours``, ``paper``, ``group``."""

    cells: tuple[Cell, ...]
    kind: str = ""


@dataclass(frozen=True)
class Grid:
    """Head and rows of a table, the note under it (HTML), and whether it wants all the width there is."""

    head: tuple[Cell, ...]
    rows: tuple[Row, ...]
    note: str = ""
    wide: bool = False


@dataclass(frozen=True)
class Sheet:
    """One table of the report.

    Parameters
    ----------
    name
        Its anchor in the page.
    title
        A few words, HTML, shown in bold before the caption.
    fill
        Makes the cells from a run.
    caption
        Makes the caption, HTML, from a run.
    paper
        The table or section of Ho et al. (2019) that it corresponds to, such as ``"Table 3"``; empty if none.
    needs
        Whether a run has what it takes; without it the table is left out.
    """

    name: str
    title: str
    fill: Callable[[RunResults], Grid]
    caption: Callable[[RunResults], str]
    paper: str = ""
    needs: Needs = always


def cells(texts: Iterable[str], kind: str = "") -> tuple[Cell, ...]:
    """Cells of one kind.

    >>> cells(["a", "b"], "text")
    (Cell(text='a', kind='text', span=1), Cell(text='b', kind='text', span=1))
    """
    return tuple(Cell(text, kind) for text in texts)
