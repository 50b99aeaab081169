"""What a person sees while a command runs: a progress bar on a terminal, a line a stage elsewhere."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator

from zwicky.progress import Progress

__all__ = ["print_table2", "say", "stages"]


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
