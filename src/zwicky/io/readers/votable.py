"""VOTables, through astropy, after a look at what they would open and how much they would unpack."""

from __future__ import annotations

import io
import math
import re
from dataclasses import dataclass, field
from xml.parsers import expat

import numpy as np
from astropy.io import votable

from zwicky.errors import ZwickyError
from zwicky.io.foreign import ForeignColumn, ForeignTable, masked_text
from zwicky.io.readers.source import Source

__all__ = ["tables_of"]

#: Letters of a cell of fixed length, and bytes of all of them.
_LONGEST_TEXT, _MOST_BYTES = 10_000, 1 << 29


@dataclass
class _Seen:
    """What the elements of a VOTable say before any of them is used."""

    status: list[tuple[str, str]] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    widths: list[int] = field(default_factory=list)
    text: list[str] | None = None


def tables_of(source: Source) -> list[ForeignTable]:
    """Every table of a VOTable; only what stands in the file itself is read.

    Raises
    ------
    ZwickyError
        If the archive says that the query failed or that it cut the table, or if the table is elsewhere.
    ValueError
        If it is no VOTable, or has more rows than could be read.
    """
    data = bytes(source.data)
    seen = _look_through(data, source.name)
    for status, said in seen.status:
        if status == "ERROR":
            raise ZwickyError(
                f"{source.name}: the archive's query failed and says {said[:200]!r}; ask it again"
            )
        if status == "OVERFLOW":
            n = f" after {sum(seen.rows)} rows" if sum(seen.rows) else ""
            raise ZwickyError(
                f"{source.name}: the archive cut the table off{n} (QUERY_STATUS OVERFLOW); ask it for all "
                "rows, for example with a larger MAXREC"
            )
    tree = votable.parse(io.BytesIO(data), verify="ignore")
    found = [table for table in tree.iter_tables() if not table.is_empty()]
    if seen.rows and sum(seen.rows) != sum(len(table.array) for table in found):
        raise ValueError(f"{sum(len(t.array) for t in found)} rows of {sum(seen.rows)}")
    meta = _parameters(tree)
    return [_table(table, i, source.name, meta) for i, table in enumerate(found)]


def _look_through(data: bytes, source: str) -> _Seen:
    seen = _Seen()
    parser = expat.ParserCreate()

    def start(tag, attributes):
        name = tag.rpartition(":")[2].upper()
        if name == "STREAM" and attributes.get("href"):
            raise ZwickyError(
                f"{source}: the table is not in the file but at {attributes['href'][:100]!r}, which is not "
                "opened; fetch it and give that file"
            )
        if name == "INFO" and attributes.get("name") == "QUERY_STATUS":
            seen.status.append((attributes.get("value", "").upper(), ""))
            seen.text = []
        if name == "TABLE":
            seen.widths.append(0)
        if name == "TABLEDATA":
            seen.rows.append(0)
        if name == "TR" and seen.rows:
            seen.rows[-1] += 1
        if name == "FIELD" and seen.widths:
            sizes = [int(size) for size in re.findall(r"\d{1,15}", attributes.get("arraysize", "1"))]
            size = math.prod(sizes) if "*" not in attributes.get("arraysize", "") else 1
            if size > _LONGEST_TEXT:
                raise ValueError(f"cells of {size} elements")
            seen.widths[-1] += size

    def end(tag):
        if tag.rpartition(":")[2].upper() == "INFO" and seen.text is not None:
            seen.status[-1] = (seen.status[-1][0], " ".join("".join(seen.text).split()))
            seen.text = None

    def characters(text):
        if seen.text is not None:
            seen.text.append(text)

    def entity(name, *_):
        raise ValueError(f"an entity {name[:40]!r}, which no table needs")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler, parser.EntityDeclHandler = characters, entity
    parser.Parse(data, True)
    if max(seen.widths, default=0) * 4 * max(seen.rows, default=0) > _MOST_BYTES:
        raise ValueError(f"{max(seen.rows)} rows of {max(seen.widths)} letters")
    return seen


def _parameters(tree) -> dict:
    return {
        p.name: p.value
        for p in tree.iter_fields_and_params()
        if isinstance(getattr(p, "value", None), str | int | float)
    }


def _table(table, i: int, source: str, meta: dict) -> ForeignTable:
    columns = tuple(_column(table, field, number) for number, field in enumerate(table.fields))
    return ForeignTable(
        source, columns, len(table.array), f"table {i + 1}", str(table.name or table.ID or ""), meta=meta
    )


def _column(table, field, number: int) -> ForeignColumn:
    is_text = field.datatype in ("char", "unicodeChar")

    def read():
        name = table.array.dtype.names[number]
        contents = np.ma.asarray(table.array[name])
        if contents.dtype.kind in "SUO" and contents.ndim == 1:
            gaps = np.ma.getmaskarray(contents)
            cells = ["" if gap else _text(value) for value, gap in zip(contents.data, gaps, strict=True)]
            return masked_text(cells)
        return contents

    unit, shape = str(field.unit) if field.unit else None, table.array.dtype[number].shape
    return ForeignColumn(str(field.name or field.ID), unit, read, is_text, shape)


def _text(value) -> str:
    return (value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)).strip()
