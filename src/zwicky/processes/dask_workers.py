"""Dask on this machine, or as it runs at an address.

Workers here are forks of one process that has imported what they need, so that two seconds of a processor are
spent once and not by each; on Linux only, where nothing that is imported keeps threads. That process can
start long before Dask is imported: it works on one core while the command imports on another.
"""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from zwicky.errors import ZwickyError
from zwicky.extras import require
from zwicky.processes.forks import start_fork_server
from zwicky.processes.signals import children_hear_no_signals

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["dask_client", "dask_setup", "prepare_workers"]

#: What every worker imports.
_OF_DASK = ("distributed.nanny", "distributed.worker")

#: The system's settings of a worker: one core; and memory that is freed is kept for the next block. Dask has
#: it given back at once, and every block would wait for new pages: a third of the time.
_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_TRIM_THRESHOLD_": str(256 * 2**20),
    "MALLOC_MMAP_THRESHOLD_": str(32 * 2**20),
    "MALLOC_ARENA_MAX": "1",
}

#: Dask looks a hundred times a second where a worker stands, and fifty times how late a loop is.
_CALM = {
    "logging.distributed": "critical",
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "500ms",
}


def prepare_workers(modules: tuple[str, ...] = ()) -> bool:
    """Start the process that workers of `dask_client` are forked from; it imports while this one goes on.

    Parameters
    ----------
    modules
        What their tasks import. Only the first call counts.

    Returns
    -------
    bool
        Whether it runs; if not, workers start one by one.
    """
    return sys.platform == "linux" and start_fork_server([*modules, *_OF_DASK], _ENVIRONMENT)


@contextlib.contextmanager
def dask_client(workers: int, scheduler: str | None) -> Iterator[Client]:
    """Dask as it runs at an address, or a cluster of `workers` processes here; 0 for a thread of this one.

    Raises
    ------
    ZwickyError
        If nothing answers at the address, or no worker can be started.
    """
    require("distributed", "survey", "weighing a survey")
    forks = scheduler is None and workers > 0 and prepare_workers()
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
    start = {
        "distributed.worker.multiprocessing-method": "forkserver" if forks else "spawn",
        "distributed.nanny.pre-spawn-environ": _ENVIRONMENT,
    }
    # One thread a worker: results are the same with any number, and memory is shared out evenly. What goes
    # wrong in a worker is raised here, in one line.
    with dask.config.set(_CALM | start):
        with children_hear_no_signals(), _told_in_a_line(workers):
            cluster = LocalCluster(
                n_workers=max(workers, 1),
                threads_per_worker=1,
                processes=workers > 0,
                dashboard_address=_dashboard(),
                silence_logs=logging.CRITICAL,
                preload=[__name__],
            )
        with cluster, Client(cluster) as client:
            yield client


@contextlib.contextmanager
def _told_in_a_line(workers: int) -> Iterator[None]:
    """Workers that do not start: Dask says so, and whatever went wrong first says why."""
    try:
        yield
    except (RuntimeError, OSError) as error:
        first: BaseException = error
        while (before := first.__cause__ or first.__context__) is not None:
            first = before
        what = "workers" if workers > 0 else "Dask"
        instead = ", or give --workers 0 to do without" if workers > 0 else ""
        raise ZwickyError(f"{what} cannot be started here ({first}); change that{instead}") from error


def dask_setup(worker: object) -> None:
    """Called by Dask in each worker that it starts on this machine: signals to all processes pass it by.

    It is stopped by the process that started it, with which it ends.
    """
    if multiprocessing.parent_process() is not None and hasattr(os, "setpgid"):
        os.setpgid(0, 0)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


def _dashboard() -> str | None:
    """Any free port on this machine, if the dashboard's package is installed."""
    import importlib.util

    return "127.0.0.1:0" if importlib.util.find_spec("bokeh") else None
