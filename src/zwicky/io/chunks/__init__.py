"""Tables of any size as named columns of numbers, in chunks: memory is bounded by the chunk."""

from zwicky.io.chunks.head import TextHead, read_head
from zwicky.io.chunks.opening import open_table
from zwicky.io.chunks.records import open_records
from zwicky.io.chunks.table import Column, TableFile
from zwicky.io.chunks.text import TextTable, read_columns

__all__ = [
    "Column",
    "TableFile",
    "TextHead",
    "TextTable",
    "open_records",
    "open_table",
    "read_columns",
    "read_head",
]
