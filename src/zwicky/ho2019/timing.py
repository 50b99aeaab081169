"""Wall time by stage, kept on disk: of stages that were measured whole, in one go."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

from zwicky.io.files import read_json, write_json

__all__ = ["Timing"]


class Timing:
    """Seconds by stage, on disk.

    A stage that a kill, an error or an interrupt cut short is never measured again: what a later call takes
    for the rest of it is no time of the stage. On disk it has no number; `seconds` does not have it.
    """

    def __init__(self, path: Path):
        self.path = path
        self._known: dict[str, float | None] = read_json(path) if path.exists() else {}

    @property
    def seconds(self) -> dict[str, float]:
        """The stages that were measured whole."""
        return {stage: value for stage, value in self._known.items() if value is not None}

    @contextlib.contextmanager
    def __call__(self, stage: str, output: Path) -> Iterator[None]:
        """Measure a stage that writes `output`, unless it was begun before or its output is there already."""
        if stage in self._known:
            yield
            return
        fresh = not output.exists()
        self._note(stage, None)
        begin = time.monotonic()
        yield
        if fresh:
            self._note(stage, time.monotonic() - begin)

    def _note(self, stage: str, seconds: float | None) -> None:
        self._known[stage] = seconds
        write_json(self.path, self._known)
