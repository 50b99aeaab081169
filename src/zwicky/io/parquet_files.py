"""Our tables as Parquet: a row a cluster with its galaxies as lists, as pandas and polars read them.

PyArrow rather than astropy's tables, whose Parquet reader wants pandas and takes vectors row by row.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from zwicky.errors import ZwickyError
from zwicky.io.table_files import Column, StoredTable, check_kind, names_in_file

__all__ = ["read", "rows_of_file", "write"]


def write(path: Path, table: StoredTable) -> None:
    """Write a table; the file takes its final place elsewhere."""
    arrays, fields = [], []
    for name, column in {**table.columns, **table.members}.items():
        array = pa.array(column.values)
        if name in table.members:
            array = pa.LargeListArray.from_arrays(pa.array(table.offsets), array)
        arrays.append(array)
        metadata = {"unit": column.unit, "description": column.about}
        fields.append(pa.field(name, array.type, nullable=False, metadata=metadata))
    schema = pa.schema(fields, metadata=dict(table.header))
    pq.write_table(pa.Table.from_arrays(arrays, schema=schema), path, compression="zstd")


def rows_of_file(path: Path) -> int | None:
    """Rows of a Parquet file that is whole; None of any other."""
    try:
        return pq.read_metadata(path).num_rows
    except (pa.ArrowException, OSError, ValueError):
        return None


def read(
    path: Path,
    kind: str,
    columns: tuple[str, ...],
    members: tuple[str, ...],
    optional: tuple[str, ...],
    former: Mapping[str, str],
) -> StoredTable:
    """Read the columns named, and the `optional` that are there; `former` names of columns are known too.

    Faults of the content are `ZwickyError`, of the bytes PyArrow's.
    """
    with pq.ParquetFile(path) as file:
        schema = file.schema_arrow
        header = {k.decode(): v.decode() for k, v in (schema.metadata or {}).items()}
        check_kind(header, kind)
        columns = (*columns, *(name for name in optional if name in schema.names))
        at = names_in_file((*columns, *members), schema.names, former)
        for name in (*columns, *members):
            if schema.names.count(at[name]) != 1:
                raise ZwickyError(f"column {name!r} is missing; make the file again")
        arrow = file.read(columns=list(at.values())).combine_chunks()
    arrow.validate(full=True)
    offsets = None
    found: dict[str, Column] = {}
    for name in (*columns, *members):
        field = arrow.schema.field(at[name])
        values = arrow[at[name]].combine_chunks()
        if isinstance(values, pa.ChunkedArray):
            values = values.chunk(0) if values.num_chunks else pa.array([], type=field.type)
        if name in members:
            values, starts = _flattened(name, values)
            if offsets is not None and not np.array_equal(starts, offsets):
                raise ZwickyError(f"column {name!r} has another number of galaxies; make the file again")
            offsets = starts
        if values.null_count:
            raise ZwickyError(f"column {name!r} has {values.null_count} gaps; make the file again")
        unit = (field.metadata or {}).get(b"unit", b"").decode()
        found[name] = Column(values.to_numpy(zero_copy_only=False), unit)
    return StoredTable(
        header, {name: found[name] for name in columns}, {name: found[name] for name in members}, offsets
    )


def _flattened(name: str, lists: pa.Array) -> tuple[pa.Array, np.ndarray]:
    """All values of a column of lists, and where each row's begin."""
    if not (pa.types.is_large_list(lists.type) or pa.types.is_list(lists.type)):
        raise ZwickyError(f"column {name!r} holds no lists; make the file again")
    if lists.null_count:
        raise ZwickyError(f"column {name!r} has {lists.null_count} gaps; make the file again")
    offsets = np.asarray(lists.offsets).astype(np.int64)
    return lists.flatten(), offsets - offsets[0]
