"""ECSV, astropy's text tables: a YAML header, read as plain values, over cells of text."""

from __future__ import annotations

import json
from dataclasses import replace

from zwicky.io.foreign import ForeignTable
from zwicky.io.readers.delimited import Delimited
from zwicky.io.readers.inert_yaml import described, inert_yaml, plain_meta, unit_in, with_masks
from zwicky.io.readers.source import Source, decoded
from zwicky.io.readers.table_file import TableFile

__all__ = ["open_in_parts", "tables_of"]


def tables_of(source: Source) -> list[ForeignTable]:
    """The table in an ECSV file; its tags make no objects and ids of text stay text.

    Raises
    ------
    ValueError
        If the header is none, or names other columns than the table.
    ZwickyError
        If a row does not have a cell for each column.
    """
    text, notes = decoded(bytes(source.data))
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
    table = Delimited(source.name, list(columns), rows[1:], numbers[1:], mark)
    names = next(Delimited(source.name, list(columns), rows[:1], numbers[:1], mark).rows())
    if [name.strip() for name in names] != list(columns):
        raise ValueError(f"the header describes {', '.join(columns)[:60]}, the table has other columns")
    table.check()
    units = [unit_in(column) for column in columns.values()]
    is_text = [c.get("datatype") == "string" and not c.get("subtype") for c in columns.values()]
    shapes = [_shape(column) for column in columns.values()]
    plain = table.columns(units, is_text)
    found = with_masks([replace(c, shape=shape) for c, shape in zip(plain, shapes, strict=True)])
    return [ForeignTable(source.name, found, len(table.lines), meta=plain_meta(header), notes=notes)]


def _shape(description: dict) -> tuple[int, ...] | None:
    """Of a row's contents, by what the header says: cells that are arrays are written as JSON."""
    subtype = str(description.get("subtype") or "")
    if not subtype:
        return ()
    try:
        found = json.loads(subtype[subtype.index("[") :])
    except ValueError:
        return None
    return tuple(found) if all(isinstance(n, int) for n in found) else None


def open_in_parts(source: Source, _: str | None) -> TableFile:
    """The table as columns of numbers, read whole; its last line must have an end, or it may be cut short.

    Raises
    ------
    ZwickyError
        If it has none.
    """
    source.check_last_line()
    return TableFile.of(tables_of(source)[0], source.path, "ECSV")
