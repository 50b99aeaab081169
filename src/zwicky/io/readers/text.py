"""Text tables with a header: separated by commas, semicolons, tabs, bars or blanks, as archives write them.

Lines that start with ``#`` are comments. The names of the columns are the first other line, or the last
comment above the numbers; a unit may follow a name in brackets, or stand in a line of its own with a line of
dashes below, as VizieR does. Machine-readable tables and IPAC's have readers of their own, astropy's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.io.foreign import ForeignColumn, ForeignTable, is_missing, masked_text
from zwicky.io.readers.delimited import Delimited, cells_of
from zwicky.io.readers.head import first_lines
from zwicky.io.readers.source import Source, decoded
from zwicky.io.readers.table_file import Column, TableFile
from zwicky.io.spelling import split_unit

__all__ = ["open_in_parts", "tables_of"]

_MARKS = "\t;|,"
_BYTE_BY_BYTE = "Byte-by-byte Description of file"
#: Lines at the top in which a file says that it is a machine-readable table, and rows that show how cells
#: are separated.
_TOP, _ROWS = 200, 4


def tables_of(source: Source) -> list[ForeignTable]:
    """The table in a text file, its cells as they are written.

    Raises
    ------
    ValueError
        If there is no text, no header or nothing but comments.
    ZwickyError
        If a row does not have a cell for each column.
    """
    text, notes = decoded(bytes(source.data))
    lines = text.split("\n")
    if any(_BYTE_BY_BYTE in line for line in lines[:_TOP]):
        return [_by_astropy(text, "mrt", _rows_below_dashes(lines), source.name, notes)]
    first = next((line for line in lines if line.strip() and line[0] != "\\"), "")
    if first.startswith("|") and not any(line.startswith("|") for line in lines[-20:] if line.strip()):
        n_rows = sum(1 for line in lines if line.strip() and line[0] not in "\\|")
        return [_by_astropy(text, "ipac", n_rows, source.name, notes)]
    numbered = list(enumerate(lines, 1))
    layout, rows = _laid_out(numbered)
    names, units = [], list(layout.units)
    for i, cell in enumerate(layout.header):
        name, unit = split_unit(cell)
        names.append(name)
        units[i] = unit or units[i]
    numbers, texts = [number for number, _ in rows], [text for _, text in rows]
    table = Delimited(source.name, names, texts, numbers, layout.mark)
    table.check()
    return [ForeignTable(source.name, tuple(table.columns(units)), len(rows), notes=notes)]


def open_in_parts(source: Source, _: str | None) -> TableFile:
    """The table as columns of numbers under the names that stand in the file, in bounded memory.

    Only where cells are separated otherwise than by single commas or by blanks is the file read whole.

    Raises
    ------
    ValueError
        As `tables_of`.
    ZwickyError
        If two columns have one name, or as `tables_of`.
    """
    # Imports PyArrow, which a table that is read whole does without.
    from zwicky.io.readers.numbers_in_text import TextTable, read_columns

    top, rows = [], 0
    for line in first_lines(source.path):
        top.append(line)
        rows += bool(line.strip()) and not line.lstrip().startswith(b"#")
        if rows > _ROWS:
            break
    lines = [line.decode("utf-8-sig", "replace").rstrip("\r\n") for line in top]
    odd = any(_BYTE_BY_BYTE in line or "\r" in line or line.startswith(("\\", "|", "+-")) for line in lines)
    if not odd:
        layout, below = _laid_out(list(enumerate(lines, 1)))
        header = layout.header
        blank = layout.mark == " " or (layout.mark == "\t" and _parted_by_blanks(header, below))
        if blank or layout.mark == ",":
            for name in header:
                if header.count(name) > 1:
                    raise ZwickyError(f"{source.path}: two columns are called {name!r}; rename one")
            above = below[0][0] - 1 if below else len(top)
            start, mark = sum(map(len, top[:above])), " " if blank else ","

            def stream(names: Sequence[str], rows: int, integers: frozenset[str]) -> Iterator[dict]:
                return read_columns(TextTable(source.path, header, integers, start, mark), names, rows)

            units = zip(header, layout.units, strict=True)
            columns = {name: Column(name, unit=unit or "") for name, unit in units}
            return TableFile(source.path, "text", columns, stream)
    source.check_last_line()
    return TableFile.of(tables_of(source)[0], source.path, "text")


def _parted_by_blanks(header: Sequence[str], below: _Numbered) -> bool:
    """Whether blanks part the cells as tabs do: none is empty or holds one."""
    return not any(len(name.split()) != 1 for name in header) and all(
        len(text.split()) == len(header) for _, text in below
    )


#: Lines, each with its number in the file.
_Numbered = list[tuple[int, str]]


@dataclass(frozen=True)
class _Layout:
    """Names of the columns as they are written, their units by a line of units, and what separates cells."""

    header: tuple[str, ...]
    units: tuple[str | None, ...]
    mark: str


def _laid_out(lines: _Numbered) -> tuple[_Layout, _Numbered]:
    """How a table is laid out, and its rows: neither header nor comments, units, rules or empty lines."""
    comments: list[str] = []
    rows: _Numbered = []
    for number, line in lines:
        if line.lstrip().startswith("#"):
            if not rows:
                comments.append(line)
        elif line.strip():
            rows.append((number, line))
    if not rows:
        raise ValueError("nothing but comments" if comments else "no text, or binary data of no known kind")
    mark = _mark_between([line for _, line in rows[:_ROWS]])
    rows = [(number, line) for number, line in rows if not _is_drawn(line)]
    header = _cells(rows[0][1], mark) if rows else []
    if all(_is_number(cell) for cell in header):
        header = _commented(comments, len(header), mark)
    else:
        rows = rows[1:]
    while len(header) > 1 and not header[-1].strip():
        header = header[:-1]
    units: list[str | None] = [None] * len(header)
    ruled = next((i for i, (_, row) in enumerate(rows[:3]) if _is_rule(_cells(row, mark))), None)
    if ruled is not None:
        if ruled:
            below = [cell.strip() for cell in _cells(rows[0][1], mark)]
            units = [unit or None for unit in (below + [""] * len(header))[: len(header)]]
        rows = rows[ruled + 1 :]
    return _Layout(tuple(cell.strip() for cell in header), tuple(units), mark), rows


def _mark_between(rows: Sequence[str]) -> str:
    """What stands between the cells: what cuts the header and the next rows alike."""
    if rows[0].strip() and all(map(_is_number, rows[0].split())) and len(rows[0].split()) > 1:
        return " "
    for mark in _MARKS:
        counts = {len(_cells(row, mark)) for row in rows if not set(row.strip()) <= set("-+| ")}
        if len(counts) == 1 and counts.pop() > 1:
            return mark
    return next((mark for mark in ",;\t|" if mark in rows[0]), " ")


def _is_drawn(line: str) -> bool:
    """Whether it is a line of ``+----+`` as data bases draw."""
    return line[:2] == "+-" and set(line.strip()) <= set("+-=")


def _is_rule(cells: Sequence[str]) -> bool:
    return all(set(cell.strip()) <= {"-", "+"} for cell in cells) and any("--" in cell for cell in cells)


def _commented(comments: list[str], n: int, mark: str) -> list[str]:
    """The header when it is the last comment above the numbers, as in ``# ra dec z``."""
    last = comments[-1].lstrip("# \t") if comments else ""
    for between in (mark, " "):
        if len(header := _cells(last, between)) == n:
            return header
    raise ZwickyError("no line names the columns; put the names of the columns above the first row")


def _cells(line: str, mark: str) -> list[str]:
    return next(iter(cells_of([line], mark)), [])


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return is_missing(word)
    return True


def _rows_below_dashes(lines: list[str]) -> int:
    last = max(i for i, line in enumerate(lines) if line.startswith(("------", "======")))
    return sum(1 for line in lines[last + 1 :] if line.strip())


def _by_astropy(text: str, kind: str, n_rows: int, source: str, notes: tuple[str, ...]) -> ForeignTable:
    from astropy.io import ascii as astropy_ascii

    table = astropy_ascii.read(text, format=kind, guess=False)
    if len(table) != n_rows:
        raise ValueError(f"{len(table)} rows in {n_rows} lines")
    columns = [_of_astropy(table[name]) for name in table.colnames]
    return ForeignTable(source, (*_joined(columns), *columns), len(table), notes=notes)


def _of_astropy(column) -> ForeignColumn:
    def read():
        values = np.ma.asarray(column)
        if values.dtype.kind in "SUO":
            return masked_text([str(v).strip() for v in np.ma.filled(values.astype(object), "")])
        return values

    unit = None if column.unit is None else str(column.unit)
    return ForeignColumn(column.name, unit, read, column.dtype.kind in "SUO")


def _joined(columns: list[ForeignColumn]) -> list[ForeignColumn]:
    """Right ascension and declination of a machine-readable table that has them in parts."""
    by_name = {column.name: column for column in columns}
    joined = []
    for name, parts, unit in (("RA", "RAh RAm RAs", "hourangle"), ("DEC", "DE- DEd DEm DEs", "deg")):
        found = [by_name.get(part) for part in parts.split()]
        if None not in found and name not in by_name:
            joined.append(ForeignColumn(name, unit, lambda found=found: _angle(found)))
    return joined


def _angle(parts: list[ForeignColumn]) -> np.ma.MaskedArray:
    """Hours or degrees from columns of a sign, if there is one, and three sexagesimal places."""
    *sign, first, minutes, seconds = [part.read() for part in parts]
    value = first.astype(float) + minutes.astype(float) / 60.0 + seconds.astype(float) / 3600.0
    if sign:
        value = value * np.where(sign[0].filled("+") == "-", -1.0, 1.0)
    return np.ma.asarray(value)
