"""Parquet, through arrow: one column at a time, nulls as missing values in columns of every type."""

from __future__ import annotations

from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from zwicky.io.foreign import ForeignColumn, ForeignTable, masked_text
from zwicky.io.readers.inert_yaml import described, inert_yaml, plain_meta, unit_in, with_masks

__all__ = ["read_parquet"]

#: A cell of text is a name; a byte of a file stands for no more than so many rows.
_LONGEST_TEXT, _MOST_ROWS_A_BYTE = 10_000, 64


def read_parquet(data: bytes, source: str) -> list[ForeignTable]:
    """The table in a Parquet file.

    Raises
    ------
    ValueError
        If it is damaged, or claims more than its size can hold.
    """
    buffer = pa.py_buffer(data)
    file = pq.ParquetFile(pa.BufferReader(buffer))
    schema, n_rows = file.schema_arrow, file.metadata.num_rows
    if n_rows > _MOST_ROWS_A_BYTE * len(data):
        raise ValueError(f"{n_rows} rows in {len(data)} bytes")
    texts = [f.name for f in schema if pa.types.is_string(f.type) or pa.types.is_large_string(f.type)]
    file = pq.ParquetFile(pa.BufferReader(buffer), read_dictionary=texts)
    metadata = {k.decode("utf-8", "replace"): v for k, v in (schema.metadata or {}).items()}
    header = inert_yaml(metadata.pop("table_meta_yaml", b"").decode("utf-8", "replace"))
    about = described(header)
    columns, met = [], {}
    for field in schema:
        k = met[field.name] = met.get(field.name, -1) + 1
        if field.name.startswith("__index_level"):
            continue
        unit = unit_in(about.get(field.name, {})) or (field.metadata or {}).get(b"unit", b"").decode() or None
        read = partial(_contents, file, field.name, k)
        columns.append(ForeignColumn(field.name, unit, read, field.name in texts))
    meta = plain_meta(header) or {
        k: v.decode("utf-8", "replace") for k, v in metadata.items() if len(v) < 1000
    }
    return [ForeignTable(source, with_masks(columns), n_rows, meta=meta)]


def _contents(file: pq.ParquetFile, name: str, k: int) -> np.ma.MaskedArray:
    table = file.read(columns=[name])
    chunks = table.columns[k].combine_chunks() if table.num_columns > k else table.columns[0].combine_chunks()
    array = chunks.chunk(0) if isinstance(chunks, pa.ChunkedArray) else chunks
    kind = array.type
    if pa.types.is_dictionary(kind):
        return _words(array)
    gaps = np.asarray(array.is_null())
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind):
        filled = pc.fill_null(array, pa.scalar(0).cast(kind)) if gaps.any() else array
        return np.ma.MaskedArray(filled.to_numpy(zero_copy_only=False), mask=gaps)
    if pa.types.is_decimal(kind):
        return np.ma.MaskedArray(
            array.cast(pa.float64()).fill_null(0).to_numpy(zero_copy_only=False), mask=gaps
        )
    if pa.types.is_binary(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _words(array.cast(pa.string()).dictionary_encode())
    if pa.types.is_null(kind):
        return np.ma.MaskedArray(np.zeros(len(array)), mask=True)
    raise ValueError(f"{kind}, not one number or word a row")


def _words(array: pa.DictionaryArray) -> np.ma.MaskedArray:
    """Text of which every word is held once."""
    words = array.dictionary
    longest = pc.max(pc.binary_length(words)).as_py() if len(words) else 0
    if (longest or 0) > _LONGEST_TEXT:
        raise ValueError(f"text of {longest} letters")
    known = words.to_pylist()
    index = array.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return masked_text(["" if i < 0 or known[i] is None else str(known[i]).strip() for i in index])
