"""A reader measured in a process of its own, so that its peak memory is its alone."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from benchmarks.table import format_rows

__all__ = ["command_line", "in_a_process", "peak_mib"]


def peak_mib() -> float:
    """Peak memory of this process in MiB."""
    status = Path("/proc/self/status").read_text().split()
    return int(status[status.index("VmHWM:") + 1]) / 1024


def in_a_process(topic: str, python: str, reader: str, path: Path) -> dict[str, Any] | None:
    """What `measure` of a topic gives in a new process; None if the reader is not installed there.

    Ours runs in this interpreter, the others in `python`.
    """
    command = [
        sys.executable if reader == "zwicky" else python,
        *("-m", f"benchmarks.{topic}", "--reader", reader, "--dir", str(path)),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    if "ModuleNotFoundError" in done.stderr:
        print(f"{reader} is not installed for {python}", file=sys.stderr)
        return None
    if done.returncode:
        raise RuntimeError(f"{reader}: {done.stderr.strip().splitlines()[-1]}")
    return json.loads(done.stdout)


def command_line(
    about: str,
    readers: Iterable[str],
    measure: Callable[[str, Path], dict[str, Any]],
    run: Callable[[float, Path | None, str], list[dict[str, Any]]],
) -> None:
    """A topic on its own: its table, or one measurement as JSON."""
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    parser.add_argument("--gigabytes", type=float, default=0.5, help="size of the file made")
    parser.add_argument("--dir", type=Path, help="where it is made; by default in the system's place")
    parser.add_argument("--python", default=sys.executable, help="interpreter that has the peers")
    parser.add_argument("--reader", choices=list(readers), help="measure this one on the file --dir names")
    asked = parser.parse_args()
    if asked.reader:
        print(json.dumps(measure(asked.reader, asked.dir)))
    else:
        print(format_rows(run(asked.gigabytes, asked.dir, asked.python)))
