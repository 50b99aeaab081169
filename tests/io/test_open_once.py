"""Each format is opened in one place: what is read whole and what is read in chunks are the same numbers."""

import bz2
import lzma

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.io import fits
from astropy.table import MaskedColumn, Table

from sky_field import LAYOUTS
from zwicky.errors import ZwickyError
from zwicky.io.readers import open_table, read_tables

N = 40
DATA = {"id": np.arange(N) + 2**53, "z": np.linspace(0.01, 0.2, N)}


def in_chunks(path, name, integers=(), table=None):
    chunks = open_table(path, table).chunks([name], 7, frozenset(integers))
    return np.concatenate([chunk[name] for chunk in chunks])


def write_npy(path):
    records = np.zeros(N, [("id", "i8"), ("z", "f8")])
    for name, values in DATA.items():
        records[name] = values
    with path.open("wb") as file:
        np.save(file, records)


def write_votable(path):
    Table(DATA).write(path, format="votable")


def write_semicolons(path):
    rows = (f"{i};{float(z)!r}" for i, z in zip(*DATA.values(), strict=True))
    path.write_text("\n".join(["id;z [km/s]", *rows]) + "\n")


def write_units_below(path):
    rows = (f"{i}\t{float(z)!r}" for i, z in zip(*DATA.values(), strict=True))
    path.write_text("\n".join(["#VizieR", "id\tz", "\tkm/s", "---\t---", *rows]) + "\n")


WRITERS = {
    "numpy": write_npy,
    "VOTable": write_votable,
    "semicolons": write_semicolons,
    "units in a line of their own": write_units_below,
    "FITS": lambda path: Table(DATA).write(path, format="fits"),
    "ASCII FITS": lambda path: fits.TableHDU.from_columns(
        [fits.Column("id", "I20", array=DATA["id"]), fits.Column("z", "E25.17", array=DATA["z"])]
    ).writeto(path),
    "ECSV": lambda path: Table(DATA).write(path, format="ascii.ecsv"),
    "Parquet": lambda path: pq.write_table(pa.table(DATA), path),
}


@pytest.mark.parametrize("kind", WRITERS)
def test_whole_and_in_chunks_are_the_same(tmp_path, kind):
    path = tmp_path / "table"
    WRITERS[kind](path)
    np.testing.assert_array_equal(in_chunks(path, "id", ["id"]), DATA["id"])
    name = open_table(path).column("z").source if "z" in open_table(path).columns else "z [km/s]"
    np.testing.assert_array_equal(in_chunks(path, name), DATA["z"])
    (table,) = read_tables(path)
    whole = table.contents(table.columns[table.names.index("z")])
    np.testing.assert_array_equal(whole.astype(float), DATA["z"])
    assert table.n_rows == N


#: Written for people: only read whole.
WHOLE_ONLY = {"UTF-16"}


@pytest.mark.parametrize("name", [name for name in LAYOUTS if name not in WHOLE_ONLY])
def test_every_layout_of_the_archives_can_be_opened_for_chunks(tmp_path, name):
    file, write = LAYOUTS[name]
    path = tmp_path / file
    write(path)
    if path.suffix == ".ecsv" and not path.read_bytes().endswith(b"\n"):
        path.write_bytes(path.read_bytes() + b"\n")
    table = open_table(path, "GALAXIES" if "second" in name else None)
    assert len(table.columns) >= 3


@pytest.mark.parametrize("packed", [bz2.compress, lzma.compress])
def test_every_compression_is_read_in_chunks_too(tmp_path, packed):
    (tmp_path / "t.csv").write_bytes(packed(b"id,z\n1,0.5\n2,0.25\n"))
    assert in_chunks(tmp_path / "t.csv", "z").tolist() == [0.5, 0.25]
    assert [table.n_rows for table in read_tables(tmp_path / "t.csv")] == [2]
    cut = packed(b"id,z\n" + b"1,0.5\n" * 1000)[:-9]
    (tmp_path / "t.csv").write_bytes(cut)
    with pytest.raises(ZwickyError, match="cut short or damaged"):
        in_chunks(tmp_path / "t.csv", "z")


def test_links_and_values_elsewhere_are_not_followed_in_chunks(tmp_path):
    with h5py.File(tmp_path / "trove.h5", "w") as file:
        file["a"] = np.arange(3.0)
    (tmp_path / "raw").write_bytes(bytes(24))
    with h5py.File(tmp_path / "t.h5", "w") as file:
        file["own"] = np.ones(3)
        file["link"] = h5py.ExternalLink(str(tmp_path / "trove.h5"), "a")
        file["group"] = h5py.ExternalLink(str(tmp_path / "trove.h5"), "/")
        file.create_dataset("external", (3,), "f8", external=[(str(tmp_path / "raw"), 0, 24)])
        layout = h5py.VirtualLayout((3,), "f8")
        layout[:] = h5py.VirtualSource(str(tmp_path / "trove.h5"), "a", (3,))
        file.create_virtual_dataset("virtual", layout)
    assert list(open_table(tmp_path / "t.h5").columns) == ["own"]
    for name in ("link", "group", "group/a"):
        with pytest.raises(ZwickyError, match="no group or dataset"):
            open_table(tmp_path / "t.h5", name)


def test_a_masked_vector_or_integer_is_no_number(tmp_path):
    masked = {"i": MaskedColumn([1, 2], mask=[0, 1]), "v": [[1.0, 2.0], [3.0, 4.0]]}
    Table(masked).write(tmp_path / "t.ecsv")
    assert in_chunks(tmp_path / "t.ecsv", "v[1]").tolist() == [2.0, 4.0]
    with pytest.raises(ZwickyError, match="i has 1 missing values"):
        in_chunks(tmp_path / "t.ecsv", "i", ["i"])
