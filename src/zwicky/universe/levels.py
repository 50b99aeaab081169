r"""Pair-force steps of particles that need them shorter: a level for each.

A particle of level l is kicked 2^l times by its neighbours in a pair step, everyone else once (Hayli 1967;
Springel 2005, Sec. 4). All particles drift together in the shortest steps that are in use, so that every pull
is that of the others where they are. The level follows from the pull g that a particle feels as the pair step
begins: the least for which

.. math:: \frac{\Delta p}{2^l}\,\frac{\Delta x}{2^l} = \frac{1}{4^l}\,
          g \int\!\frac{dt}{a} \int\!\frac{dt}{a^2} \le \eta\,\epsilon ,

so that no pull moves a particle by more than a share of the softening within one of its steps. Two particles
of different levels pull each other at different times: the sum of momenta is kept to the order of the
integration, not to rounding.
"""

from __future__ import annotations

import numpy as np
from astropy.cosmology import FLRW

from zwicky.units import GRAVITATIONAL_CONSTANT
from zwicky.universe.growth import drift_factor, kick_factor
from zwicky.universe.settings import UniverseSettings

__all__ = ["kick_table", "level_gauge", "middle", "pair_step"]


def middle(begin: float, end: float) -> float:
    """The scale factor half-way between two in sqrt(a)."""
    return (0.5 * (np.sqrt(begin) + np.sqrt(end))) ** 2


def level_gauge(settings: UniverseSettings, begin: float, end: float) -> float:
    """What times the sum over neighbours of `zwicky.universe.pairs` is at most 4^l at level l."""
    cosmology = settings.flrw()
    moved = kick_factor(cosmology, begin, end) * drift_factor(cosmology, begin, end)
    strength = GRAVITATIONAL_CONSTANT * settings.particle_mass_msun
    return strength * moved / (settings.step_accuracy * settings.softening_mpc)


def kick_table(cosmology: FLRW, strength: float, reached: np.ndarray, until: np.ndarray) -> np.ndarray:
    """Factors of kicks, float32, shape (n_levels, n_levels): from where a level was to where another goes.

    Parameters
    ----------
    strength
        What multiplies a kick's time factor.
    reached, until : float64, shape (n_levels,)
        Scale factors before and after.
    """
    table = [[strength * kick_factor(cosmology, old, new) for new in until] for old in reached]
    return np.array(table, dtype=np.float32)


def pair_step(gravity, particles, begin: float, end: float, n_levels: int) -> None:
    """Kick and drift `particles`, sorted and at `begin`, through one pair step to `end`."""
    finest = 2 ** (n_levels - 1)
    edges = np.linspace(np.sqrt(begin), np.sqrt(end), finest + 1) ** 2
    edges[0], edges[-1] = begin, end
    stride, i = finest, 0
    while i < finest:
        until = particles.a_short.copy()
        for level in range(n_levels):
            step = finest >> level
            if i % step == 0:
                until[level] = middle(edges[i], edges[i + step])
        if i == 0:
            stride = finest >> gravity.kick_short(particles, until, 0, (begin, end))
        else:
            least = min(level for level in range(n_levels) if i % (finest >> level) == 0)
            gravity.kick_short(particles, until, least)
        i += stride
        gravity.drift(particles, edges[i], wrap=i == finest)
