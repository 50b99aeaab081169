"""Masses against the truth that a mock survey keeps apart: what an end-to-end test looks at."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from zwicky.diagnostics.bootstrap import HaloGroups, resample_halos, weighted_quantiles
from zwicky.errors import ZwickyError
from zwicky.io.foreign import short_reason
from zwicky.io.tabular import read_any

__all__ = ["against_truth", "read_columns"]

#: Numbers of galaxies between which clusters are told apart.
_EDGES = (0, 10, 20, 40, 80, 160, np.inf)

_ENDS = ("log10_m200c_p16", "log10_m200c_p84", "log10_m200c_p025", "log10_m200c_p975")

#: Columns that are no numbers; all others are.
_NAMES = ("cluster_id", "halo_id", "flag")

_RESAMPLES = 200


def read_columns(path: Path, names: tuple[str, ...], optional: tuple[str, ...] = ()) -> dict[str, np.ndarray]:
    """Columns of a table of any format, or of a folder of Parquet files such as `zwicky survey` writes.

    Raises
    ------
    ZwickyError
        If it cannot be read, lacks a column that is not `optional`, or has something else for a number.
    """
    if not path.is_dir():
        table = read_any(path)
        if absent := [name for name in names if name not in table.colnames]:
            raise ZwickyError(f"{path}: has no column {absent[0]}; it has {', '.join(table.colnames[:12])}")
        there = [name for name in (*names, *optional) if name in table.colnames]
        held = {name: np.ma.filled(np.ma.asarray(table[name]), _blank(table[name])) for name in there}
        return {name: _plain(path, name, values) for name, values in held.items()}
    import pyarrow.dataset as ds

    files = sorted(p for p in path.rglob("*.parquet") if not p.name.startswith(("_", ".")))
    if not files:
        raise ZwickyError(f"{path}: holds no Parquet files; give the folder that `zwicky survey` wrote")
    try:
        dataset = ds.dataset([str(file) for file in files], format="parquet")
        names = (*names, *(name for name in optional if name in dataset.schema.names))
        table = dataset.to_table(columns=list(names))
    except Exception as error:  # of Arrow
        raise ZwickyError(f"{path}: cannot be read ({short_reason(error)})") from error
    return {name: _plain(path, name, table[name].to_numpy()) for name in names}


def _plain(path: Path, name: str, values: Any) -> np.ndarray:
    """Numbers as float64, NaN where there is none; names as they are."""
    values = np.asarray(values)
    if name in _NAMES:
        return values
    try:
        return values.astype(float)
    except (TypeError, ValueError) as error:
        raise ZwickyError(
            f"{path}: {name} is not of numbers ({short_reason(error)}); write numbers"
        ) from error


def _blank(column: Any) -> Any:
    return np.nan if column.dtype.kind == "f" else None


def against_truth(masses: Path, truth: Path) -> dict[str, Any]:
    """How far masses are from the true ones, and how often intervals hold these.

    Parameters
    ----------
    masses
        Of `zwicky predict` or `zwicky survey`; or of any method, with ``cluster_id`` and ``log10_m200c`` in
        Msun, and the ends of intervals as `predict` names them if it has some.
    truth
        A table with ``cluster_id`` and ``log10_m200c`` in Msun, such as ``truth/clusters.parquet``.
        ``n_galaxies`` there counts where `masses` lack it. With ``halo_id`` numbers have errors of a
        bootstrap over halos.

    Returns
    -------
    dict
        Numbers of clusters, and for all weighed ones, for those whose flag is ok and in bins of the number of
        galaxies: median and half of the 16th to 84th percentile of the residuals in dex, the shares inside
        68 % and 95 % intervals, and the robust width of residuals over errors.

    Raises
    ------
    ZwickyError
        If a table cannot be read, they have no cluster in common, or the truth has one twice or is no
        logarithm.
    """
    key = ("cluster_id", "log10_m200c")
    found = read_columns(masses, key, ("n_galaxies", "flag", *_ENDS))
    true = read_columns(truth, key, ("n_galaxies", "halo_id"))
    place = {str(name): row for row, name in enumerate(true["cluster_id"])}
    if len(place) < len(true["cluster_id"]):
        raise ZwickyError(f"{truth}: a cluster_id comes twice; give one row a cluster")
    odd = np.abs(true["log10_m200c"] - 12.0) > 8.0
    if odd.any():
        raise ZwickyError(
            f"{truth}: log10_m200c = {true['log10_m200c'][odd][0]:g} is no log10 of a mass in Msun; give that"
        )
    row = np.array([place.get(str(name), -1) for name in found["cluster_id"]])
    known = row >= 0
    if not known.any():
        raise ZwickyError(f"{truth}: has none of the clusters of {masses}; give their truth")
    mass = np.where(known, true["log10_m200c"][row], np.nan)
    known &= np.isfinite(mass)
    weighed = known & np.isfinite(found["log10_m200c"])
    n = found["n_galaxies"] if "n_galaxies" in found else true.get("n_galaxies", np.zeros(len(place)))[row]
    flag = found["flag"].astype(str) if "flag" in found else np.full(len(row), "ok")
    found |= {name: np.full(len(row), np.nan) for name in _ENDS if name not in found}
    halo = true["halo_id"][row] if "halo_id" in true else None
    bins = {
        f"{low:g} to {high:g}": weighed & (n >= low) & (n < high) for low, high in itertools.pairwise(_EDGES)
    }
    return {
        "clusters": len(row),
        "with_truth": int(known.sum()),
        "weighed": int(weighed.sum()),
        "all": _residuals(found, mass, weighed, halo),
        "ok": _residuals(found, mass, weighed & (flag == "ok"), halo),
        "by_n_galaxies": {
            name: _residuals(found, mass, rows, halo) for name, rows in bins.items() if rows.any()
        },
    }


def _residuals(
    found: Mapping[str, np.ndarray], mass: np.ndarray, rows: np.ndarray, halo: np.ndarray | None
) -> dict[str, Any]:
    if not rows.any():
        return {"n": 0}
    point, p16, p84, p025, p975 = (found[name][rows] for name in ("log10_m200c", *_ENDS))
    true = mass[rows]
    out = {"n": int(rows.sum()), **_spread(point - true, None if halo is None else halo[rows])}
    with np.errstate(divide="ignore", invalid="ignore"):  # of no width
        pull = (point - true) / (0.5 * (p84 - p16))
    has_width = np.isfinite(pull)
    if has_width.any():
        ends = np.percentile(pull[has_width], [16, 84])
        out["inside_68"] = float(np.mean((p16 <= true)[has_width] & (true <= p84)[has_width]))
        if np.isfinite(p025).any():
            out["inside_95"] = float(np.mean((p025 <= true)[has_width] & (true <= p975)[has_width]))
        out["pull"] = float(0.5 * (ends[1] - ends[0]))
    return out


def _spread(residual: np.ndarray, halo: np.ndarray | None) -> dict[str, Any]:
    """Median and half of the 16th to 84th percentile; of halos more than one with errors."""
    low, median, high = np.percentile(residual, [16, 50, 84])
    out = {"median_dex": float(median), "scatter_dex": float(0.5 * (high - low))}
    groups = None if halo is None else HaloGroups(halo)
    if groups is None or groups.n_halos < 2:
        return out
    order = np.argsort(residual, kind="stable")

    def statistic(counts: np.ndarray) -> np.ndarray:
        drawn = counts[groups.index[order]]
        low, median, high = weighted_quantiles(residual[order], drawn, np.array([0.16, 0.5, 0.84]))
        return np.array([median, 0.5 * (high - low)])

    drawn = resample_halos(groups.n_halos, statistic, _RESAMPLES, rng=np.random.default_rng(0))
    errors = drawn.std(axis=0, ddof=1)
    return out | {
        "halos": groups.n_halos,
        "median_error_dex": float(errors[0]),
        "scatter_error_dex": float(errors[1]),
    }
