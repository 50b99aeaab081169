"""Galaxies around a made-up cluster, and the same written as archives, surveys and packages write them."""

import bz2
import gzip
from functools import partial

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from astropy.coordinates import Angle
from astropy.io import fits
from astropy.table import Table

CENTRE = (194.95, 27.98, 0.05)


def field(n=60, seed=1):
    """Right ascensions and declinations in degrees and redshifts around `CENTRE`, rounded."""
    rng = np.random.default_rng(seed)
    ra = CENTRE[0] + rng.normal(0, 0.25, n) / np.cos(np.deg2rad(CENTRE[1]))
    dec, z = CENTRE[1] + rng.normal(0, 0.25, n), CENTRE[2] + rng.normal(0, 0.003, n)
    return np.round(ra, 5), np.round(dec, 5), np.round(z, 6)


def lines(columns, mark=",", form="{}"):
    """A line a row."""
    return [mark.join(form.format(value) for value in row) for row in zip(*columns, strict=True)]


def write_text(path, header, columns, mark=",", encoding="utf-8", form="{}", above="", below=""):
    text = above + mark.join(header) + "\n" + below + "\n".join(lines(columns, mark, form)) + "\n"
    path.write_bytes(text.encode(encoding))


def _sexagesimal(path, sep):
    ra, dec, z = field()
    ra = Angle(ra, "deg").to_string(unit="hourangle", sep=sep, precision=4, pad=True)
    dec = Angle(dec, "deg").to_string(unit="deg", sep=sep.replace("h", "d"), precision=3, alwayssign=True)
    write_text(path, ["RA_J2000", "DEC_J2000", "zspec"], (ra, dec, z))


def _machine_readable(path):
    ra, dec, z = field()
    hours, degrees = (Angle(x, "deg").hms if x is ra else Angle(x, "deg").dms for x in (ra, dec))
    head = [
        "Title: made up", "Authors: nobody", "Table: galaxies", "=" * 80,
        "Byte-by-byte Description of file: datafile1.txt", "-" * 80,
        "   Bytes Format Units   Label Explanations", "-" * 80,
        "   1-  2 I2     h       RAh   Hour of Right Ascension (J2000)",
        "   4-  5 I2     min     RAm   Minute of Right Ascension (J2000)",
        "   7- 13 F7.4   s       RAs   Second of Right Ascension (J2000)",
        "      15 A1     ---     DE-   Sign of the Declination (J2000)",
        "  16- 17 I2     deg     DEd   Degree of Declination (J2000)",
        "  19- 20 I2     arcmin  DEm   Arcminute of Declination (J2000)",
        "  22- 27 F6.3   arcsec  DEs   Arcsecond of Declination (J2000)",
        "  29- 36 F8.6   ---     z     Redshift", "-" * 80,
    ]  # fmt: skip
    rows = [
        f"{h:02.0f} {m:02.0f} {s:07.4f} +{d:02.0f} {dm:02.0f} {ds:06.3f} {q:8.6f}"
        for h, m, s, d, dm, ds, q in zip(*hours, *degrees, z, strict=True)
    ]
    path.write_text("\n".join([*head, *rows]) + "\n")


def _ipac(path):
    Table(dict(zip(("ra", "dec", "z"), field(), strict=True))).write(path, format="ascii.ipac")


def _drawn(path):
    ra, dec, z = field()
    rule = "+-----+-----+-----+\n"
    write_text(path, ["| ra ", " dec ", " z |"], ([f"| {x}" for x in ra], dec, [f"{x} |" for x in z]), "|",
               above=rule, below=rule)  # fmt: skip


def _fits(path, hdu=1, vector=False):
    ra, dec, z = field()
    form = f"{len(ra)}D" if vector else "D"
    columns = [
        fits.Column(name, form, unit=unit, array=np.array([values] if vector else values))
        for name, unit, values in (("TARGET_RA", "degrees", ra), ("TARGET_DEC", "DEG", dec), ("Z", None, z))
    ]
    other = fits.BinTableHDU.from_columns([fits.Column("PIXEL", "J", array=np.arange(3))], name="PIXELS")
    galaxies = fits.BinTableHDU.from_columns(columns, name="GALAXIES")
    fits.HDUList([fits.PrimaryHDU(), *([other] * (hdu - 1)), galaxies]).writeto(path)


def _hdf5(path, records=False, group=""):
    ra, dec, z = field()
    with h5py.File(path, "w") as file:
        if records:
            file["catalogue"] = np.rec.fromarrays([ra, dec, z], names="ra,dec,z")
        else:
            for name, values in (("ra", ra), ("dec", dec), ("z", z)):
                file[group + name] = values
            file["history"] = np.arange(7)


def _parquet(path):
    ra, dec, z = field()
    pq.write_table(pa.table({"RAdeg": ra, "DEdeg": dec, "z_spec": z, "note": ["x"] * len(ra)}), path)


def _bytes(change, path):
    plain = path.with_name("plain")
    write_text(plain, ["ra", "dec", "z"], field())
    path.write_bytes(change(plain.read_bytes()))


def _plain(path, header="ra dec z", mark=",", **layout):
    write_text(path, header.split(), field(), mark, **layout)


def _bracketed(path, header, factor=1.0, more=()):
    ra, dec, z = field()
    write_text(path, header, (ra, dec, z * factor, *more))


def _ned(path):
    ra, dec, z = field()
    header = ["No.", "RA(deg)", "DEC(deg)", "Velocity", "Redshift"]
    write_text(path, header, (range(len(ra)), ra, dec, np.round(z * 3e5), z), "|")


def _commas(path):
    write_text(path, ["ra", "dec", "z"], [[str(v).replace(".", ",") for v in c] for c in field()], ";")


def _tabs_among_blanks(path):
    path.write_text(
        "#  ra  dec   z\n" + "\n".join(f"  {a} \t{b}   {c}" for a, b, c in zip(*field(), strict=True))
    )


def _ecsv_with_redshift(path):
    described = "".join(
        f"# - {{name: {name}, unit: {unit}, datatype: float64}}\n"
        for name, unit in (("ra", "deg"), ("dec", "deg"), ("z", "redshift"))
    )
    head = f"# %ECSV 1.0\n# ---\n# datatype:\n{described}# schema: astropy-2.0\nra dec z\n"
    path.write_text(head + "\n".join(lines(field(), " ")))


_C = 299792.458
_VIZIER = {"above": "#\n#Title: made up\n", "below": "deg\tdeg\t \n-----\t-----\t---\n"}
_COMPUTED = {"below": "deg;deg; \n---;---;---\n"}

#: Layouts that archives, surveys and packages hand out: a name of a file and what writes it.
LAYOUTS = {
    "SkyServer": ("g.csv", partial(_plain, above="#Table1\n")),
    "VizieR": ("g.tsv", partial(_plain, header="RAJ2000 DEJ2000 z", mark="\t", **_VIZIER)),
    "VizieR, computed": ("g.tsv", partial(_plain, header="_RAJ2000 _DEJ2000 zsp", mark=";", **_COMPUTED)),
    "machine-readable": ("t1.txt", _machine_readable),
    "IPAC": ("g.tbl", _ipac),
    "NED": ("ned.txt", _ned),
    "drawn by a data base": ("g.txt", _drawn),
    "sexagesimal": ("g.csv", partial(_sexagesimal, sep=":")),
    "hms and dms": ("g.csv", partial(_sexagesimal, sep="hms")),
    "sexagesimal with blanks": ("g.csv", partial(_sexagesimal, sep=" ")),
    "decimal commas": ("g.csv", _commas),
    "UTF-16": ("g.csv", partial(_plain, encoding="utf-16")),
    "Latin-1": ("g.csv", partial(_bytes, lambda b: b.replace(b"z\n", b"z\n# M\xf6llenhoff\n", 1))),
    "old Macintosh": ("g.csv", partial(_bytes, lambda b: b.replace(b"\n", b"\r"))),
    "gzip": ("g.csv.gz", partial(_bytes, gzip.compress)),
    "bzip2": ("g.csv.bz2", partial(_bytes, bz2.compress)),
    "tabs among blanks": ("g.dat", _tabs_among_blanks),
    "notes in brackets": ("g.csv", partial(_bracketed, header=["RA (J2000)", "Dec [J2000]", "z (helio)"])),
    "units in brackets": (
        "g.csv", partial(_bracketed, header=["RA(degrees)", "Dec [DEG]", "cz (km/sec)"], factor=_C)
    ),
    "velocities by name": (
        "g.csv", partial(_bracketed, header=["al2000", "de2000", "cz", "e_cz"], factor=_C, more=([30] * 60,))
    ),
    "FITS": ("g.fits", _fits),
    "FITS, second HDU": ("g.fits", partial(_fits, hdu=2)),
    "FITS, one row": ("g.fits", partial(_fits, vector=True)),
    "HDF5": ("g.hdf5", _hdf5),
    "HDF5 in a group": ("g.h5", partial(_hdf5, group="survey/galaxies/")),
    "HDF5 of records": ("g.hdf5", partial(_hdf5, records=True)),
    "Parquet": ("g.parquet", _parquet),
    "ECSV with redshift's own unit": ("g.ecsv", _ecsv_with_redshift),
}  # fmt: skip
