"""`zwicky predict` on a table of many clusters without ids: memory grows with the table and no faster."""

import tracemalloc

import numpy as np
import pytest
from pandas import DataFrame

from zwicky.cli import main
from zwicky.cli.masses import ROWS_SHOWN
from zwicky.survey import blocks

#: In one patch of the sky: of twice the clusters, each has twice the neighbours in its cylinder.
FEW, MANY = 2000, 8000


def write_patch(folder, n):
    rng = np.random.default_rng(3)
    ra, dec, z = rng.uniform(10, 30, n), rng.uniform(-10, 10, n), rng.uniform(0.05, 0.1, n)
    k = np.repeat(np.arange(n), 10)
    where = {"ra": ra[k] + rng.normal(0, 0.2, len(k)), "dec": dec[k] + rng.normal(0, 0.2, len(k))}
    DataFrame(where | {"z": z[k] + rng.normal(0, 0.003, len(k))}).to_parquet(folder / "galaxies.parquet")
    centres = DataFrame({"cluster_id": np.arange(n), "ra": ra, "dec": dec, "z": z})
    centres.to_parquet(folder / "centres.parquet")
    words = ["predict", folder / "galaxies.parquet", "--clusters", folder / "centres.parquet"]
    return [*map(str, words), "--out", str(folder / "masses.parquet")]


def peak_bytes(folder, n):
    folder.mkdir()
    words = write_patch(folder, n)
    tracemalloc.start()
    try:
        with pytest.raises(SystemExit) as end:
            main(words)
        assert not end.value.code
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_grows_with_the_table(tmp_path, capsys):
    peak_bytes(tmp_path / "warm", 50)
    few, many = peak_bytes(tmp_path / "few", FEW), peak_bytes(tmp_path / "many", MANY)
    # Bytes a cluster, most of which is its ten galaxies and its row.
    assert (many - few) / (MANY - FEW) < 5000
    assert f"... {MANY - ROWS_SHOWN} more" in capsys.readouterr().out


def test_that_is_due_to_blocks_of_centres(tmp_path, monkeypatch):
    peak_bytes(tmp_path / "warm", 50)
    bounded = peak_bytes(tmp_path / "bounded", FEW)
    monkeypatch.setattr(blocks, "BLOCK", 10 * FEW)
    assert peak_bytes(tmp_path / "whole", FEW) > 1.5 * bounded
