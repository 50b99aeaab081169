"""Formats are told by content, and of many files the snapshot meant is taken."""

import gzip

import h5py
import numpy as np
import pytest

from foreign_universe import OUT_COLUMNS, UM_RECORD
from zwicky.errors import ZwickyError
from zwicky.simulations import FORMATS, detect_format, open_catalog, read_column_map
from zwicky.simulations.formats import open_mapped, open_snapshot

HLIST = (
    "scale id desc_scale desc_id num_prog pid upid desc_pid phantom sam_mvir mvir rvir rs vrms mmp? "
    "scale_of_last_MM vmax x y z vx vy vz M200c"
)
ASCII = "id num_p mvir mbound_vir rvir vmax rvmax vrms x y z vx vy vz PosUncertainty m200c num_cp"
UM_TEXT = (
    "ID DescID UPID Flags Uparent_Dist X Y Z VX VY VZ M V MP VMP R Rank1 Rank2 RA RARank SM ICL SFR "
    "obs_SM obs_SFR SSFR SM/HM obs_UV"
)
UM_HISTORIES = "ID UPID X Y Z VX VY VZ Mpeak Mnow V@Mpeak Vnow Rvir SM ICL SFR Obs_SM Obs_SFR Obs_UV"
COSMOSIM = "row_id rockstarId upId Mvir M200c x y z vx vy vz scale"


def text(path, names, sep=" ", comment="#", remarks=()):
    lines = [comment + sep.join(names.split()), *remarks]
    lines += [sep.join(["1"] * len(names.split())) for _ in range(3)]
    path.write_text("\n".join(lines) + "\n")
    return path


def hlist(path, a):
    row = [f"{a:.4f}" if name in ("scale", "desc_scale") else "1" for name in HLIST.split()]
    head = "#" + " ".join(f"{name}({i})" for i, name in enumerate(HLIST.split()))
    path.write_text(head + "\n" + " ".join(row) + "\n")
    return path


def records():
    made = np.zeros(300, UM_RECORD)
    made["id"], made["upid"], made["m"], made["mp"], made["obs_sm"] = np.arange(300), -1, 1e12, 1e12, 1e10
    return made


def hdf5(path, datasets):
    with h5py.File(path, "w") as file:
        for name, values in datasets.items():
            file[name] = values
    return path


@pytest.fixture
def one_of_each(tmp_path):
    """A file of every format, by its name in `FORMATS`."""
    records().tofile(tmp_path / "sfr_catalog_0.895100.bin")
    np.save(tmp_path / "sfr_catalog_0.895100.npy", records())
    three, masses = np.arange(3), np.full(3, 1e13)
    parts = [{"id": three, "upid": three, "obs_sm": masses, "Mvir": masses}]
    parts += [dict.fromkeys("xyz", masses), dict.fromkeys(("vx", "vy", "vz"), masses)]
    for i, part in enumerate(parts):
        hdf5(tmp_path / f"Uchuu_UM_z0p19_data{i + 1}.h5", part)
    table = np.zeros(3, [("halo_id", "i8"), *((f"halo_{n}", "f4") for n in ("x", "y", "z", "mvir"))])
    return {
        "rockstar-out": text(tmp_path / "out_5.list", OUT_COLUMNS, remarks=["#a = 0.9"]),
        "rockstar-ascii": text(tmp_path / "halos_5.0.ascii", ASCII),
        "hlist": hlist(tmp_path / "hlist_0.89510.list", 0.8951),
        "universe-machine-binary": tmp_path / "sfr_catalog_0.895100.bin",
        "universe-machine-array": tmp_path / "sfr_catalog_0.895100.npy",
        "universe-machine-text": text(tmp_path / "sfr_catalog_0.895100.txt", UM_TEXT),
        "universe-machine-histories": text(tmp_path / "sfh_catalog_0.895100.0.txt", UM_HISTORIES),
        "uchuu": tmp_path / "Uchuu_UM_z0p19_data2.h5",
        "cosmosim-csv": text(tmp_path / "result.csv", COSMOSIM, sep=",", comment=""),
        "halotools": hdf5(tmp_path / "halos.hdf5", {"data": table}),
    }


def test_every_format_is_told_from_the_others_and_opened(one_of_each):
    assert set(one_of_each) == set(FORMATS)
    for name, path in one_of_each.items():
        assert detect_format(path) == name
        assert open_catalog(path).header.format == name
        assert open_catalog(path, name).fields == open_catalog(path).fields


def test_gzip_and_other_names_do_not_matter(one_of_each, tmp_path):
    packed = tmp_path / "renamed"
    packed.write_bytes(gzip.compress(one_of_each["hlist"].read_bytes()))
    assert detect_format(packed) == "hlist"
    (tmp_path / "x.dat").write_bytes(one_of_each["universe-machine-binary"].read_bytes())
    assert detect_format(tmp_path / "x.dat") == "universe-machine-binary"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"a,b\n1,2\n", "of no format known here"),
        (b"\x00\x01\x02" * 50, "of no format known here"),
        (b"SIMPLE  =                    T", "column map"),
    ],
)
def test_a_file_of_no_format_is_refused(tmp_path, content, message):
    (tmp_path / "f").write_bytes(content)
    with pytest.raises(ZwickyError, match=message) as error:
        detect_format(tmp_path / "f")
    assert "\n" not in str(error.value)


def test_two_formats_at_once_are_refused(one_of_each, monkeypatch):
    monkeypatch.setitem(FORMATS, "twin", FORMATS["hlist"])
    with pytest.raises(ZwickyError, match=r"may be hlist or twin; say which with --halos-format"):
        detect_format(one_of_each["hlist"])


def test_the_nearest_snapshot_is_taken_and_the_difference_said(tmp_path):
    for a in (0.7124, 0.8951, 0.9041, 1.0):
        hlist(tmp_path / f"hlist_{a:.5f}.list", a)
    for place in (tmp_path, tmp_path / "hlist_*.list"):
        opened = open_snapshot(place, redshift=0.117)
        assert [path.name for path in opened.reader.paths] == ["hlist_0.89510.list"]
        assert "of 4 files" in opened.note
        assert "redshift 0.1172 where 0.117 was asked for" in opened.note
    with pytest.raises(
        ZwickyError, match=r"nearest snapshot is .*0.71240.list at redshift 0.4037, 0.0067 away"
    ):
        open_snapshot(tmp_path, redshift=1 / 0.7057 - 1)
    with pytest.raises(ZwickyError, match=r"from redshift 0.0000 to 0.4037; choose one with --redshift"):
        open_snapshot(tmp_path)


def test_files_without_a_scale_factor_are_one_catalogue(tmp_path):
    for i in (0, 1, 10):
        text(tmp_path / f"halos_20.{i}.ascii", ASCII)
    opened = open_snapshot(str(tmp_path / "halos_20.*.ascii"))
    assert len(opened.reader.paths) == 3
    assert opened.note == "3 files of one snapshot"


def test_files_that_do_not_belong_together(one_of_each, tmp_path):
    with pytest.raises(ZwickyError, match="holds files of different formats"):
        open_snapshot(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    for i in range(2):
        records().tofile(other / f"sfr_catalog_{i}.bin")
    with pytest.raises(ZwickyError, match="is one file; give that one"):
        open_snapshot(other)


def test_nothing_there(tmp_path):
    for place in (tmp_path / "no.list", str(tmp_path / "no_*.list"), tmp_path):
        with pytest.raises(ZwickyError, match=r"no such file|no file in this directory"):
            open_snapshot(place)
    with pytest.raises(ZwickyError, match="format 'um' is not known; use one of rockstar-out"):
        open_catalog(hlist(tmp_path / "hlist_1.00000.list", 1.0), "um")


def test_a_map_of_halos_alone_takes_galaxies_of_a_known_format(tmp_path, one_of_each):
    text(tmp_path / "h.csv", "id m", sep=",", comment="")
    columns = 'object_id = "id"\nm200c = { column = "m", unit = "Msun" }\n'
    (tmp_path / "m.toml").write_text(f'[halos]\nfile = "h.csv"\n[halos.columns]\n{columns}')
    column_map = read_column_map(tmp_path / "m.toml")
    assert open_mapped(column_map, "halos", None, None).reader.paths == (tmp_path / "h.csv",)
    galaxies = open_mapped(column_map, "galaxies", str(one_of_each["universe-machine-binary"]), None)
    assert galaxies.reader.header.format == "universe-machine-binary"
    with pytest.raises(ZwickyError, match=r"has no \[galaxies.columns\]; write them, or give a file"):
        open_mapped(column_map, "galaxies", None, None)
