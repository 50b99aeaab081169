"""The paper's experiment on a set of mocks: every method weighs every test cluster, and what came of it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from astropy import units as u
from astropy.table import QTable

from zwicky.estimators import CNNSettings, MSigma, MSigmaSettings
from zwicky.evaluation.crossval import CrossValidation, cross_validate
from zwicky.evaluation.summary import summarise
from zwicky.images import image_settings_of, member_moments
from zwicky.io import provenance, sha256_of, whole_file, write_json
from zwicky.mocks import Mocks
from zwicky.tables import ClusterSample
from zwicky.units import log10_msun_h

__all__ = ["NETWORKS", "cross_validate_networks", "fit_relations", "write_results"]

#: The paper's two networks.
NETWORKS = ("cnn_1d", "cnn_2d")

Progress = Callable[[str, int, int, str], None]


def cross_validate_networks(
    mocks: Mocks,
    workdir: Path,
    settings: CNNSettings,
    seed: int,
    progress: Progress | None = None,
    workers: int | None = None,
    timing: Callable[[str], AbstractContextManager] = lambda stage: contextlib.nullcontext(),
) -> dict[str, CrossValidation]:
    """Ten-fold cross-validation of both networks on the contaminated catalogue (Ho et al. 2019, Sec. 3.3).

    Parameters
    ----------
    mocks
        Training and test samples with folds.
    workdir
        Keeps finished folds, one folder a network.
    settings
        Training of both networks.
    seed
        The networks' seeds follow from it.
    progress
        Called with the step, units done, units in all and what is being done.
    workers
        Folds side by side; by default the cores of the machine.
    timing
        Makes a context manager from a stage's name, to time it.
    """
    crossed = {}
    for number, name in enumerate(NETWORKS):

        def tell(done: int, total: int, text: str, name: str = name) -> None:
            if progress is not None:
                progress(f"train {name}", done, total, text)

        with timing(f"train_{name}_s"):
            crossed[name] = cross_validate(
                name,
                mocks.train,
                mocks.test,
                seed=seed + number,
                workdir=workdir / name,
                images=image_settings_of(mocks.train),
                settings=settings,
                workers=workers,
                progress=tell,
            )
    return crossed


def fit_relations(mocks: Mocks, settings: MSigmaSettings | None = None) -> dict[str, MSigma]:
    """The M-sigma relation of each catalogue, ``contaminated`` and ``pure`` (Ho et al. 2019, Table 1).

    Quick, and refused where a catalogue is too small for it: fit it before anything that takes long.

    Raises
    ------
    ZwickyError
        If fewer than three masses lie above the settings' cut.
    """
    catalogues = {"contaminated": mocks.train, "pure": mocks.train_pure}
    return {name: MSigma(settings).fit(train, np.random.default_rng(0)) for name, train in catalogues.items()}


def write_results(
    directory: Path,
    mocks: Mocks,
    crossed: Mapping[str, CrossValidation],
    relations: Mapping[str, MSigma],
    *,
    universe: Mapping[str, Any],
    timing: Mapping[str, float],
    seed: int,
    **facts: Any,
) -> dict[str, Any]:
    """Write ``predictions.parquet``, ``losses.json``, ``sample_cluster.ecsv`` and, last, ``metrics.json``.

    Table 1 is of the whole training sample; the masses by M-sigma are from relations fitted without the
    cluster's own fold, like the networks'.

    Parameters
    ----------
    directory
        Where to write.
    mocks
        What was weighed.
    crossed
        Each network's cross-validation.
    relations
        From `fit_relations`.
    universe, timing
        Kept in the metrics as they are.
    seed
        Seed of the bootstrap.
    facts
        Whatever else the metrics are to hold.

    Returns
    -------
    dict
        The metrics.
    """
    columns, table1 = _predictions(mocks, crossed, relations)
    with whole_file(directory / "predictions.parquet") as temporary:
        pq.write_table(pa.table(columns), temporary, compression="zstd")
    losses = {
        name: {kind: [fold[kind] for fold in result.losses] for kind in ("train", "validation")}
        for name, result in crossed.items()
    }
    write_json(directory / "losses.json", losses)
    test = mocks.test
    _write_sample_cluster(directory / "sample_cluster.ecsv", test)
    prefix, h = "log10_m200c_", test.cosmology.h
    metrics = summarise(
        test.log10_m200c_h,
        {name[len(prefix) :]: log10_msun_h(v, h) for name, v in columns.items() if name.startswith(prefix)},
        test.halo_id,
        universe=universe,
        table1=table1,
        timing=timing,
        rng=np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(2,))),
    )
    metrics["training"] = {
        "n_train": len(mocks.train),
        "n_test": len(test),
        "lines_of_sight_per_halo": len(mocks.train) / len(np.unique(mocks.train.halo_id)),
        "median_n_true": float(np.median(test.n_true)),
    }
    checksum = sha256_of(directory / "predictions.parquet")
    metrics["provenance"] = provenance(seed=seed, predictions_sha256=checksum)
    metrics |= facts
    write_json(directory / "metrics.json", metrics)
    return metrics


def _predictions(
    mocks: Mocks, crossed: Mapping[str, CrossValidation], relations: Mapping[str, MSigma]
) -> tuple[dict[str, np.ndarray], dict[str, dict[str, float]]]:
    """One column a method, one row a test cluster; and Table 1."""
    test = mocks.test
    columns: dict[str, np.ndarray] = {
        "cluster_id": test.cluster_id,
        "halo_id": test.halo_id,
        "fold": test.fold,
        "redshift": test.redshift,
        "n_true": test.n_true,
        "n_galaxies": test.n_galaxies,
        "log10_m200c": test.log10_m200c,
    }
    for name, result in crossed.items():
        columns[f"log10_m200c_{name}"] = result.log10_m200c
    table1 = {}
    catalogues = {"contaminated": (mocks.train, test), "pure": (mocks.train_pure, mocks.test_pure)}
    for catalogue, (train, observed) in catalogues.items():
        fitted = relations[catalogue]
        names = ("sigma15_kms", "alpha", "scatter_dex")
        table1[catalogue] = {name: getattr(fitted, name) for name in names}
        rows = _matching_rows(test.cluster_id, observed.cluster_id)
        masses = _cross_validated_m_sigma(train, observed, fitted.settings)
        sigma = member_moments(observed).v_sigma
        columns[f"log10_m200c_m_sigma_{catalogue}"] = np.where(rows >= 0, masses[rows], np.nan)
        columns[f"sigma_v_{catalogue}"] = np.where(rows >= 0, sigma[rows], np.nan)
    return columns, table1


def _cross_validated_m_sigma(
    train: ClusterSample, test: ClusterSample, settings: MSigmaSettings
) -> np.ndarray:
    out = np.full(len(test), np.nan)
    for fold in np.unique(test.fold):
        held_out = test.fold == fold
        fitted = MSigma(settings).fit(train[train.fold != fold], np.random.default_rng(0))
        out[held_out] = fitted.predict(test[held_out]).log10_m200c
    return out


def _matching_rows(wanted: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """Row of each wanted id in `ids`, -1 where it is absent."""
    order = np.argsort(ids)
    at = np.minimum(np.searchsorted(ids, wanted, sorter=order), len(ids) - 1)
    return np.where(ids[order[at]] == wanted, order[at], -1)


def _write_sample_cluster(path: Path, test: ClusterSample) -> None:
    """The test cluster nearest to 10^14.5 Msun/h as an observer's table: proper Mpc, km/s, no truth."""
    row = int(np.argmin(np.abs(test.log10_m200c_h - 14.5)))
    cluster = test[row]
    z = float(cluster.redshift[0])
    table = QTable()
    table["cluster_id"] = np.full(len(cluster.r_proj), int(cluster.cluster_id[0]))
    table["r_proj"] = np.round(cluster.r_proj / (1 + z), 5) * u.Mpc
    table["v_los"] = np.round(cluster.v_los, 1) * u.km / u.s
    table.meta = {"redshift": z, "true_log10_m200c_msun": round(float(cluster.log10_m200c[0]), 3)}
    with whole_file(path) as temporary:
        table.write(temporary, format="ascii.ecsv")
