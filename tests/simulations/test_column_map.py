"""Column maps: what they may say, every mistake in one line, and the reader that follows them."""

from pathlib import Path

import astropy.units as u
import h5py
import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pytest
from astropy.cosmology import Planck15
from astropy.table import QTable, Table
from hypothesis import given, settings
from hypothesis import strategies as st

from zwicky.cosmology import cosmology_from_text, cosmology_to_text
from zwicky.errors import ZwickyError
from zwicky.simulations import column_map as column_map_module
from zwicky.simulations.column_map import read_column_map
from zwicky.simulations.fields import UNITS
from zwicky.simulations.mapped import MappedReader
from zwicky.simulations.reader import Range

SAGE_MAP = Path(column_map_module.__file__).parent / "examples" / "sage_minimillennium.toml"
SAGE = Path(__file__).parents[3] / "shared" / "data" / "sage_minimillennium_z0" / "galaxies_z0.csv.gz"
needs_sage = pytest.mark.skipif(not SAGE.exists(), reason="the SAGE galaxies are not in ../shared/data")

TOP = 'simulation = "Test"\nbox_size_mpc_h = 100.0\nredshift = 0.25\n[cosmology]\nh = 0.5\nOm0 = 0.3\n'
HALOS = '[halos]\nfile = "h.h5"\n[halos.columns]\n'


def write_map(folder, text):
    (folder / "map.toml").write_text(text)
    return read_column_map(folder / "map.toml")


def write_hdf5(path, **datasets):
    with h5py.File(path, "w") as file:
        for name, values in datasets.items():
            file[name] = values
    return path


def read(reader, names, h=0.5, scale_factor=0.8, **keywords):
    chunks = list(reader.chunks(names, h=h, scale_factor=scale_factor, **keywords))
    return {name: np.concatenate([chunk[name] for chunk in chunks]) for name in names}


def attempt(work):
    """What `work` gives, and the message if it is refused."""
    try:
        return work(), None
    except ZwickyError as error:
        return None, str(error)


def test_what_a_map_says(tmp_path):
    m = write_map(tmp_path, TOP + HALOS + 'm200c = { column = "M", unit = "1e10 Msun/h" }\n')
    assert (m.simulation, m.box_size_mpc_h, m.scale_factor) == ("Test", 100.0, 0.8)
    assert (m.cosmology.h, m.cosmology.Om0, m.cosmology.Ode0) == (0.5, 0.3, 0.7)
    assert m.halos.files == (tmp_path / "h.h5",)
    assert m.galaxies is None
    assert cosmology_from_text(cosmology_to_text(m.cosmology)) == m.cosmology


def test_a_box_without_h_and_a_scale_factor(tmp_path):
    m = write_map(
        tmp_path,
        TOP.replace("size_mpc_h = 100", "size_mpc = 200").replace("redshift = 0.25", "scale_factor = 0.5")
        + HALOS
        + 'object_id = "i"\n',
    )
    assert m.box_size_mpc_h == pytest.approx(100.0)
    assert m.scale_factor == 0.5


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('cosmology = "Planck15"', (Planck15.h, Planck15.Om0)),
        ('cosmology = "ho2019"', (0.678, 0.307)),
        ("cosmology = { H0 = 70.0, Om0 = 0.3, Ode0 = 0.65, Ob0 = 0.05 }", (0.7, 0.3)),
        ("cosmology = { h = 0.7, Om0 = 0.3, w0 = -0.9 }", (0.7, 0.3)),
        ("cosmology = { h = 0.7, Om0 = 0.3, Ode0 = 0.7, w0 = -0.9 }", (0.7, 0.3)),
    ],
)
def test_cosmologies(tmp_path, text, expected):
    cosmology = write_map(tmp_path, text + "\n" + HALOS + 'object_id = "i"\n').cosmology
    assert (cosmology.h, cosmology.Om0) == pytest.approx(expected)
    assert getattr(cosmology, "w0", -0.9) == -0.9


def test_curvature_is_kept(tmp_path):
    text = "cosmology = { H0 = 70.0, Om0 = 0.3, Ode0 = 0.65, Ob0 = 0.05 }\n" + HALOS + 'object_id = "i"\n'
    assert write_map(tmp_path, text).cosmology.Ok0 == pytest.approx(0.05)


COLUMN = HALOS + 'object_id = "i"\n'
MISTAKES = {
    "names neither halos nor galaxies": TOP,
    "unknown key 'redshfit'; did you mean 'redshift'": "redshfit = 0.1\n" + COLUMN,
    "is not valid TOML": "redshift =\n" + COLUMN,
    "box_size_mpc_h = -1.0; give one above 0": "box_size_mpc_h = -1\n" + COLUMN,
    "box_size_mpc_h = nan": "box_size_mpc_h = nan\n" + COLUMN,
    "box_size_mpc needs h": "box_size_mpc = 100.0\n" + COLUMN,
    "both box_size_mpc_h and box_size_mpc": "box_size_mpc = 1.0\nbox_size_mpc_h = 1.0\n" + COLUMN,
    "both redshift and scale_factor": "redshift = 0.0\nscale_factor = 1.0\n" + COLUMN,
    "redshift = -1.0": "redshift = -1.0\n" + COLUMN,
    "redshift = 'low' is a str": "redshift = 'low'\n" + COLUMN,
    "both H0 and h; keep one": "cosmology = { H0 = 70.0, h = 0.7, Om0 = 0.3 }\n" + COLUMN,
    "Om0 is missing": "cosmology = { h = 0.7 }\n" + COLUMN,
    r"h \(or H0\) is missing": "cosmology = { Om0 = 0.3 }\n" + COLUMN,
    "h = 70.0; give H0 / ": "cosmology = { h = 70.0, Om0 = 0.3 }\n" + COLUMN,
    "H0 = 0.7; give km/s/Mpc": "cosmology = { H0 = 0.7, Om0 = 0.3 }\n" + COLUMN,
    "unknown key 'OmegaM'": "cosmology = { h = 0.7, OmegaM = 0.3 }\n" + COLUMN,
    "'Planck14' is not known": "cosmology = 'Planck14'\n" + COLUMN,
    "cosmology = 0.3; give a name": "cosmology = 0.3\n" + COLUMN,
    "Ob0 = inf": "cosmology = { h = 0.7, Om0 = 0.3, Ob0 = inf }\n" + COLUMN,
    "has no columns": "[halos]\nfile = 'a'\n",
    "both file and files": "[halos]\nfile = 'a'\nfiles = ['b']\ncolumns = { object_id = 'i' }\n",
    "files = 3; give a name": "[halos]\nfiles = 3\ncolumns = { object_id = 'i' }\n",
    "halos = 3 is not a table": "halos = 3\n",
    "unknown key 'colums'; did you mean 'columns'": "[halos]\ncolums = { object_id = 'i' }\n",
    "mass200c: is no field; did you mean 'm200c'": HALOS + 'mass200c = "M"\n',
    "qqq: is no field; use one of object_id": HALOS + 'qqq = "M"\n',
    "unit 'Msol' is not known; use Msun, Msun/h, 1e10 Msun": HALOS
    + 'mvir = { column = "M", unit = "Msol" }\n',
    "unit 'Mpc/h' is not known; use Msun": HALOS + 'mvir = { column = "M", unit = "Mpc/h" }\n',
    "unit 'Msun' is not known; use none": HALOS + 'object_id = { column = "i", unit = "Msun" }\n',
    "unknown key 'units'; did you mean 'unit'": HALOS + 'mvir = { column = "M", units = "Msun" }\n',
    "has no column; write x": HALOS + 'x = { unit = "Mpc" }\n',
    "x = 3; give a column": HALOS + "x = 3\n",
    "first is not for x": HALOS + 'x = { column = "x", first = 0 }\n',
    "of is not for object_id": HALOS + 'object_id = { column = "i", of = "halos" }\n',
    "column and first": HALOS + 'object_id = { column = "i", first = 0 }\n',
    "parent_id = 0; give -1": HALOS + "parent_id = 0\n",
    "of = 'groups' is not allowed; use one of rows, halos": HALOS
    + 'parent_id = { column = "g", of = "groups" }\n',
}


@pytest.mark.parametrize("message", MISTAKES)
def test_a_mistake_is_one_line(tmp_path, message):
    with pytest.raises(ZwickyError, match=message) as error:
        write_map(tmp_path, MISTAKES[message])
    assert "\n" not in str(error.value)
    assert "map.toml" in str(error.value)


def test_a_map_that_is_not_there(tmp_path):
    with pytest.raises(ZwickyError, match="cannot be read"):
        read_column_map(tmp_path / "none.toml")


#: What astropy makes of each unit at h = 0.5 and a = 0.8: an oracle that shares nothing with `UNITS`.
def by_astropy(unit):
    if unit in ("km/s/a", "km sqrt(a)/s"):  # of no system of units: what IllustrisTNG's documents say
        return {"km/s/a": 1 / 0.8, "km sqrt(a)/s": 0.8**0.5}[unit]
    value = u.Unit(unit.removeprefix("1e10 ").removeprefix("proper ").removesuffix("/h") or "1").to(
        next(c for c in ("Mpc", "Msun", "km/s") if u.Unit(c).is_equivalent(unit.split("/h")[0].split()[-1]))
    )
    value *= 1e10 if unit.startswith("1e10") else 1.0
    value /= 0.5 if unit.endswith("/h") else 1.0
    return value / 0.8 if unit.startswith("proper") else value


@pytest.mark.parametrize("unit", [unit for unit in UNITS if unit])
def test_every_unit(tmp_path, unit):
    field = {"Mpc": "x", "Msun": "mvir", "km/s": "vx"}[UNITS[unit][3]]
    write_hdf5(tmp_path / "h.h5", A=[3.0])
    m = write_map(tmp_path, TOP + HALOS + f'{field} = {{ column = "A", unit = "{unit}" }}\n')
    reader = MappedReader(m, "halos")
    assert reader.fields[field].column == "A"
    assert reader.fields[field].unit == unit
    assert read(reader, [field])[field][0] == pytest.approx(3.0 * by_astropy(unit), rel=1e-12)


FULL = """
object_id = "id"
parent_id = "host"
x = { column = "Pos[0]", unit = "kpc/h" }
y = { column = "Pos[1]", unit = "kpc/h" }
z = { column = "Pos[2]", unit = "kpc/h" }
m200c = { column = "M", unit = "1e10 Msun/h" }
"""


def catalogue(n=20):
    rng = np.random.default_rng(8)
    ids = 2**60 + 1 + 2 * np.arange(n)
    host = np.where(np.arange(n) % 4, ids[np.arange(n) // 4 * 4], ids)
    return {"id": ids, "host": host, "Pos": rng.uniform(0, 1e5, (n, 3)), "M": rng.uniform(1, 1e5, n)}


def test_vectors_big_ids_and_rows_that_are_their_own_parents(tmp_path):
    data = catalogue()
    write_hdf5(tmp_path / "h.h5", **data)
    reader = MappedReader(write_map(tmp_path, TOP + HALOS + FULL), "halos")
    found = read(reader, ["object_id", "parent_id", "y", "m200c"], rows=3)
    np.testing.assert_array_equal(found["object_id"], data["id"])
    np.testing.assert_array_equal(found["parent_id"], np.where(data["host"] == data["id"], -1, data["host"]))
    np.testing.assert_allclose(found["y"], data["Pos"][:, 1] / 1000 / 0.5, rtol=1e-14)
    np.testing.assert_allclose(found["m200c"], data["M"] * 1e10 / 0.5, rtol=1e-14)
    assert reader.header.n_rows == 20
    assert (reader.header.h, reader.header.omega_m, reader.header.omega_lambda) == (0.5, 0.3, 0.7)
    # Hosts alone: the parent is known before it is selected by.
    hosts = read(reader, ["object_id"], ranges=[Range("parent_id", -1, -1)])
    np.testing.assert_array_equal(hosts["object_id"], data["id"][::4])


def test_rows_without_numbers_and_parents_in_another_table(tmp_path):
    write_hdf5(tmp_path / "h1.h5", M=np.arange(1.0, 4.0))
    write_hdf5(tmp_path / "h2.h5", M=np.arange(4.0, 6.0))
    write_hdf5(tmp_path / "g.h5", G=np.array([0, 1, 1]))
    text = TOP + (
        '[halos]\nfiles = "h*.h5"\n[halos.columns]\nobject_id = { first = 0 }\nparent_id = -1\n'
        'm200c = { column = "M", unit = "Msun" }\n[galaxies]\nfile = "g.h5"\n[galaxies.columns]\n'
        'object_id = { first = 0 }\nparent_id = { column = "G", of = "halos" }\n'
    )
    m = write_map(tmp_path, text)
    halos = MappedReader(m, "halos")
    found = read(halos, ["object_id", "parent_id", "m200c"], rows=2)
    assert found["object_id"].tolist() == [0, 1, 2, 3, 4]
    assert found["parent_id"].tolist() == [-1] * 5
    assert found["m200c"].tolist() == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert halos.header.n_rows == 5
    assert read(halos, ["object_id"], rows=2)["object_id"].tolist() == [0, 1, 2, 3, 4]
    galaxies = read(MappedReader(m, "galaxies"), ["object_id", "parent_id"])
    assert galaxies["parent_id"].tolist() == [0, 1, 1]


def test_the_unit_may_be_the_files_own(tmp_path):
    table = QTable({"x": [3.0], "m": [1.0], "v": [2.0]}, units={"x": "kpc", "m": "Msun", "v": "km / s"})
    table.write(tmp_path / "h.fits")
    text = (TOP + HALOS).replace("h.h5", "h.fits") + 'x = "x"\nmvir = "m"\nvx = "v"\n'
    reader = MappedReader(write_map(tmp_path, text), "halos")
    assert [reader.fields[name].unit for name in ("x", "mvir", "vx")] == ["kpc", "Msun", "km/s"]
    assert read(reader, ["x"])["x"][0] == pytest.approx(3e-3)


def test_the_map_is_followed_against_the_file_and_says_so(tmp_path):
    QTable({"x": [3.0]}, units={"x": "Mpc"}).write(tmp_path / "h.fits")
    text = (TOP + HALOS).replace("h.h5", "h.fits") + 'x = { column = "x", unit = "Mpc/h" }\n'
    reader = MappedReader(write_map(tmp_path, text), "halos")
    assert read(reader, ["x"])["x"][0] == pytest.approx(6.0)
    assert reader.header.notes == ("x is read in Mpc/h, as the map says; the file says Mpc",)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ('x = "Pos[0]"', "which unit?"),
        ('x = { column = "Pos", unit = "Mpc" }', "column of vectors: give a component, 'Pos[0]'"),
        ('m200c = { column = "Mass", unit = "Msun" }', "has no column 'Mass'; it has "),
        ('object_id = "idd"', "did you mean 'id'?"),
        ("object_id = { first = 0 }\nparent_id = -1", "no field has a column"),
        (
            'object_id = "id"\nx = { column = "short", unit = "Mpc" }',
            "columns of different lengths (id 20, short 2)",
        ),
    ],
)
def test_maps_that_do_not_fit_the_file(tmp_path, columns, message):
    write_hdf5(tmp_path / "h.h5", short=[1.0, 2.0], **catalogue())
    _, said = attempt(lambda: MappedReader(write_map(tmp_path, TOP + HALOS + columns + "\n"), "halos"))
    assert message in said
    assert "\n" not in said


def test_files_that_are_not_there(tmp_path):
    m = write_map(tmp_path, TOP + HALOS + FULL)
    for work, message in (
        (lambda: MappedReader(m, "halos"), "h.h5: no such file; check the path"),
        (lambda: MappedReader(m, "halos", tmp_path / "q*.h5"), "no such file"),
        (lambda: MappedReader(m, "halos", tmp_path), "is a directory"),
        (lambda: MappedReader(m, "galaxies"), "has no galaxies; write [galaxies.columns]"),
        (lambda: MappedReader(m, "stars"), "use one of halos, galaxies"),
    ):
        _, said = attempt(work)
        assert message in said
        assert "\n" not in said


def test_other_files_than_the_map_names(tmp_path):
    data = catalogue()
    write_hdf5(tmp_path / "elsewhere.h5", **data)
    reader = MappedReader(write_map(tmp_path, TOP + HALOS + FULL), "halos", tmp_path / "else*.h5")
    np.testing.assert_array_equal(read(reader, ["object_id"])["object_id"], data["id"])


NUMBERS = st.floats(width=64, allow_nan=True, allow_infinity=True)


@settings(max_examples=40)
@given(
    rows=st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1), NUMBERS), min_size=1, max_size=30),
    kind=st.sampled_from(["csv", "fits", "parquet", "ecsv", "h5"]),
    size=st.integers(1, 40),
)
def test_any_numbers_come_through_every_format(tmp_path_factory, rows, kind, size):
    folder = tmp_path_factory.mktemp("numbers")
    ids, values = np.array([r[0] for r in rows]), np.array([r[1] for r in rows])
    path = folder / f"t.{kind}"
    if kind == "h5":
        write_hdf5(path, i=ids, v=values)
    elif kind == "csv":
        text = {"i": pa.array(ids), "v": pa.array([repr(float(v)) for v in values])}
        pacsv.write_csv(pa.table(text), path, pacsv.WriteOptions(quoting_style="none"))
    elif kind == "parquet":
        pa.parquet.write_table(pa.table({"i": ids, "v": values}), path)
    else:
        Table({"i": ids, "v": values}).write(path, format="fits" if kind == "fits" else "ascii.ecsv")
    text = TOP + HALOS.replace("h.h5", path.name)
    m = write_map(folder, text + 'object_id = "i"\nvx = { column = "v", unit = "km/s" }\n')
    found = read(MappedReader(m, "halos"), ["object_id", "vx"], rows=size)
    np.testing.assert_array_equal(found["object_id"], ids)
    np.testing.assert_array_equal(found["vx"], values)


def test_the_example_of_sage_is_a_map():
    m = read_column_map(SAGE_MAP)
    assert m.box_size_mpc_h == 62.5
    assert m.cosmology.Ode0 == 0.75
    assert set(m.halos.columns) >= {"object_id", "parent_id", "x", "y", "z", "vx", "vy", "vz", "m200c"}
    assert set(m.galaxies.columns) >= {
        "object_id",
        "parent_id",
        "x",
        "y",
        "z",
        "vx",
        "vy",
        "vz",
        "stellar_mass",
    }


@needs_sage
def test_sage_on_mini_millennium():
    m, raw = read_column_map(SAGE_MAP), Table.read(SAGE, format="ascii.csv")
    names = ["object_id", "parent_id", "x", "vx", "stellar_mass"]
    galaxies = read(MappedReader(m, "galaxies", SAGE), names, h=0.73, scale_factor=1.0)
    halos = read(
        MappedReader(m, "halos", SAGE),
        ["object_id", "m200c"],
        h=0.73,
        scale_factor=1.0,
        ranges=[Range("parent_id", -1, -1)],
    )
    # The numbers of the data's own description: galaxies, centrals, hosts above 3e13 Msun/h.
    assert (len(galaxies["x"]), len(halos["m200c"])) == (36_531, 31_739)
    assert (halos["m200c"] * 0.73 > 3e13).sum() == 16
    host = np.where(galaxies["parent_id"] == -1, galaxies["object_id"], galaxies["parent_id"])
    order = np.argsort(halos["object_id"])
    row = order[np.searchsorted(halos["object_id"], host, sorter=order)]
    np.testing.assert_array_equal(halos["object_id"][row], host)
    np.testing.assert_allclose(halos["m200c"][row], raw["central_mvir_1e10h"] * 1e10 / 0.73, rtol=1e-12)
    np.testing.assert_allclose(galaxies["x"], raw["x"] / 0.73, rtol=1e-12)
    np.testing.assert_allclose(galaxies["stellar_mass"], raw["mstar_1e10h"] * 1e10 / 0.73, rtol=1e-12)
