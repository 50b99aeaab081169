"""Catalogues of text, in one file or several with the same columns: names and remarks above the rows."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from zwicky.errors import ZwickyError
from zwicky.io.readers.head import TextHead, read_head
from zwicky.io.readers.numbers_in_text import TextTable, read_columns
from zwicky.io.readers.table_file import Column, TableFile
from zwicky.simulations.content import Content
from zwicky.simulations.hlist import layout_note
from zwicky.simulations.layouts import MDPL2_REDSHIFTS, Layout
from zwicky.simulations.names import agreed_scale, column_names, is_whole, names_at_top, plain_name

__all__ = ["is_csv", "is_text", "open_text_files"]

_N = r"([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)"
#: Numbers in the remarks, by the name they have in a `CatalogHeader`.
_REMARKS = {
    "scale_factor": rf"^#\s*a\s*=\s*{_N}",
    "omega_m": rf"^#.*\b(?:Om|Omega_M)\s*=\s*{_N}",
    "omega_lambda": rf"^#.*\b(?:Ol|Omega_L)\s*=\s*{_N}",
    "h": rf"^#.*\b(?:h|h0)\s*=\s*{_N}",
    "box_size_mpc_h": rf"^#\s*(?:Full )?box size\s*[:=]\s*{_N}\s*Mpc\s*/\s*h",
    "particle_mass_msun_h": rf"^#\s*Particle mass\s*:\s*{_N}\s*Msun\s*/\s*h",
}
_UNIT_REMARK = re.compile(
    r"^#\s*Units:\s*(?:all\s+)?(masses|positions|rvir|.*\bradii)\s+in\s+([MK]pc|Msun)\s*(/\s*h)?", re.I
)


def is_text(layout: Layout, path: Path, start: bytes) -> bool:
    """Whether the comment at the top names what makes a file one of this format."""
    return names_at_top(start) >= layout.needed


def is_csv(layout: Layout, path: Path, start: bytes) -> bool:
    """Whether the first line that is no comment names it, separated by commas."""
    return names_at_top(start, commas=True) >= layout.needed


def open_text_files(layout: Layout, paths: Sequence[Path]) -> Content:
    """The files as tables, their numbers and notes; they must have the same columns and numbers.

    Raises
    ------
    ZwickyError
        If there are no rows, if names, remarks and rows contradict each other or the format, or if the files
        do not belong together.
    """
    heads = [read_head(path, bare_names=layout.kind == "csv") for path in paths]
    for head in heads:
        if not head.lines:
            raise ZwickyError(f"{head.path}: has no header; fetch the file again")
    if not any(head.first_row for head in heads):
        raise ZwickyError(f"{paths[0]}: has a header but no rows; fetch the file again")
    masses = _unit_of_masses(layout, heads[0])
    facts, tables = [], []
    for head in heads:
        columns = column_names(_names_line(layout, head), head.path, layout.kind == "csv")
        facts.append({"columns": columns, **_numbers(layout, head, columns, masses)})
        _check_together(paths[0], facts[0], head.path, facts[-1])
        tables.append(_table(layout, head, columns))
    for head in heads:
        words = len(_words(layout, head))
        if head.first_row and words != len(columns):
            raise ZwickyError(
                f"{head.path}: the header names {len(columns)} columns, the first row has {words}; fix the "
                "header"
            )
    del facts[0]["columns"]
    notes = [layout_note(columns)] if layout.name == "hlist" else []
    notes += _twice(layout, columns)
    notes += _snapshot(layout, heads[0], columns, facts[0])
    notes += _siblings(layout, paths)
    units = {"mvir": masses, "m_peak": masses} if layout.mass_remark else {}
    return Content(tuple(tables), facts[0], units, tuple(notes))


def _names_line(layout: Layout, head: TextHead) -> str:
    """The line that names the columns: the first, or of a CSV the one above the rows."""
    return head.lines[-1] if layout.kind == "csv" else head.lines[0]


def _words(layout: Layout, head: TextHead) -> list[str]:
    return head.first_row.split("," if layout.kind == "csv" else None)


def _table(layout: Layout, head: TextHead, columns: tuple[str, ...]) -> TableFile:
    whole = frozenset(name for name in columns if is_whole(name))
    csv = layout.kind == "csv"
    names_line = b"" if csv else head.lines[0].encode()
    text = TextTable(head.path, columns, whole, head.size, "," if csv else " ", names_line)

    def stream(sources: Sequence[str], rows: int, integers: frozenset[str]) -> Iterator[dict]:
        return read_columns(text, sources, rows)

    return TableFile(head.path, "text", {name: Column(name) for name in columns}, stream)


def _numbers(layout: Layout, head: TextHead, columns: Sequence[str], masses: str) -> dict[str, float]:
    """Scale factor, cosmology, box and particle mass from remarks, first row and name; a box of 0 is none."""
    units = {**layout.remarks, "masses": masses}
    numbers: dict[str, float] = {}
    for line in head.lines:
        for name, pattern in _REMARKS.items():
            found = re.search(pattern, line, re.I)
            if found and name not in numbers and 0 < float(found[1]) < math.inf:
                numbers[name] = float(found[1])
        remark = _UNIT_REMARK.match(line)
        if remark:
            kind = remark[1].lower() if remark[1].lower() in units else "radii"
            stated = remark[2] + ("/h" if remark[3] else "")
            if stated.lower() != units[kind].lower():
                raise ZwickyError(
                    f"{head.path}: says that {kind} are in {stated}, but this format has them in "
                    f"{units[kind]}; use a column map that names the units"
                )
    scale = numbers.pop("scale_factor", None)
    if layout.scale_column:
        scale = _in_first_row(layout, head, columns, layout.scale_column)
    if layout.scale_in_name:
        scale = agreed_scale(head.path, scale)
    return numbers if scale is None else {**numbers, "scale_factor": scale}


def _in_first_row(layout: Layout, head: TextHead, columns: Sequence[str], name: str) -> float | None:
    """The first row's number, not negative, in the column of plain name `name`; None if there is none."""
    for column, word in zip(columns, _words(layout, head), strict=False):
        if plain_name(column) == name:
            try:
                number = float(word.strip(' \t"'))
            except ValueError:
                return None
            return number if 0 <= number < math.inf else None
    return None


def _unit_of_masses(layout: Layout, head: TextHead) -> str:
    """As in ``#M: Halo mass (Bryan & Norman 1998 virial mass, Msun)``, or that of the format."""
    for line in head.lines if layout.mass_remark else ():
        found = re.match(layout.mass_remark, line)
        if found:
            return "Msun/h" if found[1] else "Msun"
    return layout.remarks["masses"]


def _check_together(first: Path, a: Mapping, path: Path, b: Mapping) -> None:
    for name in ("columns", *_REMARKS):
        if a.get(name) != b.get(name):
            values = "" if name == "columns" else f" ({name} {a.get(name)} and {b.get(name)})"
            raise ZwickyError(
                f"{path}: does not belong to {first}, the {name.replace('_', ' ')} differ{values}; "
                f"give files of one snapshot"
            )


def _twice(layout: Layout, columns: Sequence[str]) -> list[str]:
    """A note for each column that is read and is there more than once."""
    times = Counter(plain_name(re.sub(r"\(\d+\)$", "", name)) for name in columns)
    place = {plain_name(name): name for name in reversed(columns)}
    read = dict.fromkeys(column for table in layout.columns for column, _ in table.values())
    return [f"{place[c]} is there {times[c]} times; the first is read" for c in read if times[c] > 1]


def _snapshot(layout: Layout, head: TextHead, columns: Sequence[str], facts: Mapping) -> list[str]:
    """A note on the number of a snapshot, where that is all that is said of its time."""
    number = _in_first_row(layout, head, columns, "snapnum") if "snapnum" in layout.constant else None
    if number is None or "scale_factor" in facts:
        return []
    redshift = MDPL2_REDSHIFTS.get(int(number))
    known = f"redshift {redshift:.3f} in MDPL2" if redshift is not None else "redshift not known"
    return [f"snapnum {number:.0f}: {known}; the file has no scale factor"]


def _siblings(layout: Layout, paths: Sequence[Path]) -> list[str]:
    """A note where files of the same snapshot lie beside those given and were not given."""
    if not layout.part_name:
        return []
    given = {path.resolve() for path in paths}
    notes = []
    for folder, snapshot in sorted(
        {(path.parent, found[1]) for path in paths if (found := re.fullmatch(layout.part_name, path.name))}
    ):
        left = 0
        for path in folder.iterdir():
            found = re.fullmatch(layout.part_name, path.name)
            left += found is not None and found[1] == snapshot and path.resolve() not in given
        if left:
            notes.append(
                f"{left} more files of this snapshot lie beside it; give 'halos_{snapshot}.*.ascii' to "
                "read all"
            )
    return notes
