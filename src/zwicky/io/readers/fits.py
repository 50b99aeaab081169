"""FITS tables, binary and ASCII, by their headers: every table of the file, each column when it is read.

Astropy's own reader makes zeros of blank integers in ASCII tables, takes no notice of ``TNULL`` in columns
of floats and trusts every size in a header; so the headers are astropy's here and the bytes are ours
(FITS Standard 4.0, Sec. 7.2 and 7.3).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from astropy.io import fits

from zwicky.errors import ZwickyError
from zwicky.io.foreign import ForeignColumn, ForeignTable, Stream, masked_text
from zwicky.io.readers.source import Source

__all__ = ["tables_of"]

#: Bytes of rows that are read at once.
BLOCK = 8 << 20

_BLOCK = 2880
_BINARY = re.compile(r"(\d{0,12})([LXBIJKAEDCMPQ])")
_TYPES = {"L": "S1", "B": "u1", "I": ">i2", "J": ">i4", "K": ">i8", "E": ">f4", "D": ">f8", "A": "S"}
_BYTES = {"L": 1, "B": 1, "I": 2, "J": 4, "K": 8, "E": 4, "D": 8, "A": 1, "C": 8, "M": 16, "P": 8, "Q": 16}
#: A cell of text is a name, not a document.
_LONGEST_TEXT = 10_000


def tables_of(source: Source) -> list[ForeignTable]:
    """Every table of a FITS file, in the order of the HDUs.

    Raises
    ------
    ValueError
        If a header is not FITS.
    ZwickyError
        If a table ends before its rows do.
    """
    data, tables = source.data, []
    for number, (header, start, size) in enumerate(_hdus(data)):
        kind = str(header.get("XTENSION", "")).strip().upper()
        if kind not in ("BINTABLE", "TABLE") or header.get("ZIMAGE", False):
            continue
        width, rows, fields = (_whole(header, key) for key in ("NAXIS1", "NAXIS2", "TFIELDS"))
        if fields > 999:
            raise ValueError(f"TFIELDS = {fields}")
        if start + size > len(data):
            raise ZwickyError(
                f"{source.name}: HDU {number} ends after {len(data) - start} of {size} bytes; the file may "
                "be cut short: fetch or write it again"
            )
        made = _binary if kind == "BINTABLE" else _ascii
        columns, n_rows = made(data, header, start, width, rows, fields), rows
        if rows == 1:
            columns, n_rows = _unrolled(columns)
        in_parts = kind == "BINTABLE" and n_rows == rows
        tables.append(
            ForeignTable(
                source=source.name,
                columns=tuple(columns),
                n_rows=n_rows,
                place=f"HDU {number}",
                name=str(header.get("EXTNAME", "")).strip(),
                meta={k: v for k, v in header.items() if isinstance(v, str | int | float) and k},
                stream=_stream(source, header, start, width, rows, fields) if in_parts else None,
            )
        )
    return tables


def _hdus(data: bytes) -> Iterator[tuple[fits.Header, int, int]]:
    """Header, first byte of the data and their number for every HDU."""
    at = 0
    while at + 80 <= len(data) and data[at : at + 8] in (b"SIMPLE  ", b"XTENSION"):
        begin = at
        while True:
            block = data[at : at + _BLOCK]
            at += _BLOCK
            if any(block[i : i + 8] == b"END     " for i in range(0, len(block), 80)):
                break
            if at >= len(data):
                raise ValueError("a header without an end; truncated")
        header = fits.Header.fromstring(data[begin:at].decode("latin-1"))
        axes = [_whole(header, f"NAXIS{i + 1}") for i in range(min(_whole(header, "NAXIS"), 999))]
        elements = 1 if axes else 0
        for axis in axes:
            elements *= axis
        size = abs(int(header.get("BITPIX", 8))) // 8
        size *= int(header.get("GCOUNT", 1)) * (int(header.get("PCOUNT", 0)) + elements)
        if size < 0:
            raise ValueError(f"data of {size} bytes")
        yield header, at, size
        at += -(-size // _BLOCK) * _BLOCK


def _whole(header: fits.Header, key: str) -> int:
    value = header.get(key, 0)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{key} = {value!r}, not a number of things")
    return value


def _stream(source: Source, header: fits.Header, start: int, width: int, n: int, fields: int) -> Stream:
    """Blocks of rows, each read like a whole table."""

    def stream(names: Sequence[str], rows: int, integers: frozenset[str]) -> Iterator[dict]:
        step = max(1, min(rows, BLOCK // max(width, 1)))
        with source.path.open("rb") as file:
            file.seek(start)
            for done in range(0, n, step):
                wanted = min(step, n - done)
                block = file.read(wanted * width)
                if len(block) < wanted * width:
                    got = done + len(block) // width
                    raise ZwickyError(f"{source.path}: ends after {got} of {n} rows; fetch it again")
                read = {c.name: c.read for c in _binary(block, header, 0, width, wanted, fields)}
                yield {name: read[name]() for name in names}

    return stream


def _binary(
    data: bytes, header: fits.Header, start: int, width: int, rows: int, fields: int
) -> list[ForeignColumn]:
    """The columns of a binary table.

    Parameters
    ----------
    data
        The file, or a part of it.
    header
        The table's.
    start, width, rows, fields
        Where the rows begin in `data`, the bytes of each, how many there are, and their columns.

    Raises
    ------
    ValueError
        If the header does not describe such rows.
    """
    columns, at = [], 0
    for i in range(1, fields + 1):
        form = str(header.get(f"TFORM{i}", "")).strip().upper()
        found = _BINARY.match(form)
        if not found:
            raise ValueError(f"TFORM{i} = {form[:20]!r}")
        repeat, letter = int(found[1] or 1), found[2]
        size = -(-repeat // 8) if letter == "X" else repeat * _BYTES[letter]
        read = partial(_binary_contents, data, header, i, start + at, width, rows, repeat, letter)
        columns.append(_column(header, i, read, letter == "A", _shape(repeat, letter)))
        at += size
    if at != width:
        raise ValueError(f"columns of {at} bytes in rows of {width}")
    return columns


def _shape(repeat: int, letter: str) -> tuple[int, ...] | None:
    """Of one row; of a column of variable length the rows hold only pointers, and bits are no numbers."""
    if letter in "PQX":
        return None
    return () if letter == "A" or repeat == 1 else (repeat,)


def _column(
    header: fits.Header, i: int, read, is_text: bool, shape: tuple[int, ...] | None = ()
) -> ForeignColumn:
    name, unit = (str(header.get(f"{key}{i}", "")).strip() for key in ("TTYPE", "TUNIT"))
    return ForeignColumn(name or f"col{i}", unit or None, read, is_text, shape)


def _binary_contents(data, header, i, at, width, rows, repeat, letter) -> np.ma.MaskedArray:
    if letter not in _TYPES:
        raise ValueError(f"format {header[f'TFORM{i}']}, not one number or word a row")
    if letter == "A":
        if repeat > _LONGEST_TEXT:
            raise ValueError(f"text of {repeat} letters")
        dtype, shape, strides = f"S{max(repeat, 1)}", (rows,), (width,)
        if not repeat:
            return masked_text([""] * rows)
    else:
        dtype = _TYPES[letter]
        shape, strides = (rows,), (width,)
        if repeat != 1:
            shape, strides = (rows, repeat), (width, np.dtype(dtype).itemsize)
    raw = np.ndarray(shape, dtype, buffer=data, offset=at, strides=strides)
    if letter == "A":
        return masked_text(
            [cell.decode("utf-8", "replace").split("\x00")[0].strip() for cell in raw.tolist()]
        )
    if letter == "L":
        return np.ma.MaskedArray(raw == b"T", mask=(raw != b"T") & (raw != b"F"))
    null, scale, zero = (header.get(f"{key}{i}") for key in ("TNULL", "TSCAL", "TZERO"))
    mask = np.zeros(raw.shape, dtype=bool) if not isinstance(null, int | float) else raw == null
    return np.ma.MaskedArray(_scaled(raw, 1 if scale is None else scale, 0 if zero is None else zero), mask)


def _scaled(raw: np.ndarray, scale: float, zero: float) -> np.ndarray:
    """``raw * scale + zero`` in native order; whole numbers stay whole, the unsigned ones of FITS too."""
    raw = raw.astype(raw.dtype.newbyteorder("="))
    if (scale, zero) == (1, 0):
        return raw
    if raw.dtype.kind in "iu" and scale == 1 and zero == 2**63:
        return raw.view(np.uint64) ^ np.uint64(1 << 63)
    if raw.dtype.kind in "iu" and scale == 1 and zero == int(zero) and raw.dtype.itemsize < 8:
        return raw.astype(np.int64) + int(zero)
    return raw * float(scale) + float(zero)


def _ascii(
    data: bytes, header: fits.Header, start: int, width: int, rows: int, fields: int
) -> list[ForeignColumn]:
    columns = []
    for i in range(1, fields + 1):
        form = str(header.get(f"TFORM{i}", "")).strip().upper()
        letters = re.match(r"[AIFED](\d{1,6})", form)
        begin = _whole(header, f"TBCOL{i}") - 1
        if not letters or begin < 0 or begin + int(letters[1]) > width:
            raise ValueError(f"TFORM{i} = {form[:20]!r} at TBCOL{i} = {begin + 1} in rows of {width}")
        if header.get(f"TSCAL{i}", 1) != 1 or header.get(f"TZERO{i}", 0) != 0:
            raise ValueError(f"TSCAL{i} or TZERO{i} of an ASCII table")
        null = str(header.get(f"TNULL{i}", "")).strip()
        read = partial(_ascii_contents, data, start + begin, width, rows, int(letters[1]), null)
        columns.append(_column(header, i, read, form[0] == "A"))
    return columns


def _ascii_contents(data, at: int, width: int, rows: int, letters: int, null: str) -> np.ma.MaskedArray:
    raw = np.ndarray((rows,), f"S{letters}", buffer=data, offset=at, strides=(width,))
    cells = [cell.decode("latin-1").strip() for cell in raw.tolist()]
    contents = masked_text(cells)
    contents.mask |= np.fromiter((cell == null for cell in cells), bool, len(cells))
    return contents


def _unrolled(columns: list[ForeignColumn]) -> tuple[list[ForeignColumn], int]:
    """A table of one row whose cells are vectors of one length, as IDL writes it, row by row."""
    shapes = {column.shape for column in columns}
    (shape,) = shapes if len(shapes) == 1 else [()]
    if not shape:
        return columns, 1

    def flat(read):
        return lambda: read()[0]

    return [replace(c, read=flat(c.read), shape=()) for c in columns], shape[0]
