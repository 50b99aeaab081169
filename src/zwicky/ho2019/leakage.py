"""Do neighbours leak? The networks' scatter with folds dealt by halo and with folds cut in space.

Folds by mass rank, as the paper's, put neighbouring clusters, which share infall and interlopers, on both
sides of training and test. Folds that are blocks of the box do not, but for a few per cent along the faces.
If a network had learned its test clusters' surroundings, it would do worse on blocks.

The interval is of the clusters drawn, not of training: two trainings of one network on the same folds differ
in scatter by a per cent or two, so a ratio that near to one says nothing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from zwicky.diagnostics.residuals import compare_scatter, residual_statistics, residuals
from zwicky.errors import ZwickyError
from zwicky.estimators import CNNSettings
from zwicky.evaluation.crossval import CrossValidation
from zwicky.ho2019.experiment import NETWORKS, cross_validate_methods
from zwicky.ho2019.paper import PAPER_RANGE_LOG10_M200C_H
from zwicky.mocks import Mocks, halo_folds, spatial_folds
from zwicky.progress import Progress, quiet
from zwicky.tables import ClusterSample, HaloTable, rows_of

__all__ = ["measure_leakage", "redealt"]


def redealt(mocks: Mocks, halos: HaloTable) -> Mocks:
    """The same mocks with folds cut in space, or dealt by mass if they were cut in space.

    Parameters
    ----------
    mocks
        Training and test samples with folds.
    halos
        The halos that the mocks were made of.

    Raises
    ------
    ZwickyError
        If a cluster's halo is not among `halos`, or there are fewer halos than folds.
    """
    samples = {f.name: getattr(mocks, f.name) for f in dataclasses.fields(mocks) if f.name != "settings"}
    used = np.unique(np.concatenate([sample.halo_id for sample in samples.values()]))
    row = rows_of(halos.halo_id, used)
    strangers = used[row < 0]
    if len(strangers):
        raise ZwickyError(f"halo {strangers[0]} of the mocks is not in the halo table; give the mocks' own")
    n_folds = mocks.settings.n_folds
    if mocks.settings.folds == "spatial":
        kind, fold = "halo", halo_folds(halos.m200c[row], n_folds)
    else:
        kind, fold = "spatial", spatial_folds(halos.position[row], n_folds)

    def with_folds(sample: ClusterSample) -> ClusterSample:
        meta = {**sample.meta, "folds": kind}
        return dataclasses.replace(sample, fold=fold[rows_of(used, sample.halo_id)], meta=meta)

    settings = dataclasses.replace(mocks.settings, folds=kind)
    return Mocks(**{name: with_folds(sample) for name, sample in samples.items()}, settings=settings)


def measure_leakage(
    mocks: Mocks,
    halos: HaloTable,
    crossed: Mapping[str, CrossValidation],
    workdir: Path | str,
    settings: CNNSettings,
    *,
    seed: int,
    progress: Progress = quiet,
    workers: int | None = None,
    n_resamples: int = 1000,
) -> dict[str, dict[str, float]]:
    """Cross-validate both networks again on `redealt` folds, and compare.

    Parameters
    ----------
    mocks, halos
        The mocks, and the halos that they were made of.
    crossed
        The networks' cross-validations on the mocks' own folds.
    workdir
        Keeps finished folds, one folder a network; not the one of `crossed`.
    settings, seed, progress, workers
        As for the networks in `cross_validate_methods`, and the same values.
    n_resamples
        Bootstrap resamples of halos; the same halos are drawn for both kinds of folds.

    Returns
    -------
    dict
        For each network: ``halo_folds`` and ``spatial_folds``, scatters in dex with ``_error``; ``ratio``,
        the scatter on spatial folds over that on halo folds, with ``low`` to ``high`` at ``level``.
    """
    networks = dict.fromkeys(NETWORKS, settings)
    other = cross_validate_methods(networks, redealt(mocks, halos), Path(workdir), seed, progress, workers)
    true = mocks.test.log10_m200c_h
    low, high = PAPER_RANGE_LOG10_M200C_H
    inside = (true >= low) & (true <= high)
    found = {}
    for name, again in other.items():
        pair = [crossed[name].log10_m200c, again.log10_m200c]
        if mocks.settings.folds == "spatial":
            pair.reverse()
        by_halo, in_space = (residuals(mass, mocks.test.log10_m200c)[inside] for mass in pair)
        halo_id, stream = mocks.test.halo_id[inside], np.random.SeedSequence(seed, spawn_key=(5,))
        rows = [
            residual_statistics(epsilon, halo_id, rng=np.random.default_rng(stream), n_resamples=n_resamples)
            for epsilon in (by_halo, in_space)
        ]
        ratio = compare_scatter(
            in_space, by_halo, halo_id, rng=np.random.default_rng(stream), n_resamples=n_resamples
        )
        found[name] = {
            "halo_folds": rows[0].scatter,
            "halo_folds_error": rows[0].scatter_error,
            "spatial_folds": rows[1].scatter,
            "spatial_folds_error": rows[1].scatter_error,
            **{key: getattr(ratio, key) for key in ("ratio", "low", "high", "level")},
        }
    return found
