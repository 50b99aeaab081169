"""A universe of our own: initial conditions, gravity, halos, galaxies."""

from zwicky.universe.build import make_universe
from zwicky.universe.directory import read_galaxies, read_halos, read_identity
from zwicky.universe.fof import friends_of_friends
from zwicky.universe.overdensity import find_halos
from zwicky.universe.plan import Plan, plan_universe
from zwicky.universe.relations import DispersionRelation, fit_dispersion
from zwicky.universe.settings import SCALES, UniverseSettings
from zwicky.universe.tracers import tracer_density_for_richness

__all__ = [
    "SCALES",
    "DispersionRelation",
    "Plan",
    "UniverseSettings",
    "find_halos",
    "fit_dispersion",
    "friends_of_friends",
    "make_universe",
    "plan_universe",
    "read_galaxies",
    "read_halos",
    "read_identity",
    "tracer_density_for_richness",
]
