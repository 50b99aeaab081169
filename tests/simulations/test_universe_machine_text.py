"""UniverseMachine's text files, and the factor h between the two kinds."""

import numpy as np
import pytest

from foreign_text import (
    HLIST,
    ROCKSTAR_ASCII,
    ROCKSTAR_OUT,
    UM_HISTORIES,
    UM_HISTORIES_TEXT,
    UM_SFH,
    UM_SFR,
    UM_TEXT,
    canonical,
    floats,
    halos,
    ids,
    numbered,
    rows_of,
    told,
)

H = 0.678
N = 12
FLAGS = ["16" if i == 3 else "48" if i == 4 else "33" if i == 5 else "0" for i in range(N)]
UPID = ["-1" if i % 2 else "1000000000000000001" for i in range(N)]


def shared_cells(texts):
    return {axis.upper(): texts[axis] for axis in ("x", "y", "z", "vx", "vy", "vz")} | {
        "ID": ids(N),
        "UPID": UPID,
    }


def sfr_catalog(header="#" + " ".join(UM_SFR) + "\n"):
    texts = halos(N)
    cells = shared_cells(texts) | {
        "M": texts["mvir"],
        "MP": texts["m_peak"],
        "V": texts["v_max"],
        "R": texts["rvir"],
        "Flags": FLAGS,
        "obs_SM": texts["stellar_mass"],
    }
    return header + "#Masses: Msun/h; stellar masses: Msun\n" + rows_of(UM_SFR, cells), texts


def sfh_catalog(scales=5, masses="Msun (no h)"):
    texts = halos(N, 2)
    names = UM_SFH + [f"{name}({i})" for name in UM_HISTORIES for i in range(scales)]
    header = "#" + " ".join(UM_SFH + [name for name in UM_HISTORIES for _ in range(scales)]) + "\n"
    header += f"#a = 1.002310\n#Units: all masses in {masses}.\n"
    header += "#Units: all velocities in km/s (physical, not comoving).\n#Units: Rvir in kpc/h comoving.\n"
    header += f"#num_scales: {scales}\n#scale list: {' '.join('0.5' for _ in range(scales))}\n"
    cells = shared_cells(texts) | {
        "Mnow": texts["mvir"],
        "Mpeak": texts["m_peak"],
        "Vnow": texts["v_max"],
        "Rvir": texts["rvir"],
        "Obs_SM": texts["stellar_mass"],
    }
    return header + rows_of(names, cells), texts


@pytest.mark.parametrize(
    "header", ["#" + " ".join(UM_SFR) + "\n", numbered(UM_SFR), "# " + " ".join(UM_SFR) + "\n"]
)
def test_sfr_catalog_has_halo_masses_over_h_and_stellar_masses_without(tmp_path, header):
    text, texts = sfr_catalog(header)
    (tmp_path / "sfr_catalog_0.895100.txt").write_text(text)
    reader = UM_TEXT(tmp_path / "sfr_catalog_0.895100.txt")
    found = canonical(reader, h=H)
    real = ~np.isin(np.arange(N), [3, 4])
    for name in ("x", "mvir", "m_peak"):
        np.testing.assert_allclose(found[name], (floats(texts[name]) / H)[real], rtol=1e-14)
    for name in ("stellar_mass", "vx", "v_max"):
        np.testing.assert_array_equal(found[name], floats(texts[name])[real])
    np.testing.assert_allclose(found["rvir"], (floats(texts["rvir"]) / 1000 / H)[real], rtol=1e-14)
    assert found["parent_id"].tolist() == [int(p) for p, keep in zip(UPID, real, strict=True) if keep]
    assert reader.header.scale_factor == 0.8951
    assert reader.fields["stellar_mass"].column == "obs_SM"
    assert "m200c" not in reader.fields
    assert any("M200c is joined" in note for note in reader.header.notes)


@pytest.mark.parametrize(("unit", "h_power"), [("Msun", 0), ("Msun/h", 1)])
def test_the_header_of_a_sfr_catalog_tells_its_unit_of_mass(tmp_path, unit, h_power):
    text, texts = sfr_catalog()
    names, rest = text.split("\n", 1)
    rest = rest.replace("#Masses: Msun/h; stellar masses: Msun\n", "")
    remark = f"#M: Halo mass (Bryan & Norman 1998 virial mass, {unit})\n#SM: True stellar mass (Msun)\n"
    (tmp_path / "sfr_catalog_0.895100.txt").write_text(f"{names}\n{remark}{rest}")
    found = canonical(UM_TEXT(tmp_path / "sfr_catalog_0.895100.txt"), h=H)
    real = ~np.isin(np.arange(N), [3, 4])
    for name in ("mvir", "m_peak"):
        np.testing.assert_allclose(found[name], floats(texts[name])[real] / H**h_power, rtol=1e-14)


@pytest.mark.parametrize("scales", [5, 178])
def test_sfh_catalog_has_all_masses_without_h(tmp_path, scales):
    text, texts = sfh_catalog(scales)
    (tmp_path / "sfh_catalog_1.002310.0.txt").write_text(text)
    reader = UM_HISTORIES_TEXT(tmp_path / "sfh_catalog_1.002310.0.txt")
    found = canonical(reader, h=H)
    for name in ("mvir", "m_peak", "stellar_mass", "vz", "v_max"):
        np.testing.assert_array_equal(found[name], floats(texts[name]))
    np.testing.assert_allclose(found["z"], floats(texts["z"]) / H, rtol=1e-14)
    np.testing.assert_allclose(found["rvir"], floats(texts["rvir"]) / 1000 / H, rtol=1e-14)
    assert len(reader.header.columns) == 24 + 8 * scales
    assert reader.header.scale_factor == 1.00231
    assert not any("times" in note for note in reader.header.notes)


def test_masses_with_h_in_a_sfh_catalog_are_refused(tmp_path):
    (tmp_path / "sfh").write_text(sfh_catalog(masses="Msun/h")[0])
    line = told(UM_HISTORIES_TEXT, tmp_path / "sfh")
    assert "says that masses are in Msun/h, but this format has them in Msun" in line


def test_chunks_of_one_snapshot_are_one_catalogue(tmp_path):
    for i in range(3):
        (tmp_path / f"sfh_catalog_1.002310.{i}.txt").write_text(sfh_catalog()[0])
    reader = UM_HISTORIES_TEXT(tmp_path / "sfh_catalog_1.002310.*.txt")
    assert len(canonical(reader)["x"]) == 3 * N


def test_the_name_must_agree_with_the_header(tmp_path):
    (tmp_path / "sfh_catalog_0.895100.0.txt").write_text(sfh_catalog()[0])
    assert "name says scale factor 0.8951" in told(UM_HISTORIES_TEXT, tmp_path / "sfh_catalog_0.895100.0.txt")


def test_the_two_kinds_and_other_formats_are_told_apart(tmp_path):
    kinds = (UM_TEXT, UM_HISTORIES_TEXT, HLIST, ROCKSTAR_OUT, ROCKSTAR_ASCII)
    path = tmp_path / "any"
    assert [k.recognises(path, sfr_catalog()[0].encode()[:1000]) for k in kinds] == [True, *4 * [False]]
    start = sfh_catalog(178)[0].encode()[: 1 << 16]
    assert [k.recognises(path, start) for k in kinds] == [False, True, *3 * [False]]
