"""How long a person waits before anything happens: CPU time of short commands, each a process of its own."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.table import row
from benchmarks.toy import toy_clusters

#: Seconds of CPU time that each may take.
LIMITS = {"zwicky --help": 0.3, "zwicky predict, one cluster": 1.5, "import zwicky": 0.1}

_REPEATS = 5


def run() -> list[dict[str, Any]]:
    """CPU seconds of each command beside what it may take; the ratio is what is left."""
    with tempfile.TemporaryDirectory() as directory:
        cluster = _sample_cluster(Path(directory))
        zwicky = [sys.executable, "-m", "zwicky"]
        commands = {
            "zwicky --help": [*zwicky, "--help"],
            "zwicky predict, one cluster": [*zwicky, "predict", str(cluster), "--redshift", "0.1"],
            "import zwicky": [sys.executable, "-c", "import zwicky"],
        }
        rows = []
        for name, command in commands.items():
            seconds = cpu_seconds(command)
            rows.append(row(name, "zwicky", seconds, "s of CPU", seconds))
            rows.append(row(name, "limit", LIMITS[name], "s of CPU", seconds))
        return rows


def cpu_seconds(command: list[str]) -> float:
    """Least CPU time of a command, children included, after a first run that fills the caches."""
    times = []
    for _ in range(1 + _REPEATS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(times[1:])


def _sample_cluster(directory: Path) -> Path:
    one = toy_clusters(1)
    path = directory / "cluster.csv"
    members = zip(one.r_proj_comoving.tolist(), one.v_los.tolist(), strict=True)
    path.write_text("r_proj,v_los\n" + "".join(f"{r},{v}\n" for r, v in members))
    return path
