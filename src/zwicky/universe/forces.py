"""What the forces of a universe are, whichever processor computes them."""

from __future__ import annotations

import numpy as np

from zwicky.units import GRAVITATIONAL_CONSTANT
from zwicky.universe.growth import kick_factor
from zwicky.universe.levels import kick_table, level_gauge
from zwicky.universe.pairs import ShortRange
from zwicky.universe.settings import UniverseSettings

__all__ = ["Forces"]


class Forces:
    """Numbers of the force split, and factors of the kicks.

    Parameters
    ----------
    settings
        What is simulated.
    """

    def __init__(self, settings: UniverseSettings):
        self.settings = settings
        self.cosmology = settings.flrw()
        self.box = settings.box_size_mpc
        self.n_mesh = settings.n_mesh
        split = settings.split_mesh_cells * settings.mesh_cell_mpc
        self.short = ShortRange(settings.softening_mpc, split, settings.cutoff_splits * split)
        self.n_cells = int(self.box / self.short.cutoff * (1 + 1e-9))

    def mesh_factor(self, a_begin: float, a_end: float) -> float:
        """What the mesh's pull is multiplied with between two scale factors: Poisson's constant and time."""
        poisson = 1.5 * self.cosmology.Om0 * self.cosmology.H0.value**2
        return poisson * kick_factor(self.cosmology, a_begin, a_end)

    def pair_factors(
        self, a_short: np.ndarray, until: np.ndarray, pair_step: tuple[float, float] | None
    ) -> tuple[np.ndarray, float]:
        """`kick_table` from where each level's kicks are to where they go, and the `level_gauge`.

        Without a pair step, in which particles take their levels, the gauge is 0.
        """
        strength = GRAVITATIONAL_CONSTANT * self.settings.particle_mass_msun
        table = kick_table(self.cosmology, strength, a_short, until)
        return table, 0.0 if pair_step is None else level_gauge(self.settings, *pair_step)
