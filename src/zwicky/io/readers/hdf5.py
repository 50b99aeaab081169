"""Tables in HDF5: a group of arrays of one length, or an array of records.

Links to other files, and arrays whose values are in other files, are not followed.
"""

from __future__ import annotations

import io
from functools import partial
from mmap import mmap

import h5py
import numpy as np

from zwicky.io.foreign import ForeignColumn, ForeignTable, masked_text
from zwicky.io.readers.inert_yaml import described, inert_yaml, plain_meta, unit_in

__all__ = ["read_hdf5"]

_MOST_OBJECTS = 10_000
#: Bytes that a column may have for each byte of its file, or at least.
_MOST_GROWTH, _ENOUGH_BYTES = 200, 1 << 26


def read_hdf5(data: bytes | mmap, source: str) -> list[ForeignTable]:
    """Every table of an HDF5 file.

    Raises
    ------
    ValueError
        If it is damaged.
    """
    file = h5py.File(io.BytesIO(data), "r")
    tables: list[ForeignTable] = []
    _gather(file["/"], source, len(data), tables, [0])
    return tables


def _gather(group: h5py.Group, source: str, size: int, tables: list[ForeignTable], seen: list[int]) -> None:
    arrays: dict[int, list[ForeignColumn]] = {}
    headers = {}
    for name in group:
        seen[0] += 1
        if seen[0] > _MOST_OBJECTS:
            raise ValueError(f"more than {_MOST_OBJECTS} objects")
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            continue
        item = group[name]
        if isinstance(item, h5py.Group):
            if len(item.name) < 1000:
                _gather(item, source, size, tables, seen)
            continue
        if not isinstance(item, h5py.Dataset) or item.ndim == 0 or item.is_virtual or item.external:
            continue
        if name.endswith(".__table_column_meta__"):
            headers[name.removesuffix(".__table_column_meta__")] = _header(item)
        elif item.dtype.names:
            columns = [
                ForeignColumn(field, None, partial(_contents, item, field, size))
                for field in item.dtype.names
            ]
            place = item.name.strip("/")
            tables.append(ForeignTable(source, tuple(columns), len(item), place, place, _attributes(item)))
        else:
            unit = _plain(item.attrs.get("unit", item.attrs.get("units", "")))
            read = partial(_contents, item, None, size)
            arrays.setdefault(len(item), []).append(ForeignColumn(name, str(unit) or None, read))
    place = group.name.strip("/")
    for n_rows, columns in arrays.items():
        tables.append(ForeignTable(source, tuple(columns), n_rows, place, place, _attributes(group)))
    for i, table in enumerate(tables):
        header = headers.get(table.name.rpartition("/")[2])
        if header is not None:
            about = described(header)
            columns = [
                ForeignColumn(c.name, unit_in(about.get(c.name, {})), c.read, c.is_text)
                for c in table.columns
            ]
            tables[i] = ForeignTable(
                source, tuple(columns), table.n_rows, table.place, table.name, plain_meta(header)
            )


def _header(item: h5py.Dataset):
    return inert_yaml(b"\n".join(bytes(line) for line in item[()]).decode("utf-8", "replace"))


def _attributes(item) -> dict:
    return {name: _plain(item.attrs[name]) for name in list(item.attrs)[:100]}


def _plain(value):
    value = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    return value.item() if isinstance(value, np.generic) else value


def _contents(item: h5py.Dataset, field: str | None, size: int) -> np.ma.MaskedArray:
    if item.nbytes > max(_ENOUGH_BYTES, _MOST_GROWTH * size):
        raise ValueError(f"{item.nbytes} bytes in a file of {size}")
    values = item.fields(field)[()] if field else item[()]
    if values.dtype.kind in "SUO":
        if values.ndim != 1:
            raise ValueError("arrays of text, not one word a row")
        return masked_text([str(_plain(value)).strip() for value in values])
    return np.ma.asarray(values.astype(values.dtype.newbyteorder("=")))
