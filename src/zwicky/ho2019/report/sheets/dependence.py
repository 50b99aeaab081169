"""Sheets of how residuals depend on mass, richness, sampling and neighbours (Secs. 5.3 and 5.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from zwicky.ho2019.paper import PAPER_INTRINSIC_SHARE, PAPER_TABLE3, PAPER_TABLE4
from zwicky.ho2019.report.formats import between, count, error, number, share, spread
from zwicky.ho2019.report.needs import measured
from zwicky.ho2019.report.results import RunResults
from zwicky.ho2019.report.sheets.accuracy import method_cell, method_rows
from zwicky.ho2019.report.sheets.sheet import Cell, Grid, Row, Sheet, cells
from zwicky.plots.style import METHODS

__all__ = ["LEAKAGE", "TABLE3", "TABLE4"]

_PARAMETERS = {
    "mu_0": Markup("μ<sub>0</sub> [dex]"),
    "sigma_0": Markup("σ<sub>0</sub> [dex]"),
    "sigma_1": Markup("σ<sub>1</sub> [dex]"),
    "alpha_0": Markup("α<sub>0</sub>"),
}


def _table3(run: RunResults) -> Grid:
    ours, rows = run.metrics["table3"], []
    for name, kind, numbers in method_rows(ours, PAPER_TABLE3):
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
    return Grid(head, tuple(rows), Markup(_table3_note(ours)), wide=True)


def _posterior(first: Cell, numbers: Mapping[str, Any], decimals: int) -> tuple[Cell, ...]:
    """Medians of the parameters with the percentiles of their posteriors."""
    row = [first]
    for key in _PARAMETERS:
        row += [
            Cell(number(numbers[key]["median"], decimals, key == "mu_0")),
            _offsets(numbers[key], decimals),
        ]
    return tuple(row)


def _offsets(value: Mapping[str, float], decimals: int, scale: float = 1.0) -> Cell:
    return Cell(spread(scale * value["p84"], scale * value["p16"], decimals), "error")


def _table3_note(ours: Mapping[str, Any]) -> str:
    walks = ours.values()
    note = (
        "One above the other, the 84th and the 16th percentile of the posterior as offsets from its median, "
        "as the paper gives them; below, after ±, the standard deviation over resamples of halos. The "
        "posterior takes the lines of sight of one halo for independent clusters: where the two differ, "
        "believe the second. Intrinsic share: σ<sub>0</sub>² over the whole variance at the median "
        "richness. The paper's shares are those of its text; by that definition its table gives 78 and 66 %. "
    )
    published = [
        f"{share(row['share_as_published']['median'], 0)} for {METHODS[name].html}"
        for name, row in ours.items()
        if name in PAPER_TABLE3 and "share_as_published" in row
    ]
    if published:
        note += (
            "They come out as σ<sub>0</sub>/(σ<sub>0</sub> + (100/<i>N</i>) σ<sub>1</sub>), which adds no "
            f"variances; that expression is {' and '.join(published)} here. "
        )
    steps = max(walk["n_steps"] for walk in walks)
    times = [walk["autocorrelation_time"] for walk in walks if walk["autocorrelation_time"] is not None]
    accepted = [walk["acceptance"] for walk in walks]
    note += f"Metropolis–Hastings: up to {count(steps)} steps a walker, "
    if times:
        note += f"autocorrelation time up to {number(max(times), 0)} steps, "
    note += f"{100 * min(accepted):.0f} to {100 * max(accepted):.0f} % of the steps accepted; "
    late = [METHODS[name].html for name, walk in ours.items() if not walk["converged"]]
    if late:
        return note + f"<b>not converged: {', '.join(late)}</b>."
    return note + "all converged."


def _table3_caption(run: RunResults) -> str:
    first = next(iter(run.metrics["table3"].values()))
    return (
        "How the residuals depend on mass and on the number of true members (Eqs. 11–13): a mean "
        "μ<sub>0</sub> + (α<sub>0</sub> − 1) log<sub>10</sub>(<i>M</i>/<i>M</i><sub>0</sub>), and a variance "
        "σ<sub>0</sub>² + (100/<i>N</i>) σ<sub>1</sub>²: one part that no number of galaxies removes, and "
        "one that more galaxies would reduce. Pivot <i>M</i><sub>0</sub> = "
        f"10<sup>{number(first['pivot_log10_m200c_h'], 2)}</sup> M<sub>⊙</sub>/<i>h</i> and median richness "
        f"{number(first['n_true_median'], 0)} (paper: 10<sup>14.17</sup> and 40)."
    )


def _table4(run: RunResults) -> Grid:
    rows = []
    for name, kind, numbers in method_rows(run.metrics["table4"], PAPER_TABLE4):
        ours = kind == "ours"
        n = count(numbers["n_clusters"]) if ours else ""
        draws = f"mean of {numbers['n_draws']}" if ours else ""
        rows.append(_drift_row(method_cell(name, kind), draws, n, numbers, "ours" if ours else "paper"))
        if ours and "one_draw" in numbers:
            rows.append(_drift_row(Cell(""), "one draw", "", numbers["one_draw"], "ours second"))
    head = (
        Cell("Method", "text"),
        Cell("", "text"),
        Cell("N"),
        Cell("Median [dex]", "mid", 2),
        Cell("Width, 16th to 84th [dex]", "mid", 2),
    )
    note = (
        "N counts clusters and lines of sight; their galaxies are drawn at random, without replacement, and "
        "the deviation is that of the log mass, averaged over the drawings, from the one with all galaxies "
        "(Eq. 14; to the letter that averages masses, up to 0.01 dex higher). SDM may be measured on a part "
        "of the clusters. "
    )
    if any("one_draw" in numbers for numbers in run.metrics["table4"].values()):
        note += (
            "Eq. 14 averages ten drawings before it compares, which hides much of what the loss of a galaxy "
            "does; an observer has one drawing, the second row. By arithmetic the paper's width for the "
            "pure <i>M</i>–σ is that of one drawing."
        )
    return Grid(head, tuple(rows), Markup(note))


def _drift_row(first: Cell, draws: str, n: str, numbers: Mapping[str, Any], kind: str) -> Row:
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


def _table4_caption(run: RunResults) -> str:
    low, high = next(iter(run.metrics["table4"].values()))["window"]
    return (
        f"How far a mass drifts when {100 * low:.0f} to {100 * high:.0f} % of the galaxies are seen: "
        "median and 16th to 84th percentile of the deviation. A method to rely on has both near zero."
    )


def _leakage(run: RunResults) -> Grid:
    rows = []
    for name, found in run.metrics["leakage"].items():
        interval = between(found["low"], found["high"], 3)
        numbers = [number(found[key], 4) for key in ("halo_folds", "spatial_folds")]
        row = method_cell(name, "ours"), *cells(numbers), Cell(number(found["ratio"], 3), "strong")
        rows.append(Row((*row, Cell(interval, "mid"), Cell(_verdict(found), "text")), "ours"))
    level = share(next(iter(run.metrics["leakage"].values()))["level"], 0)
    head = (
        Cell("Method", "text"),
        *cells(["Folds by halo", "Folds in space", "Ratio"]),
        Cell(f"{level} interval", "mid"),
        Cell("What it says", "text"),
    )
    return Grid(head, tuple(rows))


#: What training the same network twice changes in its scatter, relative; it is not in the interval.
_TRAINING_NOISE = 0.02


def _verdict(found: Mapping[str, Any]) -> str:
    low, high = found["low"], found["high"]
    if low is None or high is None:
        return ""
    if low <= 1.0 <= high:
        return "no leak seen"
    if low <= 1.0 + _TRAINING_NOISE and high >= 1.0 - _TRAINING_NOISE:
        return "no leak seen beyond the noise of training"
    change = share(abs(found["ratio"] - 1.0))
    return f"{change} worse without neighbours" if low > 1.0 else f"{change} better without neighbours"


def _leakage_caption(run: RunResults) -> str:
    return (
        "Scatter in dex when the ten parts are dealt by halo, as the paper does, and when the box is cut "
        "into blocks, so that most of those judged lie far from whatever was learned from. Neighbours share "
        "galaxies: if a network had profited from having seen those of its test clusters, its scatter would "
        "rise in the second column. The interval is that of the clusters drawn; training the same network "
        "twice changes its scatter by a per cent or two."
    )


TABLE3 = Sheet("table3", "Table 3.", _table3, _table3_caption, "Table 3", measured("table3"))
TABLE4 = Sheet("table4", "Table 4.", _table4, _table4_caption, "Table 4", measured("table4"))
LEAKAGE = Sheet("leakage", "Did neighbours leak?", _leakage, _leakage_caption, needs=measured("leakage"))
