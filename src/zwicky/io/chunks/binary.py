"""Tables stored as numbers: Parquet by batches, HDF5 by slices, FITS by blocks of rows.

Each function here looks into a file and gives its columns and the function that streams them.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from zwicky.errors import ZwickyError
from zwicky.io.chunks.records import columns_of_records, open_npy, read_records
from zwicky.io.chunks.table import Column, Stream, components, joined

if TYPE_CHECKING:
    from astropy.io import fits

__all__ = ["open_fits", "open_hdf5", "open_npy", "open_parquet"]

#: Bytes of a Parquet column that are read at once.
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

    astropy reads the header. The rows are read here, block by block: through astropy's memory map a million
    rows take seconds, and stay in memory.
    """
    from astropy.io import fits

    extension: str | int | None = int(table) if table is not None and table.isdigit() else table
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.filterwarnings("error", message=".*truncated.*")
        with fits.open(path, memmap=True) as file:
            tables = {i: hdu for i, hdu in enumerate(file) if isinstance(hdu, fits.BinTableHDU)}
            found = [hdu for i, hdu in tables.items() if extension in (None, i, hdu.name)]
            if not found:
                has = ", ".join(hdu.name or str(i) for i, hdu in tables.items()) or "none"
                wanted = "no binary table" if table is None else f"no binary table {table}"
                raise ZwickyError(f"{path}: has {wanted}; it has {has}")
            n, start = int(found[0].header["NAXIS2"]), int(found[0].fileinfo()["datLoc"])
            known = {column.name: column for column in found[0].columns}
            # astropy says the types of the columns, but not the byte order of the file.
            dtype = found[0].columns.dtype.newbyteorder(">")
            width = int(found[0].header["NAXIS1"])
    if width != dtype.itemsize:
        raise ZwickyError(
            f"{path}: rows of {width} bytes where the columns take {dtype.itemsize}; the header is damaged: "
            "fetch it again"
        )
    columns = joined(
        components(name, dtype[name].shape, column.unit or "", n)
        for name, column in known.items()
        # Of a column of variable length the rows hold only pointers.
        if column.format.lstrip("0123456789")[:1] not in ("P", "Q", "X")
    )

    def stream(sources: Sequence[str], rows: int, integers: frozenset[str]) -> Iterator[dict]:
        for part in read_records(path, dtype, start, n, rows):
            yield {name: _of_fits(part[name], known[name], f"{path}: {name}") for name in sources}

    return columns, stream


def _of_fits(raw: np.ndarray, column: fits.Column, where: str) -> np.ndarray:
    """What a column means: ``TZERO + TSCAL * raw``, missing at ``TNULL`` (FITS standard 4.0, Sec. 7.3)."""
    if column.format.endswith("L"):
        return raw == ord("T")
    scale, zero = (1.0 if column.bscale in (None, "") else column.bscale), column.bzero or 0
    missing = np.zeros(raw.shape, bool) if column.null in (None, "") else raw == int(column.null)
    if raw.dtype.kind not in "iu" or (scale == 1 and zero == int(zero)):
        if missing.any():
            raise ZwickyError(f"{where} has missing values; fill them or leave the rows out")
        if zero == 2**63:
            # How FITS writes unsigned integers of 64 bits: exact only as integers.
            return raw.astype(np.int64).view(np.uint64) ^ np.uint64(2**63)
        if raw.dtype.kind in "iu":
            return raw.astype(np.int64) + int(zero)
        return raw if (scale, zero) == (1, 0) else raw * scale + zero
    return np.where(missing, np.nan, raw.astype(float) * scale + zero)
