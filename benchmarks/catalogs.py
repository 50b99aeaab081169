"""Reading foreign catalogues: megabytes a second and peak memory, each reader in a process of its own.

``python -m benchmarks.catalogs --gigabytes 5 --dir /scratch`` writes an hlist of that size, reads sixteen of
its 73 columns, and removes it. Peers that are not installed are left out; ``--python`` names the interpreter
of an environment that has them. Each sums two of the columns, and all must agree.
"""

from __future__ import annotations

import importlib
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.process import command_line, in_a_process, peak_mib
from benchmarks.table import row

#: An hlist of MultiDark: name and printed form of each column, or a text that is the same everywhere.
HLIST = """
scale:0.71240 id:%d desc_scale:0.72300 desc_id:%d num_prog:1 pid:-1 upid:-1 desc_pid:-1 phantom:0
sam_mvir:%.5e mvir:%.5e rvir:%.6f rs:%.6f vrms:%.4f mmp?:1 scale_of_last_MM:0.6340 vmax:%.4f
x:%.5f y:%.5f z:%.5f vx:%.3f vy:%.3f vz:%.3f Jx:%.3e Jy:%.3e Jz:%.3e Spin:%.5f
Breadth_first_ID:%d Depth_first_ID:%d Tree_root_ID:%d Orig_halo_ID:%d Snap_num:88
Next_coprogenitor_depthfirst_ID:%d Last_progenitor_depthfirst_ID:%d
Last_mainleaf_depthfirst_ID:%d Rs_Klypin:%.5f Mvir_all:%.4e M200b:%.4e M200c:%.4e M500c:%.4e M2500c:%.4e
Xoff:%.5f Voff:%.2f Spin_Bullock:%.5f b_to_a:%.5f c_to_a:%.5f A[x]:%.5f A[y]:%.5f A[z]:%.5f b_to_a(500c):%.5f
c_to_a(500c):%.5f A[x](500c):%.5f A[y](500c):%.5f A[z](500c):%.5f T/|U|:%.4f M_pe_Behroozi:%.3e
M_pe_Diemer:%.3e Macc:%.4e Mpeak:%.4e Vacc:%.2f Vpeak:%.2f Halfmass_Scale:%.4f Acc_Rate_Inst:%.3e
Acc_Rate_100Myr:%.3e Acc_Rate_1*Tdyn:%.3e Acc_Rate_2*Tdyn:%.3e Acc_Rate_Mpeak:%.3e Mpeak_Scale:%.5f
Acc_Scale:%.5f First_Acc_Scale:%.5f First_Acc_Mvir:%.5e First_Acc_Vmax:%.2f Vmax@Mpeak:%.2f
"""
FORMS = dict(column.rpartition(":")[::2] for column in HLIST.split())
NAMES = list(FORMS)
#: What an import of halos asks for.
WANTED = ["id", "upid", "phantom", "mvir", "rvir", "vrms", "vmax", "x", "y", "z", "vx", "vy", "vz"]
WANTED += ["M200c", "Macc", "Mpeak"]
WHOLE = {"id", "upid", "phantom"}
PLACES = [NAMES.index(name) for name in WANTED]
#: Rows that differ; the file repeats them.
ROWS = 20_000
#: Gigabytes that a reader which takes the whole file at once is given.
WHOLE_GIGABYTES = 0.3


def write_hlist(path: Path, gigabytes: float) -> None:
    """An hlist of about this size, with its header."""
    rng = np.random.default_rng(1)
    columns = []
    for form in FORMS.values():
        if "%" not in form:
            columns.append([form] * ROWS)
        elif form == "%d":
            columns.append([form % v for v in 3_060_000_000 + rng.permutation(ROWS)])
        else:
            values = 10 ** rng.uniform(10, 15, ROWS) if form.endswith("e") else rng.uniform(0, 1000, ROWS)
            columns.append([form % v for v in values])
    block = "".join(" ".join(line) + "\n" for line in zip(*columns, strict=True)).encode()
    header = "#" + " ".join(f"{name}({i})" for i, name in enumerate(NAMES)) + "\n"
    header += "#Omega_M = 0.307115; Omega_L = 0.692885; h0 = 0.677700\n#Full box size = 1000.000000 Mpc/h\n"
    with path.open("wb") as file:
        file.write(header.encode())
        for _ in range(max(1, round(gigabytes * 1e9 / len(block)))):
            file.write(block)


def by_zwicky(path: Path) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Ours: blocks of the file, whatever its size."""
    from zwicky.simulations import open_catalog

    for chunk in open_catalog(path, "hlist").raw_chunks(WANTED, 1_000_000):
        yield chunk["id"], chunk["M200c"]


def by_pandas(path: Path) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """pandas with its C parser, 200,000 rows at a time."""
    import pandas as pd

    types = {i: np.int64 if NAMES[i] in WHOLE else np.float64 for i in PLACES}
    form = {"sep": r"\s+", "comment": "#", "header": None, "engine": "c"}
    for chunk in pd.read_csv(path, usecols=PLACES, dtype=types, chunksize=200_000, **form):
        yield chunk[1].to_numpy(), chunk[NAMES.index("M200c")].to_numpy()


def by_polars(path: Path) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """polars' streaming engine; it reads single blanks only."""
    import polars as pl

    types = {name: pl.Int64 if name in WHOLE else pl.Float64 for name in NAMES}
    form = {"separator": " ", "has_header": False, "comment_prefix": "#", "quote_char": None}
    frame = pl.scan_csv(path, schema=types, **form).select(WANTED).collect(engine="streaming")
    yield frame["id"].to_numpy(), frame["M200c"].to_numpy()


def by_pyarrow(path: Path) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """PyArrow's own stream of batches; it reads single blanks only, and needs the remarks skipped by hand."""
    import pyarrow as pa
    import pyarrow.csv as pc

    types = {name: pa.int64() if name in WHOLE else pa.float64() for name in WANTED}
    batches = pc.open_csv(
        path,
        pc.ReadOptions(column_names=NAMES, skip_rows=3, block_size=16 << 20),
        pc.ParseOptions(delimiter=" "),
        pc.ConvertOptions(column_types=types, include_columns=WANTED),
    )
    for batch in batches:
        yield batch["id"].to_numpy(), batch["M200c"].to_numpy()


def by_astropy(path: Path) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """astropy's fast C reader, which takes the whole file."""
    from astropy.io import ascii

    names = [f"c{i}" for i in range(len(NAMES))]
    wanted = [f"c{i}" for i in PLACES]
    form = {"format": "fast_no_header", "guess": False, "comment": "#", "delimiter": " "}
    table = ascii.read(str(path), names=names, include_names=wanted, **form)
    yield np.asarray(table["c1"]), np.asarray(table[f"c{NAMES.index('M200c')}"])


#: How each reads, the module it needs, and whether it takes the whole file at once.
READERS: dict[str, tuple[Callable, str, bool]] = {
    "zwicky": (by_zwicky, "zwicky.simulations", False),
    "pandas": (by_pandas, "pandas", False),
    "pyarrow": (by_pyarrow, "pyarrow.csv", False),
    "polars": (by_polars, "polars", False),
    "astropy": (by_astropy, "astropy.io.ascii", True),
}


def measure(reader: str, path: Path) -> dict[str, Any]:
    """Seconds, peak memory in MiB of this process, rows, and sums that tell whether the same was read."""
    importlib.import_module(READERS[reader][1])
    begin = time.perf_counter()
    rows, id_sum, mass_sum = 0, 0, 0.0
    for ids, masses in READERS[reader][0](path):
        rows += len(ids)
        id_sum += int(ids.sum())
        mass_sum += float(masses.sum())
    seconds = time.perf_counter() - begin
    return {"seconds": seconds, "peak": peak_mib(), "rows": rows, "id_sum": id_sum, "mass_sum": mass_sum}


def run(gigabytes: float = 0.5, folder: Path | None = None, python: str = sys.executable) -> list[dict]:
    """Throughput and peak memory on an hlist of this size."""
    return hlist(gigabytes, folder, python)


def hlist(gigabytes: float, folder: Path | None, python: str) -> list[dict]:
    """Sixteen of an hlist's 73 columns."""
    speeds, peaks = [], []
    with tempfile.TemporaryDirectory(dir=folder) as name:
        large, small = Path(name) / "hlist_0.71240.list", Path(name) / "slice" / "hlist_0.71240.list"
        small.parent.mkdir()
        write_hlist(large, gigabytes)
        write_hlist(small, min(gigabytes, WHOLE_GIGABYTES))
        first: list[tuple[float, float]] = []
        for reader, (_, _, whole) in READERS.items():
            path = small if whole else large
            one = in_a_process("catalogs", python, reader, path)
            if one is None:
                continue
            size = path.stat().st_size
            # Blocks of the file repeat, so that sums over a slice are a simple part of those over the whole.
            sums = one["id_sum"] / one["rows"], one["mass_sum"] / one["rows"]
            first.append(sums)
            if not np.allclose(sums, first[0], rtol=1e-12):
                raise RuntimeError(f"{reader} reads other numbers than zwicky")
            method = f"{reader}, {size / 1e9:.1f} GB"
            speeds.append(("hlist, 16 of 73 columns", method, size / 1e6 / one["seconds"], "MB/s"))
            peaks.append(("hlist, peak memory", method, one["peak"], "MiB"))
    return [row(*r, ours=speeds[0][2]) for r in speeds] + [row(*r, ours=peaks[0][2]) for r in peaks]


if __name__ == "__main__":
    command_line(__doc__, READERS, measure, run)
