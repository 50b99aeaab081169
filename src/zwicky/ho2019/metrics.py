"""What ``metrics.json`` and ``losses.json`` hold: declared once, and checked whenever they are read.

A number that could not be measured is null. What a run of an earlier version lacks is optional here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from zwicky.diagnostics.coverage import Coverage
from zwicky.diagnostics.residuals import ResidualStatistics, ScatterRatio
from zwicky.errors import ZwickyError
from zwicky.io.files import read_json
from zwicky.settings import from_mapping

__all__ = ["Metrics", "read_losses", "read_metrics"]

Number = float | None


def _stored(cls: type, name: str, later: tuple[str, ...] = (), **more: Any) -> Any:
    """A class of results as it is stored: numbers may be null, those of `later` versions may be absent."""
    kinds = {f.name: int if f.type in (int, "int") else Number for f in dataclasses.fields(cls)} | more
    fields = [(key, kind, field(default=None) if key in later else field()) for key, kind in kinds.items()]
    return dataclasses.make_dataclass(name, fields, frozen=True, kw_only=True)


@dataclass(frozen=True)
class _Universe:
    """From `zwicky.ho2019.facts.universe_facts`; nothing where a universe is not known."""

    imported: bool = False
    simulation: str = ""
    box_size_mpc_h: Number = None
    redshift: float | None = None
    halos_above_1e14: int | None = None
    sigma15_kms: Number = None
    sigma_slope: Number = None
    sigma_scatter_ln: Number = None
    sigma_over_evrard2008: Number = None
    n_particles: int | None = None
    particle_mass_msun_h: Number = None
    wall_s: Number = None
    pairs: int | None = None
    pairs_per_s: Number = None
    warnings: tuple[str, ...] = ()
    members: str = ""
    hosts: str = ""


@dataclass(frozen=True)
class _Relation:
    """A row of Table 1."""

    sigma15_kms: Number
    alpha: Number
    scatter_dex: Number


_Residuals = _stored(
    ResidualStatistics,
    "_Residuals",
    ("lognormal_factor", "edgeworth_term", "lognormal_factor_error", "edgeworth_term_error"),
)
_Comparison = _stored(
    ScatterRatio, "_Comparison", ("error", "text"), method=str, other=str, paper=Number, text=str | None
)


@dataclass(frozen=True)
class _Evaluation:
    range_log10_m200c_h: tuple[float, float]
    n_clusters: int
    n_halos: int
    n_resamples: int


@dataclass(frozen=True)
class _Estimate:
    """A parameter of Table 3: percentiles are offsets from the median."""

    median: Number
    p16: Number
    p84: Number
    most_likely: Number = None
    halo_bootstrap_error: Number = None


@dataclass(frozen=True)
class _Dependence:
    """A row of Table 3."""

    pivot_log10_m200c_h: float
    n_true_median: float
    mu_0: _Estimate
    sigma_0: _Estimate
    sigma_1: _Estimate
    alpha_0: _Estimate
    w_c: _Estimate
    intrinsic_share_of_scatter: _Estimate
    share_as_published: _Estimate
    n_clusters: int
    n_steps: int
    acceptance: Number
    converged: bool
    autocorrelation_time: Number
    n_left_out: int | None = None
    n_walkers: int | None = None


@dataclass(frozen=True, kw_only=True)
class _Bands:
    """Deviations by sampling rate, and of the rates inside a window together."""

    median: tuple[Number, ...]
    p16: tuple[Number, ...]
    p84: tuple[Number, ...]
    window_median: Number
    window_p16: Number
    window_p84: Number
    window_width: Number
    window_median_error: Number = None
    window_width_error: Number = None


@dataclass(frozen=True, kw_only=True)
class _Sampling(_Bands):
    """A row of Table 4."""

    rates: tuple[float, ...]
    n_draws: int
    n_clusters: int
    window: tuple[float, float]
    one_draw: _Bands | None = None
    share_failed: tuple[Number, ...] = ()
    share_lifted: tuple[Number, ...] = ()
    at_least: int | None = None
    n_halos: int | None = None


@dataclass(frozen=True)
class _Leakage:
    halo_folds: Number
    spatial_folds: Number
    ratio: Number
    low: Number
    high: Number
    level: float
    halo_folds_error: Number = None
    spatial_folds_error: Number = None


_SHARES = dict.fromkeys(("inside", "inside_error", "pit", "pit_error"), tuple[Number, ...])
_CoverageBin = _stored(Coverage, "_CoverageBin", ("pit", "pit_error"), low=float, high=float, **_SHARES)
_CoverageOf = _stored(
    Coverage,
    "_CoverageOf",
    method=str,
    prior=str,
    n_left_out=int,
    by_richness=tuple[_CoverageBin, ...],
    by_mass=tuple[_CoverageBin, ...],
    **_SHARES,
)


@dataclass(frozen=True)
class _Percentiles:
    """Of one method's posterior of the sample cluster, log10 of Msun/h."""

    method: str
    prior: str
    p025: Number
    p16: Number
    median: Number
    p84: Number
    p975: Number


@dataclass(frozen=True)
class _SampleCluster:
    cluster_id: int
    redshift: float
    n_galaxies: int
    log10_m200c_h: float
    rows: tuple[_Percentiles, ...]


@dataclass(frozen=True)
class _Calibration:
    """From `zwicky.ho2019.calibration.measure_calibration`."""

    levels: tuple[float, ...]
    models: Mapping[str, str]
    rows: tuple[_CoverageOf, ...]
    cluster: _SampleCluster


@dataclass(frozen=True)
class _Claim:
    """A claim of the paper; before 0.2 it had `agrees` and no `verdict`."""

    number: int
    claim: str
    unit: str
    paper: Number
    ours: Number
    error: Number
    sigma: Number
    text: str
    verdict: str | None = None
    agrees: bool | None = None


@dataclass(frozen=True)
class _Training:
    n_train: int
    n_test: int
    lines_of_sight_per_halo: float
    median_n_true: float


@dataclass(frozen=True)
class Metrics:
    """The content of ``metrics.json``, by method where a value is a mapping; see `write_results`."""

    universe: _Universe
    table1: Mapping[str, _Relation]
    table2: Mapping[str, _Residuals]
    comparisons: tuple[_Comparison, ...]
    evaluation: _Evaluation
    timing: Mapping[str, Any]
    table3: Mapping[str, _Dependence] | None = None
    table4: Mapping[str, _Sampling] | None = None
    leakage: Mapping[str, _Leakage] | None = None
    calibration: _Calibration | None = None
    claims: tuple[_Claim, ...] = ()
    training: _Training | None = None
    provenance: Mapping[str, Any] | None = None
    run_digest: str | None = None

    def __post_init__(self):
        for stage, seconds in self.timing.items():
            by_cluster = isinstance(seconds, Mapping)
            values = seconds.values() if by_cluster else [seconds]
            if not all(v is None or (isinstance(v, int | float) and not isinstance(v, bool)) for v in values):
                raise ZwickyError(f"timing.{stage} is no number, nor one a step; run the command again")


@dataclass(frozen=True)
class _Losses:
    """A method's loss by epoch, a list a fold."""

    train: tuple[tuple[Number, ...], ...]
    validation: tuple[tuple[Number, ...], ...]


def read_metrics(path: Path | str) -> dict[str, Any]:
    """What a ``metrics.json`` holds, as it is written there.

    Raises
    ------
    ZwickyError
        If it cannot be read, or is not as `Metrics` declares it.
    """
    values = read_json(path)
    from_mapping(Metrics, values, str(path))
    return values


def read_losses(path: Path | str) -> dict[str, Any]:
    """Loss curves by method from a ``losses.json``.

    Raises
    ------
    ZwickyError
        If it cannot be read or holds something else.
    """
    values = read_json(path)
    for method, curves in values.items():
        from_mapping(_Losses, curves, f"{path}: {method}")
    return values
