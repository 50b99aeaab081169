"""Rows by number: where in a column of ids each of some others stands."""

from __future__ import annotations

import numpy as np

__all__ = ["RowIndex", "rows_of"]


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

    Examples
    --------
    >>> rows_of(np.array([5, 9, 3]), np.array([9, 4, 3]))
    array([ 1, -1,  2])
    """
    return RowIndex(ids).rows(wanted)


class RowIndex:
    """A column of numbers that is asked more than once where others stand in it: sorted once.

    Parameters
    ----------
    ids : integers, shape (n,)
        In any order.

    Examples
    --------
    >>> RowIndex(np.array([5, 9, 3])).rows(np.array([3, 7]))
    array([ 2, -1])
    """

    def __init__(self, ids: np.ndarray) -> None:
        ids = np.asarray(ids)
        self._order = None if np.all(ids[1:] >= ids[:-1]) else np.argsort(ids, kind="stable")
        self._sorted = ids if self._order is None else ids[self._order]

    def rows(self, wanted: np.ndarray) -> np.ndarray:
        """As `rows_of`."""
        if len(self._sorted) == 0:
            return np.full(len(wanted), -1, dtype=np.int64)
        at = np.minimum(np.searchsorted(self._sorted, wanted), len(self._sorted) - 1)
        row = at if self._order is None else self._order[at]
        return np.where(self._sorted[at] == wanted, row, -1)
