import os
import subprocess
import sys

import astropy.units as u
import h5py
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from astropy.cosmology import FlatwCDM, Planck18

from io_tables import galaxies_of, sample_of
from zwicky.cosmology import paper_cosmology
from zwicky.errors import ZwickyError
from zwicky.io import read_sample, read_table, write_sample, write_table
from zwicky.io.files import read_json, write_json, written_whole
from zwicky.io.storage import snapshot_to_qtable
from zwicky.tables import GALAXY_COLUMNS, GalaxyTable, HaloTable, columns_of

SUFFIXES = [".parquet", ".hdf5", ".h5"]
COSMOLOGIES = [paper_cosmology(), Planck18, FlatwCDM(70, 0.3, w0=-0.9, Ob0=0.05, name="mine")]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("cosmology", COSMOLOGIES, ids=lambda c: c.name)
def test_tables_come_back_whole(tmp_path, suffix, cosmology):
    table = galaxies_of(cosmology)
    write_table(tmp_path / f"t{suffix}", table)
    back = read_table(GalaxyTable, tmp_path / f"t{suffix}")
    for name in columns_of(table):
        assert np.array_equal(getattr(back, name), getattr(table, name)), name
        assert getattr(back, name).dtype == getattr(table, name).dtype
    assert back.snapshot.cosmology == cosmology
    assert back.snapshot == table.snapshot


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("cosmology", COSMOLOGIES, ids=lambda c: c.name)
def test_samples_come_back_whole(tmp_path, suffix, cosmology):
    sample = sample_of(cosmology)
    write_sample(tmp_path / f"s{suffix}", sample)
    back = read_sample(tmp_path / f"s{suffix}")
    for name in (*columns_of(sample), "offsets", *GALAXY_COLUMNS):
        assert np.array_equal(
            getattr(back, name), getattr(sample, name), equal_nan=name in ("log10_m200c", "aperture_mpc")
        ), name
    assert back.cosmology == cosmology
    assert back.meta == sample.meta


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_samples_of_0_1_0_call_comoving_radii_r_proj(tmp_path, suffix):
    path, sample = tmp_path / f"s{suffix}", sample_of(paper_cosmology())
    write_sample(path, sample)
    if suffix == ".parquet":
        stored = pq.read_table(path)
        at = stored.column_names.index("r_proj_comoving")
        schema = stored.schema.set(at, stored.schema.field(at).with_name("r_proj"))
        pq.write_table(pa.Table.from_arrays(stored.columns, schema=schema), path)
    else:
        with h5py.File(path, "a") as file:
            file.move("r_proj_comoving", "r_proj")
    assert np.array_equal(read_sample(path).r_proj_comoving, sample.r_proj_comoving)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_units_in_the_file_are_honoured(tmp_path, suffix):
    path, table = tmp_path / f"t{suffix}", galaxies_of(paper_cosmology())
    write_table(path, table)
    if suffix == ".parquet":
        stored = pq.read_table(path)
        field = stored.schema.field("x")
        assert field.metadata[b"unit"] == b"Mpc"
        in_kpc = field.with_metadata({"unit": "kpc"})
        at = stored.column_names.index("x")
        pq.write_table(stored.set_column(at, in_kpc, pc.multiply(stored["x"], 1000.0).cast("float")), path)
    else:
        with h5py.File(path, "a") as file:
            assert file["x"].attrs["unit"] == "Mpc"
            file["x"][...] *= 1000
            file["x"].attrs["unit"] = "kpc"
    assert np.allclose(read_table(GalaxyTable, path).position, table.position)


def test_astropy_table_has_units():
    table = snapshot_to_qtable(galaxies_of(paper_cosmology()))
    assert table["x"].unit == u.Mpc
    assert table["vz"].unit == u.km / u.s
    assert table.meta["redshift"] == 0.117


def test_others_read_a_sample_as_it_is(tmp_path):
    sample = sample_of(paper_cosmology())
    write_sample(tmp_path / "s.parquet", sample)
    rows = pq.read_table(tmp_path / "s.parquet").to_pylist()
    assert np.array_equal(np.float32(rows[2]["v_los"]), sample[2].v_los)
    assert rows[1]["v_los"] == []
    assert rows[0]["cluster_id"] == 1


def test_the_wrong_file_is_one_line(tmp_path):
    write_table(tmp_path / "t.parquet", galaxies_of(paper_cosmology()))
    (tmp_path / "empty.parquet").write_bytes(b"")
    (tmp_path / "cut.parquet").write_bytes((tmp_path / "t.parquet").read_bytes()[:-100])
    attempts = [
        (lambda: read_table(HaloTable, tmp_path / "t.parquet"), "holds GalaxyTable, not a HaloTable"),
        (lambda: read_sample(tmp_path / "t.parquet"), "t.parquet"),
        (lambda: read_table(HaloTable, tmp_path / "absent.parquet"), "cannot be read"),
        (lambda: read_table(HaloTable, tmp_path / "empty.parquet"), "cannot be read"),
        (lambda: read_sample(tmp_path / "cut.parquet"), "cannot be read"),
        (
            lambda: write_table(tmp_path / "t.csv", galaxies_of(paper_cosmology())),
            "suffix '.csv' is not known",
        ),
    ]
    for attempt, message in attempts:
        with pytest.raises(ZwickyError, match=message) as caught:
            attempt()
        assert "\n" not in str(caught.value)


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.json"
    write_json(path, {"a": 1})

    def fail():
        with written_whole(path) as temporary:
            temporary.write_text("half")
            raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        fail()
    assert read_json(path) == {"a": 1}
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_process_left_is_swept_up(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left = tmp_path / f".a.{ended.pid}.part.json"
    others = tmp_path / f".a.{os.getppid()}.part.json"
    for path in (left, others):
        path.write_text("half")
    write_json(tmp_path / "a.json", {})
    assert not left.exists()
    assert others.exists()


def test_json_takes_numpy(tmp_path):
    write_json(tmp_path / "a.json", {"x": np.float32(1.5), "y": np.array([1, 2]), "z": np.nan, "p": tmp_path})
    assert read_json(tmp_path / "a.json") == {"x": 1.5, "y": [1, 2], "z": None, "p": str(tmp_path)}
    with pytest.raises(ZwickyError, match="cannot be read"):
        read_json(tmp_path / "absent.json")
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(ZwickyError, match="not valid JSON"):
        read_json(tmp_path / "bad.json")
