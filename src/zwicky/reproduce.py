"""The whole paper in one directory: universe, mocks, training, evaluation, report.

====================== =====================================================================
``run.toml``           every setting
``universe/``          `zwicky.universe.make_universe`
``mocks/``             `zwicky.mocks.write_mocks`
``training/``          `zwicky.evaluation.cross_validate`, one folder a method
``predictions.parquet`` one row a test cluster and line of sight, one column a method
``losses.json``        loss curves, by network and fold
``metrics.json``       what was found, in the paper's units
``report.html``        the report, with ``figures/``
``sample_cluster.ecsv`` one test cluster's galaxies, for ``zwicky predict``
====================== =====================================================================

Each step is skipped when its output is complete and resumed when it is not.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.estimators import CNNSettings, MSigmaSettings
from zwicky.evaluation import cross_validate_networks, fit_relations, write_results
from zwicky.io import make_directory, read_json, whole_file, write_json
from zwicky.mocks import Mocks, MockSettings, make_mocks, read_mocks, write_mocks
from zwicky.report import write_report
from zwicky.settings import digest, read_toml, to_toml
from zwicky.universe import (
    SCALES,
    UniverseSettings,
    fit_dispersion,
    make_universe,
    read_galaxies,
    read_halos,
)

__all__ = ["RUN_SCALES", "RunSettings", "reproduce"]

Progress = Callable[[str, int, int, str], None]


@dataclass(frozen=True)
class RunSettings:
    """Settings of a whole run.

    Parameters
    ----------
    universe, mocks, training, m_sigma
        Settings of the steps; `training` is that of both networks.
    seed
        Seed of everything random after the universe, which has its own.
    redshift
        Which of the universe's redshifts is observed.
    """

    universe: UniverseSettings = field(default_factory=UniverseSettings)
    mocks: MockSettings = field(default_factory=MockSettings)
    training: CNNSettings = field(default_factory=CNNSettings)
    m_sigma: MSigmaSettings = field(default_factory=MSigmaSettings)
    seed: int = 1
    redshift: float = 0.117

    def __post_init__(self):
        if self.redshift not in self.universe.redshifts:
            raise ZwickyError(
                f"redshift = {self.redshift} is not an output of the universe; "
                f"use one of {', '.join(map(str, self.universe.redshifts))}"
            )


#: Named scales. A smaller box holds fewer halos: `standard` takes more lines of sight of each, for as many
#: training clusters in a bin of mass as the paper's cubic Gpc/h gives; `demo` trains longer on fewer.
RUN_SCALES = {
    "demo": RunSettings(
        universe=SCALES["demo"],
        mocks=MockSettings(flat_density=10**-4.2),
        training=CNNSettings(epochs=60),
    ),
    "standard": RunSettings(
        universe=SCALES["standard"], mocks=MockSettings(flat_density=10**-5.2 * (1000.0 / 625.0) ** 3)
    ),
    "paper": RunSettings(universe=SCALES["paper"]),
}


def reproduce(
    settings: RunSettings,
    directory: Path | str,
    progress: Progress | None = None,
    workers: int | None = None,
) -> Path:
    """Run everything into `directory`, or go on where an earlier call was stopped.

    Parameters
    ----------
    settings
        What to run.
    directory
        Made if absent.
    progress
        Called with the step's name, units done, units in all and what is being done.
    workers
        Folds trained side by side; by default the cores of the machine. Results do not depend on it.

    Returns
    -------
    Path
        The report.

    Raises
    ------
    ZwickyError
        If the directory holds a run of other settings.
    """
    directory = make_directory(directory)
    tell = progress or (lambda step, done, total, text: None)
    _claim(directory, settings)
    timing = _Timing(directory / "timing.json")

    make_universe(settings.universe, directory / "universe", lambda text, i, n: tell("universe", i, n, text))
    with timing("mocks_s"):
        mocks = _mocks(settings, directory, tell)
    relations = fit_relations(mocks, settings.m_sigma)
    crossed = cross_validate_networks(
        mocks, directory / "training", settings.training, settings.seed, tell, workers, timing
    )
    report, metrics = directory / "report.html", directory / "metrics.json"
    done = metrics.exists() and read_json(metrics).get("run_digest") == digest(settings)
    if not done:
        tell("evaluate", 0, 1, "predictions and metrics")
        universe = _universe_facts(settings, directory)
        write_results(
            directory,
            mocks,
            crossed,
            relations,
            universe=universe,
            timing={"universe_s": universe["wall_s"], **timing.seconds},
            seed=settings.seed,
            run_digest=digest(settings),
        )
    if not done or not report.exists():
        with timing("report_s"):
            report = write_report(directory, lambda i, n, text: tell("report", i, n, text))
    return report


def _claim(directory: Path, settings: RunSettings) -> None:
    """Write the settings, or check that the directory's are the same."""
    path = directory / "run.toml"
    if not path.exists():
        with whole_file(path) as temporary:
            temporary.write_text(to_toml(settings), encoding="utf-8")
    elif digest(read_toml(RunSettings, path)) != digest(settings):
        raise ZwickyError(f"{directory} holds a run of other settings; choose another --out or delete it")


def _mocks(settings: RunSettings, directory: Path, tell: Progress) -> Mocks:
    folder = directory / "mocks"
    wanted = {
        "settings_digest": digest(settings.mocks),
        "universe_digest": digest(settings.universe),
        "seed": settings.seed,
        "redshift": settings.redshift,
    }
    path = folder / "provenance.json"
    if path.exists() and wanted.items() <= read_json(path).items():
        return read_mocks(folder)
    tell("mocks", 0, 1, "cylinders along every line of sight")
    halos = read_halos(directory / "universe", settings.redshift)
    galaxies = read_galaxies(directory / "universe", settings.redshift)
    rng = np.random.default_rng(np.random.SeedSequence(settings.seed, spawn_key=(1,)))
    mocks = make_mocks(halos, galaxies, settings.mocks, rng)
    del wanted["settings_digest"]  # which write_mocks adds
    write_mocks(folder, mocks, **wanted)
    return mocks


def _universe_facts(settings: RunSettings, directory: Path) -> dict[str, Any]:
    halos = read_halos(directory / "universe", settings.redshift)
    relation = fit_dispersion(halos)
    made = read_json(directory / "universe" / "provenance.json")
    return {
        "n_particles": settings.universe.n_particles,
        "box_size_mpc_h": settings.universe.box_size_mpc_h,
        "redshift": settings.redshift,
        "particle_mass_msun_h": settings.universe.particle_mass_msun * halos.snapshot.cosmology.h,
        "halos_above_1e14": int(np.sum(halos.m200c * halos.snapshot.cosmology.h >= 1e14)),
        "sigma15_kms": relation.sigma15_kms,
        "sigma_slope": relation.slope,
        "sigma_scatter_ln": relation.scatter_ln,
        "sigma_over_evrard2008": relation.over_evrard,
        "wall_s": made["wall_s"],
        "pairs": made["pairs"],
        "pairs_per_s": made["pairs_per_s"],
    }


class _Timing:
    """Seconds by stage on disk, summed over the calls that a run took."""

    def __init__(self, path: Path):
        self.path = path
        self.seconds: dict[str, float] = read_json(path) if path.exists() else {}

    @contextlib.contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        begin = time.monotonic()
        try:
            yield
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + time.monotonic() - begin
            write_json(self.path, self.seconds)
