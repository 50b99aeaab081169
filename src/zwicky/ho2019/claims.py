"""The paper's seven conclusions (Ho et al. 2019, Sec. 6), statement by statement, from a run's numbers.

What it takes to agree is in `zwicky.ho2019.claim`. A statement about a method that a run lacks is left
out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from zwicky.ho2019.claim import bound, level, reduction, time_claim
from zwicky.ho2019.paper import (
    PAPER_EDGEWORTH,
    PAPER_TABLE2,
    PAPER_TABLE3,
    PAPER_TABLE4,
    PAPER_TIMES_S,
)
from zwicky.plots import method_style

__all__ = ["check_claims"]

_NETWORKS = ("cnn_1d", "cnn_2d")

#: Which conclusion says which reduction of scatter.
_REDUCTIONS = (
    (1, "cnn_2d", "cnn_1d"),
    (2, "cnn_1d", "m_sigma_contaminated"),
    (2, "cnn_2d", "m_sigma_contaminated"),
    (2, "cnn_1d", "m_sigma_pure"),
    (2, "cnn_2d", "m_sigma_pure"),
    (3, "cnn_2d", "sdm_2d"),
)

Statements = Iterator[dict[str, Any]]


def check_claims(
    metrics: Mapping[str, Any], losses: Mapping[str, Mapping[str, list[list[float]]]] | None = None
) -> list[dict[str, Any]]:
    """Each quantitative statement of the paper's conclusions beside ours.

    Parameters
    ----------
    metrics
        A run's ``table2`` and ``comparisons``, and whatever it has of ``table3``, ``table4`` and ``timing``.
    losses
        For each network, ``train`` and ``validation``: loss curves, one list a fold.

    Returns
    -------
    list of dict
        ``number`` of the conclusion, ``claim``, ``unit``, ``paper``, ``ours``, ``error``, ``sigma`` (our
        errors between the two, None without an error), ``verdict`` (one of
        `zwicky.ho2019.claim.VERDICTS`), ``text``; in order of the number.
    """
    found = [
        *_scatters(metrics),
        *_medians(metrics["table2"]),
        *_overfitting(losses or {}),
        *_lognormality(metrics["table2"]),
        *_dependence(metrics.get("table3") or {}),
        *_robustness(metrics.get("table4") or {}),
        *_times(metrics.get("timing") or {}),
    ]
    return sorted(found, key=lambda statement: statement["number"])


def _scatters(metrics: Mapping[str, Any]) -> Statements:
    rows = {(row["method"], row["other"]): row for row in metrics["comparisons"]}
    for number, method, other in _REDUCTIONS:
        row = rows.get((method, other))
        if row and _known(row["ratio"]):
            claim = f"{_called(method)} reduces the scatter of {_called(other)}"
            ours, error = 100 * (1 - row["ratio"]), 100 * row["error"]
            yield reduction(number, claim, 100 * (1 - row["paper"]), ours, error, f"{row['text']}.")


def _medians(table2: Mapping[str, Any]) -> Statements:
    for name in _NETWORKS:
        row = table2.get(name)
        if row and _known(row["median"]):
            claim = f"{_called(name)} has little bias: the median residual"
            yield level(1, claim, PAPER_TABLE2[name]["median"], row["median"], row["median_error"], 0.02)


def _overfitting(losses: Mapping[str, Any]) -> Statements:
    for name in _NETWORKS:
        curves = [np.asarray(fold) for fold in losses.get(name, {}).get("validation", []) if len(fold) >= 8]
        if len(curves) >= 2:
            changes = []
            for curve in curves:
                quarter = len(curve) // 4
                before, last = curve[-2 * quarter : -quarter].mean(), curve[-quarter:].mean()
                changes.append(100 * (last / before - 1))
            error = np.std(changes, ddof=1) / np.sqrt(len(changes))
            yield bound(
                1,
                f"{_called(name)} does not overfit: rise of the validation loss, third to last quarter",
                None,
                float(np.mean(changes)),
                float(error),
                text=f"Mean of {len(changes)} folds; the paper shows curves, no number.",
            )


def _lognormality(table2: Mapping[str, Any]) -> Statements:
    rows = {
        name: (100 * abs(row["edgeworth_term"]), 100 * row["edgeworth_term_error"])
        for name, row in table2.items()
        if name in PAPER_EDGEWORTH and _known(row.get("edgeworth_term"))
    }
    if "cnn_2d" not in rows:
        return
    ours, error = rows["cnn_2d"]
    claim = "CNN_2D's non-Gaussianity changes cluster counts by (slope 2, without sign)"
    factor = table2["cnn_2d"]["lognormal_factor"]
    text = f"The lognormal scatter itself multiplies them by {factor:.2f}."
    yield level(4, claim, 100 * PAPER_EDGEWORTH["cnn_2d"], ours, error, 1.0, "%", text)
    others = {name: row for name, row in rows.items() if name != "cnn_2d"}
    if others:
        best = min(others, key=lambda name: others[name][0])
        paper = 100 * (PAPER_EDGEWORTH["cnn_2d"] - min(PAPER_EDGEWORTH[name] for name in others))
        gap, joint = ours - others[best][0], float(np.hypot(error, others[best][1]))
        text = f"The least of the others is {_called(best)}'s, {others[best][0]:.1f} %."
        yield bound(
            4, "CNN_2D's is the lowest of all: less the least of the others", paper, gap, joint, text=text
        )


def _dependence(table3: Mapping[str, Any]) -> Statements:
    for name in _NETWORKS:
        row = table3.get(name)
        if not row:
            continue

        def statement(
            parameter: str, words: str, paper: float, margin: float, unit: str, n=name, r=row
        ) -> dict:
            claim, error = f"{_called(n)}: {words}", r[parameter]["halo_bootstrap_error"]
            return level(5, claim, paper, r[parameter]["median"], error, margin, unit)

        paper = PAPER_TABLE3[name]
        yield statement("mu_0", "bias at the pivot mass, mu_0 = 0", 0.0, 0.02, "dex")
        yield statement("alpha_0", "log-linear masses, alpha_0 = 1", 1.0, 0.05, "")
        yield statement("sigma_0", "intrinsic scatter sigma_0", paper["sigma_0"]["median"], 0.02, "dex")
        yield statement(
            "sigma_1", "richness-dependent scatter sigma_1", paper["sigma_1"]["median"], 0.02, "dex"
        )


def _robustness(table4: Mapping[str, Any]) -> Statements:
    """Of single draws, which the published widths are by arithmetic (`zwicky.ho2019.robustness`)."""
    rows = {name: row["one_draw"] for name, row in table4.items() if row.get("one_draw")}
    rows = {name: row for name, row in rows.items() if _known(row["window_width"])}
    for rivals in (("m_sigma_pure", "m_sigma_contaminated"), ("sdm_1d", "sdm_2d")):
        present = [name for name in rivals if name in rows]
        for name in _NETWORKS:
            if present and name in rows:
                yield _narrower(name, present, rows)


def _narrower(name: str, rivals: list[str], rows: Mapping[str, Any]) -> dict[str, Any]:
    """How much narrower a network's drift is than the narrowest of its rivals."""
    best = min(rivals, key=lambda rival: rows[rival]["window_width"])
    one, two = (rows[n]["window_width"] for n in (name, best))
    ratio = one / two
    relative = np.hypot(rows[name]["window_width_error"] / one, rows[best]["window_width_error"] / two)
    published = PAPER_TABLE4[name]["window_width"] / min(PAPER_TABLE4[n]["window_width"] for n in rivals)
    family = _called(best).partition(" ")[0].partition("_")[0]
    claim = (
        f"{_called(name)} drifts less than the best {family} at rates 0.6-0.8, single draws: width reduced"
    )
    text = f"{one:.3f} against {two:.3f} dex ({_called(best)})."
    return reduction(6, claim, 100 * (1 - published), 100 * (1 - ratio), 100 * ratio * float(relative), text)


def _times(timing: Mapping[str, Any]) -> Statements:
    each = timing.get("per_cluster_us") or {}
    for name in _NETWORKS:
        label, image = _called(name), f"image_{name[-2:]}"
        if f"fold_{name}_s" in timing:
            seconds = timing[f"fold_{name}_s"]
            yield time_claim(
                7, f"{label}: one fold trains in about a minute", PAPER_TIMES_S["cnn_fold"], seconds
            )
        if image in each:
            paper = 1e6 * PAPER_TIMES_S[image]
            yield time_claim(7, f"{label}: an image of one cluster", paper, each[image], "us")
        if name in each:
            paper = 1e6 * PAPER_TIMES_S["network"]
            yield time_claim(7, f"{label}: the network on one image", paper, each[name], "us")
    for name in ("sdm_1d", "sdm_2d"):
        network = f"folds_cnn_{name[-2:]}_s"
        if timing.get(f"folds_{name}_s") and timing.get(network):
            ours = 100 * (1 - timing[network] / timing[f"folds_{name}_s"])
            paper = 100 * (1 - PAPER_TIMES_S["cnn_ten_folds"] / PAPER_TIMES_S["sdm_ten_folds"])
            claim = f"{_called('cnn_' + name[-2:])}'s ten folds take less time than {_called(name)}'s"
            text = f"{timing[network]:.0f} s against {timing[f'folds_{name}_s']:.0f} s, summed over folds."
            yield reduction(7, claim, paper, ours, np.nan, text)


def _called(name: str) -> str:
    return method_style(name).text


def _known(value: float | None) -> bool:
    return value is not None and bool(np.isfinite(value))
