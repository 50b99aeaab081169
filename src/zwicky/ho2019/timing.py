"""Wall time by stage, kept on disk."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

from zwicky.io import read_json, write_json

__all__ = ["Timing"]


class Timing:
    """Seconds by stage on disk, summed over the calls that a run took."""

    def __init__(self, path: Path):
        self.path = path
        self.seconds: dict[str, float] = read_json(path) if path.exists() else {}

    @contextlib.contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        begin = time.monotonic()
        try:
            yield
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + time.monotonic() - begin
            write_json(self.path, self.seconds)
