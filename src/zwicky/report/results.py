"""A finished run, read from its directory."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from zwicky.errors import ZwickyError
from zwicky.io import read_json, read_table
from zwicky.mocks import Mocks, read_mocks
from zwicky.tables import GalaxyTable, HaloTable
from zwicky.units import log10_msun_h
from zwicky.universe import snapshot_file

__all__ = ["Predictions", "RunResults", "read_galaxies", "read_run"]

_PREFIX = "log10_m200c_"

_DIAGNOSTICS = (
    "slice_map",
    "slice_extent_mpc",
    "slice_depth_mpc",
    "k_mpc_h",
    "power",
    "power_linear",
    "power_nonlinear",
    "mass_bin_edges",
    "mass_counts",
    "mass_function_tinker",
)


@dataclass(frozen=True)
class Predictions:
    """Test clusters with their true and predicted masses, in the paper's unit.

    Parameters
    ----------
    log10_true_h : float64, shape (n,)
        log10 of the true M200c in Msun/h.
    log10_predicted_h
        For each method, log10 of the predicted M200c in Msun/h, shape (n,); NaN where it has none.
    """

    log10_true_h: np.ndarray
    log10_predicted_h: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class RunResults:
    """Everything a report is made of, except the galaxies, which `read_galaxies` reads on request."""

    directory: Path
    settings: Mapping[str, Any] = field(repr=False)
    settings_text: str = field(repr=False)
    metrics: Mapping[str, Any] = field(repr=False)
    losses: Mapping[str, Any] = field(repr=False)
    predictions: Predictions = field(repr=False)
    diagnostics: Mapping[str, np.ndarray] = field(repr=False)
    halos: HaloTable = field(repr=False)
    mocks: Mocks = field(repr=False)
    provenance: Mapping[str, Any] = field(repr=False)

    @property
    def fit_above_log10_m200c_h(self) -> float:
        """log10 of the mass in Msun/h above which M-sigma was fitted; by default the paper's (Sec. 4.1)."""
        return float(self.settings.get("m_sigma", {}).get("min_log10_m200c_h", 14.5))

    @property
    def h(self) -> float:
        """Hubble constant over 100 km/s/Mpc."""
        return float(self.halos.snapshot.cosmology.h)


def read_run(directory: Path | str) -> RunResults:
    """Read the results that ``zwicky reproduce`` left in a directory.

    Raises
    ------
    ZwickyError
        If the directory is missing, or a file in it is missing or unreadable.
    """
    directory = Path(directory)
    if not directory.is_dir():
        raise ZwickyError(f"{directory}: is not a directory; give one that `zwicky reproduce --out` wrote")
    settings_text = _read_text(directory / "run.toml")
    try:
        settings = tomllib.loads(settings_text)
    except tomllib.TOMLDecodeError as error:
        raise ZwickyError(f"{directory / 'run.toml'}: is not valid TOML ({error}); mend that line") from error
    metrics = read_json(directory / "metrics.json")
    universe, redshift = directory / "universe", metrics["universe"]["redshift"]
    halos = read_table(HaloTable, snapshot_file(universe, "halos", redshift))
    return RunResults(
        directory=directory,
        settings=settings,
        settings_text=settings_text,
        metrics=metrics,
        losses=read_json(directory / "losses.json"),
        predictions=_read_predictions(directory / "predictions.parquet", halos.snapshot.cosmology.h),
        diagnostics=_read_diagnostics(snapshot_file(universe, "diagnostics", redshift)),
        halos=halos,
        mocks=read_mocks(directory / "mocks"),
        provenance=read_json(universe / "provenance.json"),
    )


def read_galaxies(run: RunResults) -> GalaxyTable:
    """The galaxies of a run's universe: large, so only read where a figure needs them."""
    path = snapshot_file(run.directory / "universe", "galaxies", run.metrics["universe"]["redshift"])
    return read_table(GalaxyTable, path)


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> ZwickyError:
    reason = (str(error).splitlines() or [type(error).__name__])[0]
    return ZwickyError(f"{path}: cannot be read ({reason}); run `zwicky reproduce` again")


def _read_predictions(path: Path, h: float) -> Predictions:
    try:
        table = pq.read_table(path)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    if "log10_m200c" not in table.column_names:
        raise ZwickyError(f"{path}: column 'log10_m200c' is missing; run `zwicky reproduce` again")
    columns = {
        name: log10_msun_h(table[name].to_numpy(), h)
        for name in table.column_names
        if name.startswith("log10_m200c")
    }
    true = columns.pop("log10_m200c")
    return Predictions(true, {name.removeprefix(_PREFIX): values for name, values in columns.items()})


def _read_diagnostics(path: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as file:
            missing = [name for name in _DIAGNOSTICS if name not in file]
            if missing:
                raise ZwickyError(f"{path}: lacks {', '.join(missing)}; run `zwicky reproduce` again")
            return {name: file[name] for name in _DIAGNOSTICS}
    except ZwickyError:
        raise
    except Exception as error:
        raise _unreadable(path, error) from error
