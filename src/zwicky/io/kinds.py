"""What a file is, by its first bytes; its bytes, unpacked; and whatever a library says of it in one line."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from zwicky.errors import ZwickyError

__all__ = ["faults", "is_packed", "kind_of", "open_bytes", "start_of"]

_GZIP = b"\x1f\x8b"
#: How a file of each kind begins; what begins otherwise and has no NUL byte is text.
_STARTS = (
    ("Parquet", b"PAR1"),
    ("HDF5", b"\x89HDF\r\n\x1a\n"),
    ("FITS", b"SIMPLE  ="),
    ("ECSV", b"# %ECSV"),
    ("numpy", b"\x93NUMPY"),
)


def kind_of(start: bytes) -> str:
    r"""The kind of table that begins with these bytes, decompressed; empty if it is none known here.

    >>> kind_of(b"PAR1\x15"), kind_of(b"#id x\n1 2\n"), kind_of(b"\0\1")
    ('Parquet', 'text', '')
    """
    for kind, first in _STARTS:
        if start.startswith(first):
            return kind
    return "" if b"\0" in start else "text"


def start_of(path: Path) -> bytes:
    """The first 64 KiB of a file, decompressed where it is gzip.

    Raises
    ------
    ZwickyError
        If the file is missing, empty or cannot be read.
    """
    with open_bytes(path) as file:
        start = file.read(1 << 16)
    if not start:
        raise ZwickyError(f"{path}: the file is empty; fetch or write it again")
    return start


def is_packed(path: Path) -> bool:
    """Whether a file is gzip."""
    with path.open("rb") as file:
        return file.read(2) == _GZIP


@contextmanager
def open_bytes(path: Path) -> Iterator[BinaryIO]:
    """The bytes of a file, decompressed where it is gzip.

    Raises
    ------
    ZwickyError
        If the file cannot be opened, or, inside the block too, if reading or decompressing it fails.
    """
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == _GZIP
            raw.seek(0)
            if not packed:
                yield raw
                return
            with gzip.GzipFile(fileobj=raw) as file:
                yield file
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or (str(error) or type(error).__name__).splitlines()[0]
        what = "give a readable file"
        if not isinstance(error, OSError) or isinstance(error, gzip.BadGzipFile):
            what = "the gzip file is cut short or damaged: fetch it again"
        raise ZwickyError(f"{path}: cannot be read ({reason}); {what}") from error


@contextmanager
def faults(path: Path, kind: str) -> Iterator[None]:
    """Turn whatever a library raises over a damaged file into one line."""
    try:
        yield
    except ZwickyError:
        raise
    except Exception as error:
        reason = " ".join(str(error).split())[:160] or type(error).__name__
        raise ZwickyError(
            f"{path}: cannot be read as {kind} ({reason}); the file may be damaged or cut short: fetch or "
            "write it again"
        ) from error
