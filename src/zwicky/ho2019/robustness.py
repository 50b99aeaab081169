"""Table 4 and the bands of Fig. 10: what drifting masses amount to (Ho et al. 2019, Sec. 5.4).

Eq. 14 compares the mean over ten draws with the mass from all galaxies. Averaging hides most of what a lost
galaxy does: of N members with a share r kept, one draw scatters ln sigma_v of a Gaussian cluster by
``sqrt((1 / r - 1) / (2 N))``, ten by a third of it. At the paper's N = 40, r = 0.7 and slope, one draw gives
M-sigma a width of 0.18 dex and the mean of ten 0.06; the paper's Table 4 has 0.179. So both are given: the
mean of ten log masses, as Eq. 14 averages (to the letter it takes the log of the mean mass, up to 0.01 dex
higher), and one draw, which is what an observer has and, it seems, what was published.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from zwicky.diagnostics.bootstrap import HaloGroups, resample_halos, weighted_quantiles
from zwicky.estimators import MSigma, estimator_class
from zwicky.evaluation.by_fold import FoldModels, fold_models, fold_relations
from zwicky.evaluation.crossval import CrossValidation
from zwicky.evaluation.sampling import (
    AT_LEAST,
    SAMPLING_RATES,
    SubsamplingDeviation,
    measure_deviations,
    some_halos,
)
from zwicky.ho2019.paper import PAPER_RANGE_LOG10_M200C_H
from zwicky.mocks import Mocks
from zwicky.progress import Progress, quiet, under
from zwicky.tables import ClusterSample

__all__ = ["SAMPLING_WINDOW", "measure_robustness", "summarise_deviations"]

#: Sampling rates that Table 4 takes together, both ends included.
SAMPLING_WINDOW = (0.6, 0.8)

_QUANTILES = np.array([0.16, 0.5, 0.84])


def measure_robustness(
    mocks: Mocks,
    crossed: Mapping[str, CrossValidation],
    relations: Mapping[str, MSigma],
    workdir: Path | str,
    *,
    seed: int,
    rates: tuple[float, ...] = SAMPLING_RATES,
    n_draws: int = 10,
    sdm_clusters: int | None = 1000,
    progress: Progress = quiet,
) -> dict[str, dict[str, Any]]:
    """Table 4 and Fig. 10 of a run: every method on thinned test clusters in the paper's mass range.

    All are inductive: models trained on fully sampled clusters weigh thinned ones. The paper fits its support
    distribution machines anew, test clusters included, for every draw, which would take hours for nothing
    that an observer could repeat.

    Parameters
    ----------
    mocks
        What was weighed.
    crossed
        Each method's cross-validation, with its folds' models on disk.
    relations
        From `fit_relations`; fitted again without each fold.
    workdir
        Keeps each method and rate as it is done.
    seed
        Seed of draws and bootstrap.
    rates, n_draws
        As for `measure_deviations`.
    sdm_clusters
        Support distribution machines, a hundred times slower than a network, weigh about so many test
        clusters, whole halos drawn at random; all if None. The row's ``n_clusters`` says how many.
    progress
        Called with the step, draws done, draws in all and what is being done.

    Returns
    -------
    dict
        A row a method, see `summarise_deviations`.
    """
    streams = np.random.SeedSequence(seed, spawn_key=(4,)).spawn(3)
    draw_seed = int(streams[0].generate_state(1, np.uint64)[0])
    jobs: dict[str, Callable[[], tuple[FoldModels, ClusterSample]]] = {}
    for name, result in crossed.items():
        sample = _in_range(mocks.test)
        if estimator_class(name).is_slow and sdm_clusters is not None:
            sample = sample[some_halos(sample, sdm_clusters, rng=np.random.default_rng(streams[1]))]
        jobs[name] = lambda result=result, sample=sample: (fold_models(result), sample)
    catalogues = {"pure": (mocks.train_pure, mocks.test_pure), "contaminated": (mocks.train, mocks.test)}
    for name, (train, test) in catalogues.items():
        sample, settings = _in_range(test), relations[name].settings
        jobs[f"m_sigma_{name}"] = lambda train=train, sample=sample, settings=settings: (
            fold_relations(train, settings, sample.fold),
            sample,
        )
    table = {}
    for name, prepare in jobs.items():
        models, sample = prepare()
        if not len(sample):
            continue

        by_rate = measure_deviations(
            models,
            sample,
            Path(workdir) / name,
            seed=draw_seed,
            rates=rates,
            n_draws=n_draws,
            progress=under(f"table 4, {name}", progress),
        )
        rng = np.random.default_rng(streams[2])
        table[name] = summarise_deviations(by_rate, sample.halo_id, rng=rng, n_draws=n_draws)
    return table


def _in_range(sample: ClusterSample) -> ClusterSample:
    """Clusters of the masses over which the paper evaluates."""
    low, high = PAPER_RANGE_LOG10_M200C_H
    return sample[(sample.log10_m200c_h >= low) & (sample.log10_m200c_h <= high)]


def summarise_deviations(
    by_rate: Sequence[SubsamplingDeviation],
    halo_id: np.ndarray,
    *,
    rng: np.random.Generator,
    n_draws: int,
    window: tuple[float, float] = SAMPLING_WINDOW,
    n_resamples: int = 300,
) -> dict[str, Any]:
    """One method's row of Table 4 and its band in Fig. 10.

    Parameters
    ----------
    by_rate
        From `zwicky.evaluation.sampling.measure_deviations`, a rate each.
    halo_id : int, shape (n,)
        The halo behind each cluster.
    rng
        Source of the bootstrap over halos.
    n_draws
        Draws that each deviation is the mean of.
    window
        Rates whose deviations are taken together.
    n_resamples
        Bootstrap resamples.

    Returns
    -------
    dict
        ``rates``, ``median``, ``p16``, ``p84`` (lists; offsets from the median, dex), ``share_failed``
        (of the draws) and ``share_lifted`` (of the clusters) by rate; ``window_median``, ``window_p16``,
        ``window_p84``, ``window_width`` (84th less 16th percentile) of all deviations in the window, with
        ``_error`` for median and width. The same keys under ``one_draw`` are of single draws, unaveraged.
    """
    low, high = window
    inside = np.array([low - 1e-9 <= deviation.rate <= high + 1e-9 for deviation in by_rate], dtype=bool)
    seed = int(rng.integers(2**63))
    averaged, one_draw = (
        _bands(deviations, inside, halo_id, np.random.default_rng(seed), n_resamples)
        for deviations in ([d.epsilon for d in by_rate], [d.one_draw for d in by_rate])
    )
    n = len(halo_id)
    return {
        "rates": [deviation.rate for deviation in by_rate],
        **averaged,
        "one_draw": one_draw,
        "share_failed": [d.n_failed / (n * (n_draws if d.rate < 1.0 else 1)) for d in by_rate],
        "share_lifted": [d.n_lifted / n for d in by_rate],
        "at_least": AT_LEAST,
        "n_draws": n_draws,
        "n_clusters": n,
        "n_halos": len(np.unique(halo_id)),
        "window": [float(low), float(high)],
    }


def _bands(
    deviations: list[np.ndarray],
    inside: np.ndarray,
    halo_id: np.ndarray,
    rng: np.random.Generator,
    n_resamples: int,
) -> dict[str, Any]:
    """Percentiles by rate, and of the rates inside the window together."""
    bands = [_percentiles(epsilon) for epsilon in deviations]
    chosen = [epsilon for epsilon, use in zip(deviations, inside, strict=True) if use]
    together = np.concatenate(chosen) if chosen else np.zeros(0)
    median, p16, p84 = _percentiles(together)
    median_error, width_error = _errors(together, np.tile(halo_id, len(chosen)), rng, n_resamples)
    return {
        "median": [band[0] for band in bands],
        "p16": [band[1] for band in bands],
        "p84": [band[2] for band in bands],
        "window_median": median,
        "window_median_error": median_error,
        "window_p16": p16,
        "window_p84": p84,
        "window_width": p84 - p16,
        "window_width_error": width_error,
    }


def _percentiles(epsilon: np.ndarray) -> tuple[float, float, float]:
    """Median, and the 16th and 84th percentile as offsets from it; NaN without a finite value."""
    epsilon = epsilon[np.isfinite(epsilon)]
    if not len(epsilon):
        return np.nan, np.nan, np.nan
    p16, median, p84 = np.quantile(epsilon, _QUANTILES)
    return float(median), float(p16 - median), float(p84 - median)


def _errors(
    epsilon: np.ndarray, halo_id: np.ndarray, rng: np.random.Generator, n_resamples: int
) -> tuple[float, float]:
    """Bootstrap errors over halos of the median and of the width."""
    fine = np.isfinite(epsilon)
    groups = HaloGroups(halo_id[fine])
    if groups.n_halos < 2:
        return np.nan, np.nan
    order = np.argsort(epsilon[fine], kind="stable")
    ordered, halo_of_ordered = epsilon[fine][order], groups.index[order]

    def statistic(counts: np.ndarray) -> np.ndarray:
        p16, median, p84 = weighted_quantiles(ordered, counts[halo_of_ordered], _QUANTILES)
        return np.array([median, p84 - p16])

    median, width = resample_halos(groups.n_halos, statistic, n_resamples, rng=rng).std(axis=0, ddof=1)
    return float(median), float(width)
