"""Any table as named columns in chunks: each format's bytes, byte orders, vectors, missing values, damage."""

import gzip
import warnings

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.io import fits
from astropy.table import MaskedColumn, QTable, Table
from hypothesis import given, settings
from hypothesis import strategies as st

from zwicky.errors import ZwickyError
from zwicky.io.readers import open_table

N = 25
BIG = 2**53 + 1 + 2 * np.arange(N)


def columns():
    rng = np.random.default_rng(2)
    return {"ID": BIG, "Pos": rng.uniform(0, 100, (N, 3)), "mass": rng.uniform(1, 9, N).astype("f4")}


def write_parquet(path, data, row_group=10, lists="fixed"):
    arrays = {}
    for name, values in data.items():
        if values.ndim == 1:
            arrays[name] = pa.array(values)
        elif lists == "fixed":
            arrays[name] = pa.FixedSizeListArray.from_arrays(values.ravel(), 3)
        else:
            arrays[name] = pa.array(list(values))
    pq.write_table(pa.table(arrays), path, row_group_size=row_group, write_page_checksum=True)


def write_lists(path, data):
    write_parquet(path, data, lists="variable")


def write_flat_hdf5(path, data):
    with h5py.File(path, "w") as file:
        for name, values in data.items():
            file.create_dataset(name, data=values, chunks=(6, *values.shape[1:]), compression="gzip")


def write_swapped_hdf5(path, data):
    with h5py.File(path, "w") as file:
        for name, values in data.items():
            file[name] = values.astype(values.dtype.newbyteorder(">"))


def write_records_hdf5(path, data):
    records = np.empty(N, [(name, values.dtype, values.shape[1:]) for name, values in data.items()])
    for name, values in data.items():
        records[name] = values
    with h5py.File(path, "w") as file:
        file["catalogue/data"] = records


def write_fits(path, data):
    Table(data).write(path, format="fits")


def write_ecsv(path, data):
    Table(data).write(path, format="ascii.ecsv")


def write_csv(path, data, delimiter=",", start=""):
    flat = {"ID": data["ID"], "mass": data["mass"]} | {f"Pos[{i}]": data["Pos"][:, i] for i in range(3)}
    lines = [start + delimiter.join(flat)]
    lines += [delimiter.join(str(v) for v in row) for row in zip(*flat.values(), strict=True)]
    path.write_text("\n".join(lines) + "\n")


def write_blanks(path, data):
    write_csv(path, data, "  ", "# made by hand\n# ")


def write_gzip(path, data):
    write_csv(path, data)
    path.write_bytes(gzip.compress(path.read_bytes()))


WRITERS = {
    "parquet": write_parquet,
    "parquet-lists": write_lists,
    "hdf5": write_flat_hdf5,
    "hdf5-big-endian": write_swapped_hdf5,
    "hdf5-records": write_records_hdf5,
    "fits": write_fits,
    "ecsv": write_ecsv,
    "csv": write_csv,
    "blanks": write_blanks,
    "csv-gzip": write_gzip,
}


def read(path, names, rows=1000, integers=("ID",), table=None):
    chunks = list(open_table(path, table).chunks(names, rows, frozenset(integers)))
    assert all(len(chunk[names[0]]) <= rows for chunk in chunks)
    return {name: np.concatenate([chunk[name] for chunk in chunks]) for name in names}


def attempt(work):
    """What `work` gives, and the message if it is refused."""
    try:
        return work(), None
    except ZwickyError as error:
        return None, str(error)


@pytest.mark.parametrize("rows", [1, 7, 1000])
@pytest.mark.parametrize("kind", WRITERS)
def test_every_format_gives_the_same_numbers(tmp_path, kind, rows):
    data, path = columns(), tmp_path / "table"
    WRITERS[kind](path, data)
    found = read(path, ["Pos[2]", "ID", "mass", "Pos[0]"], rows)
    assert list(found) == ["Pos[2]", "ID", "mass", "Pos[0]"]
    np.testing.assert_array_equal(found["ID"], BIG)
    assert found["ID"].dtype == np.int64
    np.testing.assert_array_equal(found["Pos[2]"], data["Pos"][:, 2])
    np.testing.assert_array_equal(found["Pos[0]"], data["Pos"][:, 0])
    np.testing.assert_allclose(found["mass"], data["mass"], rtol=1e-6)
    assert all(values.dtype.isnative for values in found.values())


def test_the_fits_file_is_big_endian(tmp_path):
    write_fits(tmp_path / "table", columns())
    assert BIG.astype(">i8").tobytes()[:8] in (tmp_path / "table").read_bytes()


@pytest.mark.parametrize("dtype", ["u8", "u4", "i2", "u1", "f4", "f8", "?"])
def test_types_of_fits_numbers(tmp_path, dtype):
    values = np.array([0, 1, 100]).astype(dtype)
    Table({"a": values}).write(tmp_path / "t.fits")
    found = read(tmp_path / "t.fits", ["a"], integers=())["a"]
    np.testing.assert_array_equal(found, values.astype(float))


def test_scaled_fits_columns(tmp_path):
    Table({"a": np.array([0, 1, 4], "i2")}).write(tmp_path / "t.fits")
    for keyword, value in (("TSCAL1", 0.5), ("TZERO1", 10.0)):
        fits.setval(tmp_path / "t.fits", keyword, value=value, ext=1)
    np.testing.assert_allclose(read(tmp_path / "t.fits", ["a"], integers=())["a"], [10.0, 10.5, 12.0])


def test_missing_values_of_scaled_fits_columns_are_nan(tmp_path):
    table = fits.BinTableHDU.from_columns([fits.Column("a", "J", null=-99, array=[2, -99])])
    table.writeto(tmp_path / "t.fits")
    fits.setval(tmp_path / "t.fits", "TSCAL1", value=0.25, ext=1)
    np.testing.assert_array_equal(read(tmp_path / "t.fits", ["a"], integers=())["a"], [0.5, np.nan])


def test_columns_of_fits_that_are_no_numbers(tmp_path):
    columns = [
        fits.Column("name", "5A", array=["Coma", "Virgo"]),
        fits.Column("list", "PD()", array=np.array([[1.0], [1.0, 2.0]], dtype=object)),
        fits.Column("a", "D", array=[1.0, 2.0]),
    ]
    fits.BinTableHDU.from_columns(columns).writeto(tmp_path / "t.fits")
    assert list(open_table(tmp_path / "t.fits").columns) == ["name", "a"]
    assert read(tmp_path / "t.fits", ["a"], integers=())["a"].tolist() == [1.0, 2.0]
    with pytest.raises(ZwickyError, match="not numbers"):
        read(tmp_path / "t.fits", ["name"], integers=())


@pytest.mark.parametrize(
    ("keyword", "value"), [("NAXIS1", -16), ("NAXIS2", -1), ("NAXIS2", 10**15), ("TFIELDS", -2)]
)
def test_a_fits_header_that_cannot_be_is_refused_at_once(tmp_path, keyword, value):
    Table({"a": [1.0, 2.0]}).write(tmp_path / "t.fits")
    content = bytearray((tmp_path / "t.fits").read_bytes())
    at = content.index(f"{keyword:8}=".encode(), 2880)
    content[at : at + 80] = f"{keyword:8}= {value:>20}".ljust(80).encode()
    (tmp_path / "t.fits").write_bytes(content)
    with pytest.raises(ZwickyError) as error:
        open_table(tmp_path / "t.fits")
    assert "\n" not in str(error.value)


def test_extensions_of_a_fits_file(tmp_path):
    first = fits.BinTableHDU(Table({"a": [1.0]}), name="HALOS")
    second = fits.BinTableHDU(Table({"a": [2.0]}), name="GALAXIES")
    fits.HDUList([fits.PrimaryHDU(), first, second]).writeto(tmp_path / "t.fits")
    found = {t: read(tmp_path / "t.fits", ["a"], table=t)["a"][0] for t in (None, "GALAXIES", "2", "HALOS")}
    assert found == {None: 1.0, "GALAXIES": 2.0, "2": 2.0, "HALOS": 1.0}
    with pytest.raises(ZwickyError, match="has no table 'STARS'; it has HDU 1 HALOS, HDU 2 GALAXIES"):
        open_table(tmp_path / "t.fits", "STARS")


def test_units_that_files_state(tmp_path):
    table = QTable({"m": [1.0] * 3, "x": [2.0] * 3}, units={"m": "Msun", "x": "kpc"})
    table.write(tmp_path / "t.fits")
    table.write(tmp_path / "t.ecsv")
    with h5py.File(tmp_path / "t.h5", "w") as file:
        file["m"] = [1.0]
        file["m"].attrs["units"] = b"Msun"
    assert open_table(tmp_path / "t.fits").columns["x"].unit == "kpc"
    assert open_table(tmp_path / "t.ecsv").columns["x"].unit == "kpc"
    assert open_table(tmp_path / "t.ecsv").columns["m"].unit == "solMass"
    assert open_table(tmp_path / "t.h5").columns["m"].unit == "Msun"


def test_groups_of_an_hdf5_file(tmp_path):
    with h5py.File(tmp_path / "t.h5", "w") as file:
        file["Group/M"] = [1.0, 2.0]
        file["Subhalo/M"] = [3.0]
        file["Header"] = 5
    assert read(tmp_path / "t.h5", ["M"], table="Group")["M"].tolist() == [1.0, 2.0]
    assert read(tmp_path / "t.h5", ["Subhalo/M"])["Subhalo/M"].tolist() == [3.0]
    with pytest.raises(ZwickyError, match="no group or dataset 'Halo'; it has"):
        open_table(tmp_path / "t.h5", "Halo")


def test_several_tables_of_records_must_be_told_apart(tmp_path):
    with h5py.File(tmp_path / "t.h5", "w") as file:
        for name in ("a", "b"):
            file[name] = np.array([(1.0,)], [("m", "f8")])
    with pytest.raises(ZwickyError, match="table = a or b"):
        open_table(tmp_path / "t.h5")
    assert read(tmp_path / "t.h5", ["m"], table="b")["m"].tolist() == [1.0]


def test_a_missing_float_is_nan_and_a_missing_integer_refused(tmp_path):
    pq.write_table(pa.table({"a": pa.array([1.0, None]), "i": pa.array([1, None])}), tmp_path / "p")
    (tmp_path / "c").write_text("a,i\n1.0,1\n,\n")
    masked = {"a": MaskedColumn([1.0, 2.0], mask=[0, 1]), "i": MaskedColumn([1, 2], mask=[0, 1])}
    Table(masked).write(tmp_path / "e", format="ascii.ecsv")
    table = fits.BinTableHDU.from_columns(
        [fits.Column("a", "D", array=[1.0, np.nan]), fits.Column("i", "K", null=-99, array=[1, -99])]
    )
    table.writeto(tmp_path / "f")
    for name in "pcef":
        np.testing.assert_array_equal(read(tmp_path / name, ["a"])["a"], [1.0, np.nan])
        with pytest.raises(ZwickyError) as error:
            read(tmp_path / name, ["i"], integers=("i",))
        assert "\n" not in str(error.value)


def test_unsigned_numbers_too_large_for_us(tmp_path):
    with h5py.File(tmp_path / "t.h5", "w") as file:
        file["ID"] = np.array([1, 2**63], "u8")
    with pytest.raises(ZwickyError, match="9223372036854775808, more than an int64"):
        read(tmp_path / "t.h5", ["ID"])


@pytest.mark.parametrize("value", [0.5, np.nan, 2.0**53 + 2])
def test_floats_that_are_no_ids(tmp_path, value):
    with h5py.File(tmp_path / "t.h5", "w") as file:
        file["ID"] = np.array([1.0, value])
    with pytest.raises(ZwickyError, match="whole number is wanted"):
        read(tmp_path / "t.h5", ["ID"])


def test_floats_that_are_ids(tmp_path):
    with h5py.File(tmp_path / "t.h5", "w") as file:
        file["ID"] = np.array([1.0, -1.0, 2.0**53])
    assert read(tmp_path / "t.h5", ["ID"])["ID"].tolist() == [1, -1, 2**53]


def test_text_where_numbers_are_wanted(tmp_path):
    with h5py.File(tmp_path / "t.h5", "w") as file:
        file["name"] = [b"Coma", b"Virgo"]
    pq.write_table(pa.table({"name": ["Coma"]}), tmp_path / "p")
    (tmp_path / "c").write_text("name,z\nComa,0.023\n")
    for path in ("t.h5", "p", "c"):
        with pytest.raises(ZwickyError) as error:
            read(tmp_path / path, ["name"], integers=())
        assert "\n" not in str(error.value)


def test_vectors_of_several_lengths(tmp_path):
    pq.write_table(pa.table({"v": [[1.0, 2.0], [3.0]]}), tmp_path / "p")
    with pytest.raises(ZwickyError, match="several lengths"):
        read(tmp_path / "p", ["v[0]"])


def test_names_in_text(tmp_path):
    (tmp_path / "c").write_text('"halo id","M200c"\n1,2.5\n')
    assert read(tmp_path / "c", ["halo id", "M200c"], integers=("halo id",))["M200c"].tolist() == [2.5]
    (tmp_path / "c").write_text("1,2.5\n2,3.5\n")
    with pytest.raises(ZwickyError, match="no line names the columns"):
        open_table(tmp_path / "c")
    (tmp_path / "c").write_text("a,b,a\n1,2,3\n")
    with pytest.raises(ZwickyError, match="two columns are called 'a'"):
        open_table(tmp_path / "c")


def test_files_that_are_no_tables(tmp_path):
    with pytest.raises(ZwickyError, match="No such file"):
        open_table(tmp_path / "none")
    for content, message in ((b"", "empty"), (bytes(100), "no table known"), (b"PAR1" * 9, "as Parquet")):
        (tmp_path / "t").write_bytes(content)
        with pytest.raises(ZwickyError, match=message) as error:
            open_table(tmp_path / "t")
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("kind", ["fits", "hdf5", "parquet"])
def test_a_compressed_binary_file_is_to_be_unpacked(tmp_path, kind):
    path = tmp_path / "t"
    WRITERS[kind](path, columns())
    path.write_bytes(gzip.compress(path.read_bytes()))
    with pytest.raises(ZwickyError, match="gunzip"):
        open_table(path)


@pytest.mark.parametrize("kind", WRITERS)
@settings(max_examples=12)
@given(data=st.data())
def test_damage_gives_one_line_or_numbers(tmp_path_factory, kind, data):
    path = tmp_path_factory.mktemp("damage") / "table"
    WRITERS[kind](path, columns())
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(0, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        content = content[: data.draw(st.integers(0, len(content) - 1))]
    path.write_bytes(content)
    with warnings.catch_warnings():
        # A byte changed in a FITS header warns of what astropy repairs; here the outcome is what counts.
        warnings.simplefilter("ignore")
        found, message = attempt(lambda: read(path, ["ID", "mass", "Pos[1]"], 9))
    if found is None:
        assert message
        assert "\n" not in message
    else:
        assert found["ID"].dtype == np.int64
        assert found["mass"].dtype.kind == "f"


@pytest.mark.parametrize("kind", WRITERS)
def test_a_file_cut_in_half_is_refused(tmp_path, kind):
    path = tmp_path / "table"
    WRITERS[kind](path, columns())
    content = path.read_bytes()
    path.write_bytes(content[: 2 * len(content) // 3])
    found, message = attempt(lambda: read(path, ["ID", "mass", "Pos[1]"]))
    assert found is None, "a file without its end was read"
    assert "\n" not in message
