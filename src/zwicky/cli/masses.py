"""Masses of clusters, for a person's terminal and for programs.

What is given are the columns of `zwicky.survey.weigh_blocks`, arrays of shape (n,) by name, and facts about
them: the model, the cosmology and the prior.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

__all__ = ["ROWS_SHOWN", "masses_as_json", "print_masses"]

#: Clusters printed of a longer table: the first and the last so many of these, and a count of the others.
ROWS_SHOWN = 50


def masses_as_json(columns: Mapping[str, np.ndarray], facts: Mapping[str, Any]) -> str:
    """The facts, and the clusters row by row; what is not finite is null."""

    def plain(value):
        value = value.item() if isinstance(value, np.generic) else value
        return None if isinstance(value, float) and not np.isfinite(value) else value

    rows = [
        {name: plain(value) for name, value in zip(columns, row, strict=True)}
        for row in zip(*columns.values(), strict=True)
    ]
    return json.dumps({**facts, "clusters": rows}, indent=2, allow_nan=False)


def print_masses(columns: Mapping[str, np.ndarray], facts: Mapping[str, Any], h: float | None) -> None:
    """Print masses within 80 characters a line, and in Msun/h as well where `h` is given.

    Of more than `ROWS_SHOWN` clusters the first and the last are printed.
    """
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    recentred, n = "recentred_kms" in columns, len(columns["cluster_id"])
    caption = f"{facts['model']}, {facts['cosmo']}; log M: log10 of M200c in Msun"
    shown = Table(caption=escape(caption), box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    shown.add_column("cluster", max_width=18, min_width=7, overflow="fold")
    numbers = ["gal.", "log M", "error\ndex", "sigma_v\nkm/s", "log M by\nsigma_v"]
    numbers += (["log M in\nMsun/h"] if h else []) + (["recentred\nkm/s"] if recentred else [])
    for head in numbers:
        shown.add_column(head, justify="right", no_wrap=True)
    shown.add_column("flag", overflow="fold", min_width=10)
    for row in _ends(n):
        if row is None:
            shown.add_row(f"... {n - ROWS_SHOWN} more", *[""] * len(numbers), "")
        else:
            shown.add_row(
                *map(escape, _cells({name: values[row] for name, values in columns.items()}, h, recentred))
            )
    Console().print(shown)
    if n > 1:
        weighed = int(np.isfinite(columns["log10_m200c"]).sum())
        print(f"{weighed} of {n} clusters weighed")


def _ends(n: int) -> list[int | None]:
    """Rows to print, with None for those that are left out between them."""
    if n <= ROWS_SHOWN:
        return list(range(n))
    half = ROWS_SHOWN // 2
    return [*range(half), None, *range(n - half, n)]


def _cells(row: Mapping[str, Any], h: float | None, recentred: bool) -> list[str]:
    def number(value, digits=2):
        return f"{value:.{digits}f}" if np.isfinite(value) else "-"

    cells = [
        str(row["cluster_id"]),
        str(row["n_galaxies"]),
        number(row["log10_m200c"]),
        number(row["log10_m200c_err"]),
        number(row["sigma_v_kms"], 0),
        number(row["log10_m200c_msigma"]),
    ]
    cells += [number(row["log10_m200c"] + np.log10(h))] if h else []
    cells += [f"{row['recentred_kms']:+.0f}"] if recentred else []
    return [*cells, str(row["flag"])]
