"""The report's tables: rows of strings, ours beside the paper's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from zwicky.evaluation import PAPER_TABLE1, PAPER_TABLE2, PAPER_TIMES_S
from zwicky.report.formats import count, duration, number, significant
from zwicky.report.style import METHODS
from zwicky.universe.relations import EVRARD_2008

__all__ = [
    "TABLE2_COLUMNS",
    "comparison_rows",
    "table1_rows",
    "table2_rows",
    "timing_rows",
    "universe_rows",
]

#: Columns of Table 2: key, decimals, whether a sign is always shown, whether its error is shown.
TABLE2_COLUMNS = (
    ("median", 3, True, True),
    ("p84", 3, True, False),
    ("p16", 3, True, False),
    ("scatter", 3, False, True),
    ("skewness", 3, True, True),
    ("kurtosis", 3, True, True),
)


#: Stages whose names need more than their underscores replaced.
_STAGES = {"m_sigma": Markup("<i>M</i>–σ")}


def _cells(row: Mapping[str, Any]) -> list[dict[str, str]]:
    cells = []
    for key, decimals, signed, with_error in TABLE2_COLUMNS:
        error = row.get(f"{key}_error") if with_error else None
        cells.append(
            {
                "value": number(row.get(key), decimals, signed),
                "error": "" if error is None else f"± {number(error, decimals)}",
                "has_error": with_error,
                "key": key,
            }
        )
    return cells


def table2_rows(table2: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Table 2: for each method a row of ours, where there is one, and the paper's, where there is one."""
    rows = []
    for name, method in METHODS.items():
        ours, paper = table2.get(name), PAPER_TABLE2.get(name)
        if ours is None and paper is None:
            continue
        rows.append(
            {
                "method": Markup(method.html),
                "colour": method.colour,
                "ours": None if ours is None else {"n": count(ours["n"]), "cells": _cells(ours)},
                "paper": None if paper is None else {"n": "", "cells": _cells(paper)},
            }
        )
    return rows


def table1_rows(table1: Mapping[str, Mapping[str, float]]) -> list[dict[str, Any]]:
    """Table 1: the fits of the M-sigma relation, ours and the paper's."""

    def cells(row: Mapping[str, float]) -> list[str]:
        return [number(row["sigma15_kms"], 0), number(row["alpha"], 3), number(row["scatter_dex"], 3)]

    return [
        {"catalogue": name, "ours": cells(table1[name]), "paper": cells(PAPER_TABLE1[name])}
        for name in PAPER_TABLE1
        if name in table1
    ]


def comparison_rows(comparisons: list[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Ratios of scatters with their intervals, and the paper's ratios."""
    return [
        {
            "method": Markup(METHODS[c["method"]].html),
            "other": Markup(METHODS[c["other"]].html),
            "ratio": number(c["ratio"], 3),
            "low": number(c["low"], 3),
            "high": number(c["high"], 3),
            "paper": number(c["paper"], 3),
            "level": f"{100 * c['level']:.0f}\N{NO-BREAK SPACE}%",
        }
        for c in comparisons
    ]


def universe_rows(universe: Mapping[str, Any], efunc: float) -> list[dict[str, str]]:
    """Facts about the simulation, with the relation of Evrard et al. (2008) where it says something.

    Parameters
    ----------
    universe
        The facts, from ``metrics.json``; the dispersion is that at M200c = 10^15 Msun/h.
    efunc
        ``E(z) = H(z) / H0``: the published relation is one of h(z) M200c, so that at a given M200c in Msun/h
        its dispersion is higher by ``E(z)^slope``.
    """
    seconds, pairs = universe.get("wall_s"), universe.get("pairs_per_s")
    sigma15, slope, scatter_ln = EVRARD_2008
    rows = [
        ("Particles", count(universe.get("n_particles")), ""),
        ("Side of the box", f"{number(universe.get('box_size_mpc_h'), 0)} Mpc/<i>h</i>", ""),
        ("Redshift", number(universe.get("redshift"), 3), ""),
        ("Halos above 10<sup>14</sup> M<sub>⊙</sub>/<i>h</i>", count(universe.get("halos_above_1e14")), ""),
        (
            "σ<sub>1D</sub> at <i>M</i><sub>200c</sub> = 10<sup>15</sup> M<sub>⊙</sub>/<i>h</i>",
            f"{number(universe.get('sigma15_kms'), 0)} km/s",
            f"{sigma15 * efunc**slope:.0f} km/s",
        ),
        (
            "Slope of σ<sub>1D</sub>(<i>M</i>)",
            number(universe.get("sigma_slope"), 3),
            number(slope, 3),
        ),
        (
            "Scatter in ln σ<sub>1D</sub>",
            number(universe.get("sigma_scatter_ln"), 3),
            number(scatter_ln, 3),
        ),
        ("Time to make it", duration(seconds), ""),
        ("Pair forces a second", significant(pairs, 2), ""),
    ]
    return [dict(zip(("what", "ours", "published"), map(Markup, row), strict=True)) for row in rows]


def timing_rows(timing: Mapping[str, Any]) -> list[dict[str, str]]:
    """Seconds by stage as readable times; the paper's where it gives one (28 cores)."""
    rows = []
    for stage, seconds in timing.items():
        if not isinstance(seconds, int | float):
            continue
        name = stage.removesuffix("_s").removeprefix("train_")
        label = Markup(METHODS[name].html) if name in METHODS else _STAGES.get(name, name.replace("_", " "))
        paper = duration(PAPER_TIMES_S["cnn_ten_folds"]) if name in ("cnn_1d", "cnn_2d") else ""
        rows.append({"stage": label, "ours": duration(seconds), "paper": paper})
    return rows
