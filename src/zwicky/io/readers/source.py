"""A file to read: its bytes, unpacked within bounds, and the letters in them, decoded by what they are."""

from __future__ import annotations

import io
import mmap
import stat
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from zwicky.errors import ZwickyError
from zwicky.io.kinds import is_packed, open_bytes

__all__ = ["Source", "decoded"]

#: A compressed table may grow to this many bytes, or to so many times its own size if that is more.
MOST_BYTES, MOST_GROWTH = 1 << 28, 20

_NO_TABLES = {
    b"PK\x03\x04": "a zip archive or a spreadsheet: unpack it, or save it as CSV",
    b"%PDF": "a PDF: get the table itself",
    b"\x89PNG": "a picture: get the table itself",
    b"<!doctype html": "a web page, perhaps a server's error: fetch the table again",
    b"<html": "a web page, perhaps a server's error: fetch the table again",
}


@dataclass(frozen=True)
class Source:
    """A file that may hold tables.

    Parameters
    ----------
    path
        Where it is; it may be compressed with gzip, bzip2 or xz.

    Raises
    ------
    ZwickyError
        If it is missing, no regular file or empty.
    """

    path: Path

    def __post_init__(self) -> None:
        try:
            facts = self.path.stat()
            if not stat.S_ISREG(facts.st_mode):
                raise ZwickyError(f"{self.path}: is not a file; give a table")
            with self.path.open("rb"):
                pass
        except OSError as error:
            raise ZwickyError(f"{self.path}: cannot be read ({error.strerror}); check the path") from error
        if not facts.st_size:
            raise ZwickyError(
                f"{self.path}: the file is empty; give a table with a row a galaxy or a cluster"
            )

    @property
    def name(self) -> str:
        """The file's name, for messages."""
        return self.path.name

    @property
    def size(self) -> int:
        """Bytes of it, unpacked."""
        return len(self.data) if self.packed else self.path.stat().st_size

    @cached_property
    def packed(self) -> bool:
        """Whether it is compressed."""
        return is_packed(self.path)

    @cached_property
    def data(self) -> bytes | mmap.mmap:
        """All bytes, in memory only where they had to be unpacked.

        Raises
        ------
        ZwickyError
            If a compressed file is cut short or grows beyond all measure.
        """
        if self.packed:
            return _unpacked(self.path)
        with self.path.open("rb") as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    @property
    def place(self) -> Path | io.BytesIO:
        """What a library opens: the file where it stands, or its unpacked bytes."""
        return io.BytesIO(self.data) if self.packed else self.path

    def check_kind(self, start: bytes) -> None:
        """Refuse what begins like something that holds no table, and say what it is.

        Raises
        ------
        ZwickyError
            If it is such a thing.
        """
        start = start[:64].lstrip().lower()
        for magic, what in _NO_TABLES.items():
            if start.startswith(magic.lower()):
                raise ZwickyError(f"{self.path}: is no table but {what}")

    def check_last_line(self) -> None:
        """Refuse a text whose last line has no end: a number in it may be cut short.

        Raises
        ------
        ZwickyError
            If it has none.
        """
        if bytes(self.data[-1:]) not in (b"\n", b"\r"):
            raise ZwickyError(
                f"{self.path}: the last line has no end, so it may be cut short; fetch the file again, or "
                "end it with a line break if it is whole"
            )


def _unpacked(path: Path) -> bytes:
    size = path.stat().st_size
    limit = max(MOST_BYTES, MOST_GROWTH * size)
    parts, total = [], 0
    with open_bytes(path) as stream:
        while part := stream.read(1 << 20):
            parts.append(part)
            total += len(part)
            if total > limit:
                raise ZwickyError(
                    f"{path}: {size} compressed bytes grow to more than {limit}; unpack it yourself "
                    "if it is to be trusted"
                )
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
