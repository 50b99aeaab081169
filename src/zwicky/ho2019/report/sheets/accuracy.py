"""Sheets of what was found first: the fits of M-sigma, the residuals, and who is better."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from markupsafe import Markup

from zwicky.ho2019.paper import PAPER_TABLE1, PAPER_TABLE2
from zwicky.ho2019.report.formats import between, count, error, number, share
from zwicky.ho2019.report.needs import measured
from zwicky.ho2019.report.results import RunResults
from zwicky.ho2019.report.sheets.sheet import Cell, Grid, Row, Sheet, cells
from zwicky.plots.style import METHODS

__all__ = ["COMPARISONS", "TABLE1", "TABLE2", "method_cell", "method_rows"]


def method_cell(name: str, kind: str) -> Cell:
    """First cell of a method's row: its name with its colour, ours, or the word "paper" below it.

    `kind` is ``ours``, ``paper`` under a row of ours, or ``alone``: the paper's where we have none.
    """
    method = METHODS[name]
    if kind == "ours":
        swatch = Markup('<span class="swatch" style="background:{}"></span>').format(method.colour)
        return Cell(swatch + Markup(method.html), "text")
    text = "paper" if kind == "paper" else Markup(method.html) + ", paper"
    return Cell(Markup('<span class="indent">{}</span>').format(text), "text")


def method_rows(
    ours: Mapping[str, Any], paper: Mapping[str, Any]
) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """For each method: name, kind of row (see `method_cell`) and numbers, ours before the paper's."""
    for name in METHODS:
        if name in ours:
            yield name, "ours", ours[name]
        if name in paper:
            yield name, "paper" if name in ours else "alone", paper[name]


# Table 2: key, decimals, whether a sign is always shown, whether its error is shown.
_COLUMNS = (
    ("median", 3, True, True),
    ("p84", 3, True, False),
    ("p16", 3, True, False),
    ("scatter", 3, False, True),
    ("skewness", 3, True, True),
    ("kurtosis", 3, True, True),
)


def _table2(run: RunResults) -> Grid:
    rows = []
    for name, kind, numbers in method_rows(run.metrics["table2"], PAPER_TABLE2):
        row = [method_cell(name, kind), Cell(count(numbers["n"]) if kind == "ours" else "")]
        for key, decimals, signed, with_error in _COLUMNS:
            strong = key == "scatter" and kind == "ours"
            row.append(Cell(number(numbers.get(key), decimals, signed), "strong" if strong else ""))
            if with_error:
                row.append(Cell(error(numbers.get(f"{key}_error"), decimals), "error"))
        rows.append(Row(tuple(row), "ours" if kind == "ours" else "paper"))
    head = (
        Cell("Method", "text"),
        Cell("N"),
        Cell("Median", "mid", 2),
        *cells(["84th", "16th"]),
        Cell(Markup("Scatter σ<sub>ε</sub>"), "mid", 2),
        Cell("Skewness γ", "mid", 2),
        Cell("Kurtosis κ", "mid", 2),
    )
    missing = [METHODS[name].html for name in PAPER_TABLE2 if name not in run.metrics["table2"]]
    note = (
        "N counts clusters, once for each line of sight that they are seen along. 84th and 16th are "
        "percentiles as offsets from the median; kurtosis is the excess over a Gaussian. "
    )
    if missing:
        names = " and ".join(filter(None, (", ".join(missing[:-1]), missing[-1])))
        note += f"{names} {'was' if len(missing) == 1 else 'were'} not run here. "
    note += (
        "The paper's mocks (MDPL2 with UniverseMachine galaxies) are not ours: the numbers may be set side "
        "by side, but not compared line by line."
    )
    return Grid(head, tuple(rows), Markup(note), wide=True)


def _table2_caption(run: RunResults) -> str:
    low, high = run.metrics["evaluation"]["range_log10_m200c_h"]
    return (
        "Residuals ε = log<sub>10</sub>(<i>M</i><sub>pred</sub>/<i>M</i><sub>true</sub>) in dex, for true "
        f"masses 10<sup>{low:g}</sup> to 10<sup>{high:g}</sup> M<sub>⊙</sub>/<i>h</i>. Our errors are "
        "bootstrap standard errors over halos."
    )


def _table1(run: RunResults) -> Grid:
    rows = []
    for catalogue, paper in PAPER_TABLE1.items():
        for kind, fit in (("ours", run.metrics["table1"][catalogue]), ("paper", paper)):
            names = (catalogue, "this run") if kind == "ours" else ("", "paper")
            numbers = (
                number(fit["sigma15_kms"], 0),
                number(fit["alpha"], 3),
                number(fit["scatter_dex"], 3),
            )
            rows.append(Row(cells(names, "text") + cells(numbers), kind))
    head = (
        Cell("Catalogue", "text"),
        Cell("", "text"),
        *cells([Markup("σ<sub>v,15</sub> [km/s]"), "α", "Scatter [dex]"]),
    )
    return Grid(head, tuple(rows))


def _table1_caption(run: RunResults) -> str:
    return (
        "The fitted <i>M</i>–σ relation: dispersion at 10<sup>15</sup> M<sub>⊙</sub>/<i>h</i>, slope, and "
        f"scatter of log<sub>10</sub> σ<sub>v</sub> above 10<sup>{run.fit_above_log10_m200c_h:g}</sup> "
        "M<sub>⊙</sub>/<i>h</i>."
    )


def _comparisons(run: RunResults) -> Grid:
    rows = []
    for c in run.metrics["comparisons"]:
        if c["ratio"] is None:
            continue
        name, other = Markup(METHODS[c["method"]].html), Markup(METHODS[c["other"]].html)
        gain = 1.0 - c["ratio"]
        less = gain >= 0
        word = "less" if less else "more"
        low, high = (1 - c["high"], 1 - c["low"]) if less else (c["low"] - 1, c["high"] - 1)
        sentence = Markup("{} scatters <b>{} {}</b> than {}").format(name, share(abs(gain)), word, other)
        if c["low"] <= 1.0 <= c["high"]:
            sentence += " (no difference to be sure of)"
        paper = "" if c["paper"] is None else f"{share(abs(1 - c['paper']), 0)} {_less(c['paper'])}"
        interval = f"{between(low, high, 1, 100)}\N{NO-BREAK SPACE}%"
        rows.append(
            Row((Cell(sentence, "text"), Cell(interval, "mid"), Cell(number(c["ratio"], 3)), Cell(paper)))
        )
    level = share(run.metrics["comparisons"][0]["level"], 0)
    head = (
        Cell("In this run", "text"),
        Cell(f"{level} interval", "mid"),
        Cell("Ratio"),
        Cell("Paper"),
    )
    return Grid(head, tuple(rows))


def _less(ratio: float) -> str:
    return "less" if ratio <= 1.0 else "more"


def _comparisons_caption(run: RunResults) -> str:
    return (
        "The scatters σ<sub>ε</sub> of two methods on the same clusters, and their ratio. The intervals are "
        "from a paired bootstrap over halos: what makes a cluster hard for both methods does not blur the "
        "comparison. The paper gives no errors; its column follows from its Table 2."
    )


TABLE1 = Sheet("table1", "Table 1.", _table1, _table1_caption, "Table 1")
TABLE2 = Sheet("table2", "Table 2.", _table2, _table2_caption, "Table 2")
COMPARISONS = Sheet(
    "comparisons",
    "Who is better, and by how much.",
    _comparisons,
    _comparisons_caption,
    "Sec. 5.1",
    measured("comparisons"),
)
