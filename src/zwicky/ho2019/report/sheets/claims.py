"""Sheet of the paper's conclusions, one by one: what it says, what we find, and whether they agree."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup, escape

from zwicky.ho2019.report.formats import number
from zwicky.ho2019.report.needs import measured
from zwicky.ho2019.report.results import RunResults
from zwicky.ho2019.report.sheets.sheet import Cell, Grid, Row, Sheet, cells

__all__ = ["CLAIMS", "typeset"]

#: Beyond this many of our errors a difference is given as "more than".
_MANY_SIGMA = 30.0

_UNITS = {"us": "µs"}
_DECIMALS = {"%": 1, "dex": 3, "s": 0, "us": 1}
_GREEK = {"mu": "μ", "sigma": "σ", "alpha": "α"}


def typeset(text: str) -> Markup:
    """Plain text with its symbols as they are printed.

    >>> typeset("CNN_2D and M-sigma: sigma_0 < 1")
    Markup('CNN<sub>2D</sub> and <i>M</i>–σ: σ<sub>0</sub> &lt; 1')
    """
    html = str(escape(text))
    html = re.sub(r"\b(CNN|SDM)_([12]D)\b", r"\1<sub>\2</sub>", html)
    html = html.replace("M-sigma", "<i>M</i>–σ")
    html = re.sub(r"\b(mu|sigma|alpha)_(\d)", lambda m: f"{_GREEK[m[1]]}<sub>{m[2]}</sub>", html)
    return Markup(html)


def _claims(run: RunResults) -> Grid:
    rows, before = [], None
    for claim in run.metrics["claims"]:
        conclusion = claim["number"]
        first = conclusion != before
        told = Markup("{}<br><small>{}</small>").format(typeset(claim["claim"]), typeset(claim["text"]))
        row = (
            Cell(str(conclusion) if first else "", "text strong"),
            Cell(told, "text prose"),
            *cells(_values(claim)),
            _verdict(claim),
        )
        rows.append(Row(row, "top first" if first else "top"))
        before = conclusion
    head = (
        Cell("", "text"),
        Cell("The paper says", "text"),
        *cells(["Paper", "This run"]),
        Cell("Verdict", "text"),
    )
    return Grid(head, tuple(rows), wide=True)


def _values(claim: Mapping[str, Any]) -> tuple[str, str]:
    """The paper's number, and ours with its error."""
    unit, error = claim.get("unit", ""), claim["error"]
    decimals = _DECIMALS.get(unit, 3)
    suffix = f"\N{NO-BREAK SPACE}{_UNITS.get(unit, unit)}" if unit else ""
    paper = "" if claim["paper"] is None else f"{number(claim['paper'], decimals)}{suffix}"
    spread = "" if error is None else f" ± {number(error, decimals)}"
    return paper, f"{number(claim['ours'], decimals)}{spread}{suffix}"


def _verdict(claim: Mapping[str, Any]) -> Cell:
    """``agrees`` or ``differs``, and by how many of our errors."""
    if claim["agrees"] is None:
        return Cell("not measured", "text soft")
    word = "agrees" if claim["agrees"] else "differs"
    sigma = claim["sigma"]
    if sigma is not None:
        many = abs(sigma) > _MANY_SIGMA
        word += f", > {_MANY_SIGMA:g} σ apart" if many else f", {abs(sigma):.1f} σ apart"
    return Cell(word, f"text verdict {'yes' if claim['agrees'] else 'no'}")


def _caption(run: RunResults) -> str:
    verdicts = [claim["agrees"] for claim in run.metrics["claims"]]
    yes, no = sum(v is True for v in verdicts), sum(v is False for v in verdicts)
    return (
        f"The seven conclusions of the paper (its Sec. 6), statement by statement: {yes} agree, {no} differ. "
        "σ counts standard errors of ours; the paper gives none of its own, and its mocks are others, so "
        "that a difference of many σ may still be a small one: the words below each claim say which it is."
    )


CLAIMS = Sheet("claims-table", "The paper's conclusions.", _claims, _caption, "Sec. 6", measured("claims"))
