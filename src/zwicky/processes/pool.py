"""A function on many jobs, in processes of their own.

Every worker holds the reading end of a pipe whose writing end only this process has, and ends when that is
closed: by the call that started it, or by the system when this process is killed.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import Connection
from typing import Any

from zwicky.errors import ZwickyError
from zwicky.processes.signals import children_hear_no_signals

__all__ = ["message_queue", "run_in_processes"]

#: How processes start. Not by fork: threads of PyTorch and numba do not survive it.
_SPAWN = multiprocessing.get_context("spawn")


def message_queue() -> Any:
    """A queue to be one of the `arguments` of `run_in_processes`: ``put``, ``get`` and ``empty``."""
    with children_hear_no_signals():
        return _SPAWN.SimpleQueue()


def run_in_processes(
    function: Callable[[Any], Any],
    jobs: Sequence[Any],
    workers: int,
    *,
    start: Callable[..., None] | None = None,
    arguments: tuple = (),
    finished: Callable[[int], None] = lambda number: None,
    meanwhile: Callable[[], None] = lambda: None,
) -> list[Any]:
    """Call ``function(job)`` for each job in processes of their own; results in the order of the jobs.

    Parameters
    ----------
    function
        Found by name in its module, as all that goes to other processes.
    jobs
        What to call it with.
    workers
        Processes side by side.
    start, arguments
        Called once in every process before its first job.
    finished
        Told the number of each job that is done, in this process.
    meanwhile
        Called in this process five times a second, and last of all.

    Raises
    ------
    ZwickyError
        If a process dies; and whatever `function` raises. No process is left then.
    """
    hold, line = _SPAWN.Pipe(duplex=False)
    with children_hear_no_signals():
        pool = ProcessPoolExecutor(workers, _SPAWN, _start_worker, (hold, start, arguments))
    try:
        with children_hear_no_signals():
            numbers = {pool.submit(function, job): number for number, job in enumerate(jobs)}
            # Not `concurrent.futures.wait`: a signal may leave its locks held, and the pool's end waits.
            ended: queue.SimpleQueue[Future] = queue.SimpleQueue()
            for future in numbers:
                future.add_done_callback(ended.put)
        left = len(jobs)
        while left:
            done = _at_hand(ended, 0.2)
            meanwhile()
            for future in done:
                future.result()
                finished(numbers[future])
            left -= len(done)
        return [future.result() for future in numbers]
    except BrokenProcessPool as error:
        raise ZwickyError(
            "a worker process died (out of memory, or a script without `if __name__ == '__main__':`); "
            "run again to go on, with workers=1 if it dies again"
        ) from error
    except BaseException:
        line.close()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
        line.close()
        hold.close()


def _at_hand(ended: queue.SimpleQueue[Future], timeout_s: float) -> list[Future]:
    """What is in a queue, if need be after a wait for the first."""
    found: list[Future] = []
    with contextlib.suppress(queue.Empty):
        found.append(ended.get(timeout=timeout_s))
        while True:
            found.append(ended.get_nowait())
    return found


def _start_worker(hold: Connection, start: Callable[..., None] | None, arguments: tuple) -> None:
    def end_with_parent() -> None:
        with contextlib.suppress(EOFError, OSError):
            hold.recv_bytes()
        os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()
    if start is not None:
        start(*arguments)
