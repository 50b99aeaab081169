"""Cross-validation folds: every line of sight of a halo in one fold, by mass rank or by place."""

from __future__ import annotations

import numpy as np

from zwicky.errors import ZwickyError

__all__ = ["halo_folds", "spatial_folds"]


def halo_folds(mass: np.ndarray, n_folds: int) -> np.ndarray:
    """Deal halos out by mass rank, heaviest first, as the paper does; int16, shape (n,).

    Folds have the same mass function, but neighbours in space, which share interlopers, fall into
    different folds: compare with `spatial_folds`.

    Parameters
    ----------
    mass : float, shape (n,)
        Of the halos, any unit.
    n_folds
        How many.

    Returns
    -------
    integers, shape (n,)

    Raises
    ------
    ZwickyError
        If there are fewer halos than folds.

    Examples
    --------
    >>> halo_folds(np.array([3.0, 9.0, 5.0, 4.0]), 2).tolist()
    [1, 0, 1, 0]
    """
    _enough(len(mass), n_folds)
    fold = np.empty(len(mass), dtype=np.int16)
    fold[np.argsort(-np.asarray(mass), kind="stable")] = np.arange(len(mass)) % n_folds
    return fold


def spatial_folds(position: np.ndarray, n_folds: int) -> np.ndarray:
    """Cut the box into `n_folds` blocks with equal numbers of halos.

    Each block is cut across its longer side in turn (a k-d tree), so that folds touch along as little
    surface as may be. Cylinders still reach across a face: what leaks is a few per cent.

    Parameters
    ----------
    position : shape (n, 3)
        Centres, any unit.
    n_folds
        Number of blocks.

    Returns
    -------
    int16, shape (n,)
        Number of each halo's block.

    Raises
    ------
    ZwickyError
        If there are fewer halos than folds.

    Examples
    --------
    >>> spatial_folds(np.array([[1.0, 5.0, 5.0], [9.0, 5.0, 5.0], [2.0, 6.0, 5.0]]), 2).tolist()
    [0, 1, 1]
    """
    position = np.asarray(position, dtype=float)
    _enough(len(position), n_folds)
    fold = np.empty(len(position), dtype=np.int16)

    def cut(rows: np.ndarray, first: int, n: int) -> None:
        if n == 1:
            fold[rows] = first
            return
        axis = int(np.argmax(np.ptp(position[rows], axis=0)))
        order = rows[np.argsort(position[rows, axis], kind="stable")]
        middle = len(rows) * (n // 2) // n
        cut(order[:middle], first, n // 2)
        cut(order[middle:], first + n // 2, n - n // 2)

    cut(np.arange(len(position)), 0, n_folds)
    return fold


def _enough(n_halos: int, n_folds: int) -> None:
    if n_halos < n_folds:
        raise ZwickyError(f"{n_halos} halos cannot fill {n_folds} folds; lower n_folds or min_log10_m200c_h")
