"""`Table`: the cells of one of the report's tables, and what several tables share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from zwicky.plots import method_style
from zwicky.plots.style import in_order

__all__ = ["Cell", "Row", "Table", "cells", "method_cell", "method_rows"]


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
class Table:
    """Head and rows of a table, and whether it wants all the width there is."""

    head: tuple[Cell, ...]
    rows: tuple[Row, ...]
    wide: bool = False


def cells(texts: Iterable[str], kind: str = "") -> tuple[Cell, ...]:
    """Cells of one kind.

    >>> cells(["a", "b"], "text")
    (Cell(text='a', kind='text', span=1), Cell(text='b', kind='text', span=1))
    """
    return tuple(Cell(text, kind) for text in texts)


def method_cell(name: str, kind: str) -> Cell:
    """First cell of a method's row: its name with its colour, ours, or the word "paper" below it.

    `kind` is ``ours``, ``paper`` under a row of ours, or ``alone``: the paper's where we have none.
    """
    method = method_style(name)
    if kind == "ours":
        swatch = Markup('<span class="swatch" style="background:{}"></span>').format(method.colour)
        return Cell(swatch + method.html, "text")
    text = "paper" if kind == "paper" else method.html + ", paper"
    return Cell(Markup('<span class="indent">{}</span>').format(text), "text")


def method_rows(
    ours: Mapping[str, Any], paper: Mapping[str, Any]
) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """For each method: name, kind of row (see `method_cell`) and numbers, ours before the paper's."""
    for name in in_order({**paper, **ours}):
        if name in ours:
            yield name, "ours", ours[name]
        if name in paper:
            yield name, "paper" if name in ours else "alone", paper[name]
