"""`Prior`: how probable masses are before a cluster is looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from zwicky.errors import ZwickyError

__all__ = ["Prior"]


@dataclass(frozen=True, eq=False)
class Prior:
    """A density of log10 M200c [Msun], up to a factor: one for all clusters or one a cluster.

    Parameters
    ----------
    name
        For people and for files: ``"flat"``, ``"hmf"``, the name of a table.
    grid : float64, shape (g,)
        Rising log10 M200c [Msun].
    log_density : float64, shape (g,) or (n, g)
        Natural logarithm of the density on the grid, linear between its points; -inf where a mass cannot be.

    Raises
    ------
    ZwickyError
        If the shapes do not agree, the grid does not rise or a density is NaN.

    Examples
    --------
    A prior in which masses are rarer by e² a dex moves a Gaussian of 0.1 dex down by 2 times 0.1 squared:

    >>> from zwicky.estimators import MassPosterior
    >>> rare = Prior("rare", np.array([12.0, 16.2]), np.array([0.0, -8.4]))
    >>> MassPosterior.from_gaussian(14.5, 0.1).with_prior(rare).median.round(3)
    array([14.48])
    """

    name: str
    grid: np.ndarray = field(repr=False)
    log_density: np.ndarray = field(repr=False)

    def __post_init__(self):
        grid = np.asarray(self.grid, dtype=float)
        values = np.asarray(self.log_density, dtype=float)
        if grid.ndim != 1 or len(grid) < 2 or not np.all(np.diff(grid) > 0):
            raise ZwickyError(f"the grid of the prior {self.name!r} does not rise; sort its masses")
        if values.ndim not in (1, 2) or values.shape[-1] != len(grid):
            raise ZwickyError(
                f"the prior {self.name!r} has densities of shape {values.shape} on {len(grid)} masses; "
                f"give ({len(grid)},) or (clusters, {len(grid)})"
            )
        if np.isnan(values).any():
            raise ZwickyError(f"a density of the prior {self.name!r} is NaN; leave that mass out")
        object.__setattr__(self, "grid", grid)
        object.__setattr__(self, "log_density", values)

    @classmethod
    def flat(cls) -> Prior:
        """Every log10 M as probable as another."""
        return cls("flat", np.array([0.0, 30.0]), np.zeros(2))

    @classmethod
    def from_function(
        cls, name: str, log_density: Callable[[np.ndarray], np.ndarray], grid: np.ndarray
    ) -> Prior:
        """The prior whose log density at log10 M200c [Msun] is ``log_density(grid)``."""
        return cls(name, grid, log_density(np.asarray(grid, dtype=float)))

    @property
    def is_common(self) -> bool:
        """Whether all clusters have the same."""
        return self.log_density.ndim == 1

    def on(self, grid: np.ndarray) -> np.ndarray:
        """Log density on another grid, shape (g,) or (n, g).

        Raises
        ------
        ZwickyError
            If the grid reaches beyond the prior's.
        """
        if np.array_equal(grid, self.grid):
            return self.log_density
        low, high = self.grid[[0, -1]]
        if grid[0] < low - 1e-9 or grid[-1] > high + 1e-9:
            raise ZwickyError(
                f"the prior {self.name!r} is given from log10 M200c [Msun] = {low:g} to {high:g}, and masses "
                f"from {grid[0]:g} to {grid[-1]:g} are asked for; give it there too"
            )
        at = np.clip(np.searchsorted(self.grid, grid, side="right") - 1, 0, len(self.grid) - 2)
        share = np.clip((grid - self.grid[at]) / (self.grid[at + 1] - self.grid[at]), 0.0, 1.0)
        below, above = self.log_density[..., at], self.log_density[..., at + 1]
        with np.errstate(invalid="ignore"):  # 0 times -inf, replaced below
            between = (1 - share) * below + share * above
        return np.where(share == 0, below, np.where(share == 1, above, between))

    def __getitem__(self, rows) -> Prior:
        """The prior of some clusters, by a slice, mask or index array; a common one stays as it is."""
        return self if self.is_common else Prior(self.name, self.grid, self.log_density[rows])
