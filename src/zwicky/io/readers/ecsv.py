"""ECSV, astropy's text tables: a YAML header, read as plain values, over cells of text."""

from __future__ import annotations

from zwicky.io.foreign import ForeignTable
from zwicky.io.readers.delimited import Delimited
from zwicky.io.readers.inert_yaml import described, inert_yaml, plain_meta, unit_in, with_masks
from zwicky.io.readers.unpack import decoded

__all__ = ["read_ecsv"]


def read_ecsv(data: bytes, source: str) -> list[ForeignTable]:
    """The table in an ECSV file; its tags make no objects and ids of text stay text.

    Raises
    ------
    ValueError
        If the header is none, or names other columns than the table.
    ZwickyError
        If a row does not have a cell for each column.
    """
    text, notes = decoded(bytes(data))
    lines = text.split("\n")
    head, rows, numbers = [], [], []
    for number, line in enumerate(lines, 1):
        if line.startswith("#") and not rows:
            head.append(line[2:])
        elif line.strip():
            rows.append(line)
            numbers.append(number)
    header = inert_yaml("\n".join(head[1:]))
    columns = described(header)
    if not columns or not rows:
        raise ValueError("no columns in the header, or none below it")
    mark = str(header.get("delimiter", " "))
    if mark not in (" ", ","):
        raise ValueError(f"delimiter {mark!r}")
    table = Delimited(source, list(columns), rows[1:], numbers[1:], mark)
    names = next(Delimited(source, list(columns), rows[:1], numbers[:1], mark).rows())
    if [name.strip() for name in names] != list(columns):
        raise ValueError(f"the header describes {', '.join(columns)[:60]}, the table has other columns")
    table.check()
    units = [unit_in(column) for column in columns.values()]
    is_text = [column.get("datatype") == "string" for column in columns.values()]
    found = with_masks(table.columns(units, is_text))
    return [ForeignTable(source, found, len(table.lines), meta=plain_meta(header), notes=notes)]
