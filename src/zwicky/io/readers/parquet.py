"""Parquet, through arrow: nulls are missing values in columns of every type, lists of one length vectors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from zwicky.errors import ZwickyError
from zwicky.io.foreign import ForeignColumn, ForeignTable, masked_text
from zwicky.io.readers.inert_yaml import described, inert_yaml, plain_meta, unit_in, with_masks
from zwicky.io.readers.source import Source

__all__ = ["tables_of"]

#: Bytes of a column that are read at once: else those of a whole row group would be in memory.
BLOCK = 8 << 20
#: A cell of text is a name; a byte of a file stands for no more than so many rows.
_LONGEST_TEXT, _MOST_ROWS_A_BYTE = 10_000, 64


def tables_of(source: Source) -> list[ForeignTable]:
    """The table in a Parquet file.

    Raises
    ------
    ValueError
        If it is damaged.
    """
    with _opened(source, ()) as file:
        schema, n_rows = file.schema_arrow, file.metadata.num_rows
        shapes = [_shape(file, field) for field in schema]
    texts = [f.name for f in schema if pa.types.is_string(f.type) or pa.types.is_large_string(f.type)]
    metadata = {k.decode("utf-8", "replace"): v for k, v in (schema.metadata or {}).items()}
    header = inert_yaml(metadata.pop("table_meta_yaml", b"").decode("utf-8", "replace"))
    about = described(header)
    columns, met = [], {}
    for field, shape in zip(schema, shapes, strict=True):
        k = met[field.name] = met.get(field.name, -1) + 1
        if field.name.startswith("__index_level"):
            continue
        stated = (field.metadata or {}).get(b"unit", b"").decode("utf-8", "replace")
        unit = unit_in(about.get(field.name, {})) or stated or None
        read = partial(_whole, source, texts, field.name, k, n_rows)
        columns.append(ForeignColumn(field.name, unit, read, field.name in texts, shape))
    meta = plain_meta(header) or {
        k: v.decode("utf-8", "replace") for k, v in metadata.items() if len(v) < 1000
    }
    stream = partial(_stream, source, texts)
    return [ForeignTable(source.name, with_masks(columns), n_rows, meta=meta, stream=stream)]


def _opened(source: Source, texts: Sequence[str]) -> pq.ParquetFile:
    return pq.ParquetFile(
        source.place, read_dictionary=list(texts), buffer_size=BLOCK, page_checksum_verification=True
    )


def _shape(file: pq.ParquetFile, field: pa.Field) -> tuple[int, ...] | None:
    """Of a list the length that the first row has."""
    if pa.types.is_fixed_size_list(field.type):
        return (field.type.list_size,)
    if not (pa.types.is_list(field.type) or pa.types.is_large_list(field.type)):
        return ()
    first = next(file.iter_batches(1, columns=[field.name]), None) if file.metadata.num_rows else None
    return None if first is None else (len(first[0][0].as_py() or ()),)


def _stream(
    source: Source, texts: Sequence[str], names: Sequence[str], rows: int, integers: frozenset[str]
) -> Iterator[dict[str, np.ma.MaskedArray]]:
    with _opened(source, texts) as file:
        for batch in file.iter_batches(rows, columns=list(names)):
            yield {name: _contents(batch[name], name) for name in names}


def _whole(source: Source, texts: Sequence[str], name: str, k: int, n_rows: int) -> np.ma.MaskedArray:
    if n_rows > _MOST_ROWS_A_BYTE * source.size:
        raise ValueError(f"{n_rows} rows in {source.size} bytes")
    with _opened(source, texts) as file:
        table = file.read(columns=[name])
    chunks = table.columns[k if table.num_columns > k else 0].combine_chunks()
    return _contents(chunks.chunk(0) if isinstance(chunks, pa.ChunkedArray) else chunks, name)


def _contents(array: pa.Array, name: str) -> np.ma.MaskedArray:
    """A column, or a part of it, as a masked array; a row of it is a number, a word or a vector."""
    kind = array.type
    if isinstance(array, pa.ListArray | pa.LargeListArray | pa.FixedSizeListArray):
        return _vectors(array, name)
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


def _vectors(lists: pa.Array, name: str) -> np.ma.MaskedArray:
    n, flat = len(lists), _contents(lists.flatten(), name)
    uneven = not isinstance(lists, pa.FixedSizeListArray) and len(np.unique(np.diff(lists.offsets))) > 1
    if lists.null_count or uneven or (n and len(flat) % n):
        raise ZwickyError(f"{name} holds vectors of several lengths; name another column")
    return flat.reshape(n, len(flat) // n if n else 0)


def _words(array: pa.DictionaryArray) -> np.ma.MaskedArray:
    """Text of which every word is held once."""
    words = array.dictionary
    longest = pc.max(pc.binary_length(words)).as_py() if len(words) else 0
    if (longest or 0) > _LONGEST_TEXT:
        raise ValueError(f"text of {longest} letters")
    known = words.to_pylist()
    index = array.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return masked_text(["" if i < 0 or known[i] is None else str(known[i]).strip() for i in index])
