"""A missing value never becomes a number, an id is text, and no row is lost unnoticed."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.io import fits

from zwicky.cosmology import paper_cosmology
from zwicky.errors import ZwickyError
from zwicky.io.centres import parse_centre
from zwicky.io.observed import read_observed
from zwicky.io.tabular import write_any
from zwicky.survey.clusters import clusters_from_phase_space

N, GAPS = 60, np.arange(60) % 4 == 1


def plane(seed=2):
    rng = np.random.default_rng(seed)
    return np.round(rng.uniform(0.05, 2.0, N), 4), np.rint(rng.normal(0, 800, N)).astype(np.int64)


def csv(path, r, v, ids=None):
    ids = [] if ids is None else [ids]
    names = ["r_proj", "v_los", *(["cluster_id"] if ids else [])]
    rows = zip(r, v, *ids, strict=True)
    path.write_text("\n".join([",".join(names), *(",".join(map(str, row)) for row in rows)]) + "\n")


def _text(mark, path):
    r, v = plane()
    csv(path, r, [mark if gap else x for x, gap in zip(v, GAPS, strict=True)])


def _ascii_fits(path, null, letter):
    r, v = plane()
    columns = [
        fits.Column("r_proj", "F10.5", ascii=True, array=r),
        fits.Column("v_los", "F9.2" if letter == "F" else "I6", ascii=True, array=v),
    ]
    table = fits.TableHDU.from_columns(columns)
    table.header["TNULL2"] = null
    table.writeto(path)
    data = bytearray(path.read_bytes())
    start, width = data.find(b"END", 2880) // 2880 * 2880 + 2880, table.header["NAXIS1"]
    at, size = table.header["TBCOL2"] - 1, width - table.header["TBCOL2"] + 1
    for row in np.flatnonzero(GAPS):
        data[start + row * width + at : start + row * width + at + size] = null.rjust(size).encode()
    path.write_bytes(bytes(data))


def _binary_fits(path, form, null):
    r, v = plane()
    values = np.where(GAPS, null, v)
    table = fits.BinTableHDU.from_columns(
        [fits.Column("r_proj", "D", array=r), fits.Column("v_los", form, array=values)]
    )
    table.header["TNULL2"] = null
    table.writeto(path)


def _parquet(path, kind):
    r, v = plane()
    pq.write_table(pa.table({"r_proj": r, "v_los": pa.array(v, mask=GAPS).cast(kind)}), path)


def _votable(path):
    r, v = plane()
    cells = "".join(
        f"<TR><TD>{a}</TD><TD>{'' if gap else b}</TD></TR>" for a, b, gap in zip(r, v, GAPS, strict=True)
    )
    path.write_text(
        '<?xml version="1.0"?><VOTABLE version="1.3" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE>'
        '<TABLE><FIELD name="r_proj" datatype="double"/><FIELD name="v_los" datatype="int"/><DATA><TABLEDATA>'
        f"{cells}</TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>"
    )


GAPPY = {
    "blank cells": ("g.csv", lambda p: _text("", p)),
    "NULL": ("g.csv", lambda p: _text("NULL", p)),
    "dashes": ("g.csv", lambda p: _text("--", p)),
    "-99": ("g.csv", lambda p: _text("-99.00", p)),
    "-9999": ("g.csv", lambda p: _text("-9999", p)),
    "ASCII FITS, blank integers": ("g.fits", lambda p: _ascii_fits(p, "", "I")),
    "ASCII FITS, NaN in words": ("g.fits", lambda p: _ascii_fits(p, "NaN", "F")),
    "FITS, TNULL of integers": ("g.fits", lambda p: _binary_fits(p, "J", -999999)),
    "FITS, TNULL of floats": ("g.fits", lambda p: _binary_fits(p, "D", -888)),
    "Parquet, nulls of integers": ("g.parquet", lambda p: _parquet(p, pa.int64())),
    "Parquet, nulls of floats": ("g.parquet", lambda p: _parquet(p, pa.float32())),
    "VOTable, empty cells": ("g.vot", _votable),
}


@pytest.mark.parametrize("name", GAPPY)
def test_a_gap_is_left_out_with_a_line(tmp_path, name):
    file, write = GAPPY[name]
    write(tmp_path / file)
    r, v = plane()
    found, _ = read_observed(tmp_path / file, h=0.7, redshift=0.1)
    assert np.array_equal(found.unmeasured, GAPS)
    assert np.isnan(found.v_los[GAPS]).all()
    clusters = clusters_from_phase_space(found, None, cosmology=paper_cosmology())
    np.testing.assert_allclose(clusters.sample.v_los, v[~GAPS], rtol=1e-6)
    np.testing.assert_allclose(clusters.sample.r_proj_comoving, r[~GAPS] * 1.1, rtol=1e-6)
    assert clusters.notes[-1] == f"{file}: left out {GAPS.sum()} galaxies without a velocity"
    taken = (f"{file}: v_los is {name} in {GAPS.sum()} rows, taken for missing",)
    assert clusters.notes[:-1] == (taken if name.startswith("-") else ())


def test_a_velocity_that_happens_to_be_minus_99_stays(tmp_path):
    r, v = plane()
    v[:2] = -99
    csv(tmp_path / "g.csv", r, v)
    found, _ = read_observed(tmp_path / "g.csv", h=0.7, redshift=0.1)
    assert found.v_los[:2].tolist() == [-99, -99]
    assert found.notes == ()


def test_redshifts_and_positions_that_cannot_be_need_no_repetition(tmp_path):
    (tmp_path / "g.csv").write_text("ra,dec,z\n195,28,0.05\n195,28,-9\n-999,28,0.05\n195,28,0.051\n")
    found, _ = read_observed(tmp_path / "g.csv", parse_centre("195,28,0.05"), h=0.7)
    assert found.unmeasured.tolist() == [False, True, True, False]
    assert found.notes == (
        "g.csv: ra is -999 in 1 row, taken for missing",
        "g.csv: z is -9 in 1 row, taken for missing",
    )


@pytest.mark.parametrize("keep", [False, True])
def test_redshifts_with_a_warning_are_left_out(tmp_path, keep):
    columns = {"RA": [195.0] * 4, "DEC": [28.0] * 4, "Z": [0.05, 0.3, 0.05, 0.04], "ZWARN": [0, 4, 0, 16]}
    rows = "\n".join(",".join(map(str, row)) for row in zip(*columns.values(), strict=True))
    (tmp_path / "g.csv").write_text(
        ",".join([*columns, "Z_CONF"]) + "\n" + rows.replace("\n", ",3\n") + ",3\n"
    )
    found, _ = read_observed(tmp_path / "g.csv", parse_centre("195,28,0.05"), h=0.7, keep_warned=keep)
    assert np.isnan(found.z).tolist() == ([False] * 4 if keep else [False, True, False, True])
    assert "ZWARN is not 0 in 2 of 4 rows" in found.notes[0]
    assert found.notes[1] == "g.csv: Z_CONF seems to say how good redshifts are and was not used"


IDS = {
    "leading zeros": (["007", "7"], ["007", "7"]),
    "exponents": (["1e5", "100000"], ["1e5", "100000"]),
    "hexadecimal": (["0x10", "16"], ["0x10", "16"]),
    "a name that is a number": (["1E0657", "1E1547"], ["1E0657", "1E1547"]),
    "large floats": (["1.0e19", "1.2e19"], ["1.0e19", "1.2e19"]),
    "64 bits": (["39633304151917537", "39633304151917538"], [39633304151917537, 39633304151917538]),
    "whole numbers": (["7", "12"], [7, 12]),
    "floats of a package": (["7.0", "12.0"], [7, 12]),
    "underscores": (["1_000", "1000"], ["1_000", "1000"]),
    "beyond 64 bits": (["123456789012345678901", "5"], ["123456789012345678901", "5"]),
}


@pytest.mark.parametrize("name", IDS)
def test_an_id_is_text(tmp_path, name):
    written, expected = IDS[name]
    r, v = plane()
    csv(tmp_path / "g.csv", r, v, np.array(written)[np.arange(N) % 2])
    found, _ = read_observed(tmp_path / "g.csv", h=0.7, redshift=0.1)
    clusters = clusters_from_phase_space(found, None, cosmology=paper_cosmology())
    assert clusters.label.tolist() == expected
    assert clusters.sample.n_galaxies.tolist() == [30, 30]


def test_64_bit_ids_survive_nulls_in_parquet(tmp_path):
    r, v = plane()
    ids = 39633304151917537 + np.arange(N) % 3
    pq.write_table(
        pa.table({"r_proj": r, "v_los": v, "cluster_id": pa.array(ids, mask=GAPS)}), tmp_path / "g.parquet"
    )
    found, _ = read_observed(tmp_path / "g.parquet", h=0.7, redshift=0.1)
    assert found.n_without_id == GAPS.sum()
    assert np.array_equal(found.cluster_id, ids[~GAPS])


def test_floats_that_lost_digits_are_no_ids(tmp_path):
    r, v = plane()
    pq.write_table(pa.table({"r_proj": r, "v_los": v, "cluster_id": [1.0e19] * N}), tmp_path / "g.parquet")
    with pytest.raises(ZwickyError, match=r"floats above 2\^53"):
        read_observed(tmp_path / "g.parquet", h=0.7, redshift=0.1)


def test_what_a_terminal_would_obey_is_spelt_out(tmp_path):
    r, v = plane()
    csv(tmp_path / "g.csv", r, v, ["\x1b[31mred\x07"] * N)
    found, _ = read_observed(tmp_path / "g.csv", h=0.7, redshift=0.1)
    assert set(found.cluster_id) == {"\\x1b[31mred\\x07"}
    (tmp_path / "bad.csv").write_text("r_proj,v_los,\x1b]0;title\x07\n1,fast,3\n")
    with pytest.raises(ZwickyError) as error:
        read_observed(tmp_path / "bad.csv", h=0.7, redshift=0.1)
    assert str(error.value).isprintable()


@pytest.mark.parametrize("name", ["=1+1", "+A85", "-A85", "@A85", "A85"])
def test_a_spreadsheet_runs_no_id(tmp_path, name):
    from astropy.table import QTable

    write_any(tmp_path / "out.csv", QTable({"cluster_id": [name], "mass": [-1.5]}))
    cell, mass = (tmp_path / "out.csv").read_text().splitlines()[1].split(",")
    assert cell == (name if name == "A85" else f"'{name}")
    assert mass == "-1.5"
