"""What a person sees while a command runs: a progress bar on a terminal, a line a stage elsewhere."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator

__all__ = ["print_table2", "say", "stages"]


def say(text: str) -> None:
    """A line for people, on standard error, where it does not mix with results."""
    print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def stages() -> Iterator[Callable[[str, int, int, str], None]]:
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
def _bars() -> Iterator[Callable[[str, int, int, str], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.fields[stage]:<14}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        tasks = {}

        def report(stage: str, done: int, total: int, text: str) -> None:
            if stage not in tasks:
                for other in tasks.values():
                    progress.stop_task(other)
                tasks[stage] = progress.add_task(text, total=total, stage=stage)
            progress.update(tasks[stage], completed=done, total=total, description=text)

        yield report


class _Lines:
    """Progress as lines in a log."""

    def __init__(self):
        self.begin = time.monotonic()
        self.said: dict[str, tuple[str, int]] = {}

    def __call__(self, stage: str, done: int, total: int, text: str) -> None:
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
