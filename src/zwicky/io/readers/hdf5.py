"""Tables in HDF5: a group of arrays of one length, or an array of records.

Links to other files, and arrays whose values are in other files, are not followed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import h5py
import numpy as np

from zwicky.errors import ZwickyError
from zwicky.io.foreign import ForeignColumn, ForeignTable, Stream, masked_text
from zwicky.io.readers.inert_yaml import described, inert_yaml, plain_meta, unit_in
from zwicky.io.readers.source import Source
from zwicky.io.readers.table_file import TableFile, components, joined

__all__ = ["open_in_parts", "tables_of"]

_MOST_OBJECTS, _LONGEST_NAME = 10_000, 1000
#: Bytes that a column may have for each byte of its file, or at least.
_MOST_GROWTH, _ENOUGH_BYTES = 200, 1 << 26
#: Astropy describes the columns of a table in an array of this name beside it.
_HEADER = ".__table_column_meta__"


def tables_of(source: Source) -> list[ForeignTable]:
    """Every table of an HDF5 file.

    Raises
    ------
    ValueError
        If it is damaged.
    """
    file = _opened(source)
    groups: dict[str, list[h5py.Dataset]] = {}
    for item in _arrays(file["/"], [0]):
        groups.setdefault(item.parent.name, []).append(item)
    return [table for items in groups.values() for table in _tables_in(items, source)]


def open_in_parts(source: Source, asked: str | None) -> TableFile:
    """All arrays at or below a group as columns, by their paths in it, or a dataset of records.

    Raises
    ------
    ZwickyError
        If there is no group or dataset of that name, or if there are several tables of records.
    """
    with _opened(source) as file:
        root = _at(file, asked, source)
        found = [root] if isinstance(root, h5py.Dataset) else list(_arrays(root, [0]))
        headers = {item.name: item for item in found if item.name.endswith(_HEADER)}
        plain = {item.name: item for item in found if not (item.dtype.names or item.name in headers)}
        records = [item for item in found if item.dtype.names]
        if not plain and len(records) > 1:
            which = " or ".join(item.name.strip("/") for item in records)
            raise ZwickyError(f"{source.path}: holds several tables; name one: table = {which}")
        if not plain and records:
            header = headers.get(f"{records[0].name}{_HEADER}")
            return TableFile.of(_records(records[0], header, source), source.path, "HDF5")
        # Of an array alone the name counts from the top.
        above = "/" if root.name == "/" or isinstance(root, h5py.Dataset) else f"{root.name}/"
        columns = joined(
            components(name.removeprefix(above), item.shape[1:], _unit(item) or "", len(item))
            for name, item in plain.items()
        )
    return TableFile(source.path, "HDF5", columns, _stream_of_arrays(source, above))


def _opened(source: Source) -> h5py.File:
    return h5py.File(source.place, "r", locking=False)


def _at(file: h5py.File, asked: str | None, source: Source) -> h5py.Group | h5py.Dataset:
    """The group or dataset of a name, which no link to elsewhere is followed for."""
    item = file["/"]
    for part in (asked or "").strip("/").split("/") if asked else ():
        # By name: asking whether a name is in the file would follow its link.
        there = isinstance(item, h5py.Group) and part in list(item)
        if not there or not isinstance(item.get(part, getlink=True), h5py.HardLink):
            has = ", ".join(file) or "nothing"
            raise ZwickyError(f"{source.path}: has no group or dataset {asked!r}; it has {has}")
        item = item[part]
    return item


def _arrays(group: h5py.Group, seen: list[int]) -> Iterator[h5py.Dataset]:
    """Every array below a group whose values are in this file, in the groups of a group first."""
    here = []
    for name in group:
        seen[0] += 1
        if seen[0] > _MOST_OBJECTS:
            raise ValueError(f"more than {_MOST_OBJECTS} objects")
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            continue
        item = group[name]
        if isinstance(item, h5py.Group):
            if len(item.name) < _LONGEST_NAME:
                yield from _arrays(item, seen)
        elif isinstance(item, h5py.Dataset) and item.ndim and not item.is_virtual and not item.external:
            here.append(item)
    yield from here


def _tables_in(items: Sequence[h5py.Dataset], source: Source) -> list[ForeignTable]:
    """The tables that the arrays of one group make: each of records, and those of one length."""
    headers = {item.name: item for item in items if item.name.endswith(_HEADER)}
    tables: list[ForeignTable] = []
    arrays: dict[int, list[h5py.Dataset]] = {}
    for item in items:
        if item.dtype.names:
            tables.append(_records(item, headers.get(f"{item.name}{_HEADER}"), source))
        elif item.name not in headers:
            arrays.setdefault(len(item), []).append(item)
    for n_rows, alike in arrays.items():
        group = alike[0].parent
        columns = tuple(
            _column(item, item.name.rpartition("/")[2], None, _unit(item), source) for item in alike
        )
        place = group.name.strip("/")
        tables.append(ForeignTable(source.name, columns, n_rows, place, place, _attributes(group)))
    return tables


def _records(item: h5py.Dataset, header: h5py.Dataset | None, source: Source) -> ForeignTable:
    """A table of records, and what astropy's header says of it where there is one."""
    yaml = None if header is None else inert_yaml(_lines(header))
    about = described(yaml)
    columns = tuple(
        _column(item, field, field, unit_in(about.get(field, {})), source) for field in item.dtype.names
    )
    place = item.name.strip("/")
    meta = _attributes(item) if header is None else plain_meta(yaml)
    stream = _stream_of_records(source, item.name)
    return ForeignTable(source.name, columns, len(item), place, place, meta, stream=stream)


def _column(
    item: h5py.Dataset, name: str, field: str | None, unit: str | None, source: Source
) -> ForeignColumn:
    shape = item.shape[1:] if field is None else item.dtype[field].shape
    return ForeignColumn(name, unit, partial(_whole, item, field, source), shape=shape)


def _unit(item: h5py.Dataset) -> str | None:
    return str(_plain(item.attrs.get("unit", item.attrs.get("units", "")))) or None


def _lines(item: h5py.Dataset) -> str:
    return b"\n".join(bytes(line) for line in item[()]).decode("utf-8", "replace")


def _attributes(item: h5py.Dataset | h5py.Group) -> dict[str, Any]:
    return {name: _plain(item.attrs[name]) for name in list(item.attrs)[:100]}


def _plain(value: Any) -> Any:
    value = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    return value.item() if isinstance(value, np.generic) else value


def _whole(item: h5py.Dataset, field: str | None, source: Source) -> np.ma.MaskedArray:
    if item.nbytes > max(_ENOUGH_BYTES, _MOST_GROWTH * source.size):
        raise ValueError(f"{item.nbytes} bytes in a file of {source.size}")
    values = item.fields(field)[()] if field else item[()]
    if values.dtype.kind in "SUO":
        if values.ndim != 1:
            raise ValueError("arrays of text, not one word a row")
        return masked_text([str(_plain(value)).strip() for value in values])
    return np.ma.asarray(values.astype(values.dtype.newbyteorder("=")))


def _stream_of_records(source: Source, place: str) -> Stream:
    def stream(names: Sequence[str], rows: int, integers: frozenset[str]) -> Iterator[dict]:
        with _opened(source) as file:
            item = file[place]
            for a in range(0, len(item), rows):
                part = item.fields(list(names))[a : a + rows]
                yield {name: part[name] for name in names}

    return stream


def _stream_of_arrays(source: Source, above: str) -> Stream:
    def stream(names: Sequence[str], rows: int, integers: frozenset[str]) -> Iterator[dict]:
        with _opened(source) as file:
            found = {name: file[f"{above}{name}"] for name in names}
            for a in range(0, len(found[names[0]]), rows):
                yield {name: item[a : a + rows] for name, item in found.items()}

    return stream
