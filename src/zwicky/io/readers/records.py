"""Records of one type, one after the other in a file: raw bytes, and structured arrays of numpy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.io.foreign import ForeignColumn, ForeignTable, Stream, masked_text
from zwicky.io.readers.source import Source
from zwicky.io.readers.table_file import TableFile

__all__ = ["RECORD_BYTES", "open_records", "read_records", "tables_of"]

#: Bytes of records read at once: picking columns out of them then stays in the processor's cache.
RECORD_BYTES = 2 << 20


def read_records(path: Path, dtype: np.dtype, start: int, n: int, rows: int) -> Iterator[np.ndarray]:
    """The `n` records that begin `start` bytes into a file, at most `rows` at a time.

    Raises
    ------
    ZwickyError
        If the file ends before the last.
    """
    step = max(1, min(rows, RECORD_BYTES // dtype.itemsize))
    with path.open("rb") as file:
        file.seek(start)
        for done in range(0, n, step):
            wanted = min(step, n - done)
            part = np.fromfile(file, dtype, wanted)
            if len(part) < wanted:
                raise ZwickyError(f"{path}: ends after {done + len(part)} of {n} rows; fetch it again")
            yield part


def open_records(path: Path, kind: str, dtype: np.dtype, start: int = 0) -> TableFile:
    """A file that holds nothing but records from `start` on.

    Raises
    ------
    ZwickyError
        If it does not hold a whole number of them.
    """
    size = path.stat().st_size - start
    if size % dtype.itemsize:
        raise ZwickyError(
            f"{path}: {size} bytes are no whole number of records of {dtype.itemsize}; the file is cut short "
            f"or is no {kind}: fetch it again"
        )
    return TableFile.of(_table(path, dtype, start, size // dtype.itemsize), path, kind)


def tables_of(source: Source) -> list[ForeignTable]:
    """The structured array that `numpy.save` wrote.

    Raises
    ------
    ZwickyError
        If the file holds another array, or more or fewer bytes than it says.
    """
    path = source.path
    with path.open("rb") as file:
        version = np.lib.format.read_magic(file)
        first = version == (1, 0)
        read = np.lib.format.read_array_header_1_0 if first else np.lib.format.read_array_header_2_0
        shape, _, dtype = read(file)
        start = file.tell()
    if not dtype.names or len(shape) != 1 or dtype.hasobject:
        raise ZwickyError(
            f"{path}: holds {dtype} in {len(shape)} dimensions, not records; save a structured array"
        )
    size, expected = path.stat().st_size - start, shape[0] * dtype.itemsize
    if size != expected:
        raise ZwickyError(
            f"{path}: {size} bytes where {shape[0]} records take {expected}; the file is cut short or "
            "damaged: write it again"
        )
    return [_table(path, dtype, start, shape[0])]


def _table(path: Path, dtype: np.dtype, start: int, n: int) -> ForeignTable:
    def whole(name: str) -> np.ma.MaskedArray:
        parts = read_records(path, dtype, start, n, n)
        values = np.concatenate([np.empty(0, dtype)[name], *(part[name] for part in parts)])
        return masked_text([str(value) for value in values]) if values.dtype.kind in "SU" else values

    columns = [
        ForeignColumn(name, None, partial(whole, name), shape=dtype[name].shape) for name in dtype.names
    ]
    return ForeignTable(path.name, tuple(columns), n, stream=_stream(path, dtype, start, n))


def _stream(path: Path, dtype: np.dtype, start: int, n: int) -> Stream:
    def stream(names: Sequence[str], rows: int, integers: frozenset[str]) -> Iterator[dict]:
        for part in read_records(path, dtype, start, n, rows):
            yield {name: part[name] for name in names}

    return stream
