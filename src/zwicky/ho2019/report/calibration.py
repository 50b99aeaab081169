"""The chapter on calibration: its figures and tables, from what `measure_calibration` found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from markupsafe import Markup
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from zwicky.ho2019.report.formats import error, grouped, number
from zwicky.ho2019.report.items import figure, table
from zwicky.ho2019.report.results import RunResults
from zwicky.ho2019.report.tables.table import Cell, Row, Table, cells, method_cell
from zwicky.plots import draw_pit, method_style
from zwicky.plots.bands import LOG10_M200C_H
from zwicky.plots.calibration import draw_binned
from zwicky.plots.style import new_figure

__all__: list[str] = []

#: What a row's prior is called; any other goes by its name.
_PRIORS = {
    "flat": "flat",
    "sample": "sample's masses",
    "sample, counts": "sample's, with counts",
    "hmf": "mass function",
    "training": "training sample",
}

#: How posteriors that ship are drawn in bins: colour and line by prior. Others are as everywhere.
_OF_PRIOR = {"flat": ("#74b9c2", ":"), "sample": ("#0e7c8b", "-"), "sample, counts": ("#b0307a", "--")}

_COLUMNS = 4


def _has_rows(run: RunResults) -> bool:
    return bool((run.metrics.get("calibration") or {}).get("rows"))


def _rows(run: RunResults) -> list[Mapping[str, Any]]:
    return [row for row in run.metrics["calibration"]["rows"] if row["n"]]


def _binned(run: RunResults) -> bool:
    return _has_rows(run) and any(row["by_richness"] or row["by_mass"] for row in _rows(run))


def _prior(row: Mapping[str, Any]) -> str:
    return _PRIORS.get(row["prior"], row["prior"])


@figure("pit", needs=_has_rows)
def _pit(run: RunResults) -> Figure:
    rows = _rows(run)
    lines = -(-len(rows) // _COLUMNS)
    page = new_figure(7.7, 0.5 + 1.75 * lines)
    panels = page.subplots(lines, _COLUMNS, sharex=True, sharey=True, squeeze=False)
    for row, axes in zip(rows, panels.flat, strict=False):
        method = method_style(row["method"])
        draw_pit(row["pit"], _numbers(row["pit_error"]), method.colour, axes)
        axes.set_title(f"{method.label}\n{_prior(row)}", fontsize=8.5)
    for axes in panels.flat[len(rows) :]:
        axes.remove()
    page.supxlabel("probability below the true mass", fontsize=10.5)
    page.supylabel("clusters, over an even share", fontsize=10.5)
    return page


#: Methods whose coverage is drawn in bins beside the posteriors': the paper's best, and the classical one.
_BESIDE = ("cnn_2d", "m_sigma_contaminated")


@figure("coverage", needs=_binned)
def _coverage(run: RunResults) -> Figure:
    """Lean and coverage by number of galaxies and by the method's own mass."""
    found = run.metrics["calibration"]
    levels = [level for level in found["levels"] if level != 0.90]  # which is in the tables
    shown = [row for row in _rows(run) if row["method"] in _BESIDE or row["prior"] in _OF_PRIOR]
    numbers = [("median", None, 0.0), *(("inside", found["levels"].index(q), q) for q in levels)]
    page = new_figure(7.7, 1.3 + 1.7 * len(numbers))
    panels = page.subplots(len(numbers), 2, sharex="col", sharey="row")
    lines = {}
    for row in shown:
        method = method_style(row["method"])
        colour, line = _OF_PRIOR.get(row["prior"], (method.colour, method.line))
        style = {"color": colour, "linestyle": line}
        lines[f"{method.label}, {_prior(row)}"] = Line2D([], [], marker="o", markersize=3, **style)
        for column, bins in zip(panels.T, (row["by_richness"], row["by_mass"]), strict=True):
            for axes, (name, at, aim) in zip(column, numbers, strict=True):
                both = [
                    [b[key] if at is None else b[key][at] for b in bins] for key in (name, f"{name}_error")
                ]
                draw_binned(bins, *map(_numbers, both), axes, aim=aim, colour=colour, line=line)
    panels[0, 0].set_ylabel("median residual\n[dex]")
    for axes, level in zip(panels[1:, 0], levels, strict=True):
        axes.set_ylabel(f"truths in\n{100 * level:.0f} % intervals")
        axes.set_ylim(top=1.03)
    panels[-1, 0].set_xlabel("galaxies in the cylinder")
    panels[-1, 1].set_xlabel("median " + LOG10_M200C_H)
    page.legend(lines.values(), lines.keys(), loc="outside upper center", ncols=3, fontsize=8)
    return page


def _numbers(values: list[float | None]) -> list[float]:
    """With NaN for what is not known."""
    return [np.nan if value is None else value for value in values]


@table("intervals", needs=_has_rows)
def _calibration(run: RunResults) -> Table:
    levels = run.metrics["calibration"]["levels"]
    rows = []
    for row in _rows(run):
        found = [method_cell(row["method"], "ours"), Cell(_prior(row), "text"), Cell(grouped(row["n"]))]
        for key, signed in (("median", True), ("scatter", False)):
            found.append(Cell(number(row[key], 3, signed), "strong" if key == "scatter" else ""))
            found.append(Cell(error(row[f"{key}_error"], 3), "error"))
        found.append(Cell(number(row["width"], 3)))
        for share, its_error in zip(row["inside"], row["inside_error"], strict=True):
            found.append(Cell(number(100 * share, 0), "strong"))
            found.append(Cell(error(None if its_error is None else 100 * its_error, 0), "error"))
        rows.append(Row(tuple(found), "ours"))
    head = (
        *cells(["Method", "Prior"], "text"),
        Cell("N"),
        Cell("Median", "mid", 2),
        Cell("Scatter", "mid", 2),
        Cell("Width"),
        *(Cell(f"In\N{NO-BREAK SPACE}{100 * level:.0f}\N{NO-BREAK SPACE}%", "mid", 2) for level in levels),
    )
    return Table(head, tuple(rows), wide=True)


@table("sample-cluster", needs=_has_rows)
def _sample_cluster(run: RunResults) -> Table:
    cluster = run.metrics["calibration"]["cluster"]
    rows = []
    for row in cluster["rows"]:
        if row["median"] is None:
            continue
        spans = (f"{number(row[a], 2)} to {number(row[b], 2)}" for a, b in (("p16", "p84"), ("p025", "p975")))
        off = number(row["median"] - cluster["log10_m200c_h"], 2, True)
        numbers = (Cell(number(row["median"], 2), "strong"), *cells(spans, "mid"), Cell(off))
        rows.append(Row((method_cell(row["method"], "ours"), Cell(_prior(row), "text"), *numbers), "ours"))
    truth = (Cell("Truth", "text"), Cell("", "text"), Cell(number(cluster["log10_m200c_h"], 2), "strong"))
    rows.append(Row((*truth, *cells(["", "", ""])), "paper"))
    symbol = Markup("log<sub>10</sub> <i>M</i><sub>200c</sub>")
    head = (
        *cells(["Method", "Prior"], "text"),
        Cell(symbol),
        *cells(["68 %", "95 %"], "mid"),
        Cell("off by"),
    )
    return Table(head, tuple(rows))
