"""What every table shares: typed columns with units, length checks, row selection.

A table is a frozen dataclass whose array fields are declared with `column`; everything else on it is
metadata. Work on tables is done by functions elsewhere.
"""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

import numpy as np

from zwicky.errors import ZwickyError

__all__ = ["REQUIRED", "checked", "column", "columns_of", "ragged_rows", "take"]

T = TypeVar("T")

#: Says of a column that it must be given.
REQUIRED = object()


def column(
    dtype: str, about: str, unit: str = "", components: tuple[str, ...] = (), *, missing: Any = REQUIRED
) -> Any:
    """Declare an array field: dtype, one line about it, unit, and the names of a vector's components.

    A column that is not given holds `missing` in every row; without `missing` it must be given.
    """
    width = max(1, len(components))
    metadata = {
        "dtype": np.dtype(dtype),
        "about": about,
        "unit": unit,
        "width": width,
        "components": components,
        "missing": missing,
    }
    optional = {} if missing is REQUIRED else {"default": None}
    return dataclasses.field(metadata=metadata, repr=False, **optional)


def columns_of(table: Any) -> dict[str, dataclasses.Field]:
    """The array fields of a table or table class, by name, in order.

    Parameters
    ----------
    table
        A `ClusterSample`, `HaloTable` or `GalaxyTable`, or the class.

    Returns
    -------
    dict of str to dataclasses.Field
        The field's metadata has dtype, unit, meaning and, of a vector, the names of its components.

    Examples
    --------
    >>> from zwicky.tables import HaloTable
    >>> columns_of(HaloTable)["m200c"].metadata["unit"]
    'Msun'
    """
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
        values = getattr(table, name)
        if values is None:
            values = np.full(n_rows or 0, field.metadata["missing"])
        values = np.ascontiguousarray(values, dtype=field.metadata["dtype"])
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
    """The rows of a table that a mask, slice or index array selects; metadata is kept.

    Parameters
    ----------
    table
        A `HaloTable` or `GalaxyTable`; a `ClusterSample` takes rows by itself, ``sample[rows]``.
    rows
        Mask, slice or index array.

    Returns
    -------
    The same kind of table.

    Examples
    --------
    >>> from zwicky.cosmology import paper_cosmology
    >>> from zwicky.tables import HaloTable, Snapshot
    >>> halos = HaloTable(
    ...     Snapshot("mine", 0.1, 100.0, paper_cosmology()), halo_id=[4, 9], position=np.ones((2, 3)),
    ...     velocity=np.zeros((2, 3)), m200c=[1e14, 3e14], r200c=[1.0, 1.4], sigma_1d=[4, 6], fof_id=[0, 1],
    ... )
    >>> take(halos, halos.m200c > 2e14).halo_id
    array([9])
    """
    changes = {name: getattr(table, name)[rows] for name in columns_of(table)}
    return dataclasses.replace(table, **changes)


def ragged_rows(offsets: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray | slice]:
    """Where some rows' entries are among flat arrays that `offsets` cut, and the offsets of the rows alone.

    Rows that follow each other make a slice, so that taking them copies nothing.

    Parameters
    ----------
    offsets : int64, shape (n + 1,)
        Entries of row i are ``offsets[i]:offsets[i + 1]`` of the flat arrays.
    rows : integers, shape (m,)
        Which rows, in which order.

    Returns
    -------
    offsets : int64, shape (m + 1,)
        Of the rows alone.
    entries : slice or int64 array
        What to take of the flat arrays.

    Examples
    --------
    >>> ragged_rows(np.array([0, 2, 3, 6]), np.array([2, 0]))
    (array([0, 3, 5]), array([3, 4, 5, 0, 1]))
    >>> ragged_rows(np.array([0, 2, 3, 6]), np.array([1, 2]))
    (array([0, 1, 4]), slice(2, 6, None))
    """
    counts = np.diff(offsets)[rows]
    taken = np.concatenate([[0], np.cumsum(counts)])
    if len(rows) and np.array_equal(rows, np.arange(rows[0], rows[0] + len(rows))):
        return taken, slice(int(offsets[rows[0]]), int(offsets[rows[-1] + 1]))
    return taken, np.repeat(offsets[:-1][rows] - taken[:-1], counts) + np.arange(taken[-1])
