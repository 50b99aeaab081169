"""Mocks: lines of sight, cylinders, samples and folds (Ho et al. 2019, Sec. 2 and Appendix)."""

from typing import TYPE_CHECKING

from zwicky.lazy import contents

if TYPE_CHECKING:
    from zwicky.mocks.catalogue import (
        Mocks as Mocks,
    )
    from zwicky.mocks.catalogue import (
        make_mocks as make_mocks,
    )
    from zwicky.mocks.cylinders import (
        Cylinders as Cylinders,
    )
    from zwicky.mocks.cylinders import (
        count_in_cylinders as count_in_cylinders,
    )
    from zwicky.mocks.cylinders import (
        cut_cylinders as cut_cylinders,
    )
    from zwicky.mocks.directions import (
        LinesOfSight as LinesOfSight,
    )
    from zwicky.mocks.directions import (
        even_lines as even_lines,
    )
    from zwicky.mocks.directions import (
        fibonacci_lattice as fibonacci_lattice,
    )
    from zwicky.mocks.directions import (
        join_lines as join_lines,
    )
    from zwicky.mocks.directions import (
        orthogonal_lines as orthogonal_lines,
    )
    from zwicky.mocks.directions import (
        random_rotation as random_rotation,
    )
    from zwicky.mocks.example import (
        ClusterView as ClusterView,
    )
    from zwicky.mocks.example import (
        observe_one as observe_one,
    )
    from zwicky.mocks.folds import (
        halo_folds as halo_folds,
    )
    from zwicky.mocks.folds import (
        spatial_folds as spatial_folds,
    )
    from zwicky.mocks.grid import (
        GalaxyGrid as GalaxyGrid,
    )
    from zwicky.mocks.grid import (
        galaxy_grid as galaxy_grid,
    )
    from zwicky.mocks.members import (
        MemberLists as MemberLists,
    )
    from zwicky.mocks.members import (
        member_lists as member_lists,
    )
    from zwicky.mocks.members import (
        observe_true_members as observe_true_members,
    )
    from zwicky.mocks.observables import (
        HubbleFlow as HubbleFlow,
    )
    from zwicky.mocks.observables import (
        Observed as Observed,
    )
    from zwicky.mocks.observables import (
        hubble_flow as hubble_flow,
    )
    from zwicky.mocks.observables import (
        minimum_image as minimum_image,
    )
    from zwicky.mocks.observables import (
        observe as observe,
    )
    from zwicky.mocks.observables import (
        sky_basis as sky_basis,
    )
    from zwicky.mocks.settings import (
        MockSettings as MockSettings,
    )
    from zwicky.mocks.storage import (
        mocks_directory as mocks_directory,
    )
    from zwicky.mocks.storage import (
        read_mocks as read_mocks,
    )
    from zwicky.mocks.storage import (
        write_mocks as write_mocks,
    )
    from zwicky.mocks.training_set import (
        bin_quota as bin_quota,
    )
    from zwicky.mocks.training_set import (
        flat_training_lines as flat_training_lines,
    )
    from zwicky.mocks.training_set import (
        lines_in_test_range as lines_in_test_range,
    )

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

__getattr__, __dir__ = contents(
    __name__,
    {
        "ClusterView": "zwicky.mocks.example",
        "Cylinders": "zwicky.mocks.cylinders",
        "GalaxyGrid": "zwicky.mocks.grid",
        "HubbleFlow": "zwicky.mocks.observables",
        "LinesOfSight": "zwicky.mocks.directions",
        "MemberLists": "zwicky.mocks.members",
        "MockSettings": "zwicky.mocks.settings",
        "Mocks": "zwicky.mocks.catalogue",
        "Observed": "zwicky.mocks.observables",
        "bin_quota": "zwicky.mocks.training_set",
        "count_in_cylinders": "zwicky.mocks.cylinders",
        "cut_cylinders": "zwicky.mocks.cylinders",
        "even_lines": "zwicky.mocks.directions",
        "fibonacci_lattice": "zwicky.mocks.directions",
        "flat_training_lines": "zwicky.mocks.training_set",
        "galaxy_grid": "zwicky.mocks.grid",
        "halo_folds": "zwicky.mocks.folds",
        "hubble_flow": "zwicky.mocks.observables",
        "join_lines": "zwicky.mocks.directions",
        "lines_in_test_range": "zwicky.mocks.training_set",
        "make_mocks": "zwicky.mocks.catalogue",
        "member_lists": "zwicky.mocks.members",
        "minimum_image": "zwicky.mocks.observables",
        "mocks_directory": "zwicky.mocks.storage",
        "observe": "zwicky.mocks.observables",
        "observe_one": "zwicky.mocks.example",
        "observe_true_members": "zwicky.mocks.members",
        "orthogonal_lines": "zwicky.mocks.directions",
        "random_rotation": "zwicky.mocks.directions",
        "read_mocks": "zwicky.mocks.storage",
        "sky_basis": "zwicky.mocks.observables",
        "spatial_folds": "zwicky.mocks.folds",
        "write_mocks": "zwicky.mocks.storage",
    },
)
