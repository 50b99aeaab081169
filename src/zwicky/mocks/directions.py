"""Lines of sight: the three axes of the box, and Fibonacci lattices for as many more as are needed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

__all__ = [
    "LinesOfSight",
    "even_lines",
    "fibonacci_lattice",
    "join_lines",
    "orthogonal_lines",
    "random_rotation",
]


@dataclass(frozen=True, eq=False)
class LinesOfSight:
    """Which halos are looked at, and from where: one entry a line of sight.

    Parameters
    ----------
    halo : int64, shape (m,)
        Row of the halo table.
    number : int64, shape (m,)
        Number of the line of sight among those of its halo; 0, 1 and 2 are the axes of the box.
    direction : float64, shape (m, 3)
        Unit vector from the observer to the cluster.
    """

    halo: np.ndarray
    number: np.ndarray
    direction: np.ndarray

    def __len__(self) -> int:
        return len(self.halo)

    def __getitem__(self, rows) -> LinesOfSight:
        return LinesOfSight(self.halo[rows], self.number[rows], self.direction[rows])


def orthogonal_lines(halo: np.ndarray) -> LinesOfSight:
    """The three axes of the box for each halo row of `halo`, shape (n,): 3 n lines, halo by halo.

    Parameters
    ----------
    halo : integers, shape (n,)
        Rows of halos.

    Returns
    -------
    LinesOfSight
        Three for each halo.

    Examples
    --------
    >>> len(orthogonal_lines(np.array([4, 7])))
    6
    """
    n = len(halo)
    return LinesOfSight(
        np.repeat(np.asarray(halo, dtype=np.int64), 3),
        np.tile(np.arange(3), n),
        np.tile(np.eye(3), (n, 1)),
    )


def join_lines(parts: list[LinesOfSight]) -> LinesOfSight:
    """All lines of sight of `parts`, at least one, in order.

    Parameters
    ----------
    parts
        At least one.

    Returns
    -------
    LinesOfSight
    """
    return LinesOfSight(
        np.concatenate([p.halo for p in parts]),
        np.concatenate([p.number for p in parts]),
        np.concatenate([p.direction for p in parts]),
    )


def fibonacci_lattice(n: int) -> np.ndarray:
    """`n` points spread evenly over the unit sphere, shape (n, 3) (Gonzalez 2010, Math. Geosci. 42, 49).

    Point i lies at height ``(2 i + 1) / n - 1`` and a golden angle round from the one before, so that
    each stands for the same area.

    >>> fibonacci_lattice(3).round(3).tolist()
    [[0.745, 0.0, -0.667], [-0.737, -0.675, 0.0], [0.065, 0.743, 0.667]]
    """
    index = np.arange(n)
    height = (2.0 * index + 1.0) / n - 1.0
    longitude = 2.0 * np.pi * index * (2.0 / (1.0 + np.sqrt(5.0)))
    radius = np.sqrt(1.0 - height**2)
    return np.stack([radius * np.cos(longitude), radius * np.sin(longitude), height], axis=1)


def even_lines(n: int) -> np.ndarray:
    """`n` unit vectors whose lines are spread evenly, shape (n, 3): half of a lattice of 2 n points.

    A cluster seen from the opposite side is its own mirror image in velocity, so that points of the whole
    sphere, of which some nearly face each other, would show the same view twice.

    Parameters
    ----------
    n
        How many.

    Returns
    -------
    float64, shape (n, 3)

    Examples
    --------
    >>> even_lines(5).shape
    (5, 3)
    """
    return fibonacci_lattice(2 * n)[n:]


def random_rotation(*, rng: np.random.Generator) -> np.ndarray:
    """A rotation matrix, shape (3, 3), uniform over all rotations.

    Parameters
    ----------
    rng
        Source of the rotation.

    Returns
    -------
    float64, shape (3, 3)

    Examples
    --------
    >>> turn = random_rotation(rng=np.random.default_rng(1))
    >>> bool(np.allclose(turn @ turn.T, np.eye(3)))
    True
    """
    return Rotation.from_quat(rng.normal(size=4)).as_matrix()
