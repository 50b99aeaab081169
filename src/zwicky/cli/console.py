"""What a person sees while a command runs: a progress bar on a terminal, a line a stage elsewhere."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator

from zwicky.progress import Progress

__all__ = ["print_sample_cluster", "print_table2", "say", "stages"]


def say(text: str) -> None:
    """A line for people, on standard error, where it does not mix with results."""
    print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def stages() -> Iterator[Progress]:
    """Yield ``report(stage, done, total, text)``.

    On a terminal each stage is a bar with the time left; elsewhere a stage is announced when it starts and
    every tenth of the way, with the seconds since the command began.
    """
    if sys.stderr.isatty():
        with _bars() as report:
            yield report
    else:
        yield _Lines()


@contextlib.contextmanager
def _bars() -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.fields[stage]:<14}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    with Bars(*columns, console=Console(stderr=True)) as bars:
        tasks = {}

        def report(stage: str, done: int, total: int, text: str = "", /) -> None:
            if stage not in tasks:
                for other in tasks.values():
                    bars.stop_task(other)
                tasks[stage] = bars.add_task(text, total=total, stage=stage)
            bars.update(tasks[stage], completed=done, total=total, description=text)

        yield report


class _Lines:
    """Progress as lines in a log."""

    def __init__(self):
        self.begin = time.monotonic()
        self.said: dict[str, tuple[str, int]] = {}

    def __call__(self, stage: str, done: int, total: int, text: str = "", /) -> None:
        tenth = 10 * done // max(total, 1)
        label = text if done == 0 else ""
        if self.said.get(stage) in ((label, tenth), ("", tenth)):
            return
        self.said[stage] = (label, tenth)
        share = f" {done}/{total}" if total > 1 else ""
        say(f"{time.monotonic() - self.begin:7.1f} s  {stage}{share}  {text}")


def print_table2(metrics: dict) -> None:
    """Median and scatter of every method, a line each."""

    def number(value: float | None, form: str) -> str:
        return "-".rjust(5) if value is None else format(value, form)

    for name, row in metrics["table2"].items():
        median, scatter = number(row["median"], "+.3f"), number(row["scatter"], ".3f")
        error = number(row["scatter_error"], ".3f")
        print(f"{name:<22} median {median}  scatter {scatter} +- {error} dex  ({row['n']} clusters)")


def print_sample_cluster(metrics: dict) -> None:
    """What every method says of the sample cluster, a line each, and the truth; nothing in older runs."""
    cluster = (metrics.get("calibration") or {}).get("cluster")
    if not cluster:
        return
    print(f"sample cluster, {cluster['n_galaxies']} galaxies: log10 M200c [Msun/h], 68 % interval")
    for row in cluster["rows"]:
        if row["median"] is not None:
            name = f"{row['method']} ({row['prior']})" if row["prior"] != "training" else row["method"]
            known = row["p16"] is not None
            interval = f"{row['p16']:.2f} to {row['p84']:.2f}" if known else ""
            print(f"{name:<27} {row['median']:.2f}  {interval}".rstrip())
    print(f"{'truth':<27} {cluster['log10_m200c_h']:.2f}")
