"""What every table shares: typed columns with units, length checks, row selection.

A table is a frozen dataclass whose array fields are declared with `column`; everything else on it is
metadata. Work on tables is done by functions elsewhere.
"""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

import numpy as np

from zwicky.errors import ZwickyError

__all__ = ["checked", "column", "columns_of", "take"]

T = TypeVar("T")


def column(dtype: str, about: str, unit: str = "", components: tuple[str, ...] = (), **kwargs: Any) -> Any:
    """Declare an array field: dtype, one line about it, unit, and the names of a vector's components."""
    width = max(1, len(components))
    metadata = {
        "dtype": np.dtype(dtype),
        "about": about,
        "unit": unit,
        "width": width,
        "components": components,
    }
    return dataclasses.field(metadata=metadata, repr=False, **kwargs)


def columns_of(table: Any) -> dict[str, dataclasses.Field]:
    """The array fields of a table or table class, by name, in order."""
    return {f.name: f for f in dataclasses.fields(table) if "dtype" in f.metadata}


def checked(table: Any, n_rows: int | None = None) -> int:
    """Coerce the columns of `table` to their declared dtypes and check that their shapes agree.

    Called from ``__post_init__``. Returns the number of rows.

    Raises
    ------
    ZwickyError
        If a column has the wrong shape or length.
    """
    for name, field in columns_of(table).items():
        values = np.ascontiguousarray(getattr(table, name), dtype=field.metadata["dtype"])
        width = field.metadata["width"]
        expected = 1 if width == 1 else 2
        if values.ndim != expected or (expected == 2 and values.shape[1] != width):
            shape = "(n,)" if width == 1 else f"(n, {width})"
            raise ZwickyError(f"{type(table).__name__}.{name} has shape {values.shape}; give {shape}")
        n_rows = len(values) if n_rows is None else n_rows
        if len(values) != n_rows:
            raise ZwickyError(f"{type(table).__name__}.{name} has {len(values)} rows; the table has {n_rows}")
        object.__setattr__(table, name, values)
    return n_rows or 0


def take(table: T, rows: Any) -> T:
    """The rows of a table that a mask, slice or index array selects; metadata is kept."""
    changes = {name: getattr(table, name)[rows] for name in columns_of(table)}
    return dataclasses.replace(table, **changes)
