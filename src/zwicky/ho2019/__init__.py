"""Ho et al. (2019): the paper's numbers, its experiment on any mocks, the whole run, and its report."""

from zwicky.ho2019.claims import check_claims
from zwicky.ho2019.dependence import measure_dependence
from zwicky.ho2019.experiment import (
    MACHINES,
    NETWORKS,
    cross_validate_methods,
    fit_relations,
    some_test_clusters,
)
from zwicky.ho2019.leakage import measure_leakage, redealt
from zwicky.ho2019.paper import (
    PAPER_EDGEWORTH,
    PAPER_INTRINSIC_SHARE,
    PAPER_RANGE_LOG10_M200C_H,
    PAPER_TABLE1,
    PAPER_TABLE2,
    PAPER_TABLE3,
    PAPER_TABLE4,
    PAPER_TIMES_S,
    paper_scatter_ratio,
)
from zwicky.ho2019.predictions import masses_h, weigh_test
from zwicky.ho2019.results import write_results
from zwicky.ho2019.richness import PARAMETERS
from zwicky.ho2019.robustness import measure_robustness, summarise_deviations
from zwicky.ho2019.run import reproduce
from zwicky.ho2019.settings import (
    RUN_SCALES,
    ExistingUniverse,
    RunSettings,
    density_in_box,
    existing_universe,
)
from zwicky.ho2019.summary import COMPARISONS, summarise
from zwicky.ho2019.weighing_time import time_per_cluster

__all__ = [
    "COMPARISONS",
    "MACHINES",
    "NETWORKS",
    "PAPER_EDGEWORTH",
    "PAPER_INTRINSIC_SHARE",
    "PAPER_RANGE_LOG10_M200C_H",
    "PAPER_TABLE1",
    "PAPER_TABLE2",
    "PAPER_TABLE3",
    "PAPER_TABLE4",
    "PAPER_TIMES_S",
    "PARAMETERS",
    "RUN_SCALES",
    "ExistingUniverse",
    "RunSettings",
    "check_claims",
    "cross_validate_methods",
    "density_in_box",
    "existing_universe",
    "fit_relations",
    "masses_h",
    "measure_dependence",
    "measure_leakage",
    "measure_robustness",
    "paper_scatter_ratio",
    "redealt",
    "reproduce",
    "some_test_clusters",
    "summarise",
    "summarise_deviations",
    "time_per_cluster",
    "weigh_test",
    "write_results",
]
