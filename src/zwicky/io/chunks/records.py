"""Records of one type, one after the other in a file: raw bytes, structured arrays of numpy, FITS rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.io.chunks.table import Column, Stream, TableFile, components, joined

__all__ = ["RECORD_BYTES", "columns_of_records", "open_npy", "open_records", "read_records"]

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


def columns_of_records(dtype: np.dtype, n: int) -> dict[str, Column]:
    """A column for each field, of vectors one for each component."""
    return joined(components(name, dtype[name].shape, "", n) for name in dtype.names)


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
    n = size // dtype.itemsize
    return TableFile(path, kind, columns_of_records(dtype, n), _stream(path, dtype, start, n))


def open_npy(path: Path, _: str | None) -> tuple[dict[str, Column], Stream]:
    """Columns and stream of a structured array that `numpy.save` wrote."""
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
    return columns_of_records(dtype, shape[0]), _stream(path, dtype, start, shape[0])


def _stream(path: Path, dtype: np.dtype, start: int, n: int) -> Stream:
    def stream(sources: Sequence[str], rows: int, integers: frozenset[str]) -> Iterator[dict]:
        for part in read_records(path, dtype, start, n, rows):
            yield {name: part[name] for name in sources}

    return stream
