"""What a run found, in the paper's units: the content of ``metrics.json``."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from zwicky.diagnostics import Refit, ScatterRatio, compare_scatter, residual_statistics, residuals
from zwicky.errors import ZwickyError
from zwicky.ho2019.paper import (
    PAPER_RANGE_LOG10_M200C_H,
    paper_scatter_ratio,
)
from zwicky.plots import method_style

__all__ = ["COMPARISONS", "scatter_sentence", "summarise"]

#: Pairs of methods whose scatters are compared: the paper's own sentences (Secs. 5.1 and 6), and counting.
COMPARISONS = (
    ("cnn_2d", "m_sigma_contaminated"),
    ("cnn_1d", "m_sigma_contaminated"),
    ("cnn_2d", "m_sigma_pure"),
    ("cnn_1d", "m_sigma_pure"),
    ("cnn_2d", "cnn_1d"),
    ("cnn_2d", "sdm_2d"),
    ("cnn_1d", "sdm_1d"),
    ("sdm_2d", "cnn_1d"),
    ("sdm_1d", "cnn_1d"),
    ("sdm_2d", "m_sigma_pure"),
    ("sdm_1d", "m_sigma_pure"),
    ("cnn_2d", "counts"),
    ("cnn_1d", "counts"),
    ("cnn_2d", "counts_inner"),
)


def summarise(
    log10_true_h: np.ndarray,
    predictions: Mapping[str, np.ndarray],
    halo_id: np.ndarray,
    *,
    universe: Mapping[str, Any],
    table1: Mapping[str, Mapping[str, float]],
    timing: Mapping[str, float],
    rng: np.random.Generator,
    range_log10_m200c_h: tuple[float, float] = PAPER_RANGE_LOG10_M200C_H,
    n_resamples: int = 1000,
    refits: Mapping[str, Refit] | None = None,
) -> dict[str, Any]:
    """Tables 1 and 2 of Ho et al. (2019) for one run, with errors and paired comparisons.

    Parameters
    ----------
    log10_true_h : float, shape (n,)
        log10 of the true M200c in Msun/h, a row a test cluster and line of sight.
    predictions
        For each method (``cnn_1d``, ``cnn_2d``, ``m_sigma_pure``, ``m_sigma_contaminated``, ...) its
        log10 M200c in Msun/h, float shape (n,); NaN where it has none.
    halo_id : int, shape (n,)
        The halo behind each row: the bootstrap draws halos.
    universe
        Facts about the simulation, kept as they are.
    table1
        For each catalogue (``pure``, ``contaminated``): sigma15_kms, alpha, scatter_dex.
    timing
        Seconds by stage, kept as they are.
    rng
        Source of the bootstrap. Every method sees the same resamples, so that its errors do not depend
        on which other methods were run.
    range_log10_m200c_h
        True masses that count, both ends included (Sec. 2.3).
    n_resamples
        Bootstrap resamples.
    refits
        Methods that are fitted anew inside each resample: residuals of all rows, from `refits_of_relations`.

    Returns
    -------
    dict
        Keys ``universe``, ``table1``, ``table2`` (a `ResidualStatistics` a method), ``comparisons``
        (ratios of scatters, ours with an interval, the paper's, and the sentence that says it),
        ``evaluation``, ``timing``.

    Raises
    ------
    ZwickyError
        If a method's predictions are not one a cluster.
    """
    log10_true_h, halo_id = np.asarray(log10_true_h, dtype=float), np.asarray(halo_id)
    low, high = range_log10_m200c_h
    inside = (log10_true_h >= low) & (log10_true_h <= high)
    epsilon = {}
    for name, values in predictions.items():
        if np.shape(values) != log10_true_h.shape:
            raise ZwickyError(
                f"predictions of {name!r} have shape {np.shape(values)}; give {log10_true_h.shape}"
            )
        epsilon[name] = residuals(values, log10_true_h)[inside]
    seed = int(rng.integers(2**63))
    halos = halo_id[inside]

    def stream() -> np.random.Generator:
        return np.random.default_rng(seed)

    def refit(name: str) -> Refit | None:
        if not refits or name not in refits:
            return None
        return lambda halos, counts: refits[name](halos, counts)[inside]

    comparisons = []
    for name, other in COMPARISONS:
        if name in epsilon and other in epsilon:
            ratio = compare_scatter(
                epsilon[name],
                epsilon[other],
                halos,
                rng=stream(),
                n_resamples=n_resamples,
                refits=(refit(name), refit(other)),
            )
            published = paper_scatter_ratio(name, other)
            comparisons.append(
                {
                    "method": name,
                    "other": other,
                    **dataclasses.asdict(ratio),
                    "paper": published,
                    "text": scatter_sentence(name, other, ratio, published),
                }
            )
    return {
        "universe": dict(universe),
        "table1": {catalogue: dict(row) for catalogue, row in table1.items()},
        "table2": {
            name: dataclasses.asdict(
                residual_statistics(values, halos, rng=stream(), n_resamples=n_resamples, refit=refit(name))
            )
            for name, values in epsilon.items()
        },
        "comparisons": comparisons,
        "evaluation": {
            "range_log10_m200c_h": [float(low), float(high)],
            "n_clusters": int(inside.sum()),
            "n_halos": len(np.unique(halos)),
            "n_resamples": n_resamples,
        },
        "timing": dict(timing),
    }


def scatter_sentence(method: str, other: str, ratio: ScatterRatio, published: float | None) -> str:
    """A comparison in words, in per cent.

    >>> found = ScatterRatio(900, 300, 0.8, 0.78, 0.83, 0.95, 0.013)
    >>> scatter_sentence("cnn_2d", "cnn_1d", found, 0.759)
    "CNN_2D's scatter is 20.0 % less than CNN_1D's (95 % interval 17.0 to 22.0); the paper: 24.1 % less"
    """
    one, two = method_style(method).text, method_style(other).text
    paper = "the paper has none" if published is None else f"the paper: {_percent_less(published)}"
    if not np.isfinite(ratio.ratio):
        return f"{one} and {two} have too few clusters in common to compare; {paper}"
    low, high = sorted(abs(100 * (1 - edge)) for edge in (ratio.low, ratio.high))
    interval = f"{100 * ratio.level:.0f} % interval {low:.1f} to {high:.1f}"
    if (ratio.low - 1) * (ratio.high - 1) < 0:  # it holds both signs
        interval = f"{100 * ratio.level:.0f} % interval {_percent_less(ratio.low)} to "
        interval += _percent_less(ratio.high)
    return f"{one}'s scatter is {_percent_less(ratio.ratio)} than {two}'s ({interval}); {paper}"


def _percent_less(ratio: float) -> str:
    return f"{abs(100 * (1 - ratio)):.1f} % {'less' if ratio < 1 else 'more'}"
