"""As many rows are read as there are lines, or a line says which row is wrong; a second table is named."""

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st

from zwicky.errors import ZwickyError
from zwicky.io.observed import read_observed
from zwicky.io.readers import read_tables


def refused(path, **options):
    with pytest.raises(ZwickyError) as error:
        read_observed(path, h=0.7, redshift=0.1, **options)
    assert len(str(error.value)) < 400
    return str(error.value)


ROWS = [f"{0.1 + i / 100:.2f},{i * 10 - 300},note {i}" for i in range(60)]


@pytest.mark.parametrize("row", [0, 30, 58])
@pytest.mark.parametrize("cell", ['0.5,"100,note', '0.5,100,"a note'])
def test_a_stray_quotation_mark_swallows_nothing(tmp_path, row, cell):
    rows = [*ROWS[:row], cell, *ROWS[row + 1 :]]
    (tmp_path / "g.csv").write_text("\n".join(["r_proj,v_los,note", *rows]) + "\n")
    said = refused(tmp_path / "g.csv")
    assert f"row {row + 1} (line {row + 2})" in said
    assert "quotation mark" in said


def test_quotation_marks_in_their_places_are_read(tmp_path):
    rows = [*ROWS, '1.0,50,"a, b"', '1.0,60,5" away', '1.0,70,"say ""so"""']
    (tmp_path / "g.csv").write_text("\n".join(["r_proj,v_los,note", *rows]) + "\n")
    table = read_tables(tmp_path / "g.csv")[0]
    assert table.n_rows == 63
    assert table.contents(table.columns[2]).tolist()[-3:] == ["a, b", '5" away', 'say "so"']


@pytest.mark.parametrize("mark", [",", ";", "\t", "|", " "])
@pytest.mark.parametrize("change", ["drop", "add"])
def test_a_row_of_another_length_is_named(tmp_path, mark, change):
    rows = [mark.join(row.replace("note ", "n").split(",")) for row in ROWS]
    rows[20] = rows[20].rpartition(mark)[0] if change == "drop" else f"{rows[20]}{mark}5"
    (tmp_path / "g.txt").write_text("\n".join([mark.join(["r_proj", "v_los", "note"]), *rows]) + "\n")
    assert "row 21 (line 22) has" in refused(tmp_path / "g.txt")


@given(
    cells=st.lists(st.tuples(*[st.text(alphabet='ab1 ,;|"\t#-.', max_size=6)] * 3), min_size=1, max_size=8)
)
def test_rows_are_lines_whatever_is_in_the_cells(tmp_path_factory, cells):
    path = tmp_path_factory.getbasetemp() / "cells.csv"
    lines = [",".join(row) for row in cells]
    path.write_text("r_proj,v_los,note\n" + "\n".join(lines) + "\n")
    given_lines = sum(1 for line in lines if line.strip() and not line.lstrip().startswith("#"))
    try:
        n_rows = read_tables(path)[0].n_rows
    except ZwickyError:  # whose text is one line, `tests/test_errors.py`
        n_rows = given_lines
    assert n_rows == given_lines


def test_two_columns_of_one_name_are_refused_only_if_they_are_wanted(tmp_path):
    (tmp_path / "g.csv").write_text("r_proj,v_los,v_los\n1,200,300\n")
    assert "2 columns are named 'v_los'" in refused(tmp_path / "g.csv")
    (tmp_path / "g.csv").write_text("r_proj,v_los,note,note\n1,200,a,b\n")
    assert read_observed(tmp_path / "g.csv", h=0.7, redshift=0.1)[0].v_los.tolist() == [200]


def two_tables(path):
    tables = []
    for name, v in (("INNER", 100.0), ("OUTER", 900.0)):
        columns = [
            fits.Column("r_proj", "D", array=np.ones(3)),
            fits.Column("v_los", "D", array=np.full(3, v)),
        ]
        tables.append(fits.BinTableHDU.from_columns(columns, name=name))
    fits.HDUList([fits.PrimaryHDU(), *tables]).writeto(path)


@pytest.mark.parametrize(
    ("asked", "v"), [(None, 100), ("OUTER", 900), ("outer", 900), ("2", 900), ("HDU 2", 900), ("1", 100)]
)
def test_a_table_is_chosen_by_name_or_number(tmp_path, asked, v):
    two_tables(tmp_path / "g.fits")
    found, _ = read_observed(tmp_path / "g.fits", h=0.7, redshift=0.1, table=asked)
    assert found.v_los.tolist() == [v] * 3
    line = ("g.fits: read HDU 1 INNER; left HDU 2 OUTER (--table takes another)",)
    assert found.notes == (line if asked is None else ())


def test_a_table_that_is_not_there_is_named_with_those_that_are(tmp_path):
    two_tables(tmp_path / "g.fits")
    assert "has no table '7'; it has HDU 1 INNER, HDU 2 OUTER" in refused(tmp_path / "g.fits", table="7")


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (b"PK\x03\x04...", "zip archive or a spreadsheet"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (b"%PDF-1.4", "a PDF"),
    ],
)
def test_what_is_no_table_is_called_what_it_is(tmp_path, start, expected):
    (tmp_path / "g.csv").write_bytes(start)
    assert expected in refused(tmp_path / "g.csv")
