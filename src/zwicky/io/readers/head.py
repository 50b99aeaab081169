"""The top of a text table: what stands above its first row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from zwicky.errors import ZwickyError
from zwicky.io.kinds import open_bytes

__all__ = ["TextHead", "first_lines", "read_head"]

#: A header may be this long: UniverseMachine's histories name some 1500 columns.
_LONGEST = 4 << 20


@dataclass(frozen=True)
class TextHead:
    """The top of a text file: lines above the rows that are not empty, their bytes, and the first row."""

    path: Path
    lines: tuple[str, ...]
    size: int
    first_row: str


def read_head(path: Path, bare_names: bool) -> TextHead:
    """Everything down to the first row.

    Parameters
    ----------
    path
        The file, plain or gzip.
    bare_names
        Whether the first line that is no comment may name the columns: it does unless it begins with a
        number.

    Raises
    ------
    ZwickyError
        If the file cannot be read, is empty, holds no text, or has nothing above the first row.
    """
    lines: list[bytes] = []
    named, first = not bare_names, b""
    for line in first_lines(path):
        comment = not line.strip() or line.lstrip().startswith(b"#")
        if not comment and (named or _is_number(line.replace(b",", b" ").split()[:1])):
            first = line
            break
        named = named or not comment
        lines.append(line)
    if not lines and not first:
        raise ZwickyError(f"{path}: is empty; fetch the file again")
    texts = tuple(text for part in lines if (text := _printable(part)))
    return TextHead(path, texts, sum(map(len, lines)), _printable(first))


def first_lines(path: Path) -> Iterator[bytes]:
    """Lines of a text file from the first, with their ends.

    Raises
    ------
    ZwickyError
        If the file cannot be read or holds no text, or if more is asked for than any header has.
    """
    size = 0
    with open_bytes(path) as file:
        while line := file.readline(_LONGEST):
            size += len(line)
            if b"\0" in line or size > _LONGEST:
                raise ZwickyError(f"{path}: this is no text table; give the catalogue itself")
            yield line


def _printable(line: bytes) -> str:
    """A line as text; what cannot be shown on one line of a message is shown as a question mark."""
    text = line.decode("utf-8-sig", "replace").strip()
    return "".join(c if c.isprintable() or c == "\t" else "?" for c in text)


def _is_number(words: list[bytes]) -> bool:
    try:
        return bool([float(word) for word in words])
    except ValueError:
        return False
