"""What the files of a catalogue hold, before a layout says what it means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from zwicky.io.readers.table_file import TableFile

__all__ = ["Content"]


@dataclass(frozen=True)
class Content:
    """Tables, and what is said beside them.

    Parameters
    ----------
    tables
        One, or several as `TableReader` takes them.
    facts
        Numbers and names of a `CatalogHeader`.
    units
        Units of canonical fields that the files tell and not the format; None leaves the field out.
    notes
        Lines for people.
    same_rows
        Whether each table has other columns of the same rows.
    names_itself
        Whether a row that no other holds is its own parent.
    """

    tables: tuple[TableFile, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)
    units: Mapping[str, str | None] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    same_rows: bool = False
    names_itself: bool = False
