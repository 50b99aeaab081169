"""A universe of our own: initial conditions, gravity, halos, galaxies."""

from zwicky.universe.build import make_universe, read_settings
from zwicky.universe.directory import (
    is_complete,
    is_imported,
    output_redshift,
    read_galaxies,
    read_halos,
    read_identity,
    read_peak_halo,
    snapshot_file,
)
from zwicky.universe.evolve import evolve, start
from zwicky.universe.fof import friends_of_friends
from zwicky.universe.overdensity import find_halos
from zwicky.universe.plan import Plan, plan_universe
from zwicky.universe.relations import DispersionRelation, fit_dispersion
from zwicky.universe.settings import SCALES, UniverseSettings
from zwicky.universe.tracers import make_galaxies, tracer_density_for_richness

__all__ = [
    "SCALES",
    "DispersionRelation",
    "Plan",
    "UniverseSettings",
    "evolve",
    "find_halos",
    "fit_dispersion",
    "friends_of_friends",
    "is_complete",
    "is_imported",
    "make_galaxies",
    "make_universe",
    "output_redshift",
    "plan_universe",
    "read_galaxies",
    "read_halos",
    "read_identity",
    "read_peak_halo",
    "read_settings",
    "snapshot_file",
    "start",
    "tracer_density_for_richness",
]
