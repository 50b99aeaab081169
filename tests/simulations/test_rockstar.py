"""Rockstar's files, written line by line as Rockstar prints them."""

import gzip

import numpy as np
import pytest

from foreign_text import (
    ASCII,
    HLIST,
    OUT,
    ROCKSTAR_ASCII,
    ROCKSTAR_OUT,
    ROCKSTAR_REMARKS,
    canonical,
    floats,
    halos,
    ids,
    rows_of,
    told,
)

H = 0.6777
VARIANTS = {
    "as Rockstar writes it": OUT,
    "Uchuu": [*OUT, "Halfmass_Radius", "rvmax", "PID"],
    "Quijote": [*OUT, "Halfmass_Radius", "PID"],
    "older": OUT[:-2],
}


def own(names, n, texts, **more):
    """Cells by the file's column names."""
    lower = {name.lower(): name for name in names}
    columns = {"v_rms": "vrms", "v_max": "vmax"}
    cells = {
        lower[columns.get(name, name)]: texts[name] for name in texts if columns.get(name, name) in lower
    }
    return cells | {lower["id"]: ids(n)} | more


def write_out(path, names=OUT, n=20, remarks=ROCKSTAR_REMARKS, a=0.8951, box=1000.0, seed=1, **more):
    texts = halos(n, seed)
    cells = own(names, n, texts, Np=[str(100 + i) for i in range(n)], **more)
    text = "#" + " ".join(names) + "\n" + remarks.format(a=a, box=box) + rows_of(names, cells)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return texts


def check(found, texts, lengths=("x", "y", "z")):
    for name in lengths:
        np.testing.assert_allclose(found[name], floats(texts[name]) / H, rtol=1e-14)
    for name in ("vx", "vy", "vz", "v_rms", "v_max"):
        np.testing.assert_array_equal(found[name], floats(texts[name]))
    for name in ("m200c", "m200b", "m500c", "mvir"):
        np.testing.assert_allclose(found[name], floats(texts[name]) / H, rtol=1e-14)
    np.testing.assert_allclose(found["rvir"], floats(texts["rvir"]) / 1000 / H, rtol=1e-14)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("suffix", ["list", "list.gz"])
def test_every_variant_gives_the_same_halos(tmp_path, variant, suffix):
    names, path = VARIANTS[variant], tmp_path / f"out_5.{suffix}"
    parents = ["-1" if i % 3 else str(3_060_000_000 + 7 * (i + 1)) for i in range(20)]
    texts = write_out(path, names, **({"PID": parents} if "PID" in names else {}))
    reader = ROCKSTAR_OUT(path)
    found = canonical(reader, h=H)
    check(found, texts)
    assert found["object_id"].tolist() == [int(i) for i in ids(20)]
    assert found["n_particles"].tolist() == [100 + i for i in range(20)]
    assert ("parent_id" in found) == ("PID" in names)
    if "PID" in names:
        assert found["parent_id"].tolist() == [int(p) for p in parents]
    assert reader.header.columns == tuple(names)
    assert reader.fields["m200c"].column == "M200c"


def test_the_header_is_read(tmp_path):
    write_out(tmp_path / "out_5.list")
    header = ROCKSTAR_OUT(tmp_path / "out_5.list").header
    assert header.format == "rockstar-out"
    assert (header.scale_factor, header.h, header.omega_m, header.omega_lambda) == (
        0.8951,
        0.6777,
        0.307115,
        0.692885,
    )
    assert (header.box_size_mpc_h, header.particle_mass_msun_h) == (1000.0, 1.50539e9)
    assert any("PID" in note for note in header.notes)


def test_what_the_header_lacks_is_none(tmp_path):
    write_out(tmp_path / "out_5.list", remarks="", box=0)
    header = ROCKSTAR_OUT(tmp_path / "out_5.list").header
    assert (header.scale_factor, header.h, header.omega_m, header.box_size_mpc_h) == (None,) * 4
    write_out(tmp_path / "zoom.list", box=0.0)
    assert ROCKSTAR_OUT(tmp_path / "zoom.list").header.box_size_mpc_h is None


def test_a_mass_definition_that_comes_twice_is_told(tmp_path):
    names = ["M200c" if name == "Mvir" else name for name in OUT]
    texts = halos(5)
    cells = own(names, 5, texts, M200c=texts["mvir"], Np=ids(5))
    body = rows_of([*names[:21], "second", *names[22:]], cells | {"second": texts["m200c"]})
    (tmp_path / "out_1.list").write_text("#" + " ".join(names) + "\n" + body)
    reader = ROCKSTAR_OUT(tmp_path / "out_1.list")
    np.testing.assert_allclose(canonical(reader, h=1.0)["m200c"], floats(texts["mvir"]))
    assert any(note.startswith("M200c is there 2 times") for note in reader.header.notes)
    assert "M200c(21)" in reader.header.columns


def write_process(path, n=10, seed=1, names=ASCII, a=0.8951, first=0):
    texts = halos(n, seed)
    cells = own(names, n, texts, id=ids(n, first), num_p=[str(90 + i) for i in range(n)])
    path.write_text(
        "#" + " ".join(names) + "\n" + ROCKSTAR_REMARKS.format(a=a, box=1000) + rows_of(names, cells)
    )
    return texts


def test_files_of_all_processes_are_one_catalogue(tmp_path):
    paths = [tmp_path / f"halos_20.{i}.ascii" for i in (0, 1, 2, 10)]
    parts = [write_process(path, seed=i, first=1000 * i) for i, path in enumerate(paths)]
    texts = {name: [text for part in parts for text in part[name]] for name in parts[0]}
    write_process(tmp_path / "halos_21.0.ascii")
    for given in (paths, [str(path) for path in paths], tmp_path / "halos_20.*.ascii"):
        reader = ROCKSTAR_ASCII(given)
        assert reader.paths == tuple(paths)
        found = canonical(reader, h=H)
        check(found, texts)
        assert found["object_id"].tolist() == [1000 * i + 7 * j for i in range(4) for j in range(10)]
        assert found["n_particles"].tolist() == 4 * [90 + i for i in range(10)]
        assert not any("lie beside" in note for note in reader.header.notes)
    alone = ROCKSTAR_ASCII(paths[0])
    assert any(note.startswith("3 more files") for note in alone.header.notes)
    assert len(canonical(alone)["x"]) == 10


def test_a_process_without_halos_is_no_fault(tmp_path):
    write_process(tmp_path / "halos_3.0.ascii")
    (tmp_path / "halos_3.1.ascii").write_text(
        "#" + " ".join(ASCII) + "\n" + ROCKSTAR_REMARKS.format(a=0.8951, box=1e3)
    )
    assert len(canonical(ROCKSTAR_ASCII(tmp_path / "halos_3.?.ascii"))["x"]) == 10
    assert "no rows" in told(ROCKSTAR_ASCII, tmp_path / "halos_3.1.ascii")


def test_files_that_do_not_belong_together(tmp_path):
    write_process(tmp_path / "halos_1.0.ascii")
    write_process(tmp_path / "halos_1.1.ascii", a=0.9)
    write_process(tmp_path / "halos_1.2.ascii", names=[*ASCII[:-5], "Halfmass_Radius", *ASCII[-5:]])
    first = tmp_path / "halos_1.0.ascii"
    assert "(scale_factor 0.8951 and 0.9)" in told(ROCKSTAR_ASCII, [first, tmp_path / "halos_1.1.ascii"])
    assert "the columns differ" in told(ROCKSTAR_ASCII, [first, tmp_path / "halos_1.2.ascii"])
    assert "given twice" in told(ROCKSTAR_ASCII, [first, first])
    assert "no files given" in told(ROCKSTAR_ASCII, [])
    assert "no such file" in told(ROCKSTAR_ASCII, tmp_path / "halos_9.*")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        ("1 2 3\n", "no header"),
        ("#" + " ".join(OUT) + "\n", "no rows"),
        (
            "#" + " ".join(OUT[:-3]) + "\n" + rows_of(OUT, {"ID": ["1"]}),
            "names 37 columns, the first row has 40",
        ),
        ("#ID DescID Mvir\n1 2 3\n", "names no column np"),
        ("\0\1\2\3", "no text table"),
        (
            "#" + " ".join(OUT) + "\n#Units: Masses in Msun\n" + rows_of(OUT, {"ID": ["1"]}),
            "masses are in Msun,",
        ),
        (
            "#" + " ".join(OUT) + "\n#Units: Positions in kpc / h\n" + rows_of(OUT, {"ID": ["1"]}),
            "positions are in kpc/h",
        ),
    ],
)
def test_what_is_no_catalogue_is_refused(tmp_path, text, reason):
    (tmp_path / "out_0.list").write_text(text)
    assert reason in told(ROCKSTAR_OUT, tmp_path / "out_0.list")


def test_a_header_longer_than_the_rows_as_find_parents_leaves_it(tmp_path):
    names = [*OUT, "PID"]
    row = rows_of(names[:34], {"ID": ["5"]})
    (tmp_path / "out_0.parents").write_text("#" + " ".join(names) + "\n" + row)
    assert "names 41 columns, the first row has 34" in told(ROCKSTAR_OUT, tmp_path / "out_0.parents")


def test_formats_are_told_apart(tmp_path):
    write_out(tmp_path / "o")
    write_process(tmp_path / "p")
    out, process = (tmp_path / "o").read_bytes(), (tmp_path / "p").read_bytes()
    kinds = (ROCKSTAR_OUT, ROCKSTAR_ASCII, HLIST)
    assert [kind.recognises(tmp_path / "o", out) for kind in kinds] == [True, False, False]
    assert [kind.recognises(tmp_path / "p", process) for kind in kinds] == [False, True, False]
    assert not any(
        kind.recognises(tmp_path / "x", start) for kind in kinds for start in (b"", b"\0\xff", b"# a b")
    )


def test_a_field_or_column_that_is_not_there(tmp_path):
    write_out(tmp_path / "out_5.list")
    reader = ROCKSTAR_OUT(tmp_path / "out_5.list")
    assert "did you mean 'M200c'" in told(lambda: list(reader.raw_chunks(["M200C"], 10)))
    assert "has no stellar_mass" in told(lambda: list(reader.chunks(["stellar_mass"], h=H, scale_factor=1)))
