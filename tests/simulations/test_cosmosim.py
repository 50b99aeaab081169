"""CSV files as COSMOSIM's queries give them."""

import gzip

import numpy as np
import pytest

from foreign_text import COSMOSIM, HLIST, ROCKSTAR_OUT, canonical, floats, halos, rows_of, told
from zwicky.simulations.layouts import MDPL2_REDSHIFTS

H = 0.6777
N = 15
IDS = [str(2**53 + 1 + 2 * i) for i in range(N)]
COLUMNS = [
    "rockstarId",
    "upId",
    "M200b",
    "Rvir",
    "x",
    "y",
    "z",
    "vx",
    "vy",
    "vz",
    "M500c",
    "Macc",
    "Mvir",
    "M200c",
]
NAMES = {"macc": "m_acc"}


def query(columns=COLUMNS, row_id=True, quoted=False, rename=str, **more):
    """Text of a result, and the texts of its cells by canonical name."""
    texts = halos(N)
    cells = {
        c: texts[NAMES.get(c.lower(), c.lower())] for c in columns if NAMES.get(c.lower(), c.lower()) in texts
    }
    cells |= {"rockstarId": IDS, "upId": ["-1"] * N} | more
    names = [*(["row_id"] if row_id else []), *columns, *more]
    cells |= {"row_id": [str(i) for i in range(N)]} if row_id else {}
    header = ",".join(f'"{rename(name)}"' if quoted else rename(name) for name in names) + "\n"
    return header + rows_of(names, cells, ","), texts


@pytest.mark.parametrize("row_id", [True, False])
@pytest.mark.parametrize("quoted", [True, False])
@pytest.mark.parametrize("rename", [str, str.lower, str.upper])
def test_names_in_any_case_with_and_without_row_id(tmp_path, row_id, quoted, rename):
    text, texts = query(row_id=row_id, quoted=quoted, rename=rename)
    (tmp_path / "slab.csv").write_text(text)
    reader = COSMOSIM(tmp_path / "slab.csv")
    found = canonical(reader, h=H)
    assert found["object_id"].tolist() == [int(i) for i in IDS]
    assert found["parent_id"].tolist() == [-1] * N
    for name in ("x", "y", "z", "m200c", "m200b", "m500c", "mvir", "m_acc"):
        np.testing.assert_allclose(found[name], floats(texts[name]) / H, rtol=1e-14)
    np.testing.assert_allclose(found["rvir"], floats(texts["rvir"]) / 1000 / H, rtol=1e-14)
    np.testing.assert_array_equal(found["vy"], floats(texts["vy"]))
    assert reader.fields["m200c"].column == rename("M200c")
    assert reader.header.scale_factor is None


def test_scale_is_the_scale_factor_and_snapnum_only_a_note(tmp_path):
    (tmp_path / "a.csv").write_text(query(snapnum=["120"] * N)[0])
    reader = COSMOSIM(tmp_path / "a.csv")
    assert reader.header.scale_factor is None
    assert "snapnum 120: redshift 0.117 in MDPL2; the file has no scale factor" in reader.header.notes
    (tmp_path / "b.csv").write_text(query(snapnum=["120"] * N, scale=["0.8951"] * N)[0])
    reader = COSMOSIM(tmp_path / "b.csv")
    assert reader.header.scale_factor == 0.8951
    assert not any("snapnum" in note for note in reader.header.notes)
    (tmp_path / "c.csv").write_text(query(snapnum=["7"] * N)[0])
    assert any("redshift not known" in note for note in COSMOSIM(tmp_path / "c.csv").header.notes)


def test_redshifts_fall_with_the_snapshot_and_the_papers_is_there():
    numbers = sorted(MDPL2_REDSHIFTS)
    assert numbers == list(range(113, 126))
    assert np.all(np.diff([MDPL2_REDSHIFTS[n] for n in numbers]) < 0)
    assert MDPL2_REDSHIFTS[120] == 0.117


def test_slabs_are_one_catalogue_and_gzip_is_read(tmp_path):
    paths = [tmp_path / f"slab_{i}.csv.gz" for i in (1, 2, 10)]
    for path in paths:
        path.write_bytes(gzip.compress(query()[0].encode()))
    reader = COSMOSIM(tmp_path / "slab_*.csv.gz")
    assert reader.paths == tuple(paths)
    assert len(canonical(reader)["x"]) == 3 * N


def test_rows_of_several_snapshots_are_refused(tmp_path):
    (tmp_path / "a.csv").write_text(query(snapnum=["120"] * (N - 1) + ["121"])[0])
    reader = COSMOSIM(tmp_path / "a.csv")
    assert "(snapnum 120 and 121)" in told(lambda: list(reader.raw_chunks(["x"], 4)))


def test_missing_masses_are_nan_and_missing_ids_refused(tmp_path):
    text, _ = query()
    lines = text.splitlines(keepends=True)
    words = lines[3].rstrip().split(",")
    (tmp_path / "a.csv").write_text("".join([*lines[:3], ",".join([*words[:-1], ""]) + "\n", *lines[4:]]))
    found = canonical(COSMOSIM(tmp_path / "a.csv"))
    assert np.flatnonzero(np.isnan(found["m200c"])).tolist() == [2]
    (tmp_path / "b.csv").write_text(
        "".join([*lines[:3], ",".join([words[0], "", *words[2:]]) + "\n", *lines[4:]])
    )
    line = told(lambda: canonical(COSMOSIM(tmp_path / "b.csv")))
    assert line.startswith(f"{tmp_path / 'b.csv'}, line 4: rockstarId is ''")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        ("row_id,rockstarId,x\n", "no rows"),
        ("x,y,z\n1,2,3\n", "names no column rockstarid"),
        ("rockstarId,x\n1,2,3\n", "names 2 columns, the first row has 3"),
        ("# only\n# remarks\n", "no rows"),
    ],
)
def test_what_is_no_query_is_refused(tmp_path, text, reason):
    (tmp_path / "a.csv").write_text(text)
    line = told(COSMOSIM, tmp_path / "a.csv")
    assert reason in line


def test_the_header_again_in_the_middle_is_a_fault_with_its_line(tmp_path):
    text, _ = query()
    (tmp_path / "a.csv").write_text(text + text)
    line = told(lambda: canonical(COSMOSIM(tmp_path / "a.csv")))
    assert f"line {N + 2}: rockstarId is 'rockstarId', not an integer" in line


def test_it_is_recognised_by_its_header(tmp_path):
    path = tmp_path / "a.csv"
    assert COSMOSIM.recognises(path, query(rename=str.lower)[0].encode())
    assert COSMOSIM.recognises(path, b"# a remark\n" + query(quoted=True)[0].encode())
    assert not any(kind.recognises(path, query()[0].encode()) for kind in (HLIST, ROCKSTAR_OUT))
    assert not any(COSMOSIM.recognises(path, start) for start in (b"", b"#x\n", b"x,y\n1,2\n", b"\0\xff"))
