"""What an observer's table says of galaxies beside what masses need: their own names, and positions.

Nothing is computed from them. What cannot be read is left out with a line, and forbids nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.io.columns import Named, column_named
from zwicky.io.foreign import ForeignTable
from zwicky.io.measures import labels, measure

__all__ = ["origin_of"]


def origin_of(
    table: ForeignTable, columns: Mapping[str, Named], *, positions: bool
) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """The columns `galaxy_id` and, if wanted, `ra` and `dec` (degrees) that the table has, shape (n_rows,).

    A galaxy without a name has an empty one. The second value says which columns were not kept, and why.
    """
    found: dict[str, np.ndarray] = {}
    notes = []
    column = column_named(table, "galaxy_id", columns)
    own = column_named(table, "cluster_id", columns)
    if column is not None and column is not own:
        try:
            names, gaps = labels(table, column)
            found["galaxy_id"] = np.where(gaps, "", names.astype(str)) if gaps.any() else names
        except ZwickyError as error:
            notes.append(_not_kept(table, error))
    on_sky = {name: column_named(table, name, columns) for name in ("ra", "dec")} if positions else {}
    if on_sky and all(on_sky.values()):
        try:
            found |= {name: measure(table, name, column, columns).values for name, column in on_sky.items()}
        except ZwickyError as error:
            notes.append(_not_kept(table, error))
    return found, tuple(notes)


def _not_kept(table: ForeignTable, error: ZwickyError) -> str:
    reason = str(error).removeprefix(f"{table.source}: ").partition(";")[0]
    return f"not kept for --members and --report: {reason}"
