"""Small inputs that once gave a wrong mass, a traceback or a wrong cause, each with its right value."""

from pathlib import Path

import pytest

from zwicky.cli import main
from zwicky.estimators import shipped_models

CASES = Path(__file__).parents[3] / "shared" / "cases"

pytestmark = [
    pytest.mark.skipif(not CASES.is_dir(), reason="the inputs are not in ../shared/cases"),
    pytest.mark.skipif("cnn_2d" not in shipped_models(), reason="no models ship with this build"),
]

SKY, PLANE, FAR = ("--clusters", "centre.csv"), ("--redshift", "0.05"), ("--redshift", "0.1")
WHOLE, MEASURED = [(136, 848, 14.97)], [(90, 874, 14.98)]

#: Options, the right (galaxies, sigma in km/s, log10 M200c) of every cluster, and what a line must say.
RIGHT = {
    "base_sky.csv": (SKY, WHOLE, []),
    "base_ps.csv": (PLANE, WHOLE, []),
    "t05_ref.csv": (PLANE, MEASURED, []),
    "t05_ascii_int_blank.fits": (PLANE, MEASURED, ["left out 46 galaxies without a velocity"]),
    "t05_ascii_nan.fits": (PLANE, MEASURED, ["left out 46 galaxies without a velocity"]),
    "t07_tnull_float.fits": (PLANE, MEASURED, ["left out 46 galaxies without a velocity"]),
    "t07_v-99.csv": (PLANE, MEASURED, ["v_los is -99 in 46 rows, taken for missing"]),
    "t09_dup.csv": (SKY, [(136, 849, 14.97)], ["merged 174 rows into 58 galaxies"]),
    "t09_zwarn.fits": (SKY, None, ["ZWARN is not 0 in 40 of 200 rows"]),
    "t06_mrt.txt": (SKY, WHOLE, []),
    "t02_vizier.tsv": (SKY, WHOLE, ["took RAJ2000 for ra, DEJ2000 for dec"]),
    "t06_sexa.csv": (SKY, WHOLE, ["read ra as sexagesimal hours"]),
    "t04_euro.csv": (SKY, WHOLE, ["decimal commas"]),
    "t15_ned.txt": (SKY, WHOLE, []),
    "t03_tabs.dat": (SKY, WHOLE, []),
    "t30_utf16.csv": (SKY, WHOLE, []),
    "t30_latin1b.csv": (SKY, WHOLE, ["read as Latin-1"]),
    "t19_j2000.csv": (SKY, WHOLE, ["took RA (J2000) for ra, Dec (J2000) for dec, z (helio) for z"]),
    "t20_hdu2.fits": (SKY, WHOLE, ["read HDU 2 FIBERMAP; left HDU 1 REDSHIFTS"]),
    "t16_gal.hdf5": (SKY, WHOLE, []),
    "t31_redshiftunit.ecsv": (SKY, WHOLE, []),
    "t32_idl1row.fits": (SKY, WHOLE, []),
    "t08_ids.csv": ((), [(136, 848, 14.97), (90, 686, 14.42)], []),
    "t18_1e.csv": ((), None, []),
}


def weighed(capsys, monkeypatch, *words):
    """Rows of (cluster, galaxies, sigma, mass, flag) that ``zwicky predict`` gives, and its lines."""
    import json

    monkeypatch.chdir(CASES)
    with pytest.raises(SystemExit) as end:
        main(["predict", *words, "--model=cnn_2d", "--json"])
    printed = capsys.readouterr()
    assert end.value.code == 0, printed.err
    rows = json.loads(printed.out)["clusters"]
    return [
        [r[k] for k in ("cluster_id", "sigma_v_kms", "log10_m200c", "flag")] + [counted(r)] for r in rows
    ], printed.err


def counted(row):
    return row.get("n_galaxies")


def refused(capsys, monkeypatch, *words):
    monkeypatch.chdir(CASES)
    with pytest.raises(SystemExit) as end:
        main(["predict", *words, "--model=cnn_2d"])
    printed = capsys.readouterr()
    assert end.value.code == 2
    assert len(printed.err.splitlines()) == 1
    assert len(printed.err) < 500
    return printed.err


@pytest.mark.parametrize("name", RIGHT)
def test_the_right_value(name, capsys, monkeypatch):
    options, expected, said = RIGHT[name]
    rows, lines = weighed(capsys, monkeypatch, name, *options)
    print(name, rows, lines)
    for line in said:
        assert line in lines
    if expected is not None:
        found = [(n, round(sigma), round(mass, 2)) for _, sigma, mass, _, n in rows]
        assert found == expected
        assert {flag for *_, flag, _ in rows} == {"ok"}


REFUSED = {
    "t01_hours.csv": (("--clusters", "t01_centre_hours.csv"), "looks like hours"),
    "t22_arcmin_z01.csv": (FAR, "arcmin?"),
    "t32_min.fits": (SKY, "no galaxies; check the centre"),
    "t33_dupname2.csv": (SKY, "2 columns are named 'z'"),
    "t34_error.vot": (SKY, "no such table my.survey"),
    "t34_overflow.vot": (SKY, "cut the table off after"),
    "quote.csv": (FAR, "row 31 (line 32) has a quotation mark"),
    "alias.ecsv": (FAR, "grow beyond all measure"),
    "long.parquet": (FAR, "text of "),
    "neg.fits": (FAR, "NAXIS1 = -16"),
    "fitsins_9.fits": (FAR, "r_proj is in 'mag(Mpc)'"),
    "own_no_cosmology.parquet": ((), "cosmology"),
    "h5_nooff.hdf5": ((), "offsets"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_true_question(name, capsys, monkeypatch):
    options, expected = REFUSED[name]
    assert expected in refused(capsys, monkeypatch, name, *options)
