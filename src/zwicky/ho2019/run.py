"""The whole paper in one directory: universe, mocks, training, evaluation, report.

====================== =====================================================================
``run.toml``           every setting
``universe/``          `zwicky.universe.make_universe`, unless the universe stands elsewhere
``mocks/``             `zwicky.mocks.write_mocks`
``training/``          `zwicky.evaluation.cross_validate`, one folder a method
``training_spatial/``  the networks again, on folds in space
``measured/``          Tables 3 and 4 by method, as they are done
``table3.npz``         posterior samples of Table 3
``predictions.parquet`` one row a test cluster and line of sight, one column a method
``losses.json``        loss curves, by network and fold
``metrics.json``       what was found, in the paper's units
``report.html``        the report, with ``figures/``
``sample_cluster.ecsv`` one test cluster's galaxies, for ``zwicky predict``
====================== =====================================================================

Each step is skipped when its output is complete and resumed when it is not.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.estimators import MSigma, estimator_class
from zwicky.evaluation import CrossValidation
from zwicky.ho2019.calibration import measure_calibration
from zwicky.ho2019.dependence import measure_dependence
from zwicky.ho2019.experiment import (
    MACHINES,
    NETWORKS,
    cross_validate_methods,
    fit_relations,
    some_test_clusters,
)
from zwicky.ho2019.facts import universe_facts
from zwicky.ho2019.leakage import measure_leakage
from zwicky.ho2019.metrics import read_metrics
from zwicky.ho2019.predictions import masses_h, weigh_test
from zwicky.ho2019.report import write_report
from zwicky.ho2019.results import write_results
from zwicky.ho2019.robustness import measure_robustness
from zwicky.ho2019.settings import RunSettings
from zwicky.ho2019.timing import Timing
from zwicky.ho2019.weighing_time import time_per_cluster
from zwicky.io.files import make_directory, read_json, written_whole
from zwicky.mocks import Mocks, make_mocks, read_mocks, write_mocks
from zwicky.progress import Progress, quiet
from zwicky.settings import digest, read_toml, to_toml
from zwicky.universe import make_universe, read_galaxies, read_halos, read_identity

__all__ = ["reproduce"]


def reproduce(
    settings: RunSettings,
    directory: Path | str,
    progress: Progress = quiet,
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
        If the directory holds a run of other settings, or if an existing universe is not what it was.

    Examples
    --------
    A universe that is no universe is refused before anything is made:

    >>> from zwicky.ho2019 import ExistingUniverse, RunSettings
    >>> reproduce(RunSettings(existing=ExistingUniverse("no_such_folder", "0f3c", (0.117,))), "my_run")
    Traceback (most recent call last):
    ...
    zwicky.errors.ZwickyError: no_such_folder...
    """
    directory = make_directory(directory)
    tell = progress
    _claim(directory, settings)
    timing = Timing(directory / "timing.json")

    if settings.existing is None:
        make_universe(settings.universe, directory / "universe", tell)
    elif read_identity(settings.existing.directory)[0] != settings.existing.digest:
        raise ZwickyError(
            f"{settings.existing.directory} holds another universe than when this run began; choose "
            "another --out"
        )
    with timing("mocks_s", directory / "mocks"):
        mocks = _mocks(settings, directory, tell)
    relations = fit_relations(mocks, settings.m_sigma)
    methods = {
        **dict.fromkeys(NETWORKS, settings.training),
        **dict.fromkeys(MACHINES, settings.sdm),
        **{name: estimator_class(name).settings_class() for name in settings.estimators},
    }
    some = some_test_clusters(mocks, settings.sdm_test_clusters, seed=settings.seed)
    rows = dict.fromkeys(MACHINES, some)
    crossed = cross_validate_methods(
        methods, mocks, directory / "training", settings.seed, tell, workers, timing, rows
    )
    report, metrics = directory / "report.html", directory / "metrics.json"
    done = metrics.exists() and read_metrics(metrics).get("run_digest") == settings.digest
    if not done:
        report.unlink(missing_ok=True)  # of earlier metrics
        measured = _measured(settings, directory, mocks, crossed, relations, tell, workers, timing)
        tell("evaluate", 0, 1, "predictions and metrics")
        universe = universe_facts(settings, directory)
        write_results(
            directory,
            mocks,
            crossed,
            relations,
            universe=universe,
            timing={**_universe_time(universe), **timing.seconds},
            seed=settings.seed,
            run_digest=settings.digest,
            **measured,
        )
    if not done or not report.exists():
        with timing("report_s", report):
            report = write_report(directory, tell)
    return report


def _claim(directory: Path, settings: RunSettings) -> None:
    """Write the settings, or check that the directory's are the same."""
    path = directory / "run.toml"
    known = read_toml(RunSettings, path) if path.exists() else None
    if known is not None and known.digest != settings.digest:
        raise ZwickyError(f"{directory} holds a run of other settings; choose another --out or delete it")
    if known != settings:  # a new run, or one whose existing universe was moved
        with written_whole(path) as temporary:
            temporary.write_text(to_toml(settings), encoding="utf-8")


def _mocks(settings: RunSettings, directory: Path, tell: Progress) -> Mocks:
    folder = directory / "mocks"
    wanted = {
        "settings_digest": digest(settings.mocks),
        "universe_digest": settings.universe_digest,
        "seed": settings.seed,
        "redshift": settings.redshift,
    }
    path = folder / "provenance.json"
    if path.exists() and wanted.items() <= read_json(path).items():
        return read_mocks(folder)
    tell("mocks", 0, 1, "cylinders along every line of sight")
    universe = settings.universe_in(directory)
    halos, galaxies = read_halos(universe, settings.redshift), read_galaxies(universe, settings.redshift)
    rng = np.random.default_rng(np.random.SeedSequence(settings.seed, spawn_key=(1,)))
    mocks = make_mocks(halos, galaxies, settings.mocks, rng=rng)
    del wanted["settings_digest"]  # which write_mocks adds
    write_mocks(folder, mocks, **wanted)
    return mocks


def _measured(
    settings: RunSettings,
    directory: Path,
    mocks: Mocks,
    crossed: dict[str, CrossValidation],
    relations: dict[str, MSigma],
    tell: Progress,
    workers: int | None,
    timing: Timing,
) -> dict[str, Any]:
    """What takes long beside training: Tables 3 and 4, folds in space, coverage, the time of one cluster."""
    columns, _ = weigh_test(mocks, crossed, relations)
    masses = masses_h(columns, mocks.test.cosmology.h)
    seed, kept = settings.seed, directory / "measured"
    with timing("table3_s", kept / "dependence"):
        table3 = measure_dependence(
            directory, mocks.test, masses, seed=seed, workdir=kept / "dependence", progress=tell
        )
    with timing("table4_s", kept / "robustness"):
        table4 = measure_robustness(
            mocks,
            crossed,
            relations,
            kept / "robustness",
            seed=seed,
            sdm_clusters=settings.sdm_thinned_clusters,
            progress=tell,
        )
    halos = read_halos(settings.universe_in(directory), settings.redshift)
    with timing("leakage_s", directory / "training_spatial"):
        leakage = measure_leakage(
            mocks,
            halos,
            crossed,
            directory / "training_spatial",
            settings.training,
            seed=seed,
            progress=lambda step, done, total, text: tell(f"{step}, folds in space", done, total, text),
            workers=workers,
        )
    tell("evaluate", 0, 1, "whether intervals hold")
    calibration = measure_calibration(mocks, crossed, relations, seed=seed)
    tell("evaluate", 0, 1, "time of one cluster")
    per_cluster = time_per_cluster(mocks.test, crossed, relations["contaminated"])
    return {
        "table3": table3,
        "table4": table4,
        "leakage": leakage,
        "calibration": calibration,
        "per_cluster_us": per_cluster,
    }


def _universe_time(universe: dict[str, Any]) -> dict[str, float]:
    return {"universe_s": universe["wall_s"]} if "wall_s" in universe else {}
