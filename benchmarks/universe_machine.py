"""Reading a UniverseMachine binary: megabytes a second and peak memory, each way in a process of its own.

``python -m benchmarks.universe_machine --gigabytes 5 --dir /scratch`` writes an sfr_catalog of that size,
takes number, position, halo mass and stellar mass of the galaxies above 10^9.5 Msun from it, and removes it.
Peers that are not installed are left out; ``--python`` names the interpreter of an environment that has them.
"""

from __future__ import annotations

import importlib
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.process import command_line, in_a_process, peak_mib
from benchmarks.table import row

#: The cut of Ho et al. (2019), Msun, and the h of MultiDark.
LEAST, H = 10**9.5, 0.6777
#: Records that differ; the file repeats them. One in six passes the cut.
ROWS = 1 << 17

#: The record as UniverseMachine's own reading script has it, without the package.
_FLOATS = ["vmp", "lvmp", "mp", "m", "v", "r", "rank1", "rank2", "ra", "rarank", "A_UV", "sm", "icl", "sfr"]
RECORD = np.dtype(
    [("id", "i8"), ("descid", "i8"), ("upid", "i8"), ("flags", "i4"), ("uparent_dist", "f4")]
    + [("pos", "f4", 6)]
    + [(name, "f4") for name in [*_FLOATS, "obs_sm", "obs_sfr", "obs_uv", "empty"]]
)

Read = tuple[int, int, float]


def write_catalog(path: Path, gigabytes: float) -> None:
    """An sfr_catalog of about this size."""
    rng = np.random.default_rng(1)
    records = np.zeros(ROWS, RECORD)
    records["id"] = 3_060_000_000 + rng.permutation(ROWS)
    records["upid"] = np.where(rng.random(ROWS) < 0.7, -1, records["id"][0])
    records["flags"] = np.where(rng.random(ROWS) < 0.01, 16, 0)
    records["pos"][:, :3] = rng.uniform(0, 1000, (ROWS, 3))
    records["pos"][:, 3:] = rng.normal(0, 300, (ROWS, 3))
    records["m"] = records["mp"] = 10 ** rng.uniform(10, 14, ROWS)
    records["r"], records["v"] = 200.0, 150.0
    records["obs_sm"] = 10 ** rng.uniform(7, 10, ROWS)
    block = records.tobytes()
    with path.open("wb") as file:
        for _ in range(max(1, round(gigabytes * 1e9 / len(block)))):
            file.write(block)


def by_zwicky(path: Path) -> Read:
    """Ours: blocks of the file, in our units, whatever its size."""
    from zwicky.simulations import open_catalog
    from zwicky.simulations.reader import Range

    fields = ("object_id", "x", "y", "z", "mvir", "stellar_mass")
    cut = [Range("stellar_mass", LEAST)]
    chunks = open_catalog(path, "universe-machine-binary").chunks(fields, h=H, scale_factor=1.0, ranges=cut)
    found: dict[str, list[np.ndarray]] = {name: [] for name in fields}
    for chunk in chunks:
        for name, values in chunk.items():
            found[name].append(values)
    table = {name: np.concatenate(parts) for name, parts in found.items()}
    return len(table["x"]), int(table["object_id"].sum()), float(table["mvir"].sum())


def by_fromfile(path: Path) -> Read:
    """The script that comes with the catalogue: all of it by numpy.fromfile, then the cut."""
    return _selected(np.fromfile(path, RECORD))


def by_memmap(path: Path) -> Read:
    """numpy.memmap, and the cut on it."""
    return _selected(np.memmap(path, RECORD, "r"))


def by_pandas(path: Path) -> Read:
    """A pandas data frame of the whole, then the cut."""
    import pandas as pd

    records = np.fromfile(path, RECORD)
    columns = {name: records[name] for name in ("id", "flags", "m", "obs_sm")}
    columns |= {axis: records["pos"][:, i] for i, axis in enumerate("xyz")}
    frame = pd.DataFrame(columns)
    frame = frame[(frame["flags"] & 16 == 0) & (frame["obs_sm"] >= LEAST)].astype(
        dict.fromkeys("xyzm", float)
    )
    frame[[*"xyzm"]] /= H
    return len(frame), int(frame["id"].sum()), float(frame["m"].sum())


def _selected(records: np.ndarray) -> Read:
    keep = (records["flags"] & 16 == 0) & (records["obs_sm"] >= LEAST)
    table = {"id": records["id"][keep], "stellar_mass": records["obs_sm"][keep].astype(float)}
    table |= {axis: records["pos"][:, i][keep].astype(float) / H for i, axis in enumerate("xyz")}
    table["m"] = records["m"][keep].astype(float) / H
    return len(table["x"]), int(table["id"].sum()), float(table["m"].sum())


#: How each reads, and the module it needs.
READERS: dict[str, tuple[Callable[[Path], Read], str]] = {
    "zwicky": (by_zwicky, "zwicky.simulations"),
    "numpy.fromfile": (by_fromfile, "numpy"),
    "numpy.memmap": (by_memmap, "numpy"),
    "pandas": (by_pandas, "pandas"),
}


def measure(reader: str, path: Path) -> dict[str, Any]:
    """Shortest seconds of three, peak memory in MiB of this process, rows and sums that must agree."""
    read, module = READERS[reader]
    importlib.import_module(module)
    times = []
    for _ in range(3):
        begin = time.perf_counter()
        rows, id_sum, mass_sum = read(path)
        times.append(time.perf_counter() - begin)
    return {"seconds": min(times), "peak": peak_mib(), "rows": rows, "id_sum": id_sum, "mass_sum": mass_sum}


def run(gigabytes: float = 0.5, folder: Path | None = None, python: str = sys.executable) -> list[dict]:
    """Throughput and peak memory on a catalogue of this size."""
    speeds, peaks, first = [], [], None
    with tempfile.TemporaryDirectory(dir=folder) as name:
        path = Path(name) / "sfr_catalog_1.000000.bin"
        write_catalog(path, gigabytes)
        size = path.stat().st_size
        for reader in READERS:
            one = in_a_process("universe_machine", python, reader, path)
            if one is None:
                continue
            first = first or one
            if (one["rows"], one["id_sum"]) != (first["rows"], first["id_sum"]) or not np.isclose(
                one["mass_sum"], first["mass_sum"], rtol=1e-9
            ):
                raise RuntimeError(f"{reader} reads other numbers than zwicky")
            method = f"{reader}, {size / 1e9:.1f} GB"
            speeds.append(("sfr_catalog.bin, cut", method, size / 1e6 / one["seconds"], "MB/s"))
            peaks.append(("sfr_catalog.bin, peak memory", method, one["peak"], "MiB"))
    return [row(*r, ours=speeds[0][2]) for r in speeds] + [row(*r, ours=peaks[0][2]) for r in peaks]


if __name__ == "__main__":
    command_line(__doc__, READERS, measure, run)
