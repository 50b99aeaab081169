"""Dask on this machine, or as it runs at an address."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from zwicky.errors import ZwickyError
from zwicky.extras import require
from zwicky.processes import children_hear_no_signals
from zwicky.survey.wide.task import dask_setup

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["dask_client"]


@contextlib.contextmanager
def dask_client(workers: int, scheduler: str | None) -> Iterator[Client]:
    """Dask as it runs at an address, or a cluster of `workers` processes here; 0 for a thread of this one.

    Raises
    ------
    ZwickyError
        If nothing answers at the address.
    """
    require("distributed", "survey", "weighing a survey")
    import dask
    from distributed import Client, LocalCluster

    if scheduler is not None:
        try:
            client = Client(scheduler, timeout="20s")
        except (OSError, ValueError) as error:
            raise ZwickyError(
                f"--scheduler {scheduler}: no Dask answers there; start one, or leave it out"
            ) from error
        with client:
            yield client
        return
    # One thread a worker: results are the same with any number, and memory is shared out evenly. What goes
    # wrong in a worker is raised here, in one line.
    how = {_START: _start()} if workers else {}
    with dask.config.set({**_CALM, _ENVIRONMENT: _environment(), **how}):
        with children_hear_no_signals():
            cluster = LocalCluster(
                n_workers=max(workers, 1),
                threads_per_worker=1,
                processes=workers > 0,
                dashboard_address=_dashboard(),
                silence_logs=logging.CRITICAL,
                preload=[dask_setup.__module__],
            )
        with cluster, Client(cluster) as client:
            yield client


#: Dask looks a hundred times a second where a worker stands, and fifty times how late a loop is.
_CALM = {
    "logging.distributed": "critical",
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "500ms",
}

#: What Dask sets for a worker before it starts.
_ENVIRONMENT = "distributed.nanny.pre-spawn-environ"


def _environment() -> dict[str, Any]:
    """Dask's own, but memory that is freed is kept for the next block.

    Dask has it given back at once, and every block of clusters would wait for new pages: a third of the time.
    """
    import dask

    mib = 2**20
    kept = {"MALLOC_TRIM_THRESHOLD_": 256 * mib, "MALLOC_MMAP_THRESHOLD_": 32 * mib, "MALLOC_ARENA_MAX": 1}
    return {**dask.config.get(_ENVIRONMENT), **kept}


#: How Dask starts a worker.
_START = "distributed.worker.multiprocessing-method"

#: What a task imports: 2 s of a processor, which workers have in common.
_PRELOADED = (
    "zwicky.survey.wide.task", "zwicky.estimators.posterior", "distributed.worker", "pyarrow.parquet",
    "pandas", "astropy.cosmology",
)  # fmt: skip


def _start() -> str:
    """Workers are forks of one process that has imported what they need, where the system has such."""
    import multiprocessing

    if "forkserver" not in multiprocessing.get_all_start_methods():
        return "spawn"
    import dask
    from distributed.utils import get_mp_context

    with dask.config.set({_START: "forkserver"}):
        get_mp_context().set_forkserver_preload(list(_PRELOADED))
    return "forkserver"


def _dashboard() -> str | None:
    """Any free port on this machine, if the dashboard's package is installed."""
    import importlib.util

    return "127.0.0.1:0" if importlib.util.find_spec("bokeh") else None
