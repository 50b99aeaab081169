"""Which table of a file and which of its columns are meant, and lines about what was chosen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.io.columns import QUALITY, WARNINGS, Named, column_named, missing, normal_name
from zwicky.io.foreign import ForeignColumn, ForeignTable, named
from zwicky.io.measures import Measure, measure

__all__ = [
    "PLANE",
    "SKY",
    "check_mapping",
    "chosen_table",
    "missing_galaxy_columns",
    "taken_for",
    "warned_rows",
]

#: Columns that galaxies on the sky and in projected phase space must have.
SKY, PLANE = ("ra", "dec", "z"), ("r_proj", "v_los")


def chosen_table(
    tables: Sequence[ForeignTable], columns: Mapping[str, Named], asked: str | None
) -> tuple[ForeignTable, tuple[str, ...]]:
    """The table of a file that is meant, and a line about the others."""
    if asked is not None:
        return named(tables, asked), ()
    able = [table for table in tables if _has_galaxies(table, columns)]
    chosen = able[0] if able else tables[0]
    others = [table for table in tables if table is not chosen]
    if not others:
        return chosen, ()
    left = ", ".join(table.title for table in others[:6]) + (", ..." if len(others) > 6 else "")
    return chosen, (f"read {chosen.title}; left {left} (--table takes another)",)


def _has_galaxies(table: ForeignTable, columns: Mapping[str, Named]) -> bool:
    return any(all(column_named(table, name, columns) for name in names) for names in (SKY, PLANE))


def check_mapping(columns: Mapping[str, Named], names: Iterable[str]) -> None:
    """Refuse a name that the user gave to a column and that none of the files' columns has."""
    names = dict.fromkeys(name.strip() for name in names)
    known = {name.lower() for name in names}
    for ours, theirs in columns.items():
        if theirs.name.lower() not in known:
            has = ", ".join(list(names)[:40])
            raise ZwickyError(f"--columns {ours}={theirs.name}: no such column; there are {has}")


def missing_galaxy_columns(has: Mapping[str, ForeignColumn | None], table: ForeignTable) -> ZwickyError:
    sky = [name for name in SKY if not has[name]]
    plane = [name for name in PLANE if not has[name]]
    return missing(sky if len(sky) <= len(plane) and len(sky) < 3 else plane, table)


def taken_for(source: str, measures: Mapping[str, Measure], columns: Mapping[str, Named]) -> tuple[str, ...]:
    """A line that says which columns were recognised though neither we nor the user call them so."""
    taken = [
        f"{found.origin} for {ours}"
        for ours, found in measures.items()
        if found.origin.strip().lower() not in (ours, columns[ours].name.lower() if ours in columns else ours)
        and not (ours == "z" and found.origin.strip().lower() == "redshift")
    ]
    return (f"{source}: took {', '.join(taken)}",) if taken else ()


def warned_rows(table: ForeignTable, keep: bool) -> tuple[np.ndarray, list[str]]:
    """Rows whose redshift comes with a warning, and a line about every column of warnings or quality."""
    warned, notes = np.zeros(table.n_rows, dtype=bool), []
    for column in table.columns:
        name = normal_name(column.name)
        if name in WARNINGS:
            found = measure(table, "redshift", ForeignColumn(column.name, None, column.read), {})
            bad = np.isfinite(found.values) & (found.values != 0)
            if bad.any():
                done = "used all the same" if keep else "their redshifts left out (--keep-warned uses them)"
                notes.append(f"{column.name} is not 0 in {bad.sum()} of {table.n_rows} rows: {done}")
                warned |= bad & (not keep)
        elif name in QUALITY:
            notes.append(f"{column.name} seems to say how good redshifts are and was not used")
    return warned, notes
