"""Survey: observed clusters, from lists of galaxies to masses with flags."""

from zwicky.survey.clusters import (
    ObservedClusters,
    clusters_from_phase_space,
    clusters_from_sample,
    observed_sample,
)
from zwicky.survey.density import (
    MIN_CLUSTERS,
    DensityPrior,
    fit_density,
    known_density,
    read_density,
    write_density,
)
from zwicky.survey.figure import check_plot, draw_cluster, write_figure
from zwicky.survey.find_centre import Field, find_centre
from zwicky.survey.masses import COLUMNS, masses_table, under, weigh
from zwicky.survey.members import influence, members_table
from zwicky.survey.observe import clusters_of
from zwicky.survey.page import check_page, write_page
from zwicky.survey.priors import mass_function_prior, prior_named, read_prior
from zwicky.survey.quality import MIN_GALAXIES, Problem, find_problem
from zwicky.survey.recentre import recentre
from zwicky.survey.repeats import MERGE_ARCSEC, merge_repeats
from zwicky.survey.sky import clusters_from_sky
from zwicky.survey.stack import Stack, column_of, equal_numbers, stack, stack_bins
from zwicky.survey.told import observed_with
from zwicky.survey.weigh import (
    Weighed,
    can_be_calibrated,
    conditional,
    cylinder_of,
    joint_of,
    posterior_of,
    problems_of,
    weigh_clusters,
)

__all__ = [
    "COLUMNS",
    "MERGE_ARCSEC",
    "MIN_CLUSTERS",
    "MIN_GALAXIES",
    "DensityPrior",
    "Field",
    "ObservedClusters",
    "Problem",
    "Stack",
    "Weighed",
    "can_be_calibrated",
    "check_page",
    "check_plot",
    "clusters_from_phase_space",
    "clusters_from_sample",
    "clusters_from_sky",
    "clusters_of",
    "column_of",
    "conditional",
    "cylinder_of",
    "draw_cluster",
    "equal_numbers",
    "find_centre",
    "find_problem",
    "fit_density",
    "influence",
    "joint_of",
    "known_density",
    "mass_function_prior",
    "masses_table",
    "members_table",
    "merge_repeats",
    "observed_sample",
    "observed_with",
    "posterior_of",
    "prior_named",
    "problems_of",
    "read_density",
    "read_prior",
    "recentre",
    "stack",
    "stack_bins",
    "under",
    "weigh",
    "weigh_clusters",
    "write_density",
    "write_figure",
    "write_page",
]
