"""Survey: observed clusters, from lists of galaxies to masses with flags."""

from typing import TYPE_CHECKING

from zwicky.lazy import contents
from zwicky.survey.blocks import BLOCK, Blocks
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
from zwicky.survey.figure import MAX_PANELS, check_plot, draw_cluster, write_figure
from zwicky.survey.find_centre import Field, find_centre
from zwicky.survey.masses import COLUMNS, masses_columns, masses_table, under, weigh, weigh_blocks
from zwicky.survey.members import influence, members_table
from zwicky.survey.observe import Observing, blocks_of, clusters_of, observed_blocks
from zwicky.survey.page import check_page, write_page
from zwicky.survey.partition import weigh_lists, weigh_partition
from zwicky.survey.priors import mass_function_prior, prior_named, read_prior
from zwicky.survey.quality import MIN_GALAXIES, Problem, find_problems
from zwicky.survey.recentre import recentre
from zwicky.survey.repeats import MERGE_ARCSEC, merge_repeats
from zwicky.survey.sky import blocks_from_sky, clusters_from_sky
from zwicky.survey.stack import Stack, column_of, equal_numbers, stack, stack_bins
from zwicky.survey.told import Told, observed_with
from zwicky.survey.weigh import (
    Weighed,
    can_be_calibrated,
    conditional,
    cylinder_of,
    is_sound,
    joint_of,
    problems_of,
    weigh_clusters,
)

if TYPE_CHECKING:  # what asks for mock clusters is not what an observer waits for
    from zwicky.survey.looks import (
        MockLooks as MockLooks,
    )
    from zwicky.survey.looks import (
        mock_looks as mock_looks,
    )
    from zwicky.survey.mass_relation import (
        MassRelation as MassRelation,
    )
    from zwicky.survey.mass_relation import (
        measure_relation as measure_relation,
    )
    from zwicky.survey.mass_relation import (
        relation_grids as relation_grids,
    )
    from zwicky.survey.relation_files import (
        read_relation as read_relation,
    )
    from zwicky.survey.relation_files import (
        write_relation as write_relation,
    )

__all__ = [
    "BLOCK",
    "COLUMNS",
    "MAX_PANELS",
    "MERGE_ARCSEC",
    "MIN_CLUSTERS",
    "MIN_GALAXIES",
    "Blocks",
    "DensityPrior",
    "Field",
    "MassRelation",
    "MockLooks",
    "ObservedClusters",
    "Observing",
    "Problem",
    "Stack",
    "Told",
    "Weighed",
    "blocks_from_sky",
    "blocks_of",
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
    "find_problems",
    "fit_density",
    "influence",
    "is_sound",
    "joint_of",
    "known_density",
    "mass_function_prior",
    "masses_columns",
    "masses_table",
    "measure_relation",
    "members_table",
    "merge_repeats",
    "mock_looks",
    "observed_blocks",
    "observed_sample",
    "observed_with",
    "prior_named",
    "problems_of",
    "read_density",
    "read_prior",
    "read_relation",
    "recentre",
    "relation_grids",
    "stack",
    "stack_bins",
    "under",
    "weigh",
    "weigh_blocks",
    "weigh_clusters",
    "weigh_lists",
    "weigh_partition",
    "write_density",
    "write_figure",
    "write_page",
    "write_relation",
]

__getattr__, __dir__ = contents(
    __name__,
    {
        "MassRelation": "zwicky.survey.mass_relation",
        "measure_relation": "zwicky.survey.mass_relation",
        "relation_grids": "zwicky.survey.mass_relation",
        "MockLooks": "zwicky.survey.looks",
        "mock_looks": "zwicky.survey.looks",
        "read_relation": "zwicky.survey.relation_files",
        "write_relation": "zwicky.survey.relation_files",
    },
)
