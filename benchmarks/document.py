"""Tables of a Markdown page that benchmarks write themselves; the prose around them is kept.

A table stands between two comments that name its topic:

    <!-- benchmark: images -->
    ...
    <!-- end of benchmark: images -->
"""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path

from zwicky import __version__
from zwicky.io.files import written_whole

__all__ = ["machine", "with_table", "write_table"]


#: Processes that wanted a core before anything was measured.
_LOAD = os.getloadavg()[0]


def write_table(path: Path | str, topic: str, table: str) -> None:
    """Put the table of a topic in its place in the page at `path`, and say below it where it was measured."""
    path = Path(path)
    text = with_table(path.read_text(encoding="utf-8"), topic, f"{table}\n\n{machine()}")
    with written_whole(path) as temporary:
        Path(temporary).write_text(text, encoding="utf-8")


def with_table(page: str, topic: str, table: str) -> str:
    """A page with the table of a topic replaced, or with a section of its own at the end.

    >>> page = "Prose.\\n<!-- benchmark: a -->\\nold\\n<!-- end of benchmark: a -->\\nMore.\\n"
    >>> print(with_table(page, "a", "new"), end="")
    Prose.
    <!-- benchmark: a -->
    <BLANKLINE>
    new
    <BLANKLINE>
    <!-- end of benchmark: a -->
    More.
    """
    begin, end = f"<!-- benchmark: {topic} -->", f"<!-- end of benchmark: {topic} -->"
    block = f"{begin}\n\n{table}\n\n{end}"
    place = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    if place.search(page):
        return place.sub(lambda _: block, page, count=1)
    return f"{page.rstrip()}\n\n## {topic}\n\n{block}\n"


def machine() -> str:
    """Where a table was measured: processor, cores, how busy they were before, versions."""
    processor = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        processor = next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):  # not Linux, or a processor without a name
        pass
    cores = os.cpu_count()
    versions = f"zwicky {__version__}, Python {platform.python_version()}"
    return f"{processor}, {cores} cores, load {_LOAD:.1f} before; {versions}."
