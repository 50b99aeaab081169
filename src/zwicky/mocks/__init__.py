"""Mocks: lines of sight, cylinders, samples and folds (Ho et al. 2019, Sec. 2 and Appendix)."""

from zwicky.mocks.catalogue import Mocks, make_mocks
from zwicky.mocks.cylinders import Cylinders, count_in_cylinders, cut_cylinders
from zwicky.mocks.directions import (
    LinesOfSight,
    even_lines,
    fibonacci_lattice,
    join_lines,
    orthogonal_lines,
    random_rotation,
)
from zwicky.mocks.example import ClusterView, observe_one
from zwicky.mocks.folds import halo_folds, spatial_folds
from zwicky.mocks.grid import GalaxyGrid, galaxy_grid
from zwicky.mocks.members import MemberLists, member_lists, observe_true_members
from zwicky.mocks.observables import HubbleFlow, Observed, hubble_flow, minimum_image, observe, sky_basis
from zwicky.mocks.settings import MockSettings
from zwicky.mocks.storage import mocks_directory, read_mocks, write_mocks
from zwicky.mocks.training_set import bin_quota, flat_training_lines, lines_in_test_range

__all__ = [
    "ClusterView",
    "Cylinders",
    "GalaxyGrid",
    "HubbleFlow",
    "LinesOfSight",
    "MemberLists",
    "MockSettings",
    "Mocks",
    "Observed",
    "bin_quota",
    "count_in_cylinders",
    "cut_cylinders",
    "even_lines",
    "fibonacci_lattice",
    "flat_training_lines",
    "galaxy_grid",
    "halo_folds",
    "hubble_flow",
    "join_lines",
    "lines_in_test_range",
    "make_mocks",
    "member_lists",
    "minimum_image",
    "mocks_directory",
    "observe",
    "observe_one",
    "observe_true_members",
    "orthogonal_lines",
    "random_rotation",
    "read_mocks",
    "sky_basis",
    "spatial_folds",
    "write_mocks",
]
