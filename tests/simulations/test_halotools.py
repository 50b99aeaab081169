"""Halo catalogues of halotools: attributes, prefixes, parents, the unit of the radius."""

import h5py
import numpy as np
import pytest

from foreign_text import HALOTOOLS
from zwicky.errors import ZwickyError

H = 0.7
ATTRIBUTES = {
    "simname": "bolplanck",
    "halo_finder": "rockstar",
    "version_name": "halotools_v0p4",
    "redshift": 0.0969,
    "Lbox": 250.0,
    "particle_mass": 1.55e8,
    "fname": "/elsewhere/hlist_0.91170.list.halotools_v0p4.hdf5",
}


def table(n=30, radius=1.0):
    """Halos as halotools holds them; `radius` scales the virial radius from Mpc/h."""
    rng = np.random.default_rng(5)
    mass = 10 ** rng.uniform(11, 14.5, n)
    data = {
        "halo_id": 2**53 + 1 + 2 * np.arange(n),
        "halo_upid": np.where(np.arange(n) % 3 == 2, 2**53 + 1, -1),
        "halo_mvir": mass.astype("f4"),
        "halo_m200c": (0.85 * mass).astype("f4"),
        # 100 times the critical density of 2.775e11 (Msun/h) / (Mpc/h)^3.
        "halo_rvir": (radius * (mass / (4 / 3 * np.pi * 100 * 2.775e11)) ** (1 / 3)).astype("f4"),
    }
    for axis in "xyz":
        data[f"halo_{axis}"] = rng.uniform(0, 250, n).astype("f4")
        data[f"halo_v{axis}"] = rng.normal(0, 300, n).astype("f4")
    return data


def write(path, data, attributes=ATTRIBUTES):
    records = np.empty(len(data["halo_id"]), [(name, values.dtype) for name, values in data.items()])
    for name, values in data.items():
        records[name] = values
    with h5py.File(path, "w") as file:
        file["data"] = records
        file.attrs.update(attributes)
    return path


def read(reader, names, rows=8):
    chunks = list(reader.chunks(names, h=H, scale_factor=1.0, rows=rows))
    return {name: np.concatenate([chunk[name] for chunk in chunks]) for name in names}


def test_header_and_every_field(tmp_path):
    data = table()
    reader = HALOTOOLS(write(tmp_path / "a.hdf5", data))
    header = reader.header
    assert (header.simulation, header.box_size_mpc_h, header.n_rows) == ("bolplanck", 250.0, 30)
    assert header.scale_factor == pytest.approx(1 / 1.0969)
    assert header.particle_mass_msun_h == pytest.approx(1.55e8)
    found = read(reader, ["object_id", "parent_id", "x", "vz", "m200c", "mvir"])
    np.testing.assert_array_equal(found["object_id"], data["halo_id"])
    np.testing.assert_array_equal(found["parent_id"], data["halo_upid"])
    np.testing.assert_allclose(found["x"], data["halo_x"] / H, rtol=1e-6)
    np.testing.assert_allclose(found["vz"], data["halo_vz"], rtol=1e-6)
    np.testing.assert_allclose(found["m200c"], data["halo_m200c"] / H, rtol=1e-6)


@pytest.mark.parametrize(("scale", "unit"), [(1.0, "Mpc/h"), (1000.0, "kpc/h")])
def test_the_unit_of_the_radius_is_told_from_the_mass(tmp_path, scale, unit):
    data = table(radius=scale)
    reader = HALOTOOLS(write(tmp_path / "a.hdf5", data))
    assert reader.fields["rvir"].unit == unit
    assert any(unit in note for note in reader.header.notes)
    np.testing.assert_allclose(read(reader, ["rvir"])["rvir"], data["halo_rvir"] / scale / H, rtol=1e-6)


def test_a_radius_in_no_known_unit_is_left_out(tmp_path):
    reader = HALOTOOLS(write(tmp_path / "a.hdf5", table(radius=30.0)))
    assert "rvir" not in reader.fields
    assert any("left out" in note for note in reader.header.notes)


def test_hostid_in_the_place_of_upid(tmp_path):
    data = table()
    upid = data.pop("halo_upid")
    data["halo_hostid"] = np.where(upid == -1, data["halo_id"], upid)
    reader = HALOTOOLS(write(tmp_path / "a.hdf5", data))
    assert reader.fields["parent_id"].column == "halo_hostid"
    np.testing.assert_array_equal(read(reader, ["parent_id"])["parent_id"], upid)


def test_attributes_in_other_forms(tmp_path):
    other = ATTRIBUTES | {"redshift": "0.0969", "Lbox": np.array([250.0, 250.0, 250.0])}
    header = HALOTOOLS(write(tmp_path / "a.hdf5", table(), other)).header
    assert header.box_size_mpc_h == 250.0
    assert header.scale_factor == pytest.approx(1 / 1.0969)


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"Lbox": np.array([250.0, 250.0, 100.0])}, "for a cube"),
        ({"Lbox": -1.0}, "positive"),
        ({"Lbox": np.nan}, "finite"),
        ({"redshift": "today"}, "no number"),
        ({"redshift": -2.0}, "above -1"),
    ],
)
def test_attributes_that_cannot_be(tmp_path, attributes, message):
    with pytest.raises(ZwickyError, match=message) as error:
        HALOTOOLS(write(tmp_path / "a.hdf5", table(), attributes))
    assert "\n" not in str(error.value)


def test_without_attributes_nothing_is_assumed(tmp_path):
    header = HALOTOOLS(write(tmp_path / "a.hdf5", table(), {})).header
    assert header.box_size_mpc_h is header.scale_factor is header.simulation is header.h is None


def test_what_is_recognised(tmp_path):
    path = write(tmp_path / "a.hdf5", table())
    assert HALOTOOLS.recognises(path, path.read_bytes()[: 1 << 16])
    other = tmp_path / "b.hdf5"
    with h5py.File(other, "w") as file:
        file["x"] = np.arange(3.0)
    assert not HALOTOOLS.recognises(other, other.read_bytes()[: 1 << 16])
    broken = tmp_path / "c.hdf5"
    broken.write_bytes(path.read_bytes()[:600])
    assert not HALOTOOLS.recognises(broken, broken.read_bytes())


def test_cut_short_and_without_a_table(tmp_path):
    path = write(tmp_path / "a.hdf5", table())
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(ZwickyError, match="cut short"):
        HALOTOOLS(path)
    with h5py.File(path, "w") as file:
        file["other"] = np.arange(3.0)
    with pytest.raises(ZwickyError, match="no group or dataset 'data'"):
        HALOTOOLS(path)
