"""Clusters some at a time, so that a survey of any length is weighed in the memory of its galaxies."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from zwicky.survey.clusters import ObservedClusters
from zwicky.survey.quality import Problem

if TYPE_CHECKING:
    from zwicky.survey.find_centre import Field

__all__ = ["BLOCK", "Blocks"]

#: Clusters in a block: their densities fill a few megabytes, which caches hold.
BLOCK = 1024


@dataclass(frozen=True, eq=False)
class Blocks:
    """Observed clusters that are made when they are asked for, a run of them at a time.

    Parameters
    ----------
    n
        Clusters in all.
    make
        Gives the clusters ``first`` to ``stop``.
    problems
        What is known already to forbid weighing a cluster, by its row.
    notes
        What was taken for what and left out of all clusters, one line each.
    proposed
        The field in which the centre was found, where it was not given.
    changes
        Done to each run of clusters, one after the other.
    size
        Clusters a run; None for `BLOCK`.
    """

    n: int
    make: Callable[[int, int], ObservedClusters] = field(repr=False)
    problems: Mapping[int, Problem] = field(default_factory=dict, repr=False)
    notes: tuple[str, ...] = ()
    proposed: Field | None = field(default=None, repr=False)
    changes: tuple[Callable[[ObservedClusters], ObservedClusters], ...] = field(default=(), repr=False)
    size: int | None = None

    @classmethod
    def of(cls, clusters: ObservedClusters) -> Blocks:
        """Blocks of clusters that are in memory."""
        return cls(
            n=len(clusters),
            make=lambda first, stop: clusters[first:stop],
            notes=clusters.notes,
            proposed=clusters.proposed,
        )

    def then(self, change: Callable[[ObservedClusters], ObservedClusters]) -> Blocks:
        """The same blocks, each changed."""
        return dataclasses.replace(self, changes=(*self.changes, change))

    def run(self, first: int, stop: int) -> ObservedClusters:
        """The clusters from row `first` to row `stop`."""
        found = self.make(first, stop)
        rows = range(first, stop) if self.problems else ()
        own = {row - first: self.problems[row] for row in rows if row in self.problems}
        found = dataclasses.replace(
            found, problems={**found.problems, **own}, notes=self.notes, proposed=self.proposed
        )
        for change in self.changes:
            found = change(found)
        return found

    def whole(self) -> ObservedClusters:
        """All clusters at once."""
        return self.run(0, self.n)

    def __len__(self) -> int:
        return self.n

    def __iter__(self) -> Iterator[ObservedClusters]:
        """Runs of `size` clusters, or of `BLOCK`; of no cluster one that is empty."""
        size = self.size or BLOCK
        for first in range(0, max(self.n, 1), size):
            yield self.run(first, min(first + size, self.n))
