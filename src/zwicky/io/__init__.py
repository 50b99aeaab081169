"""Files: our tables in and out, foreign catalogues in."""

from zwicky.io.directories import exclusive, free_directory, remove_directory, whole_directory
from zwicky.io.files import (
    check_files,
    json_object,
    make_directory,
    provenance,
    read_json,
    sha256_of,
    write_json,
    written_whole,
)
from zwicky.io.storage import read_sample, read_table, write_sample, write_table

__all__ = [
    "check_files",
    "exclusive",
    "free_directory",
    "json_object",
    "make_directory",
    "provenance",
    "read_json",
    "read_sample",
    "read_table",
    "remove_directory",
    "sha256_of",
    "whole_directory",
    "write_json",
    "write_sample",
    "write_table",
    "written_whole",
]
