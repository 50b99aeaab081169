"""Survey: observed clusters, from lists of galaxies to masses with flags."""

from zwicky.survey.clusters import (
    ObservedClusters,
    clusters_from_phase_space,
    clusters_from_sample,
    observed_sample,
)
from zwicky.survey.figure import check_plot, draw_cluster, write_figure
from zwicky.survey.find_centre import Field, find_centre
from zwicky.survey.observe import clusters_of
from zwicky.survey.quality import MIN_GALAXIES, Problem, find_problem
from zwicky.survey.recentre import recentre
from zwicky.survey.repeats import MERGE_ARCSEC, merge_repeats
from zwicky.survey.sky import clusters_from_sky
from zwicky.survey.weigh import (
    COLUMNS,
    Weighed,
    cylinder_of,
    posterior_of,
    problems_of,
    weigh,
    weigh_clusters,
)

__all__ = [
    "COLUMNS",
    "MERGE_ARCSEC",
    "MIN_GALAXIES",
    "Field",
    "ObservedClusters",
    "Problem",
    "Weighed",
    "check_plot",
    "clusters_from_phase_space",
    "clusters_from_sample",
    "clusters_from_sky",
    "clusters_of",
    "cylinder_of",
    "draw_cluster",
    "find_centre",
    "find_problem",
    "merge_repeats",
    "observed_sample",
    "posterior_of",
    "problems_of",
    "recentre",
    "weigh",
    "weigh_clusters",
    "write_figure",
]
