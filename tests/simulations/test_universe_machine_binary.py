"""UniverseMachine's binary records and numpy arrays: the exact bytes, units, damage."""

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foreign_text import UM_ARRAY, UM_BINARY
from zwicky.errors import ZwickyError
from zwicky.io.readers.records import RECORD_BYTES
from zwicky.simulations.layouts import UM_RECORD as RECORD
from zwicky.simulations.reader import Counted, Range

BLOCK = RECORD_BYTES // RECORD.itemsize
H, A = 0.6777, 0.8951
FIELDS = ("object_id", "parent_id", "x", "y", "z", "vx", "vy", "vz", "mvir", "m_peak", "rvir", "v_max")
NAME = "sfr_catalog_0.895100.bin"


def galaxies(n, seed=0):
    """Plain columns in the file's units; ids above 2^53, an orphan among them."""
    rng = np.random.default_rng(seed)
    ids = 2**53 + 1 + 2 * np.arange(n)
    ids[-1] = 1_000_000_000_000_123 + 10**15
    return {
        "id": ids,
        "upid": np.where(rng.random(n) < 0.5, -1, ids[0]),
        "flags": np.where(np.arange(n) % 7 == 3, 16 | 1, 1),
        "pos": rng.uniform(0, 1000, (n, 3)).astype(np.float32),
        "vel": rng.normal(0, 400, (n, 3)).astype(np.float32),
        "mp": 10 ** rng.uniform(11.5, 14.5, n).astype(np.float32),
        "m": 10 ** rng.uniform(11, 14.5, n).astype(np.float32),
        "v": rng.uniform(100, 900, n).astype(np.float32),
        "r": rng.uniform(100, 2000, n).astype(np.float32),
        "obs_sm": 10 ** rng.uniform(9, 12, n).astype(np.float32),
    }


def packed(g, order="<"):
    """The records as C writes them: three long, one int, 24 floats, padding."""
    rows = []
    for i in range(len(g["id"])):
        floats = [0.0, *g["pos"][i], *g["vel"][i], 300.0, 2.5, g["mp"][i], g["m"][i], g["v"][i], g["r"][i]]
        floats += [0.1, 0.2, 0.3, 0.4, -20.0, 5e9, 1e9, 1.5, g["obs_sm"][i], 1.4, -19.0]
        rows.append(
            struct.pack(f"{order}qqqi{len(floats)}f4x", g["id"][i], -1, g["upid"][i], g["flags"][i], *floats)
        )
    assert {len(row) for row in rows} == {128}
    return b"".join(rows)


def read(reader, names, **keywords):
    chunks = list(reader.chunks(names, h=H, scale_factor=A, **keywords))
    return {name: np.concatenate([chunk[name] for chunk in chunks]) for name in names}


def one_line(error):
    assert "\n" not in str(error.value)
    return str(error.value)


def attempt(work):
    """What `work` gives, and the message if it is refused."""
    try:
        return work(), None
    except ZwickyError as error:
        return None, str(error)


def expected(g):
    keep = g["flags"] & 16 == 0
    values = {
        "object_id": g["id"],
        "parent_id": g["upid"],
        "mvir": g["m"] / H,
        "m_peak": g["mp"] / H,
        "rvir": g["r"] / 1000 / H,
        "v_max": g["v"],
        "stellar_mass": g["obs_sm"],
    }
    values |= {axis: g["pos"][:, i] / H for i, axis in enumerate("xyz")}
    values |= {f"v{axis}": g["vel"][:, i] for i, axis in enumerate("xyz")}
    return {name: v[keep] for name, v in values.items()}


def test_the_record_has_the_offsets_of_the_format():
    offsets = {name: RECORD.fields[name][1] for name in RECORD.names}
    assert RECORD.itemsize == 128
    assert (offsets["flags"], offsets["pos"], offsets["m"], offsets["r"]) == (24, 32, 68, 76)
    assert (offsets["A_UV"], offsets["sm"], offsets["sfr"], offsets["obs_sm"], offsets["obs_uv"]) == (
        96,
        100,
        108,
        112,
        120,
    )


def test_every_field_in_our_units(tmp_path):
    g = galaxies(100)
    (tmp_path / NAME).write_bytes(packed(g))
    reader = UM_BINARY(tmp_path / NAME)
    assert reader.header.scale_factor == pytest.approx(A)
    assert reader.header.n_rows == 100
    assert "m200c" not in reader.fields
    assert reader.fields["x"].column == "pos[0]"
    assert reader.fields["mvir"].unit == "Msun/h"
    counted = Counted()
    found = read(reader, (*FIELDS, "stellar_mass"), counted=counted)
    for name, values in expected(g).items():
        np.testing.assert_allclose(found[name], values, rtol=1e-6)
    np.testing.assert_array_equal(found["object_id"], expected(g)["object_id"])
    assert counted.rows == 100
    assert counted.dropped == {"flags & 16": int((g["flags"] & 16 > 0).sum())}


def test_a_cut_in_stellar_mass_knows_no_h_and_is_counted(tmp_path):
    g = galaxies(500)
    (tmp_path / NAME).write_bytes(packed(g))
    counted = Counted()
    found = read(
        UM_BINARY(tmp_path / NAME),
        ["object_id"],
        ranges=[Range("stellar_mass", 10**9.5)],
        counted=counted,
    )
    good = g["flags"] & 16 == 0
    np.testing.assert_array_equal(found["object_id"], g["id"][good & (g["obs_sm"] >= 10**9.5)])
    assert counted.dropped["stellar_mass out of range"] == (good & (g["obs_sm"] < 10**9.5)).sum()


@pytest.mark.parametrize("rows", [1, 7, 10**6])
def test_chunks_do_not_matter(tmp_path, rows):
    g = galaxies(50)
    (tmp_path / NAME).write_bytes(packed(g))
    reader = UM_BINARY(tmp_path / NAME)
    assert all(len(chunk["id"]) <= rows for chunk in reader.raw_chunks(["id"], rows))
    np.testing.assert_array_equal(
        read(reader, ["object_id"], rows=rows)["object_id"], expected(g)["object_id"]
    )


def test_more_rows_than_a_block(tmp_path):
    records = np.zeros(2 * BLOCK + 5, RECORD)
    records["id"] = np.arange(len(records))
    records["m"], records["obs_sm"] = 1e12, 1e10
    records.tofile(tmp_path / NAME)
    reader = UM_BINARY(tmp_path / NAME)
    np.testing.assert_array_equal(read(reader, ["object_id"])["object_id"], records["id"])


def test_big_endian_is_refused_and_said(tmp_path):
    (tmp_path / NAME).write_bytes(packed(galaxies(40), ">"))
    with pytest.raises(ZwickyError, match="big-endian") as error:
        UM_BINARY(tmp_path / NAME)
    assert NAME in one_line(error)


@pytest.mark.parametrize("cut", [1, 64, 127])
def test_a_cut_file_is_refused(tmp_path, cut):
    (tmp_path / NAME).write_bytes(packed(galaxies(10))[:-cut])
    with pytest.raises(ZwickyError, match="records of 128"):
        UM_BINARY(tmp_path / NAME)


def test_a_file_that_shrinks_is_noticed(tmp_path):
    (tmp_path / NAME).write_bytes(packed(galaxies(10)))
    reader = UM_BINARY(tmp_path / NAME)
    (tmp_path / NAME).write_bytes(packed(galaxies(9)))
    with pytest.raises(ZwickyError, match="ends after 9 of 10"):
        list(reader.raw_chunks(["id"], 100))


def test_empty_missing_and_zero_filled(tmp_path):
    (tmp_path / NAME).write_bytes(b"")
    with pytest.raises(ZwickyError, match="empty"):
        UM_BINARY(tmp_path / NAME)
    with pytest.raises(ZwickyError, match="no such file"):
        UM_BINARY(tmp_path / "sfr_catalog_1.000000.bin")
    (tmp_path / NAME).write_bytes(packed(galaxies(1000))[:64_000] + bytes(64_000))
    with pytest.raises(ZwickyError, match="no galaxy has"):
        UM_BINARY(tmp_path / NAME)


def test_what_is_recognised(tmp_path):
    start = packed(galaxies(600))[: 1 << 16]
    other = tmp_path / "galaxies.bin"
    assert UM_BINARY.recognises(other, start)
    assert UM_BINARY.recognises(other, packed(galaxies(600), ">")[: 1 << 16])
    assert UM_BINARY.recognises(tmp_path / NAME, b"")
    assert not UM_BINARY.recognises(other, bytes(1 << 16))
    assert not UM_BINARY.recognises(other, b"#ID DescID UPID\n1 2 3\n" * 100)
    assert not UM_BINARY.recognises(other, b"\x89HDF\r\n\x1a\n" + bytes(1 << 16))


def array_file(path, g, dtype=None):
    records = np.frombuffer(packed(g), RECORD)
    if dtype is not None:
        shuffled = np.empty(len(records), dtype)
        for name in shuffled.dtype.names:
            shuffled[name] = records[name]
        records = shuffled
    np.save(path, records)
    return path


def test_an_array_in_another_order_and_byte_order(tmp_path):
    g = galaxies(60)
    dtype = [
        ("obs_sm", ">f8"),
        ("pos", ">f4", 6),
        ("m", "<f8"),
        ("upid", ">i8"),
        ("id", ">i8"),
        ("flags", ">i2"),
    ]
    reader = UM_ARRAY(array_file(tmp_path / "sfr_catalog_0.895100.npy", g, dtype))
    found = read(reader, ["object_id", "parent_id", "x", "vz", "mvir", "stellar_mass"])
    for name, values in found.items():
        np.testing.assert_allclose(values, expected(g)[name], rtol=1e-6)
    np.testing.assert_array_equal(found["object_id"], expected(g)["object_id"])
    assert reader.header.scale_factor == pytest.approx(A)


def test_the_names_of_umachine_pyio_and_their_units(tmp_path):
    dtype = [("halo_id", "i8"), ("upid", "i8"), ("x", "f4"), ("vx", "f4"), ("mvir", "f4"), ("obs_sm", "f4")]
    records = np.array([(5, -1, 10.0, 100.0, 1e13, 1e11), (6, 5, 20.0, 0.0, 1e12, 1e10)], dtype)
    np.save(tmp_path / "um.npy", records)
    reader = UM_ARRAY(tmp_path / "um.npy")
    found = read(reader, ["object_id", "x", "mvir", "stellar_mass"])
    assert reader.header.scale_factor is None
    np.testing.assert_allclose(found["x"], [10 / H, 20 / H], rtol=1e-6)
    np.testing.assert_allclose(found["mvir"], [1e13, 1e12], rtol=1e-6)


@pytest.mark.parametrize(
    ("records", "message"),
    [
        (np.arange(5), "not records"),
        (np.zeros(5, [("id", "i8"), ("x", "f4")]), "no stellar mass"),
        (np.zeros((2, 2), RECORD), "dimensions"),
    ],
)
def test_arrays_that_are_no_catalogue(tmp_path, records, message):
    np.save(tmp_path / "a.npy", records)
    with pytest.raises(ZwickyError, match=message) as error:
        UM_ARRAY(tmp_path / "a.npy")
    one_line(error)


def test_ids_that_went_through_floats_are_refused(tmp_path):
    records = np.array([(2.0**60, 1.0, 1e10)], [("id", "f8"), ("x", "f4"), ("obs_sm", "f4")])
    np.save(tmp_path / "a.npy", records)
    with pytest.raises(ZwickyError, match="lose digits"):
        read(UM_ARRAY(tmp_path / "a.npy"), ["object_id"])


@settings(max_examples=60)
@given(st.data())
def test_damage_gives_one_line_or_every_row(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("um") / data.draw(st.sampled_from([NAME, "um.npy"]))
    g = galaxies(20)
    if path.suffix == ".npy":
        array_file(path, g)
        reader = UM_ARRAY
    else:
        path.write_bytes(packed(g))
        reader = UM_BINARY
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(0, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    content = content[: data.draw(st.integers(0, len(content)) | st.just(len(content)))]
    path.write_bytes(content)
    found, message = attempt(lambda: list(reader(path).raw_chunks(["id", "upid", "obs_sm"], 7)))
    if found is None:
        assert message
        assert "\n" not in message
    else:
        n = 20 if path.suffix == ".npy" else len(content) // 128
        assert sum(len(chunk["id"]) for chunk in found) == n
        assert all(chunk["id"].dtype == np.int64 for chunk in found)
