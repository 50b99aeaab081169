"""Files: our tables in and out, foreign catalogues in."""

from zwicky.io.files import (
    make_directory,
    provenance,
    read_json,
    sha256_of,
    whole_directory,
    whole_file,
    write_json,
)
from zwicky.io.storage import read_sample, read_table, write_sample, write_table

__all__ = [
    "make_directory",
    "provenance",
    "read_json",
    "read_sample",
    "read_table",
    "sha256_of",
    "whole_directory",
    "whole_file",
    "write_json",
    "write_sample",
    "write_table",
]
