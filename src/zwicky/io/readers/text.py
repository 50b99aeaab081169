"""Text tables with a header: separated by commas, semicolons, tabs, bars or blanks, as archives write them.

Lines that start with ``#`` are comments. The names of the columns are the first other line, or the last
comment above the numbers; a unit may follow a name in brackets, or stand in a line of its own with a line of
dashes below, as VizieR does. Machine-readable tables and IPAC's have readers of their own, astropy's.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zwicky.io.foreign import ForeignColumn, ForeignTable, is_missing, masked_text
from zwicky.io.readers.delimited import Delimited, cells_of
from zwicky.io.readers.unpack import decoded
from zwicky.io.spelling import split_unit

__all__ = ["read_text"]

_MARKS = "\t;|,"
_BYTE_BY_BYTE = "Byte-by-byte Description of file"


def read_text(data: bytes, source: str) -> list[ForeignTable]:
    """The table in a text file.

    Raises
    ------
    ValueError
        If there is no text, no header or nothing but comments.
    ZwickyError
        If a row does not have a cell for each column.
    """
    text, notes = decoded(bytes(data))
    lines = text.split("\n")
    if any(_BYTE_BY_BYTE in line for line in lines[:200]):
        return [_by_astropy(text, "mrt", _rows_below_dashes(lines), source, notes)]
    first = next((line for line in lines if line.strip() and line[0] != "\\"), "")
    if first.startswith("|") and not any(line.startswith("|") for line in lines[-20:] if line.strip()):
        n_rows = sum(1 for line in lines if line.strip() and line[0] not in "\\|")
        return [_by_astropy(text, "ipac", n_rows, source, notes)]
    comments, rows, numbers = [], [], []
    for number, line in enumerate(lines, 1):
        if line.lstrip().startswith("#"):
            if not rows:
                comments.append(line)
        elif line.strip():
            rows.append(line)
            numbers.append(number)
    if not rows:
        raise ValueError("nothing but comments" if comments else "no text, or binary data of no known kind")
    table, units = _laid_out(source, comments, rows, numbers)
    table.check()
    return [ForeignTable(source, tuple(table.columns(units)), len(table.lines), notes=notes)]


def _laid_out(
    source: str, comments: list[str], rows: list[str], numbers: list[int]
) -> tuple[Delimited, list[str | None]]:
    """The rows without header, units and rules, and the units of the columns."""
    mark = _mark_between(rows)
    rows, numbers = _without_rules(rows, numbers)
    header = _cells(rows[0], mark)
    if all(_is_number(cell) for cell in header):
        header = _commented(comments, len(header), mark)
    else:
        rows, numbers = rows[1:], numbers[1:]
    while len(header) > 1 and not header[-1].strip():
        header = header[:-1]
    units: list[str | None] = [None] * len(header)
    ruled = next((i for i, row in enumerate(rows[:3]) if _is_rule(_cells(row, mark))), None)
    if ruled is not None:
        if ruled:
            below = [cell.strip() for cell in _cells(rows[0], mark)]
            units = [unit or None for unit in (below + [""] * len(header))[: len(header)]]
        rows, numbers = rows[ruled + 1 :], numbers[ruled + 1 :]
    names = []
    for i, cell in enumerate(header):
        name, unit = split_unit(cell.strip())
        names.append(name)
        units[i] = unit or units[i]
    return Delimited(source, names, rows, numbers, mark), units


def _mark_between(rows: Sequence[str]) -> str:
    """What stands between the cells: what cuts the header and the next rows alike."""
    if rows[0].strip() and all(map(_is_number, rows[0].split())) and len(rows[0].split()) > 1:
        return " "
    for mark in _MARKS:
        counts = {len(_cells(row, mark)) for row in rows[:4] if not set(row.strip()) <= set("-+| ")}
        if len(counts) == 1 and counts.pop() > 1:
            return mark
    return next((mark for mark in ",;\t|" if mark in rows[0]), " ")


def _without_rules(rows: list[str], numbers: list[int]) -> tuple[list[str], list[int]]:
    """Without the lines of ``+----+`` that data bases draw."""
    drawn = [i for i, row in enumerate(rows) if row[:2] == "+-" and set(row.strip()) <= set("+-=")]
    if not drawn:
        return rows, numbers
    keep = sorted(set(range(len(rows))) - set(drawn))
    return [rows[i] for i in keep], [numbers[i] for i in keep]


def _is_rule(cells: Sequence[str]) -> bool:
    return all(set(cell.strip()) <= {"-", "+"} for cell in cells) and any("--" in cell for cell in cells)


def _commented(comments: list[str], n: int, mark: str) -> list[str]:
    """The header when it is the last comment above the numbers, as in ``# ra dec z``."""
    last = comments[-1].lstrip("# \t") if comments else ""
    for between in (mark, " "):
        if len(header := _cells(last, between)) == n:
            return header
    raise ValueError("the first line holds numbers; put the names of the columns above it")


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
