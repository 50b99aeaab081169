"""Files: our tables in and out, foreign catalogues in."""

from zwicky.io.storage import read_sample, read_table, write_sample, write_table

__all__ = [
    "read_sample",
    "read_table",
    "write_sample",
    "write_table",
]
