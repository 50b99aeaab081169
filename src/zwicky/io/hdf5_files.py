"""Our tables as HDF5: flat arrays, and where each row's members begin."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import h5py
import numpy as np

from zwicky.errors import ZwickyError
from zwicky.io.table_files import Column, StoredTable, check_kind, names_in_file

__all__ = ["read", "write"]


def write(path: Path, table: StoredTable) -> None:
    """Write a table; the file takes its final place elsewhere.

    In memory first: a disk that is full makes HDF5 spoil the memory of the process that closes a file.
    """
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        file.attrs.update(table.header)
        for name, column in {**table.columns, **table.members}.items():
            dataset = file.create_dataset(name, data=column.values)
            dataset.attrs.update({"unit": column.unit, "description": column.about})
        if table.offsets is not None:
            file.create_dataset("offsets", data=table.offsets)
    path.write_bytes(content.getbuffer())


def read(
    path: Path,
    kind: str,
    columns: tuple[str, ...],
    members: tuple[str, ...],
    optional: tuple[str, ...],
    former: Mapping[str, str],
) -> StoredTable:
    """Read the columns named, and the `optional` that are there; `former` names of columns are known too.

    Faults of the content are `ZwickyError`, of the bytes h5py's.
    """
    with h5py.File(path, "r") as file:
        header = {name: str(value) for name, value in file.attrs.items()}
        check_kind(header, kind)
        there = list(file)  # by name: asking whether a name is in the file would follow its link
        columns = (*columns, *(name for name in optional if name in there))
        at = names_in_file((*columns, *members), there, former)
        found = {name: _column(file, at[name]) for name in (*columns, *members)}
        offsets = _column(file, "offsets").values if members else None
    return StoredTable(
        header, {name: found[name] for name in columns}, {name: found[name] for name in members}, offsets
    )


def _column(file: h5py.File, name: str) -> Column:
    link = file.get(name, getlink=True)
    if link is None:
        raise ZwickyError(f"column {name!r} is missing; make the file again")
    data = file[name] if isinstance(link, h5py.HardLink) else None
    # A link, or a dataset kept elsewhere, would open a file that nobody named.
    if not isinstance(data, h5py.Dataset) or data.external or data.is_virtual:
        raise ZwickyError(f"column {name!r} is no array in this file; make the file again")
    return Column(np.asarray(data[...]), str(data.attrs.get("unit", "")))
