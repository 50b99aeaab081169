"""What a figure or table of the report needs of a run: without it, it is left out.

One mechanism for every reason why something is absent: a run that is small or old, a method that was not run,
a universe that somebody else made and of which nobody here has seen the particles.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from zwicky.ho2019.report.results import RunResults

__all__ = [
    "Needs",
    "always",
    "diagnosed",
    "halo_dispersions",
    "imported_universe",
    "measured",
    "own_universe",
    "posteriors",
    "weighed_by",
]

Needs = Callable[[RunResults], bool]


def always(run: RunResults) -> bool:
    """Every run has it."""
    return True


def measured(*names: str) -> Needs:
    """All of these entries of the metrics are there and not empty."""
    return lambda run: all(run.metrics.get(name) for name in names)


def weighed_by(*methods: str) -> Needs:
    """At least one of these methods weighed the test clusters."""
    return lambda run: any(name in run.predictions.log10_predicted_h for name in methods)


def diagnosed(*names: str) -> Needs:
    """These diagnostics of the universe were measured."""
    return lambda run: all(name in run.diagnostics for name in names)


def halo_dispersions(run: RunResults) -> bool:
    """The halos carry the velocity dispersion of their matter."""
    return bool(np.isfinite(run.halos.sigma_1d).any())


def posteriors(*methods: str) -> Needs:
    """The samples behind Table 3 were kept for at least one of these methods."""
    return lambda run: any(name in run.posteriors for name in methods)


def own_universe(run: RunResults) -> bool:
    """The universe was made by this package."""
    return not run.is_imported


def imported_universe(run: RunResults) -> bool:
    """The universe is somebody else's simulation."""
    return run.is_imported
