"""Uchuu-UM: three HDF5 files read as one catalogue."""

import h5py
import numpy as np
import pytest

from foreign_text import UCHUU
from zwicky.errors import ZwickyError
from zwicky.simulations.reader import Range

H = 0.6774


def write_uchuu(folder, n=40, name="Uchuu_UM_z0p09"):
    """The three files as they are published, with the values by column."""
    rng = np.random.default_rng(3)
    floats = {
        1: ["Mvir", "sm", "icl", "sfr", "obs_sm", "obs_sfr", "obs_uv"],
        2: ["x", "y", "z"],
        3: ["vx", "vy", "vz", "Mpeak", "Vmax_Mpeak", "vmax", "A_UV"],
    }
    columns = {name: rng.uniform(1, 2000, n).astype("f4") for names in floats.values() for name in names}
    columns["id"] = 2**54 + 1 + np.arange(n)
    columns["upid"] = np.where(np.arange(n) % 2, -1, 2**54 + 1)
    columns["desc_id"] = np.arange(n)
    floats[1] += ["id", "upid"]
    floats[3] += ["desc_id"]
    paths = []
    for part, names in floats.items():
        paths.append(folder / f"{name}_data{part}.h5")
        with h5py.File(paths[-1], "w") as file:
            for column in names:
                file.create_dataset(column, data=columns[column], chunks=(7,), compression="gzip")
    return paths, columns


def read(reader, names, **keywords):
    chunks = list(reader.chunks(names, h=H, scale_factor=1.0, **keywords))
    return {name: np.concatenate([chunk[name] for chunk in chunks]) for name in names}


@pytest.mark.parametrize("given", [[0], [1], [2], [2, 0], [0, 1, 2]])
def test_any_of_the_three_or_all(tmp_path, given):
    paths, columns = write_uchuu(tmp_path)
    reader = UCHUU([paths[i] for i in given] if len(given) > 1 else paths[given[0]])
    assert reader.paths == tuple(paths)
    found = read(reader, ["object_id", "parent_id", "x", "vy", "mvir", "m_peak", "stellar_mass"], rows=9)
    np.testing.assert_array_equal(found["object_id"], columns["id"])
    np.testing.assert_array_equal(found["parent_id"], columns["upid"])
    np.testing.assert_allclose(found["x"], columns["x"] / H, rtol=1e-6)
    np.testing.assert_allclose(found["vy"], columns["vy"], rtol=1e-6)
    np.testing.assert_allclose(found["mvir"], columns["Mvir"] / H, rtol=1e-6)
    np.testing.assert_allclose(found["m_peak"], columns["Mpeak"] / H, rtol=1e-6)
    np.testing.assert_allclose(found["stellar_mass"], columns["obs_sm"], rtol=1e-6)


def test_what_the_name_says(tmp_path):
    header = UCHUU(write_uchuu(tmp_path)[0][0]).header
    assert header.scale_factor == pytest.approx(1 / 1.09)
    assert (header.simulation, header.box_size_mpc_h, header.n_rows) == ("Uchuu", 2000.0, 40)
    assert any("published" in note for note in header.notes)


def test_another_name_says_nothing_of_box_and_cosmology(tmp_path):
    header = UCHUU(write_uchuu(tmp_path, name="Other_UM")[0][0]).header
    assert header.simulation is header.box_size_mpc_h is header.h is header.scale_factor is None


def test_a_cut_in_one_file_selects_in_all(tmp_path):
    paths, columns = write_uchuu(tmp_path)
    found = read(UCHUU(paths[0]), ["z"], ranges=[Range("stellar_mass", 1000.0)], rows=11)
    np.testing.assert_allclose(found["z"], columns["z"][columns["obs_sm"] >= 1000] / H, rtol=1e-6)


def test_only_the_files_that_are_needed_are_read(tmp_path):
    paths, columns = write_uchuu(tmp_path)
    reader = UCHUU(paths[0])
    paths[2].unlink()
    np.testing.assert_allclose(read(reader, ["y"])["y"], columns["y"] / H, rtol=1e-6)
    with pytest.raises(ZwickyError, match="data3"):
        read(reader, ["vx"])


def test_a_missing_part_is_named(tmp_path):
    paths, _ = write_uchuu(tmp_path)
    paths[1].unlink()
    with pytest.raises(ZwickyError, match=r"data2\.h5: is not there"):
        UCHUU(paths[0])


def test_files_of_two_snapshots_are_refused(tmp_path):
    (a, *_), _ = write_uchuu(tmp_path)
    (_, b, _), _ = write_uchuu(tmp_path, name="Uchuu_UM_z0p14")
    with pytest.raises(ZwickyError, match="one catalogue"):
        UCHUU([a, b])


def test_rows_must_agree(tmp_path):
    paths, columns = write_uchuu(tmp_path)
    with h5py.File(paths[1], "r+") as file:
        del file["y"]
        file["y"] = columns["y"][:-1]
    with pytest.raises(ZwickyError, match="y has 39 rows"):
        UCHUU(paths[0])


def test_parts_in_the_wrong_place(tmp_path):
    paths, _ = write_uchuu(tmp_path)
    paths[0].rename(tmp_path / "saved")
    paths[1].rename(paths[0])
    (tmp_path / "saved").rename(paths[1])
    with pytest.raises(ZwickyError, match="not part 1"):
        UCHUU(paths[0])


def test_cut_short(tmp_path):
    paths, _ = write_uchuu(tmp_path)
    paths[2].write_bytes(paths[2].read_bytes()[:-200])
    with pytest.raises(ZwickyError, match="cut short") as error:
        UCHUU(paths[0])
    assert "\n" not in str(error.value)


def test_what_is_recognised(tmp_path):
    paths, _ = write_uchuu(tmp_path)
    start = paths[0].read_bytes()[: 1 << 16]
    assert UCHUU.recognises(paths[0], start)
    assert not UCHUU.recognises(tmp_path / "halos.h5", start)
    assert not UCHUU.recognises(paths[0], b"#id upid\n")
