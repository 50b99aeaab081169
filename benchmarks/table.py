"""Rows of a benchmark as a table: what was measured, how, and the ratio to ours."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

__all__ = ["best_time", "format_rows", "row"]


def best_time(
    work: Callable[[], Any], repeats: int = 5, clock: Callable[[], float] = time.perf_counter
) -> float:
    """Shortest time of `work` in seconds over `repeats` calls, after one that is not counted.

    `clock` is wall time, or `time.process_time` for the time of all threads on a machine that is shared.
    """
    work()
    times = []
    for _ in range(repeats):
        start = clock()
        work()
        times.append(clock() - start)
    return min(times)


def row(benchmark: str, method: str, value: float, unit: str, ours: float) -> dict[str, Any]:
    """One measurement; `ours` is our value, so that the ratio tells how many times more the method takes."""
    return {"benchmark": benchmark, "method": method, "value": value, "unit": unit, "ratio": value / ours}


def format_rows(rows: list[dict[str, Any]]) -> str:
    """A Markdown table of benchmark rows.

    >>> print(format_rows([row("sort", "ours", 2.0, "us", 2.0), row("sort", "theirs", 9.0, "us", 2.0)]))
    | benchmark | method | value | unit | ratio to ours |
    | --- | --- | ---: | --- | ---: |
    | sort | ours | 2 | us | 1.0 |
    | sort | theirs | 9 | us | 4.5 |
    """
    lines = ["| benchmark | method | value | unit | ratio to ours |", "| --- | --- | ---: | --- | ---: |"]
    lines += [
        f"| {r['benchmark']} | {r['method']} | {r['value']:.4g} | {r['unit']} | {r['ratio']:.1f} |"
        for r in rows
    ]
    return "\n".join(lines)
