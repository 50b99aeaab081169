"""What was found first: the fits of M-sigma, the residuals, who is better, and what that does to counts."""

from __future__ import annotations

from markupsafe import Markup

from zwicky.diagnostics import edgeworth_term, lognormal_factor
from zwicky.ho2019.paper import PAPER_EDGEWORTH, PAPER_TABLE1, PAPER_TABLE2
from zwicky.ho2019.report.formats import between, error, grouped, number, share
from zwicky.ho2019.report.items import measured, table
from zwicky.ho2019.report.results import RunResults
from zwicky.ho2019.report.tables.table import Cell, Row, Table, cells, method_cell, method_rows
from zwicky.plots import method_style

__all__: list[str] = []

# Table 2: key, decimals, whether a sign is always shown, whether its error is shown.
_COLUMNS = (
    ("median", 3, True, True),
    ("p84", 3, True, False),
    ("p16", 3, True, False),
    ("scatter", 3, False, True),
    ("skewness", 3, True, True),
    ("kurtosis", 3, True, True),
)


@table("table2", "Table 2")
def _table2(run: RunResults) -> Table:
    rows = []
    for name, kind, numbers in method_rows(run.metrics["table2"], PAPER_TABLE2):
        row = [method_cell(name, kind), Cell(grouped(numbers["n"]) if kind == "ours" else "")]
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
    return Table(head, tuple(rows), wide=True)


@table("table1", "Table 1")
def _table1(run: RunResults) -> Table:
    rows = []
    for catalogue, paper in PAPER_TABLE1.items():
        for kind, fit in (("ours", run.metrics["table1"][catalogue]), ("paper", paper)):
            names = (catalogue, "this run") if kind == "ours" else ("", "paper")
            fitted = [number(fit["sigma15_kms"], 0), *(number(fit[k], 3) for k in ("alpha", "scatter_dex"))]
            rows.append(Row(cells(names, "text") + cells(fitted), kind))
    symbols = cells([Markup("σ<sub>v,15</sub> [km/s]"), "α", "Scatter [dex]"])
    return Table((Cell("Catalogue", "text"), Cell("", "text"), *symbols), tuple(rows))


@table("comparisons", "Sec. 5.1", measured("comparisons"))
def _comparisons(run: RunResults) -> Table:
    rows = []
    for c in run.metrics["comparisons"]:
        if c["ratio"] is None:
            continue
        name, other = method_style(c["method"]).html, method_style(c["other"]).html
        low, high = (1 - c["high"], 1 - c["low"]) if c["ratio"] <= 1 else (c["low"] - 1, c["high"] - 1)
        changed = share(abs(1 - c["ratio"]))
        sentence = Markup("{} scatters <b>{} {}</b> than {}").format(name, changed, _less(c["ratio"]), other)
        if c["low"] <= 1.0 <= c["high"]:
            sentence += " (no difference to be sure of)"
        paper = "" if c["paper"] is None else f"{share(abs(1 - c['paper']), 0)} {_less(c['paper'])}"
        interval = f"{between(low, high, 1, 100)}\N{NO-BREAK SPACE}%"
        numbers = Cell(interval, "mid"), Cell(number(c["ratio"], 3)), Cell(paper)
        rows.append(Row((Cell(sentence, "text"), *numbers)))
    level = share(run.metrics["comparisons"][0]["level"], 0)
    head = Cell("In this run", "text"), Cell(f"{level} interval", "mid"), Cell("Ratio"), Cell("Paper")
    return Table(head, tuple(rows))


def _less(ratio: float) -> str:
    return "less" if ratio <= 1.0 else "more"


def _counted(run: RunResults) -> bool:
    return any("edgeworth_term" in row for row in run.metrics["table2"].values())


@table("counts", "Eqs. 9–10", _counted)
def _counts(run: RunResults) -> Table:
    """Lognormal factor and Edgeworth term; the paper's follow from its moments, beside what it prints."""
    published = {
        name: {
            **row,
            "lognormal_factor": lognormal_factor(row["scatter"]),
            "edgeworth_term": edgeworth_term(row["scatter"], row["skewness"], row["kurtosis"]),
        }
        for name, row in PAPER_TABLE2.items()
    }
    rows = []
    for name, kind, numbers in method_rows(run.metrics["table2"], published):
        ours, decimals = kind == "ours", 3 if kind == "ours" else 2
        moments = [number(numbers.get(k), 3, k != "scatter") for k in ("scatter", "skewness", "kurtosis")]
        factor, term = numbers.get("lognormal_factor"), numbers.get("edgeworth_term")
        spread, printed = numbers.get("edgeworth_term_error"), PAPER_EDGEWORTH.get(name, 0.0)
        row = (
            method_cell(name, kind),
            *cells(moments),
            Cell("–" if factor is None else f"× {number(factor, decimals)}"),
            Cell(error(numbers.get("lognormal_factor_error"), decimals), "error"),
            Cell("–" if term is None else f"{number(100 * term, 1, True)} %", "strong" if ours else ""),
            Cell(error(None if spread is None else 100 * spread, 1), "error"),
            Cell("" if ours else f"{number(100 * printed, 0 if printed > 0.2 else 1)} %"),
        )
        rows.append(Row(row, "ours" if ours else "paper"))
    head = (
        Cell("Method", "text"),
        *cells([Markup("σ<sub>ε</sub> [dex]"), "γ", "κ"]),
        Cell("Lognormal factor", "mid", 2),
        Cell("Edgeworth term", "mid", 2),
        Cell("as printed"),
    )
    return Table(head, tuple(rows), wide=True)
