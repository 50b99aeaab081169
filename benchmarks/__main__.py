"""Run every benchmark, or the topics named: ``python -m benchmarks cylinders images``."""

from __future__ import annotations

import importlib
import sys

from benchmarks.table import format_rows

TOPICS = (
    "start",
    "networks",
    "cylinders",
    "images",
    "training",
    "divergence",
    "universe",
    "catalogs",
    "universe_machine",
)


def main(topics: list[str]) -> int:
    """Run `topics`, or all, and print one table each; 2 for a topic that does not exist."""
    unknown = [t for t in topics if t not in TOPICS]
    if unknown:
        print(f"no benchmark {unknown[0]!r}; use one of {', '.join(TOPICS)}", file=sys.stderr)
        return 2
    for topic in topics or TOPICS:
        print(f"\n## {topic}\n", flush=True)
        print(format_rows(importlib.import_module(f"benchmarks.{topic}").run()), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
