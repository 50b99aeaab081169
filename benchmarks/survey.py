"""`zwicky survey` on a sky of many clusters of 50 galaxies, beside merely reading the same files.

``python -m benchmarks.survey --clusters 1000000 --dir FOLDER`` makes the sky (25 bytes a galaxy, removed
after), weighs it with one and with two workers, and says wall time, time of the processors and peak memory of
all processes together.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.document import write_table
from benchmarks.table import format_rows, row

__all__ = ["make_sky", "run"]

#: Galaxies a cluster, and clusters of a file.
_GALAXIES, _CLUSTERS_A_FILE = 50, 5000
#: Clusters are sorted by right ascension in bands of declination of so many degrees.
_BAND_DEG = 4.0
#: Galaxies of a row group, which is what is read at a time.
_GROUP = 20_000


def make_sky(folder: Path, n_clusters: int, seed: int = 1) -> None:
    """Clusters all over the sky at redshifts of 0.05 to 0.3, a folder of Parquet files sorted by place."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from zwicky.cosmology import comoving_transverse_mpc, paper_cosmology
    from zwicky.units import SPEED_OF_LIGHT_KMS

    rng = np.random.default_rng(seed)
    ra, dec = rng.uniform(0, 360, n_clusters), np.degrees(np.arcsin(rng.uniform(-1, 1, n_clusters)))
    order = np.lexsort((ra, np.floor(dec / _BAND_DEG)))
    ra, dec, z = ra[order], dec[order], rng.uniform(0.05, 0.3, n_clusters)
    (folder / "galaxies").mkdir(parents=True)
    table = pa.table({"cluster_id": np.arange(n_clusters), "ra": ra, "dec": dec, "z": z})
    pq.write_table(table, folder / "clusters.parquet")
    distance = comoving_transverse_mpc(z, paper_cosmology())
    for number, first in enumerate(range(0, n_clusters, _CLUSTERS_A_FILE)):
        k = np.repeat(np.arange(first, min(first + _CLUSTERS_A_FILE, n_clusters)), _GALAXIES)
        angle = np.degrees(2.3 * rng.random(len(k)) / distance[k])
        turn = rng.uniform(0, 2 * np.pi, len(k))
        north = np.clip(dec[k] + angle * np.sin(turn), -90, 90)
        east = ra[k] + angle * np.cos(turn) / np.maximum(np.cos(np.radians(north)), 1e-3)
        sigma = 300.0 + 700.0 * (k * 0.618 % 1.0)
        seen = z[k] + (1 + z[k]) * rng.normal(0, sigma / SPEED_OF_LIGHT_KMS)
        columns = {"ra": east % 360, "dec": north, "z": seen}
        file = folder / "galaxies" / f"part{number:05d}.parquet"
        pq.write_table(pa.table(columns), file, row_group_size=_GROUP)


class _Watch:
    """Peak memory of a process and all that it started, in MiB.

    Sampled ever more seldom, from twice a second to every few: to count pages takes time of the processors.
    """

    def __init__(self, pid: int):
        self.pid, self.peak, self.ends = pid, 0.0, threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    def stop(self) -> float:
        """The peak."""
        self.ends.set()
        self._thread.join()
        return self.peak

    def _sample(self) -> None:
        start, pause = time.monotonic(), 0.0
        while not self.ends.wait(pause):
            self.peak = max(self.peak, sum(map(_resident_mib, _descendants(self.pid))))
            pause = max(0.5, 0.05 * (time.monotonic() - start))


def _descendants(pid: int) -> list[int]:
    found, left = [], [pid]
    while left:
        one = left.pop()
        found.append(one)
        for path in Path(f"/proc/{one}/task").glob("*/children"):
            try:
                left += map(int, path.read_text().split())
            except OSError:
                continue
    return found


def _resident_mib(pid: int) -> float:
    """Memory that is this process's alone, and its share of what several have."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text().split()
        return int(text[text.index("Pss:") + 1]) / 1024
    except (OSError, ValueError):
        return 0.0


def _command(*words: Any) -> tuple[float, float, float]:
    """Wall seconds, processor seconds and peak MiB of a command and all that it starts."""
    _adopt_orphans()
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    process = subprocess.Popen([sys.executable, *map(str, words)], stdout=subprocess.DEVNULL)
    watch = _Watch(process.pid)
    code = process.wait()
    wall, peak = time.perf_counter() - start, watch.stop()
    if code:
        raise RuntimeError(f"{' '.join(map(str, words))} ended with {code}")
    with contextlib.suppress(ChildProcessError):
        while True:  # what it did not wait for itself
            os.wait()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, peak


def _adopt_orphans() -> None:
    """Let Linux give this process what its children leave behind, so that their time is counted."""
    set_child_subreaper = 36
    ctypes.CDLL(None).prctl(set_child_subreaper, 1, 0, 0, 0)


def _survey(root: Path, model: str, workers: int) -> tuple[float, float, float]:
    words = ["survey", root / "galaxies", "--clusters", root / "clusters.parquet", "--recentre"]
    words += ["--model", model, "--out", root / f"masses{workers}", "--workers", workers]
    return _command("-m", "zwicky", *words)


_READ = """
import sys, pyarrow.parquet as pq
from pathlib import Path
for file in sorted(Path(sys.argv[1]).glob("*.parquet")):
    pq.read_table(file, use_threads=False)
"""


def run(
    n_clusters: int = 20_000, place: Path | None = None, model: str = "cnn_2d", repeat: int = 1
) -> list[dict[str, Any]]:
    """Rows of the table: a small sky unless told; medians of `repeat` runs that take turns."""
    root = Path(tempfile.mkdtemp(prefix="zwicky-survey-", dir=place))
    name = f"{n_clusters:,} clusters of {_GALAXIES}, {model}"
    try:
        # Compiled code is kept from the first run of an installation on: that one is not counted.
        make_sky(root / "few", 200)
        _survey(root / "few", model, 1)
        make_sky(root, n_clusters)
        names = {1: "zwicky survey, 1 worker", 2: "zwicky survey, 2 workers"}
        runs: dict[str, list[tuple[float, float, float]]] = {called: [] for called in names.values()}
        runs["pyarrow, reading the galaxies"] = []
        for _ in range(repeat):
            for workers, called in names.items():
                runs[called].append(_survey(root, model, workers))
                shutil.rmtree(root / f"masses{workers}")  # which the next would take for done
            runs["pyarrow, reading the galaxies"].append(_command("-c", _READ, root / "galaxies"))
    finally:
        shutil.rmtree(root, ignore_errors=True)
    found = {called: np.median(each, axis=0) for called, each in runs.items()}
    ours = found["zwicky survey, 1 worker"]
    rows = []
    for i, (what, unit) in enumerate((("wall", "s"), ("processors", "s"), ("peak memory", "MiB"))):
        rows += [row(f"{name}: {what}", method, values[i], unit, ours[i]) for method, values in found.items()]
    return rows


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clusters", type=int, nargs="+", default=[1_000_000], help="one number or several")
    parser.add_argument("--dir", type=Path, help="where the sky is made; 1.2 GB for a million clusters")
    parser.add_argument("--model", default="posterior")
    parser.add_argument("--repeat", type=int, default=1, help="runs of each, of which the median counts")
    parser.add_argument("--write", metavar="PAGE", help="Markdown page that gets the table")
    asked = parser.parse_args()
    table = format_rows(
        [line for n in asked.clusters for line in run(n, asked.dir, asked.model, asked.repeat)]
    )
    print(table)
    if asked.write:
        write_table(asked.write, "survey", table)
