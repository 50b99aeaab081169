"""Threads over slabs of work.

The compiled kernels release the GIL, so plain threads use every core. Work is cut into many more
pieces than threads and handed out as threads come free; each piece writes only its own output, so
results do not depend on the number of threads or on their order.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextvars import ContextVar
from typing import Any

import numpy as np

__all__ = ["at_most", "available_cores", "cluster_pieces", "pieces", "run_pieces"]


_MOST: ContextVar[int | None] = ContextVar("most cores", default=None)


def available_cores() -> int:
    """Cores this process may use, or fewer within `at_most`."""
    found = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(found, _MOST.get() or found)


@contextlib.contextmanager
def at_most(cores: int) -> Iterator[None]:
    """Let what this thread calls use no more cores: it is one of several that share a machine.

    >>> with at_most(1):
    ...     available_cores()
    1
    """
    token = _MOST.set(cores)
    try:
        yield
    finally:
        _MOST.reset(token)


def pieces(n: int, n_pieces: int) -> list[tuple[int, int]]:
    """Cut ``range(n)`` into at most `n_pieces` contiguous (start, stop) pairs of nearly equal length.

    >>> pieces(10, 3)
    [(0, 3), (3, 6), (6, 10)]
    """
    edges = np.linspace(0, n, max(1, min(n, n_pieces)) + 1).astype(int)
    return [(int(a), int(b)) for a, b in itertools.pairwise(edges) if b > a]


def cluster_pieces(n: int) -> list[tuple[int, int]]:
    """Pieces of `n` clusters, each of some microseconds: none so small that threads cost more than they do.

    >>> cluster_pieces(50)
    [(0, 50)]
    """
    return pieces(n, min(4 * available_cores(), 1 + n // 64))


def run_pieces(function: Callable[..., Any], arguments: Iterable[tuple], workers: int | None = None) -> list:
    """Call ``function(*args)`` for each tuple of arguments on threads; results in the order given.

    The calling thread works too, beside threads that wait between calls: steps of a simulation call this a
    thousand times a second. It may be called inside a piece, and by several threads at once.
    """
    arguments = list(arguments)
    workers = min(workers or available_cores(), max(1, len(arguments)))
    results: list[Any] = [None] * len(arguments)
    todo = iter(range(len(arguments)))  # each number goes to one thread

    def work() -> None:
        try:
            for i in todo:
                results[i] = function(*arguments[i])
        finally:
            for _ in todo:  # after an error nothing new is begun
                pass

    helpers = [_pool().submit(work) for _ in range(workers - 1)]
    try:
        work()
    finally:
        started = [helper for helper in helpers if not helper.cancel()]
        wait(started)
    for helper in started:
        helper.result()
    return results


@functools.cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max(64, available_cores()), thread_name_prefix="zwicky")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)  # threads do not survive a fork
