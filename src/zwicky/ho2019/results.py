"""What a run found, on disk: predictions, loss curves, a sample cluster, and ``metrics.json`` last."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from astropy import units as u
from astropy.table import QTable

from zwicky.estimators import MSigma
from zwicky.evaluation.crossval import CrossValidation
from zwicky.ho2019.calibration import sample_cluster_row
from zwicky.ho2019.claims import check_claims
from zwicky.ho2019.predictions import masses_h, weigh_test
from zwicky.ho2019.refit import refits_of_relations
from zwicky.ho2019.summary import summarise
from zwicky.io.files import provenance, sha256_of, write_json, written_whole
from zwicky.mocks import Mocks
from zwicky.tables import TRACERS, ClusterSample

__all__ = ["write_results"]


def write_results(
    directory: Path,
    mocks: Mocks,
    crossed: Mapping[str, CrossValidation],
    relations: Mapping[str, MSigma],
    *,
    universe: Mapping[str, Any],
    timing: Mapping[str, float],
    seed: int,
    table3: Mapping[str, Any] | None = None,
    table4: Mapping[str, Any] | None = None,
    leakage: Mapping[str, Any] | None = None,
    calibration: Mapping[str, Any] | None = None,
    per_cluster_us: Mapping[str, float] | None = None,
    **facts: Any,
) -> dict[str, Any]:
    """Write ``predictions.parquet``, ``losses.json``, ``sample_cluster.ecsv`` and, last, ``metrics.json``.

    Table 1 is of the whole training sample. What takes long (Tables 3 and 4, the folds in space) is measured
    before, each with results of its own on disk, and handed in; what is not handed in is left out.

    Parameters
    ----------
    directory
        Where to write.
    mocks
        What was weighed.
    crossed
        Each method's cross-validation.
    relations
        From `fit_relations`.
    universe, timing
        Kept in the metrics; the mean time of a network's fold, and each method's time summed over folds,
        are added to `timing`.
    seed
        Seed of the bootstrap.
    table3, table4, leakage, calibration, per_cluster_us
        From `measure_dependence`, `measure_robustness`, `measure_leakage`, `measure_calibration` and
        `time_per_cluster`.
    facts
        Whatever else the metrics are to hold.

    Returns
    -------
    dict
        The metrics.
    """
    columns, table1 = weigh_test(mocks, crossed, relations)
    with written_whole(directory / "predictions.parquet") as temporary:
        pq.write_table(pa.table(columns), temporary, compression="zstd")
    losses = {
        name: {kind: [fold[kind] for fold in result.losses] for kind in ("train", "validation")}
        for name, result in crossed.items()
        if any(fold["train"] for fold in result.losses)
    }
    write_json(directory / "losses.json", losses)
    test = mocks.test
    _write_sample_cluster(directory / "sample_cluster.ecsv", test)
    times: dict[str, Any] = {
        **timing,
        **_fold_times(crossed, losses),
    }
    if per_cluster_us is not None:
        times["per_cluster_us"] = dict(per_cluster_us)
    metrics = summarise(
        test.log10_m200c_h,
        masses_h(columns, test.cosmology.h),
        test.halo_id,
        universe=universe,
        table1=table1,
        timing=times,
        rng=np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(2,))),
        refits=refits_of_relations(mocks, relations, seed=seed),
    )
    measured = {"table3": table3, "table4": table4, "leakage": leakage, "calibration": calibration}
    metrics |= {name: dict(found) for name, found in measured.items() if found}
    metrics["claims"] = check_claims(metrics, losses)
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


def _fold_times(crossed: Mapping[str, CrossValidation], networks: Mapping[str, Any]) -> dict[str, float]:
    """Mean time of a network's fold, and each method's summed over folds, of folds done in one go."""
    whole = {name: result.seconds[np.isfinite(result.seconds)] for name, result in crossed.items()}
    return {
        **{f"fold_{name}_s": float(np.mean(whole[name])) for name in networks if len(whole[name])},
        **{
            f"folds_{name}_s": float(np.sum(seconds))
            for name, seconds in whole.items()
            if len(seconds) == len(crossed[name].seconds)
        },
    }


def _write_sample_cluster(path: Path, test: ClusterSample) -> None:
    """The sample cluster as an observer's table, proper Mpc and km/s; its head says how it was observed."""
    cluster = test[sample_cluster_row(test)]
    z = float(cluster.redshift[0])
    table = QTable()
    table["cluster_id"] = np.full(len(cluster.r_proj_comoving), int(cluster.cluster_id[0]))
    table["r_proj"] = np.round(cluster.r_proj_comoving / (1 + z), 5) * u.Mpc
    table["v_los"] = np.round(cluster.v_los, 1) * u.km / u.s
    told = {name: float(getattr(cluster, name)[0]) for name in ("redshift_error_kms", "centre_error_kms")}
    table.meta = {
        "redshift": z,
        "true_log10_m200c_msun": round(float(cluster.log10_m200c[0]), 3),
        **{name: value for name, value in told.items() if np.isfinite(value)},
        **({"tracer": TRACERS[cluster.tracer[0]]} if cluster.tracer[0] >= 0 else {}),
    }
    with written_whole(path) as temporary:
        table.write(temporary, format="ascii.ecsv", overwrite=True)
