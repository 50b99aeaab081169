"""Large text tables in bounded memory: blocks cut at line ends, parsed by PyArrow on a few threads.

A block goes to PyArrow's CSV parser as it stands. PyArrow knows one-character delimiters and no comments, so
a block with runs of blanks, tabs or ``#`` lines is squeezed first, by a kernel that copies it once. Only the
wanted columns are parsed; the number of columns is checked on every line.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc

from zwicky.errors import ZwickyError
from zwicky.io.kinds import open_bytes
from zwicky.kernels import kernel
from zwicky.parallel import available_cores

__all__ = ["TextTable", "read_columns"]

#: Bytes of text in a block. At most one more than the threads are held, each with its parsed columns.
BLOCK = 8 << 20
#: More threads than this only wait for the disk, and each holds a block.
MOST_THREADS = 8
#: A line longer than this is no line of a table.
LONGEST_LINE = 64 << 20

_BLANK, _TAB, _RETURN, _NEWLINE, _HASH = (np.uint8(ord(c)) for c in " \t\r\n#")
#: What stands for a missing number where commas separate.
_MISSING = (b"", b" ", b"null", b"NULL")
_INTEGER = re.compile(rb"-?\d{1,19}")
_NUMBER = re.compile(rb"[-+]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|nan(?:\(\w*\))?|inf(?:inity)?)", re.I)


@dataclass(frozen=True)
class TextTable:
    """A table of numbers in a text file, plain or gzip.

    Parameters
    ----------
    path
        The file.
    columns
        Name of every column, each once.
    integers
        Those that are parsed as int64, exactly; the rest are float64.
    start
        Bytes before the first row, decompressed.
    delimiter
        A comma, or a blank for any run of blanks and tabs.
    names_line
        The comment that names the columns; met again further on it is skipped, another one is refused.
    """

    path: Path
    columns: tuple[str, ...]
    integers: frozenset[str]
    start: int = 0
    delimiter: str = " "
    names_line: bytes = b""


def read_columns(table: TextTable, columns: Sequence[str], rows: int) -> Iterator[dict[str, np.ndarray]]:
    """The columns named, in the file's order of rows, at most `rows` rows at a time.

    Parameters
    ----------
    table
        The file and its columns.
    columns
        Those to parse, of `table.columns`.
    rows
        Most rows in a chunk; a chunk is never larger than a block of text either.

    Yields
    ------
    dict of str to array, shape (n,)
        int64 or float64; ``nan`` and ``inf`` as they are, a missing float of a comma-separated file NaN.

    Raises
    ------
    ZwickyError
        If a line has too few or too many columns or no end, or holds no number where one is wanted, or if the
        gzip is damaged: with the file and the line.
    """
    workers = min(available_cores(), MOST_THREADS)
    blocks = _blocks(table)
    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[Future] = deque()
        try:
            for number, chunk in enumerate(_in_order(blocks, pool, waiting, workers + 1, table, columns)):
                if isinstance(chunk, str):
                    raise ZwickyError(_fault(table, columns, number, chunk))
                n = len(next(iter(chunk.values()))) if chunk else 0
                for first in range(0, n, rows):
                    yield {name: values[first : first + rows] for name, values in chunk.items()}
        finally:
            for future in waiting:
                future.cancel()


def _in_order(
    blocks: Iterator[bytearray],
    pool: ThreadPoolExecutor,
    waiting: deque[Future],
    most: int,
    table: TextTable,
    columns: Sequence[str],
) -> Iterator[dict[str, np.ndarray] | str]:
    """Parsed blocks in the file's order, `most` under way at once."""
    for block in blocks:
        waiting.append(pool.submit(_parse, block, table, columns))
        del block
        if len(waiting) >= most:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _blocks(table: TextTable) -> Iterator[bytearray]:
    """The rows' text in blocks that end with a line; only the last may end without."""
    with open_bytes(table.path) as file:
        file.read(table.start)
        rest = b""
        while True:
            # One allocation, read into in place: copies of the text would cost a quarter of the time.
            block = bytearray(len(rest) + BLOCK)
            block[: len(rest)] = rest
            with memoryview(block) as view:
                end = len(rest) + file.readinto(view[len(rest) :])
            last = end < len(block)
            cut = end if last else block.rfind(b"\n") + 1
            rest = bytes(memoryview(block)[cut:end])
            if len(rest) > LONGEST_LINE:
                raise ZwickyError(
                    f"{table.path}: no line end in {LONGEST_LINE >> 20} MB; this is no text table"
                )
            del block[cut:]
            if block.strip() if last else block:
                yield block
            if last:
                return


def _parse(block: bytearray, table: TextTable, columns: Sequence[str]) -> dict[str, np.ndarray] | str:
    """Columns of one block, or why there are none."""
    if not block.endswith(b"\n"):
        return "has no end"
    if b"\0" in block:
        return "holds a NUL byte"
    if b"#" in block and _another_header(block, table):
        return "is another header"
    if (b"x" in block or b"X" in block) and any(
        _fault_in(line, table, columns) for line in re.findall(rb"^.*0[xX].*$", block, re.M)
    ):
        return "has a hexadecimal number"  # which PyArrow would take for an integer
    # PyArrow would end a row at a carriage return that stands alone.
    squeeze = b"#" in block or b"\r" in block or (table.delimiter == " " and _irregular(block))
    text = _squeezed(block) if squeeze else block
    if not len(text):
        return {name: np.empty(0, np.int64 if name in table.integers else np.float64) for name in columns}
    long_lines = bytes(text[: 1 << 18]).find(b"\n") < 0
    types = {name: pa.int64() if name in table.integers else pa.float64() for name in columns}
    separated = table.delimiter != " "
    try:
        found = pc.read_csv(
            pa.py_buffer(text),
            # Small steps of the parser stay in the processor's cache.
            pc.ReadOptions(
                column_names=table.columns, use_threads=False, block_size=len(text) if long_lines else 1 << 19
            ),
            pc.ParseOptions(delimiter=table.delimiter, quote_char='"' if separated else False),
            pc.ConvertOptions(
                column_types=types,
                include_columns=list(columns),
                null_values=[word.decode() for word in _MISSING] if separated else [],
                check_utf8=False,
            ),
        )
    except (pa.ArrowException, ValueError) as error:
        return f"cannot be read ({str(error).splitlines()[0][:80]})"
    if any(found[name].null_count for name in columns if name in table.integers):
        return "has no value for an integer"
    return {name: found[name].to_numpy() for name in columns}


def _irregular(block: bytearray) -> bool:
    """Whether blanks stand in runs, at an end of a line, or are tabs."""
    blank = np.frombuffer(block, np.uint8) <= _BLANK
    return bool(blank[0] or (blank[1:] & blank[:-1]).any() or b"\t" in block)


def _squeezed(block: bytearray) -> np.ndarray:
    source = np.frombuffer(block, np.uint8)
    out = np.empty_like(source)
    return out[: _squeeze(source, out)]


@kernel
def _squeeze(source: np.ndarray, out: np.ndarray) -> int:
    """Copy lines with one blank between words and none around them, without comments and empty lines."""
    n = 0
    line = 0
    blank = False
    comment = False
    for c in source:
        if c == _NEWLINE:
            if n > line:
                out[n] = c
                n += 1
                line = n
            blank = comment = False
        elif comment or c in (_BLANK, _TAB, _RETURN):
            blank = True
        elif c == _HASH and n == line:
            comment = True
        else:
            if blank and n > line:
                out[n] = _BLANK
                n += 1
            blank = False
            out[n] = c
            n += 1
    return n


def _another_header(block: bytearray, table: TextTable) -> bool:
    """Whether a comment among the rows has as many words as there are columns, and is not the header."""
    return any(_is_other_names(line, table) for line in re.findall(rb"^[ \t]*#.*$", block, re.M))


def _is_other_names(line: bytes, table: TextTable) -> bool:
    words = line.replace(b"#", b" ").split()
    known = table.names_line.replace(b"#", b" ").split()
    return bool(known) and len(words) == len(known) and words != known


def _fault(table: TextTable, columns: Sequence[str], number: int, reason: str) -> str:
    """The one line on what is wrong in block `number`: found only now, so that good files are read fast."""
    with open_bytes(table.path) as file:
        line = file.read(table.start).count(b"\n")
    for i, block in enumerate(_blocks(table)):
        if i == number:
            break
        line += block.count(b"\n")
    for text in block.split(b"\n"):
        line += 1
        found = _fault_in(text, table, columns)
        if found:
            return f"{table.path}, line {line}: {found}"
    if not block.endswith(b"\n"):
        return (
            f"{table.path}, line {line}: the last line has no end, so it may be cut short; fetch the file "
            f"again, or end it with a line break if it is whole"
        )
    return f"{table.path}, at or before line {line}: {reason}; fetch or fix the file"


def _fault_in(line: bytes, table: TextTable, columns: Sequence[str]) -> str:
    """What is wrong with a line; nothing if it is sound."""
    text = line.strip()
    if not text:
        return ""
    if b"\0" in text:
        return "holds a NUL byte; the file is damaged: fetch it again"
    if text.startswith(b"#"):
        return "names other columns than the header; split the file" if _is_other_names(text, table) else ""
    words = text.split() if table.delimiter == " " else text.split(table.delimiter.encode())
    if len(words) != len(table.columns):
        return (
            f"has {len(words)} columns where the header names {len(table.columns)}; "
            f"the file is cut short or damaged: fetch or fix it"
        )
    for name in columns:
        raw = words[table.columns.index(name)].strip(b'"')
        word = raw.strip(b" \t")
        shown = repr(word[:40].decode("utf-8", "replace"))
        if name in table.integers:
            if not _INTEGER.fullmatch(word) or not -(2**63) <= int(word) < 2**63:
                return f"{name} is {shown}, not an integer of 64 bits; fix the file"
        elif not _NUMBER.fullmatch(word) and (table.delimiter == " " or raw not in _MISSING):
            return f"{name} is {shown}, not a number; fix the file"
    return ""
