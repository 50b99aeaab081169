"""Survey: observed clusters, from lists of galaxies to masses with flags."""

from typing import TYPE_CHECKING

from zwicky.lazy import contents
from zwicky.survey.clusters import observed_sample
from zwicky.survey.density import MIN_CLUSTERS, DensityPrior, fit_density, read_density, write_density
from zwicky.survey.masses import COLUMNS
from zwicky.survey.observe import Observing
from zwicky.survey.partition import weigh_partition
from zwicky.survey.priors import mass_function_prior, read_prior
from zwicky.survey.quality import MIN_GALAXIES
from zwicky.survey.repeats import MERGE_ARCSEC
from zwicky.survey.stack import Stack, stack, stack_bins

if TYPE_CHECKING:
    from zwicky.survey.mass_relation import MassRelation as MassRelation
    from zwicky.survey.relation_files import read_relation as read_relation

__all__ = [
    "COLUMNS",
    "MERGE_ARCSEC",
    "MIN_CLUSTERS",
    "MIN_GALAXIES",
    "DensityPrior",
    "MassRelation",
    "Observing",
    "Stack",
    "fit_density",
    "mass_function_prior",
    "observed_sample",
    "read_density",
    "read_prior",
    "read_relation",
    "stack",
    "stack_bins",
    "weigh_partition",
    "write_density",
]

__getattr__, __dir__ = contents(
    __name__,
    {
        "MassRelation": "zwicky.survey.mass_relation",
        "read_relation": "zwicky.survey.relation_files",
    },
)
