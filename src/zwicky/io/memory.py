"""Tables that a program has in memory, as `zwicky.io.readers` gives those of files."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.io.foreign import ForeignColumn, ForeignTable, masked_text

__all__ = ["table_of"]


def table_of(data: Any, source: str = "galaxies") -> ForeignTable:
    """The table in an astropy `Table` or `QTable`, a `DataFrame`, or a mapping of names to arrays.

    Parameters
    ----------
    data
        Columns may be lists, arrays, masked arrays, astropy columns or `Quantity`; units are kept. A single
        number or word holds for every row.
    source
        What messages call it.

    Raises
    ------
    ZwickyError
        If it is none of these, has no rows, or its columns differ in length.

    >>> from astropy import units as u
    >>> table = table_of({"r_proj": [300, 500] * u.kpc, "v_los": [100.0, -80.0]})
    >>> [(column.name, column.unit) for column in table.columns]
    [('r_proj', 'kpc'), ('v_los', None)]
    """
    names = getattr(data, "colnames", None)
    names = getattr(data, "columns", None) if names is None else names
    if names is None and isinstance(data, Mapping):
        names = list(data)
    if names is None:
        raise ZwickyError(
            f"{source}: a {type(data).__name__} is no table; give arrays by name, a Table, a DataFrame or a "
            "path"
        )
    found = {str(name): data[name] for name in names}
    contents = {name: _contents(values) for name, values in found.items()}
    lengths = {name: len(values) for name, values in contents.items() if values.ndim}
    if len(set(lengths.values())) > 1:
        said = ", ".join(f"{name} {n}" for name, n in lengths.items())
        raise ZwickyError(f"{source}: the columns have different lengths ({said}); give one value a galaxy")
    n_rows = next(iter(lengths.values()), 1)
    if not n_rows:
        raise ZwickyError(f"{source}: the table has no rows; give one a galaxy or a cluster")
    columns = tuple(
        ForeignColumn(
            name, _unit(found[name]), partial(_repeated, values, n_rows), is_text=values.dtype.kind == "O"
        )
        for name, values in contents.items()
    )
    meta = dict(getattr(data, "meta", None) or {})
    return ForeignTable(source, columns, n_rows, meta=meta)


def _contents(values: Any) -> np.ma.MaskedArray:
    """A column as a masked array of numbers, or of text in an object array."""
    mask = np.ma.getmask(values)
    plain = getattr(values, "unmasked", values)  # a masked quantity
    mask = getattr(values, "mask", mask) if plain is not values else mask
    array = np.asarray(getattr(plain, "value", plain))
    if array.dtype.kind in "biuf":
        return np.ma.MaskedArray(array, mask=mask)
    flat = array.reshape(-1).tolist()
    missing = [value is None or value != value for value in flat]
    cells = ["" if gap else value.decode() if isinstance(value, bytes) else str(value)
             for value, gap in zip(flat, missing, strict=True)]  # fmt: skip
    text = masked_text(cells).reshape(array.shape)
    return np.ma.MaskedArray(text, mask=np.ma.getmaskarray(text) | np.broadcast_to(mask, array.shape))


def _repeated(values: np.ma.MaskedArray, n_rows: int) -> np.ma.MaskedArray:
    """A column as it is, or its only value for every row."""
    return values if values.ndim else np.ma.repeat(values.reshape(1), n_rows)


def _unit(values: Any) -> str | None:
    unit = getattr(values, "unit", None)
    return str(unit) if unit is not None and str(unit) else None
