"""How residuals depend on mass, richness, sampling and neighbours (Secs. 5.3 and 5.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from zwicky.ho2019.paper import PAPER_INTRINSIC_SHARE, PAPER_TABLE3, PAPER_TABLE4
from zwicky.ho2019.report.formats import between, error, grouped, number, share, spread
from zwicky.ho2019.report.items import measured, table
from zwicky.ho2019.report.results import RunResults
from zwicky.ho2019.report.tables.table import Cell, Row, Table, cells, method_cell, method_rows

__all__: list[str] = []

_PARAMETERS = {
    "mu_0": Markup("μ<sub>0</sub> [dex]"),
    "sigma_0": Markup("σ<sub>0</sub> [dex]"),
    "sigma_1": Markup("σ<sub>1</sub> [dex]"),
    "alpha_0": Markup("α<sub>0</sub>"),
}


@table("table3", "Table 3", measured("table3"))
def _table3(run: RunResults) -> Table:
    rows = []
    for name, kind, numbers in method_rows(run.metrics["table3"], PAPER_TABLE3):
        if kind != "ours":
            part = Cell(share(PAPER_INTRINSIC_SHARE.get(name), 0))
            rows.append(Row((*_posterior(method_cell(name, kind), numbers, 2), part, Cell("")), "paper"))
            continue
        part = numbers["intrinsic_share_of_scatter"]
        row = _posterior(method_cell(name, kind), numbers, 3)
        row += Cell(share(part["median"], 0), "strong"), _offsets(part, 0, 100)
        errors = [numbers[key].get("halo_bootstrap_error") for key in _PARAMETERS]
        below = [Cell(error(value, 3), "soft", 2) for value in errors]
        wide = part.get("halo_bootstrap_error")
        below.append(Cell(error(None if wide is None else 100 * wide, 0), "soft", 2))
        label = Cell(Markup('<span class="indent">over halos</span>'), "text soft")
        rows += [Row(row, "ours"), Row((label, *below), "second")]
    head = (
        Cell("Method", "text"),
        *(Cell(symbol, "mid", 2) for symbol in _PARAMETERS.values()),
        Cell("Intrinsic share", "mid", 2),
    )
    return Table(head, tuple(rows), wide=True)


def _posterior(first: Cell, numbers: Mapping[str, Any], decimals: int) -> tuple[Cell, ...]:
    """Medians of the parameters with the percentiles of their posteriors."""
    row = [first]
    for key in _PARAMETERS:
        middle = number(numbers[key]["median"], decimals, key == "mu_0")
        row += [Cell(middle), _offsets(numbers[key], decimals)]
    return tuple(row)


def _offsets(value: Mapping[str, float], decimals: int, scale: float = 1.0) -> Cell:
    return Cell(spread(scale * value["p84"], scale * value["p16"], decimals), "error")


@table("table4", "Table 4", measured("table4"))
def _table4(run: RunResults) -> Table:
    rows = []
    for name, kind, numbers in method_rows(run.metrics["table4"], PAPER_TABLE4):
        ours, n, draws = kind == "ours", "", ""
        if ours:
            n, draws = grouped(numbers["n_clusters"]), f"mean of {numbers['n_draws']}"
        rows.append(_deviations(method_cell(name, kind), draws, n, numbers, "ours" if ours else "paper"))
        if ours and "one_draw" in numbers:
            rows.append(_deviations(Cell(""), "one draw", "", numbers["one_draw"], "ours second"))
    head = (
        Cell("Method", "text"),
        Cell("", "text"),
        Cell("N"),
        Cell("Median [dex]", "mid", 2),
        Cell("Width, 16th to 84th [dex]", "mid", 2),
    )
    return Table(head, tuple(rows))


def _deviations(first: Cell, draws: str, n: str, numbers: Mapping[str, Any], kind: str) -> Row:
    return Row(
        (
            first,
            Cell(draws, "text soft"),
            Cell(n),
            Cell(number(numbers["window_median"], 3, True)),
            Cell(spread(numbers["window_p84"], numbers["window_p16"], 3), "error"),
            Cell(number(numbers["window_width"], 3), "strong" if kind == "ours" else ""),
            Cell(error(numbers.get("window_width_error"), 3), "error"),
        ),
        kind,
    )


@table("leakage", needs=measured("leakage"))
def _leakage(run: RunResults) -> Table:
    rows = []
    for name, found in run.metrics["leakage"].items():
        scatters = [number(found[key], 4) for key in ("halo_folds", "spatial_folds")]
        row = method_cell(name, "ours"), *cells(scatters), Cell(number(found["ratio"], 3), "strong")
        interval = Cell(between(found["low"], found["high"], 3), "mid")
        rows.append(Row((*row, interval, Cell(_leak(found), "text")), "ours"))
    level = share(next(iter(run.metrics["leakage"].values()))["level"], 0)
    head = (
        Cell("Method", "text"),
        *cells(["Folds by halo", "Folds in space", "Ratio"]),
        Cell(f"{level} interval", "mid"),
        Cell("What it says", "text"),
    )
    return Table(head, tuple(rows))


#: What training the same network twice changes in its scatter, relative; it is not in the interval.
_TRAINING_NOISE = 0.02


def _leak(found: Mapping[str, Any]) -> str:
    low, high = found["low"], found["high"]
    if low is None or high is None:
        return ""
    if low <= 1.0 <= high:
        return "no leak seen"
    if low <= 1.0 + _TRAINING_NOISE and high >= 1.0 - _TRAINING_NOISE:
        return "no leak seen beyond the noise of training"
    change = share(abs(found["ratio"] - 1.0))
    return f"{change} worse without neighbours" if low > 1.0 else f"{change} better without neighbours"
