"""The bytes of a file and the letters in them: unpacked within bounds, decoded by what they are."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import mmap
import stat
import zlib
from pathlib import Path

from zwicky.errors import ZwickyError

__all__ = ["content_of", "decoded"]

#: A compressed table may grow to this many bytes, or to so many times its own size if that is more.
MOST_BYTES, MOST_GROWTH = 1 << 28, 20

_PACKED = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\x00": lzma.open}
_NO_TABLES = {
    b"PK\x03\x04": "a zip archive or a spreadsheet: unpack it, or save it as CSV",
    b"%PDF": "a PDF: get the table itself",
    b"\x89PNG": "a picture: get the table itself",
    b"<!doctype html": "a web page, perhaps a server's error: fetch the table again",
    b"<html": "a web page, perhaps a server's error: fetch the table again",
}


def content_of(path: Path) -> bytes | mmap.mmap:
    """The bytes of a file, unpacked if it is compressed with gzip, bzip2 or xz.

    Raises
    ------
    ZwickyError
        If the file is missing, no regular file, empty, cut short, or grows beyond all measure.
    """
    try:
        with path.open("rb") as file:
            facts = path.stat()
            if not stat.S_ISREG(facts.st_mode):
                raise ZwickyError(f"{path}: is not a file; give a table")
            if not facts.st_size:
                raise ZwickyError(f"{path}: the file is empty; give a table with a row a galaxy or a cluster")
            data: bytes | mmap.mmap = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as error:
        raise ZwickyError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    for magic, opened in _PACKED.items():
        if data[: len(magic)] == magic:
            data = _unpacked(path, data, opened)
    start = data[:64].lstrip().lower()
    for magic, what in _NO_TABLES.items():
        if start.startswith(magic.lower()):
            raise ZwickyError(f"{path}: is no table but {what}")
    return data


def _unpacked(path: Path, data: mmap.mmap, opened) -> bytes:
    limit = max(MOST_BYTES, MOST_GROWTH * len(data))
    parts, total = [], 0
    try:
        with opened(io.BytesIO(data)) as stream:
            while part := stream.read(1 << 20):
                parts.append(part)
                total += len(part)
                if total > limit:
                    raise ZwickyError(
                        f"{path}: {len(data)} compressed bytes grow to more than {limit}; unpack it yourself "
                        "if it is to be trusted"
                    )
    except (OSError, EOFError, lzma.LZMAError, zlib.error, ValueError) as error:
        if isinstance(error, ZwickyError):
            raise
        raise ZwickyError(
            f"{path}: cannot be unpacked ({error}); the file may be cut short: fetch or write it again"
        ) from error
    if not total:
        raise ZwickyError(f"{path}: the file is empty; give a table with a row a galaxy or a cluster")
    return b"".join(parts)


def decoded(data: bytes) -> tuple[str, tuple[str, ...]]:
    r"""The text in some bytes, with ``\n`` at the end of lines, and what was noticed.

    Byte order marks say UTF-8 or UTF-16; without one it is UTF-8, or else Latin-1.

    Raises
    ------
    ValueError
        If it is no text.
    """
    notes: tuple[str, ...] = ()
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = data.decode("utf-16")
    elif data[1:2] == b"\x00" and data[3:4] == b"\x00":
        text = data.decode("utf-16-le")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("latin-1")
            notes = ("is not UTF-8; read as Latin-1",)
    if "\x00" in text:
        raise ValueError("no text, or binary data of no known kind")
    return text.replace("\r\n", "\n").replace("\r", "\n"), notes
