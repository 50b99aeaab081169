"""Rows by number: where in a column of ids each of some others stands."""

from __future__ import annotations

import numpy as np

__all__ = ["rows_of"]


def rows_of(ids: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Row in `ids` of each wanted number, the first of equal ones; -1 where there is none.

    Parameters
    ----------
    ids : integers, shape (n,)
        In any order; sorted ones are not sorted again.
    wanted : integers, shape (m,)

    Returns
    -------
    int64, shape (m,)

    >>> rows_of(np.array([5, 9, 3]), np.array([9, 4, 3]))
    array([ 1, -1,  2])
    """
    if len(ids) == 0:
        return np.full(len(wanted), -1, dtype=np.int64)
    order = None if np.all(ids[1:] >= ids[:-1]) else np.argsort(ids, kind="stable")
    at = np.minimum(np.searchsorted(ids, wanted, sorter=order), len(ids) - 1)
    row = at if order is None else order[at]
    return np.where(ids[row] == wanted, row, -1)
