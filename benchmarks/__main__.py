"""Run every benchmark, or the topics named: ``python -m benchmarks cylinders images``.

``--write PAGE`` puts each table in its place in a Markdown page.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

from benchmarks.document import write_table
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
    "survey",
)


def main(arguments: Sequence[str]) -> int:
    """Run the topics named, or all, and print one table each; 2 for a topic that does not exist."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("topics", nargs="*", help=f"of {', '.join(TOPICS)}; all if left out")
    parser.add_argument("--write", metavar="PAGE", help="Markdown page that gets the tables")
    given = parser.parse_args(arguments)
    unknown = [t for t in given.topics if t not in TOPICS]
    if unknown:
        print(f"no benchmark {unknown[0]!r}; use one of {', '.join(TOPICS)}", file=sys.stderr)
        return 2
    for topic in given.topics or TOPICS:
        table = format_rows(importlib.import_module(f"benchmarks.{topic}").run())
        print(f"\n## {topic}\n\n{table}", flush=True)
        if given.write:
            write_table(given.write, topic, table)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
