"""hlists in every layout; columns by name wherever they stand."""

import gzip

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foreign_text import HLIST, HLIST_REMARKS, HLISTS, canonical, floats, halos, ids, numbered, rows_of, told
from zwicky.errors import ZwickyError
from zwicky.simulations.hlist import layout_of
from zwicky.simulations.names import plain_name
from zwicky.simulations.reader import Counted, Range

H = 0.6777
N = 24
COLUMNS = {"v_rms": "vrms", "v_max": "vmax", "m_peak": "mpeak", "m_acc": "macc"}
UPID = ["-1" if i % 4 else "9007199254740993" for i in range(N)]
PHANTOM = ["1" if i == 5 else "0" for i in range(N)]


def hlist(names, scale="0.71240", header=None, n=N, seed=3):
    """Text of an hlist in the layout `names`, and the texts of its cells by canonical name."""
    texts = halos(n, seed)
    by_plain = {plain_name(name): name for name in names}
    cells = {by_plain[c]: texts[f] for f in texts if (c := COLUMNS.get(f, f)) in by_plain}
    cells |= {"scale": [scale] * n, "id": ids(n), "upid": UPID[:n], "phantom": PHANTOM[:n]}
    return (header or numbered(names)) + HLIST_REMARKS + rows_of(names, cells), texts


@pytest.mark.parametrize("layout", HLISTS)
@pytest.mark.parametrize("numbers", ["all", "up to 33"])
def test_every_layout_gives_its_columns_by_name(tmp_path, layout, numbers):
    names = HLISTS[layout]
    text, texts = hlist(names, header=numbered(names, None if numbers == "all" else 33))
    (tmp_path / "hlist_0.71240.list").write_text(text)
    reader = HLIST(tmp_path / "hlist_0.71240.list")
    counted = Counted()
    found = canonical(reader, h=H, scale_factor=0.7124, counted=counted)
    real = np.arange(N) != 5
    assert (counted.rows, counted.dropped) == (N, {"phantom": 1})
    assert found["object_id"].tolist() == [int(i) for i, keep in zip(ids(N), real, strict=True) if keep]
    assert found["parent_id"].tolist() == [int(i) for i, keep in zip(UPID, real, strict=True) if keep]
    for name in ("vx", "vy", "vz", "v_rms", "v_max"):
        np.testing.assert_array_equal(found[name], floats(texts[name])[real])
    present = {plain_name(name) for name in names}
    for name in ("x", "y", "z", "m200c", "m200b", "m500c", "mvir", "m_peak", "m_acc"):
        assert (name in found) == (COLUMNS.get(name, name) in present), name
        if name in found:
            np.testing.assert_allclose(found[name], (floats(texts[name]) / H)[real], rtol=1e-14)
    assert ("rvir" in found) == ("rvir" in present)
    if "rvir" in found:
        np.testing.assert_allclose(found["rvir"], (floats(texts["rvir"]) / 1000 / H)[real], rtol=1e-14)
    assert reader.header.columns == tuple(names)
    assert f"layout: {layout}, {len(names)} columns" in reader.header.notes
    assert (reader.header.h, reader.header.omega_m, reader.header.omega_lambda) == (
        0.6777,
        0.307115,
        0.692885,
    )
    assert (reader.header.scale_factor, reader.header.box_size_mpc_h) == (0.7124, 1000.0)


def test_two_layouts_of_73_columns_have_m200c_in_different_places():
    new, old = HLISTS["Bolshoi, Bolshoi-P and MultiDark"], HLISTS["old, with M_pe"]
    assert (len(new), new.index("M200c"), len(old), old.index("M200c")) == (73, 38, 73, 37)
    assert layout_of(new) != layout_of(old)


def test_the_places_of_m200c_are_those_published():
    places = {name: columns.index("M200c") for name, columns in HLISTS.items() if "M200c" in columns}
    numbers = {name: len(columns) for name, columns in HLISTS.items()}
    assert list(places.values()) == [38, 38, 37, 37, 40, 40, 40]
    assert list(numbers.values()) == [73, 74, 67, 73, 82, 83, 82, 46]


def test_in_erebos_the_main_mass_is_m200b(tmp_path):
    names = HLISTS["Erebos, main mass M200b"]
    (tmp_path / "h").write_text(hlist(names)[0])
    reader = HLIST(tmp_path / "h")
    assert reader.fields["m200b"].column == "M200b"
    assert (names[10], names[39]) == ("M200b", "Mvir")
    assert any("not mvir" in note for note in reader.header.notes)


def test_without_m200c_only_m200c_is_refused(tmp_path):
    (tmp_path / "h").write_text(hlist(HLISTS["BDM"])[0])
    reader = HLIST(tmp_path / "h")
    assert any("no M200c" in note for note in reader.header.notes)
    assert "has no m200c" in told(lambda: list(reader.chunks(["m200c"], h=H, scale_factor=1.0)))
    assert len(canonical(reader)["mvir"]) == N - 1


def test_unknown_layouts_are_read_by_name(tmp_path):
    names = [*HLISTS["Uchuu"][:40], "New_Thing", *HLISTS["Uchuu"][40:]]
    text, texts = hlist(names)
    (tmp_path / "h").write_text(text)
    reader = HLIST(tmp_path / "h")
    assert any("not known" in note for note in reader.header.notes)
    np.testing.assert_allclose(canonical(reader, h=1.0)["m200c"], np.delete(floats(texts["m200c"]), 5))


def test_aliases_are_one_name():
    assert plain_name("Mmvir_all") == plain_name("Mvir_all")
    assert plain_name(r"Vmax\@Mpeak") == plain_name("Vmax@Mpeak")
    assert plain_name("Snap_idx") == plain_name("Snap_num")
    assert plain_name("mmp?") == plain_name("mmp")


def test_a_number_that_is_not_the_place_is_refused(tmp_path):
    names = HLISTS["Uchuu"]
    header = numbered(names).replace("M200c(40)", "M200c(39)")
    (tmp_path / "h").write_text(hlist(names, header=header)[0])
    assert "numbers M200c as column 39, but it stands at 40" in told(HLIST, tmp_path / "h")


def test_gzip_and_selection(tmp_path):
    text, texts = hlist(HLISTS["Consuelo"])
    (tmp_path / "hlist_0.71240.list.gz").write_bytes(gzip.compress(text.encode()))
    reader = HLIST(tmp_path / "hlist_0.71240.list.gz")
    counted = Counted()
    ranges = [Range("m200c", 1e13), Range("m_acc", 1e11)]
    found = list(reader.chunks(["m200c"], h=H, scale_factor=0.7, ranges=ranges, counted=counted, rows=5))
    m200c, m_acc = floats(texts["m200c"]) / H, floats(texts["m_acc"]) / H
    keep = (m200c >= 1e13) & (m_acc >= 1e11) & (np.arange(N) != 5)
    np.testing.assert_allclose(np.concatenate([f["m200c"] for f in found]), m200c[keep])
    assert len(found) == 5
    assert counted.rows == N
    assert sum(counted.dropped.values()) == N - keep.sum()


def test_rows_of_two_snapshots_are_refused(tmp_path):
    names = HLISTS["Uchuu"]
    both = hlist(names)[0] + hlist(names, scale="0.73330")[0]
    (tmp_path / "h").write_text(both)
    reader = HLIST(tmp_path / "h")
    assert "more than one snapshot (scale 0.7124 and 0.7333)" in told(
        lambda: list(reader.raw_chunks(["x"], 10**6))
    )
    (tmp_path / "a").write_text(hlist(names)[0])
    (tmp_path / "b").write_text(hlist(names, scale="0.73330")[0])
    assert "scale_factor 0.7124 and 0.7333" in told(HLIST, [tmp_path / "a", tmp_path / "b"])


def test_the_same_file_appended_is_read_with_its_header_in_the_middle(tmp_path):
    text, _ = hlist(HLISTS["Uchuu"])
    (tmp_path / "h").write_text(text + text)
    assert len(canonical(HLIST(tmp_path / "h"))["x"]) == 2 * (N - 1)
    (tmp_path / "h").write_text(text + numbered(HLISTS["Uchuu"][::-1]) + text)
    assert "names other columns" in told(lambda: canonical(HLIST(tmp_path / "h")))


def test_name_and_rows_must_agree_on_the_scale_factor(tmp_path):
    text, _ = hlist(HLISTS["Uchuu"])
    (tmp_path / "hlist_0.89510.list").write_text(text)
    assert "name says scale factor 0.8951, its contents 0.7124" in told(
        HLIST, tmp_path / "hlist_0.89510.list"
    )
    (tmp_path / "mine.txt").write_text(text)
    assert HLIST(tmp_path / "mine.txt").header.scale_factor == 0.7124


SMALL = hlist(HLISTS["old, without M_pe"], n=6)[0].encode()


@given(
    changes=st.lists(st.tuples(st.integers(0, len(SMALL) - 1), st.integers(0, 255)), max_size=4),
    cut=st.integers(0, len(SMALL)) | st.none(),
    again=st.booleans(),
    packed=st.booleans(),
)
def test_a_damaged_hlist_is_refused_in_one_line_or_read(tmp_path_factory, changes, cut, again, packed):
    body = bytearray(SMALL)
    for place, byte in changes:
        body[place] = byte
    body = bytes(body[: len(SMALL) if packed else cut]) * (1 + again)
    path = tmp_path_factory.mktemp("h") / "hlist"
    path.write_bytes(gzip.compress(body)[:cut] if packed else body)
    found, line = {}, ""
    try:
        found = canonical(HLIST(path))
    except ZwickyError as error:
        line = str(error)
    assert len(line.splitlines()) <= 1
    assert bool(found) != bool(line)
    if found:
        assert {len(values) for values in found.values()} <= set(range(13))
        whole = canonical_of(SMALL, tmp_path_factory) if not changes and not again else None
        if whole and len(found["x"]) == len(whole["x"]):
            assert all(np.array_equal(found[name], whole[name]) for name in whole)


def canonical_of(body, tmp_path_factory):
    path = tmp_path_factory.mktemp("w") / "hlist"
    path.write_bytes(body)
    return canonical(HLIST(path))


def test_nan_and_ids_above_2_to_53(tmp_path):
    text, _ = hlist(HLISTS["Uchuu"], n=4)
    lines = text.splitlines(keepends=True)
    words = lines[-1].split()
    words[40], words[1] = "nan", str(2**62 + 1)
    (tmp_path / "h").write_text("".join([*lines[:-1], " ".join(words) + "\n"]))
    reader = HLIST(tmp_path / "h")
    found = canonical(reader)
    assert np.isnan(found["m200c"][-1])
    assert found["object_id"][-1] == 2**62 + 1
    kept = canonical(reader, ranges=[Range("m200c", 0)])
    assert len(kept["x"]) == 3
