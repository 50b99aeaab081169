"""Threads over slabs of work.

The compiled kernels release the GIL, so plain threads use every core. Work is cut into many more
pieces than threads and handed out as threads come free; each piece writes only its own output, so
results do not depend on the number of threads or on their order.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

__all__ = ["available_cores", "pieces", "run_pieces"]


def available_cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def pieces(n: int, n_pieces: int) -> list[tuple[int, int]]:
    """Cut ``range(n)`` into at most `n_pieces` contiguous (start, stop) pairs of nearly equal length.

    >>> pieces(10, 3)
    [(0, 3), (3, 6), (6, 10)]
    """
    edges = np.linspace(0, n, max(1, min(n, n_pieces)) + 1).astype(int)
    return [(int(a), int(b)) for a, b in itertools.pairwise(edges) if b > a]


def run_pieces(function: Callable[..., Any], arguments: Iterable[tuple], workers: int | None = None) -> list:
    """Call ``function(*args)`` for each tuple of arguments on threads; results in the order given."""
    arguments = list(arguments)
    workers = min(workers or available_cores(), max(1, len(arguments)))
    if workers == 1:
        return [function(*args) for args in arguments]
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(lambda args: function(*args), arguments))
