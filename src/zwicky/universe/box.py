"""The one check of positions at the public doors: kernels index memory by them and trust them blindly."""

from __future__ import annotations

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.kernels import kernel
from zwicky.parallel import available_cores, pieces, run_pieces

__all__ = ["check_in_box", "is_in_box"]


def check_in_box(position: np.ndarray, box_size: float) -> None:
    """Refuse positions that are not in the periodic cube.

    Parameters
    ----------
    position : float32 or float64, shape (n, 3)
        In the unit of the box.
    box_size
        Side of the cube.

    Raises
    ------
    ZwickyError
        If the array has another shape or kind, or if a coordinate is NaN, negative, or `box_size` or more.

    Examples
    --------
    >>> check_in_box(np.array([[0.0, 5.0, 9.9]]), 10.0)
    """
    if not (np.isfinite(box_size) and box_size > 0):
        raise ZwickyError(f"box_size = {box_size}; give a positive number, the side of the cube")
    if position.ndim != 2 or position.shape[1] != 3 or position.dtype not in (np.float32, np.float64):
        raise ZwickyError(
            f"positions are {position.dtype} of shape {position.shape}; give float32 or float64, shape (n, 3)"
        )
    parts = pieces(len(position), 4 * available_cores())
    outside = sum(run_pieces(_count_outside, [(position[a:b], float(box_size)) for a, b in parts]))
    if outside:
        row = next(i for i in range(len(position)) if not is_in_box(*position[i], float(box_size)))
        raise ZwickyError(
            f"{outside} of {len(position)} positions lie outside the box, the first in row {row}: "
            f"({', '.join(f'{x:g}' for x in position[row])}); wrap them into the box, from 0 to below "
            f"{box_size:g}, with numpy.mod, or leave them out"
        )


@kernel(forceinline=True)
def is_in_box(x, y, z, box_size):
    """Whether a point is in the cube; False for NaN."""
    return (0 <= x < box_size) and (0 <= y < box_size) and (0 <= z < box_size)


@kernel
def _count_outside(position, box_size):
    outside = 0
    for i in range(len(position)):
        if not is_in_box(position[i, 0], position[i, 1], position[i, 2], box_size):
            outside += 1
    return outside
