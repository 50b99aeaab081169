"""The tables of ``docs/results.md``, from the metrics of one or more runs, beside the paper's numbers.

    python -m validation.tables docs/results/paper.json docs/results/standard.json --page docs/results.md

A column or a block a run in the order given, named after its particles, or after its file. Without a page
they are printed.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from validation.pages import replace_part, table
from zwicky.ho2019 import PAPER_TABLE1, PAPER_TABLE2, PAPER_TABLE3, PAPER_TABLE4
from zwicky.io.files import read_json
from zwicky.plots import method_style

__all__ = ["main", "tables"]

Runs = Mapping[str, Mapping[str, Any]]

_PUBLISHED = "Ho et al."


def _methods(runs: Runs) -> dict[str, str]:
    """Methods of any run in plain text: the paper's first, then those that it has not, such as counting."""
    names = dict.fromkeys([*PAPER_TABLE2, *(name for run in runs.values() for name in run["table2"])])
    return {name: method_style(name).text for name in names}


def tables(runs: Runs) -> dict[str, str]:
    """All tables in Markdown by name; `runs` maps a name to what its ``metrics.json`` holds."""
    return {
        "universe": _universe(runs),
        "table 1": _table1(runs),
        "table 2": _table2(runs),
        "ratios": _ratios(runs),
        "table 3": _table3(runs),
        "table 4": _table4(runs),
        "folds in space": _leakage(runs),
        "times": _times(runs),
        "statements": _claims(runs),
    }


def _universe(runs: Runs) -> str:
    names = {
        "n_particles": ("particles", ",.0f"),
        "box_size_mpc_h": ("box, Mpc/h", ".0f"),
        "halos_above_1e14": ("halos above 10^14 Msun/h", ",.0f"),
        "sigma15_kms": ("sigma at 10^15 Msun/h of h(z) M, km/s", ".0f"),
        "sigma_slope": ("its slope", ".3f"),
        "sigma_scatter_ln": ("its scatter in ln sigma", ".4f"),
        "sigma_over_evrard2008": ("sigma over Evrard et al. (2008)", ".3f"),
        "wall_s": ("wall time, s", ",.0f"),
        "pairs": ("pairs evaluated", ".3g"),
        "pairs_per_s": ("of them a second", ".3g"),
    }
    rows = (
        [text, *(format(run["universe"][key], form) for run in runs.values())]
        for key, (text, form) in names.items()
        if all(key in run["universe"] for run in runs.values())
    )
    return table(["universe", *runs], rows)


def _table1(runs: Runs) -> str:
    def cell(row: Mapping[str, float]) -> str:
        return f"{row['sigma15_kms']:.0f}, {row['alpha']:.3f}, {row['scatter_dex']:.3f}"

    rows = (
        [name, *(cell(run["table1"][name]) for run in runs.values()), cell(published)]
        for name, published in PAPER_TABLE1.items()
    )
    return table(["sigma_15 in km/s, slope, scatter in dex", *runs, _PUBLISHED], rows)


def _table2(runs: Runs) -> str:
    rows = []
    for method, title in _methods(runs).items():
        for name, run in runs.items():
            if method not in run["table2"]:
                continue
            row = run["table2"][method]
            cells = [
                f"{row[key]:{form}} ± {row[key + '_error']:{form.lstrip('+')}}"
                for key, form in (
                    ("median", "+.3f"),
                    ("scatter", ".4f"),
                    ("skewness", "+.2f"),
                    ("kurtosis", "+.2f"),
                )
            ]
            edgeworth = f"{100 * row['edgeworth_term']:+.1f} ± {100 * row['edgeworth_term_error']:.1f} %"
            rows.append(
                [title, name, f"{row['n']:,}", *cells, f"{row['p84']:+.3f}, {row['p16']:.3f}", edgeworth]
            )
        if method not in PAPER_TABLE2:
            continue
        published = PAPER_TABLE2[method]
        cells = [f"{published['median']:+.3f}", f"{published['scatter']:.3f}"]
        cells += [f"{published['skewness']:+.2f}", f"{published['kurtosis']:+.2f}"]
        rows.append([title, _PUBLISHED, "", *cells, f"{published['p84']:+.3f}, {published['p16']:.3f}", ""])
    head = ["method", "run", "clusters", "median", "scatter, dex", "skewness", "excess kurtosis"]
    return table([*head, "84th, 16th", "Eq. 10, slope 2"], rows)


def _ratios(runs: Runs) -> str:
    def cell(row: Mapping[str, float]) -> str:
        return f"{row['ratio']:.3f} [{row['low']:.3f}, {row['high']:.3f}]"

    names = _methods(runs)
    by_run = [{(c["method"], c["other"]): c for c in run["comparisons"]} for run in runs.values()]
    rows = (
        [
            f"{names[method]} / {names[other]}",
            *(cell(found[method, other]) if (method, other) in found else "" for found in by_run),
            _paper_ratio(by_run, method, other),
        ]
        for method, other in dict.fromkeys(pair for found in by_run for pair in found)
    )
    return table(["scatter of / over that of", *runs, _PUBLISHED], rows)


def _paper_ratio(by_run: Sequence[Mapping], method: str, other: str) -> str:
    paper = next(found[method, other]["paper"] for found in by_run if (method, other) in found)
    return "" if paper is None else f"{paper:.3f}"


def _table3(runs: Runs) -> str:
    keys = ("mu_0", "sigma_0", "sigma_1", "alpha_0")
    rows = []
    for method, title in _methods(runs).items():
        for name, run in runs.items():
            if method not in run["table3"]:
                continue
            row = run["table3"][method]
            # Over resamples of halos: the posterior takes the lines of sight of one halo for different ones.
            estimates = [
                f"{row[key]['median']:+.3f} ± {row[key]['halo_bootstrap_error']:.3f}" for key in keys
            ]
            share = row["intrinsic_share_of_scatter"]
            cell = f"{100 * share['median']:.0f} ± {100 * share['halo_bootstrap_error']:.0f} %"
            rows.append([title, name, *estimates, cell, "yes" if row["converged"] else "no"])
        if method in PAPER_TABLE3:
            published = PAPER_TABLE3[method]
            rows.append([title, _PUBLISHED, *(f"{published[key]['median']:+.2f}" for key in keys), "", ""])
    return table(["method", "run", *keys, "intrinsic variance", "converged"], rows)


def _table4(runs: Runs) -> str:
    rows = []
    for method, title in _methods(runs).items():
        for name, run in runs.items():
            if method not in run["table4"]:
                continue
            row = run["table4"][method]
            cells = [
                f"{r['window_median']:+.3f}, {r['window_width']:.3f} ± {r['window_width_error']:.3f}"
                for r in (row, row["one_draw"])
            ]
            rows.append([title, name, f"{row['n_clusters']:,}", *cells])
        if method not in PAPER_TABLE4:
            continue
        published = PAPER_TABLE4[method]
        rows.append(
            [title, _PUBLISHED, "", "", f"{published['window_median']:+.3f}, {published['window_width']:.3f}"]
        )
    head = ["method", "run", "clusters", "mean of ten (Eq. 14): median, width", "single draws: median, width"]
    return table(head, rows)


def _leakage(runs: Runs) -> str:
    def cells(row: Mapping[str, float]) -> list[str]:
        scatters = [f"{row[key]:.4f}" for key in ("halo_folds", "spatial_folds")]
        return [*scatters, f"{row['ratio']:.3f} [{row['low']:.3f}, {row['high']:.3f}]"]

    rows = (
        [method_style(method).text, name, *cells(row)]
        for name, run in runs.items()
        for method, row in run["leakage"].items()
    )
    return table(["method", "run", "folds by halo", "folds in space", "ratio"], rows)


def _times(runs: Runs) -> str:
    keys = sorted({key for run in runs.values() for key in run["timing"] if key.endswith("_s")})

    def cell(run: Mapping[str, Any], key: str) -> str:
        return f"{run['timing'][key]:,.1f}" if key in run["timing"] else ""

    rows = ([key, *(cell(run, key) for run in runs.values())] for key in keys)
    return table(["stage, s", *runs], rows)


def _claims(runs: Runs) -> str:
    def cell(run: Mapping[str, Any]) -> str:
        return f"{sum(claim['verdict'] == 'agrees' for claim in run['claims'])} of {len(run['claims'])}"

    rows = [["all", *(cell(run) for run in runs.values())]]
    by_run = [{claim["claim"]: claim for claim in run["claims"]} for run in runs.values()]
    for text in dict.fromkeys(text for claims in by_run for text in claims):
        found = [claims.get(text) for claims in by_run]
        if any(claim and claim["verdict"] != "agrees" for claim in found):
            number = next(claim["number"] for claim in found if claim)
            verdicts = [f"{c['verdict']} ({c['ours']:.3g} {c['unit']})" if c else "" for c in found]
            rows.append([f"{number}: {text}", *verdicts])
    return table(["statement", *runs], rows)


def _name(path: Path, run: Mapping[str, Any]) -> str:
    n = run["universe"].get("n_particles")
    return f"{round(n ** (1 / 3))}³" if n else path.stem


def main() -> None:
    """Write the tables of the runs named on the command line, or print them."""
    parser = argparse.ArgumentParser(description="Tables of docs/results.md from metrics.json files.")
    parser.add_argument("metrics", type=Path, nargs="+", help="metrics.json of a run")
    parser.add_argument("--page", type=Path, help="page that has a place for each table")
    options = parser.parse_args()
    runs = ((path, read_json(path)) for path in options.metrics)
    for name, text in tables({_name(path, run): run for path, run in runs}).items():
        if options.page is None:
            print(f"{name}\n\n{text}\n")
        else:
            replace_part(options.page, name, text)


if __name__ == "__main__":
    main()
