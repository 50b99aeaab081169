"""Structural damage to what we write: columns, headers and values replaced by others, not bytes flipped."""

import contextlib
import json
import tomllib

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tomli_w
from hypothesis import strategies as st

from zwicky.errors import ZwickyError

#: What a text editor, another program or a half-written file puts in the place of a value.
JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(),
    st.text(max_size=12),
    st.lists(st.one_of(st.none(), st.floats(), st.text(max_size=3)), max_size=3),
    st.dictionaries(st.text(max_size=4), st.one_of(st.none(), st.integers()), max_size=2),
    st.sampled_from(
        ["nan", "0x1.8p+1", "-1", "1e999", "{}", "[]", "null", "Mpc", "kpc", "km/s", "\x00", "=1+1"]
    ),
)

ARRAYS = st.sampled_from(
    [
        np.arange(3.0),
        np.arange(8.0),
        np.full(3, np.nan),
        np.full(8, np.inf),
        np.arange(3),
        np.arange(8) - 4,
        np.full(3, 2**62),
        np.array([0, 3, 3, 8]),
        np.array([0, 5, 3, 8]),
        np.array([1, 3, 3, 8]),
        np.zeros(3, bool),
        np.zeros((3, 3)),
        np.float64(1.0),
        np.array(["a", "b", "c"]),
        np.zeros(0),
        np.zeros(3, np.complex128),
        np.zeros(3, np.float16),
        np.zeros(3, np.uint8),
    ]
)


@contextlib.contextmanager
def one_line_or_no_error():
    """Let a `ZwickyError` of one line pass, and nothing else."""
    said = ""
    try:
        yield
    except ZwickyError as error:
        said = str(error)
    except Exception as error:
        pytest.fail(f"{type(error).__name__}: {error}")
    assert "\n" not in said
    assert len(said) < 1000


def nodes(value, path=()):
    """Every place in nested dictionaries and lists."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*path, key)
        yield from nodes(item, (*path, key))


@st.composite
def damaged_values(draw, value):
    """A copy of nested values with one to three places removed, renamed or replaced."""
    value = json.loads(json.dumps(value))
    for _ in range(draw(st.integers(1, 3))):
        places = list(nodes(value))
        if not places:
            break
        *parents, last = draw(st.sampled_from(places))
        inside = value
        for key in parents:
            inside = inside[key]
        how = draw(st.sampled_from(["replace", "remove", "rename"]))
        if how == "remove" or (how == "rename" and isinstance(inside, list)):
            del inside[last]
        elif how == "rename":
            inside[draw(st.text(max_size=8))] = inside.pop(last)
        else:
            inside[last] = draw(JUNK)
    return value


@st.composite
def damaged_json(draw, text):
    """A JSON file's text, damaged; now and then another value altogether, or no JSON."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.sampled_from(["", "[]", "3", "null", "{", "[" * 5000, '{"a": NaN}', "\x00"]))
    return json.dumps(draw(damaged_values(json.loads(text))))


@st.composite
def damaged_toml(draw, text):
    """A TOML file's text, damaged."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.sampled_from(["", "a = ", "[a", "a = " + "[" * 3000, "a = nan"]))
    try:
        return tomli_w.dumps(draw(damaged_values(tomllib.loads(text))))
    except (TypeError, ValueError):  # None has no place in TOML
        return "a = "


@st.composite
def damage_of_hdf5(draw, path):
    """Damage a table of ours in HDF5, in place."""
    with h5py.File(path, "r+") as file:
        for _ in range(draw(st.integers(1, 2))):
            name = draw(st.sampled_from(sorted(file)))
            how = draw(st.sampled_from(["array", "array", "remove", "group", "link", "unit", "header"]))
            if how in ("array", "remove", "group", "link"):
                attributes = dict(file[name].attrs) if isinstance(file.get(name), h5py.Dataset) else {}
                del file[name]
                if how == "array":
                    values = draw(ARRAYS)
                    values = values.astype("S") if values.dtype.kind == "U" else values
                    file.create_dataset(name, data=values).attrs.update(attributes)
                elif how == "group":
                    file.create_group(name)
                elif how == "link":
                    file[name] = h5py.ExternalLink("/dev/zero", "/a")
            elif how == "unit" and isinstance(file.get(name), h5py.Dataset):
                file[name].attrs["unit"] = draw(
                    st.sampled_from(["", "kpc", "furlong", "s", "\x07", "1e3 Mpc"])
                )
            else:
                key = draw(st.sampled_from(sorted(file.attrs)))
                del file.attrs[key]
                if draw(st.booleans()):
                    file.attrs[key] = draw(st.one_of(st.integers(-9, 9), st.text("ab{}:!0x1", max_size=9)))
    return path


@st.composite
def damage_of_parquet(draw, path):
    """Damage a table of ours in Parquet, in place."""
    table = pq.read_table(path)
    for _ in range(draw(st.integers(1, 2))):
        i = draw(st.integers(0, table.num_columns - 1))
        field = table.schema.field(i)
        how = draw(st.sampled_from(["array", "gaps", "lists", "remove", "rename", "twice", "unit", "header"]))
        if how == "array":
            values = draw(ARRAYS)
            if values.shape == (table.num_rows,) and values.dtype.kind != "c":
                array = pa.array(values)
                table = table.set_column(i, pa.field(field.name, array.type, metadata=field.metadata), array)
        elif how == "gaps":
            array = pa.array([None, *table[i].to_pylist()[1:]], field.type)
            table = table.set_column(i, pa.field(field.name, field.type, metadata=field.metadata), array)
        elif how == "lists":
            lists = draw(
                st.sampled_from([[[1.0], [2.0], [3.0]], [[], [], []], [[1.0], None, [2.0]], [[None]] * 3])
            )
            array = pa.array(lists, pa.large_list(pa.float64()))
            if len(array) == table.num_rows:
                table = table.set_column(i, pa.field(field.name, array.type, metadata=field.metadata), array)
        elif how == "remove":
            table = table.remove_column(i) if table.num_columns > 1 else table
        elif how == "rename":
            table = table.rename_columns([*table.column_names[:i], "x", *table.column_names[i + 1 :]])
        elif how == "twice":
            table = table.append_column(field, table[i])
        elif how == "unit":
            unit = draw(st.sampled_from(["", "kpc", "furlong", "s", "\x07"]))
            table = table.set_column(i, field.with_metadata({"unit": unit}), table[i])
        else:
            header = dict(table.schema.metadata or {b"a": b""})
            key = draw(st.sampled_from(sorted(header)))
            header[key] = draw(st.one_of(st.binary(max_size=6), st.text("ab{}:!0x1", max_size=9))) or b"?"
            table = table.replace_schema_metadata(header)
    pq.write_table(table, path)
    return path
