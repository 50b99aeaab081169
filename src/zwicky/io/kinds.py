"""What a file is, by its first bytes; its bytes, unpacked; and whatever a library says of it in one line."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from zwicky.errors import ZwickyError
from zwicky.io.foreign import short_reason

__all__ = ["faults", "is_packed", "kind_of", "open_bytes", "start_of"]

#: How a compressed file begins, what it is called and what opens it.
_PACKED: dict[bytes, tuple[str, Callable[[Any], BinaryIO]]] = {
    b"\x1f\x8b": ("gzip", gzip.open),
    b"BZh": ("bzip2", bz2.open),
    b"\xfd7zXZ\x00": ("xz", lzma.open),
}
#: How a file of each kind begins; what begins otherwise and has no NUL byte is text.
_STARTS = (
    ("Parquet", b"PAR1"),
    ("HDF5", b"\x89HDF\r\n\x1a\n"),
    ("FITS", b"SIMPLE  ="),
    ("ECSV", b"# %ECSV"),
    ("numpy", b"\x93NUMPY"),
    ("VOTable", b"<?xml"),
)


def kind_of(start: bytes) -> str:
    r"""The kind of table that begins with these bytes, decompressed; empty if it is none known here.

    >>> kind_of(b"PAR1\x15"), kind_of(b"#id x\n1 2\n"), kind_of(b"\0\1")
    ('Parquet', 'text', '')
    """
    words = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    for kind, first in _STARTS:
        if words.startswith(first):
            return kind
    if words.startswith(b"<") and b"<VOTABLE" in words:
        return "VOTable"
    return "" if b"\0" in start else "text"


def start_of(path: Path) -> bytes:
    """The first 64 KiB of a file, decompressed.

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
    """Whether a file is compressed with gzip, bzip2 or xz."""
    with path.open("rb") as file:
        return _packing(file.read(6)) is not None


def _packing(start: bytes) -> tuple[str, Callable[[Any], BinaryIO]] | None:
    return next((how for magic, how in _PACKED.items() if start.startswith(magic)), None)


@contextmanager
def open_bytes(path: Path) -> Iterator[BinaryIO]:
    """The bytes of a file, decompressed where it is gzip, bzip2 or xz.

    Raises
    ------
    ZwickyError
        If the file cannot be opened, or, inside the block too, if reading or decompressing it fails.
    """
    packing = None
    try:
        with path.open("rb") as raw:
            packing = _packing(raw.read(6))
            raw.seek(0)
            if packing is None:
                yield raw
                return
            with packing[1](raw) as file:
                yield file
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        reason = getattr(error, "strerror", None) or short_reason(error)
        what = "give a readable file"
        if packing is not None and getattr(error, "errno", None) is None:
            what = f"the {packing[0]} file is cut short or damaged: fetch it again"
        raise ZwickyError(f"{path}: cannot be read ({reason}); {what}") from error


@contextmanager
def faults(
    path: Path, kind: str, advice: str = "the file may be damaged or cut short: fetch or write it again"
) -> Iterator[None]:
    """Turn whatever a library raises over a damaged file into one line that begins with its path.

    Parameters
    ----------
    path
        The file; a message that begins with its name alone gets the whole path.
    kind
        What it is read as.
    advice
        What to do, the end of the message.
    """
    try:
        yield
    except ZwickyError as error:
        text = str(error)
        if text.startswith(str(path)):
            raise
        text = text.removeprefix(path.name) if text.startswith(path.name) else f": {text}"
        raise ZwickyError(f"{path}{text}") from error
    except Exception as error:
        raise ZwickyError(f"{path}: cannot be read as {kind} ({short_reason(error)}); {advice}") from error
