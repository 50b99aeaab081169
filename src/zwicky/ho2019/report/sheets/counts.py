"""Sheet of what the shape of the residuals does to cluster counts (Sec. 5.2)."""

from __future__ import annotations

from markupsafe import Markup

from zwicky.diagnostics.lognormality import COUNTS_SLOPE, edgeworth_term, lognormal_factor
from zwicky.ho2019.paper import PAPER_EDGEWORTH, PAPER_TABLE2
from zwicky.ho2019.report.formats import error, number
from zwicky.ho2019.report.results import RunResults
from zwicky.ho2019.report.sheets.accuracy import method_cell, method_rows
from zwicky.ho2019.report.sheets.sheet import Cell, Grid, Row, Sheet

__all__ = ["COUNTS"]


def _paper_rows() -> dict[str, dict[str, float]]:
    """The published moments with the factor and term that follow from them."""
    return {
        name: {
            **row,
            "lognormal_factor": lognormal_factor(row["scatter"]),
            "edgeworth_term": edgeworth_term(row["scatter"], row["skewness"], row["kurtosis"]),
        }
        for name, row in PAPER_TABLE2.items()
    }


def _counts(run: RunResults) -> Grid:
    rows = []
    for name, kind, numbers in method_rows(run.metrics["table2"], _paper_rows()):
        ours = kind == "ours"
        row = [method_cell(name, kind)]
        for key in ("scatter", "skewness", "kurtosis"):
            row.append(Cell(number(numbers.get(key), 3, key != "scatter")))
        factor, term = numbers.get("lognormal_factor"), numbers.get("edgeworth_term")
        row.append(Cell("–" if factor is None else f"× {number(factor, 3 if ours else 2)}"))
        row.append(Cell(error(numbers.get("lognormal_factor_error"), 3 if ours else 2), "error"))
        percent = "–" if term is None else f"{number(100 * term, 1, True)} %"
        row.append(Cell(percent, "strong" if ours else ""))
        spread = numbers.get("edgeworth_term_error")
        row.append(Cell(error(None if spread is None else 100 * spread, 1), "error"))
        row.append(
            Cell(
                ""
                if ours
                else f"{number(100 * PAPER_EDGEWORTH[name], 0 if PAPER_EDGEWORTH[name] > 0.2 else 1)} %"
            )
        )
        rows.append(Row(tuple(row), "ours" if ours else "paper"))
    head = (
        Cell("Method", "text"),
        Cell(Markup("σ<sub>ε</sub> [dex]")),
        Cell("γ"),
        Cell("κ"),
        Cell("Lognormal factor", "mid", 2),
        Cell("Edgeworth term", "mid", 2),
        Cell("as printed"),
    )
    note = (
        f"Both for a mass function d<i>n</i>/dln<i>M</i> that falls as <i>M</i><sup>−{COUNTS_SLOPE:g}</sup>. "
        "Lognormal factor: exp(α²σ²/2), with σ the scatter in ln <i>M</i> and α that slope: how many times "
        "too many clusters are counted at a predicted mass, because more light ones scatter up than heavy "
        "ones down. Edgeworth term: α³σ³γ/6 + α⁴σ⁴κ/24, the further change because the residuals are not "
        "quite Gaussian in log mass. The paper's factors are our arithmetic from its σ<sub>ε</sub>; its "
        "terms follow from its Table 2, and the last column is what its Sec. 5.2 prints, without signs."
    )
    return Grid(head, tuple(rows), Markup(note), wide=True)


def _caption(run: RunResults) -> str:
    return (
        "What scatter does to the number of clusters of a mass, from which cosmology is measured. Whoever "
        "knows the scatter can undo the first factor; the second is the surprise that is left."
    )


def _known(run: RunResults) -> bool:
    return any("edgeworth_term" in row for row in run.metrics["table2"].values())


COUNTS = Sheet("counts", "Table 2, continued: residuals and counts.", _counts, _caption, "Eqs. 9–10", _known)
