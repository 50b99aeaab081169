"""Readers of the known formats: by a layout's table of names and units, whatever kind of file it is in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from zwicky.errors import ZwickyError
from zwicky.simulations.content import Content
from zwicky.simulations.fields import Field
from zwicky.simulations.hdf5_files import is_halotools, is_uchuu, open_halotools, open_uchuu
from zwicky.simulations.layouts import Layout
from zwicky.simulations.names import plain_name
from zwicky.simulations.paths import files_meant
from zwicky.simulations.reader import CatalogHeader
from zwicky.simulations.record_files import is_array, is_records, open_array, open_galaxies
from zwicky.simulations.table_reader import TableReader
from zwicky.simulations.text_files import is_csv, is_text, open_text_files

__all__ = ["KnownReader", "recognises"]

_Recognises = Callable[[Layout, Path, bytes], bool]
_Opens = Callable[[Layout, Sequence[Path]], Content]

#: For each kind of layout, how its files are recognised by their first bytes, and how they are opened.
_KINDS: dict[str, tuple[_Recognises, _Opens]] = {
    "text": (is_text, open_text_files),
    "csv": (is_csv, open_text_files),
    "records": (is_records, open_galaxies),
    "numpy": (is_array, open_array),
    "halotools": (is_halotools, open_halotools),
    "uchuu": (is_uchuu, open_uchuu),
}


def recognises(layout: Layout, path: Path, start: bytes) -> bool:
    """Whether a file that starts with these bytes, decompressed, is of a format, damaged or not.

    >>> from zwicky.simulations import FORMATS
    >>> recognises(FORMATS["hlist"], Path("hlist"), b"#scale(0) id(1) desc_scale(2) desc_id(3)\\n")
    False
    """
    return _KINDS[layout.kind][0](layout, path, start)


class KnownReader(TableReader):
    """A catalogue of a known format.

    Parameters
    ----------
    layout
        The format: a value of `FORMATS`.
    paths
        A file, a pattern such as ``"halos_20.*.ascii"``, or files that make one catalogue.

    Raises
    ------
    ZwickyError
        If a file is missing, damaged, without rows or not of this format, or if the files do not belong
        together.
    """

    def __init__(self, layout: Layout, paths: Path | str | Sequence[Path | str]) -> None:
        files = files_meant(paths)
        if len(files) > 1 and not layout.in_parts:
            raise ZwickyError(
                f"{files[0]} and {len(files) - 1} more: a catalogue of format {layout.name} is one file; "
                "give that one"
            )
        content = _KINDS[layout.kind][1](layout, files)
        columns = tuple(dict.fromkeys(name for table in content.tables for name in table.columns))
        fields = fields_in(layout, columns, content)
        rows = [next(iter(table.columns.values())).rows for table in content.tables]
        header = CatalogHeader(
            layout.name,
            columns,
            n_rows=rows[0],
            notes=(*content.notes, *notes_on(layout, fields)),
            **content.facts,
        )
        constant = [name for name in columns if plain_name(name) in layout.constant]
        super().__init__(content.tables, fields, header, same_rows=content.same_rows, constant=constant)
        self.names_itself = content.names_itself


def fields_in(layout: Layout, columns: Sequence[str], content: Content) -> dict[str, Field]:
    """The canonical fields that a file's columns hold.

    Raises
    ------
    ZwickyError
        If a column that makes a file one of this format is missing.
    """
    place: dict[str, str] = {}
    for name in columns:
        place.setdefault(plain_name(name), name)
    missing = sorted(layout.needed - set(place))
    if missing:
        raise ZwickyError(
            f"{content.tables[0].path}: no {layout.name} file, it names no column {missing[0]}; it names "
            f"{', '.join(columns)[:200]}"
        )
    fields: dict[str, Field] = {}
    for table in layout.columns:
        for name, (column, unit) in table.items():
            told = content.units.get(name, unit)
            if column in place and name not in fields and told is not None:
                fields[name] = Field(place[column], told)
    return fields


def notes_on(layout: Layout, fields: dict[str, Field]) -> tuple[str, ...]:
    """The layout's notes that are true of a file with these fields."""
    return tuple(
        note.text
        for note in layout.notes
        if (not note.having or note.having in fields) and note.lacking not in fields
    )
