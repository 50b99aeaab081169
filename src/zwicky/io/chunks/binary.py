"""Tables stored as numbers: Parquet by batches, HDF5 by slices, FITS by blocks of rows.

Each function here looks into a file and gives its columns and the function that streams them.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Sequence
from pathlib import Path

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from zwicky.errors import ZwickyError
from zwicky.io.chunks.records import columns_of_records, open_npy
from zwicky.io.chunks.table import Column, Stream, components, joined, without_gaps

__all__ = ["open_fits", "open_hdf5", "open_npy", "open_parquet"]

#: Bytes of a Parquet column, and of rows of FITS, that are read at once.
BLOCK = 8 << 20


def open_parquet(path: Path, _: str | None) -> tuple[dict[str, Column], Stream]:
    """Columns and stream of a Parquet file; a column of lists of one length is a column of vectors."""
    columns: dict[str, Column] = {}
    with pq.ParquetFile(path) as file:
        n = file.metadata.num_rows
        for field in file.schema_arrow:
            shape: tuple[int, ...] = ()
            if pa.types.is_fixed_size_list(field.type):
                shape = (field.type.list_size,)
            elif pa.types.is_list(field.type) or pa.types.is_large_list(field.type):
                first = next(file.iter_batches(1, columns=[field.name]), None) if n else None
                shape = (len(first[0][0].as_py() or ()),) if first is not None else (0,)
            unit = (field.metadata or {}).get(b"unit", b"").decode("utf-8", "replace")
            columns |= components(field.name, shape, unit, n)

    def stream(sources: Sequence[str], rows: int, integers: frozenset[str]) -> Iterator[dict]:
        # Buffered, or the columns of a whole row group would be in memory.
        with pq.ParquetFile(path, buffer_size=BLOCK, page_checksum_verification=True) as file:
            for batch in file.iter_batches(rows, columns=list(sources)):
                yield {name: _of_arrow(batch[name], f"{path}: {name}") for name in sources}

    return columns, stream


def _of_arrow(values: pa.Array, where: str) -> np.ndarray:
    n = len(values)
    if isinstance(values, pa.ListArray | pa.LargeListArray | pa.FixedSizeListArray):
        flat = _of_arrow(values.flatten(), where)
        if values.null_count or (n and len(flat) % n) or _uneven(values):
            raise ZwickyError(f"{where} holds vectors of several lengths; name another column")
        return flat.reshape(n, -1)
    if pa.types.is_decimal(values.type):
        values = values.cast(pa.float64())
    if values.null_count and not pa.types.is_floating(values.type):
        raise ZwickyError(f"{where} has {values.null_count} missing values; fill them or leave the rows out")
    return values.to_numpy(zero_copy_only=False)


def _uneven(values: pa.Array) -> bool:
    return not isinstance(values, pa.FixedSizeListArray) and len(np.unique(np.diff(values.offsets))) > 1


def open_hdf5(path: Path, table: str | None) -> tuple[dict[str, Column], Stream]:
    """Columns and stream of an HDF5 group, by the path in it, or of a dataset of records."""
    with h5py.File(path, "r") as file:
        plain: dict[str, h5py.Dataset] = {}
        records: dict[str, h5py.Dataset] = {}

        def visit(name: str, item: h5py.Dataset | h5py.Group) -> None:
            if isinstance(item, h5py.Dataset) and item.ndim:
                (records if item.dtype.names else plain)[name] = item

        if table is not None and table not in file:
            has = ", ".join(file) or "nothing"
            raise ZwickyError(f"{path}: has no group or dataset {table!r}; it has {has}")
        root = file[table] if table is not None else file
        if isinstance(root, h5py.Dataset):
            visit(root.name, root)
        else:
            root.visititems(visit)
        if not plain and len(records) > 1:
            raise ZwickyError(f"{path}: holds several tables; name one: table = {' or '.join(records)}")
        if not plain and records:
            data = next(iter(records.values()))
            return columns_of_records(data.dtype, data.shape[0]), _records_of_hdf5(path, data.name)
        columns = [
            components(name, data.shape[1:], _unit_of(data), data.shape[0]) for name, data in plain.items()
        ]
        whole = isinstance(root, h5py.Dataset)  # its name is then the column's, from the top
        return joined(columns), _datasets_of_hdf5(path, "/" if whole else root.name)


def _unit_of(data: h5py.Dataset) -> str:
    unit = data.attrs.get("unit", data.attrs.get("units", ""))
    return unit.decode("utf-8", "replace") if isinstance(unit, bytes) else str(unit)


def _records_of_hdf5(path: Path, name: str) -> Stream:
    def stream(sources: Sequence[str], rows: int, integers: frozenset[str]) -> Iterator[dict]:
        with h5py.File(path, "r") as file:
            data = file[name]
            for a in range(0, data.shape[0], rows):
                part = data.fields(list(sources))[a : a + rows]
                yield {source: part[source] for source in sources}

    return stream


def _datasets_of_hdf5(path: Path, root: str) -> Stream:
    def stream(sources: Sequence[str], rows: int, integers: frozenset[str]) -> Iterator[dict]:
        with h5py.File(path, "r") as file:
            data = {name: file[root][name] for name in sources}
            for a in range(0, len(data[sources[0]]), rows):
                yield {name: dataset[a : a + rows] for name, dataset in data.items()}

    return stream


def open_fits(path: Path, table: str | None) -> tuple[dict[str, Column], Stream]:
    """Columns and stream of a FITS binary table: the first, or the extension of that name or number.

    Headers and columns are those of `zwicky.io.readers.fits`, which reads a block of rows like a whole table.
    """
    from zwicky.io.readers.fits import binary_columns, hdus

    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        size = len(data)
        units = {
            i: (header, start, start + length)
            for i, (header, start, length) in enumerate(hdus(data))
            if str(header.get("XTENSION", "")).strip() == "BINTABLE"
        }
    names = {i: str(header.get("EXTNAME", "")).strip() for i, (header, _, _) in units.items()}
    found = [i for i, name in names.items() if table in (None, str(i), name)]
    if not found:
        has = ", ".join(name or str(i) for i, name in names.items()) or "none"
        wanted = "no binary table" if table is None else f"no binary table {table}"
        raise ZwickyError(f"{path}: has {wanted}; it has {has}")
    header, start, end = units[found[0]]
    if end > size:
        raise ZwickyError(f"{path}: ends after {size} of {end} bytes; fetch it again")
    width, n, fields = (int(header[key]) for key in ("NAXIS1", "NAXIS2", "TFIELDS"))
    columns: dict[str, Column] = {}
    for i, (column, count) in enumerate(binary_columns(b"", header, 0, width, 0, fields), 1):
        # Of a column of variable length the rows hold only pointers; bits are no numbers.
        if str(header[f"TFORM{i}"]).lstrip(" 0123456789")[:1] not in ("P", "Q", "X"):
            columns |= components(column.name, () if count == 1 else (count,), column.unit or "", n)

    def stream(sources: Sequence[str], rows: int, integers: frozenset[str]) -> Iterator[dict]:
        step = max(1, min(rows, BLOCK // max(width, 1)))
        with path.open("rb") as file:
            file.seek(start)
            for done in range(0, n, step):
                wanted = min(step, n - done)
                block = file.read(wanted * width)
                if len(block) < wanted * width:
                    got = done + len(block) // width
                    raise ZwickyError(f"{path}: ends after {got} of {n} rows; fetch it again")
                read = {c.name: c.read for c, _ in binary_columns(block, header, 0, width, wanted, fields)}
                yield {name: without_gaps(read[name](), f"{path}: {name}") for name in sources}

    return columns, stream
