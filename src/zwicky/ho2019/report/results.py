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
from zwicky.ho2019.metrics import read_losses, read_metrics
from zwicky.io import read_table
from zwicky.io.files import read_json
from zwicky.mocks import Mocks, read_mocks
from zwicky.tables import GalaxyTable, HaloTable
from zwicky.units import log10_msun_h
from zwicky.universe.directory import is_imported, snapshot_file

__all__ = ["Predictions", "RunResults", "read_galaxies", "read_run"]

_PREFIX = "log10_m200c_"

#: What is measured on a universe that this package made; of an imported one, less.
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


@dataclass(frozen=True, eq=False)
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


@dataclass(frozen=True, eq=False)
class RunResults:
    """Everything a report is made of, except the galaxies, which `read_galaxies` reads on request.

    Small or older runs lack some of it; what is absent is empty. `universe` is where the universe stands,
    inside the run or elsewhere. `diagnostics` of an imported universe lack what takes particles.
    `posteriors` holds the samples behind Table 3, for each method an array a parameter, shape (n,).
    """

    directory: Path
    universe: Path
    settings: Mapping[str, Any] = field(repr=False)
    settings_text: str = field(repr=False)
    metrics: Mapping[str, Any] = field(repr=False)
    losses: Mapping[str, Any] = field(repr=False)
    predictions: Predictions = field(repr=False)
    diagnostics: Mapping[str, np.ndarray] = field(repr=False)
    halos: HaloTable = field(repr=False)
    mocks: Mocks = field(repr=False)
    provenance: Mapping[str, Any] = field(repr=False)
    posteriors: Mapping[str, Mapping[str, np.ndarray]] = field(repr=False, default_factory=dict)

    @property
    def is_imported(self) -> bool:
        """Whether the universe is somebody else's simulation."""
        return is_imported(self.universe)

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
        raise ZwickyError(f"{directory / 'run.toml'}: is not valid TOML ({error}); fix that line") from error
    metrics = read_metrics(directory / "metrics.json")
    universe = Path(settings.get("existing", {}).get("directory", directory / "universe"))
    redshift = metrics["universe"].get("redshift")
    if redshift is None:
        raise ZwickyError(
            f"{directory}: its metrics are of no universe, so it is no run; give one that `zwicky reproduce` "
            "wrote"
        )
    halos = read_table(HaloTable, snapshot_file(universe, "halos", redshift))
    return RunResults(
        directory=directory,
        universe=universe,
        settings=settings,
        settings_text=settings_text,
        metrics=metrics,
        losses=read_losses(directory / "losses.json"),
        predictions=_read_predictions(directory / "predictions.parquet", halos.snapshot.cosmology.h),
        diagnostics=_read_diagnostics(universe, redshift),
        halos=halos,
        mocks=read_mocks(directory / "mocks"),
        provenance=read_json(universe / "provenance.json"),
        posteriors=_read_posteriors(directory / "table3.npz") if metrics.get("table3") else {},
    )


def read_galaxies(run: RunResults) -> GalaxyTable:
    """The galaxies of a run's universe: large, so only read where a figure needs them."""
    path = snapshot_file(run.universe, "galaxies", run.metrics["universe"]["redshift"])
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


def _read_diagnostics(universe: Path, redshift: float) -> dict[str, np.ndarray]:
    path = snapshot_file(universe, "diagnostics", redshift)
    if is_imported(universe) and not path.exists():
        return {}
    arrays = _read_arrays(path)
    missing = [name for name in _DIAGNOSTICS if name not in arrays]
    if missing and not is_imported(universe):
        raise ZwickyError(f"{path}: lacks {', '.join(missing)}; run `zwicky reproduce` again")
    return arrays


def _read_posteriors(path: Path) -> dict[str, dict[str, np.ndarray]]:
    """For each method its samples by parameter."""
    if not path.exists():
        return {}
    arrays = _read_arrays(path)
    if "parameters" not in arrays:
        raise ZwickyError(f"{path}: lacks parameters; run `zwicky reproduce` again")
    names = [str(name) for name in arrays.pop("parameters")]
    for method, samples in arrays.items():
        if samples.ndim != 2 or samples.shape[1] != len(names):
            raise ZwickyError(
                f"{path}: {method} has shape {samples.shape}, not a column for each of {', '.join(names)}; "
                "run `zwicky reproduce` again"
            )
    return {
        method: dict(zip(names, samples.T.astype(float), strict=True)) for method, samples in arrays.items()
    }


def _read_arrays(path: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file}
    except Exception as error:  # a spoilt archive raises one of many
        raise _unreadable(path, error) from error
