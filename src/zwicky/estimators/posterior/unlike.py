"""How unlike its training a cluster is: a calibrated p-value of its phase space.

A small network learns to tell clusters from ones with a fault (`zwicky.estimators.posterior.faults`). How its
score falls out on held-out clusters that have none, by their number of galaxies, turns a score into a
p-value: whatever the network learned, p is even on clusters like the mocks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np

from zwicky.errors import ZwickyError

__all__ = ["Unlike"]

#: Fewest mocks in a bin, and the most bins.
_PER_BIN, _MOST_BINS = 150, 16
#: Points of the distribution of scores that are kept.
_LEVELS = 96


@dataclass(frozen=True, eq=False)
class Unlike:
    """What scores clusters without a fault have, by number of galaxies.

    Parameters
    ----------
    edges : shape (b - 1,)
        Rising log numbers of galaxies between b bins.
    score : shape (b, q)
        Rising scores that mocks exceed with the probabilities `level`.
    level : shape (q,)
        Falling probabilities.
    """

    edges: np.ndarray
    score: np.ndarray
    level: np.ndarray

    @classmethod
    def fit(cls, score: np.ndarray, n_galaxies: np.ndarray) -> Unlike:
        """Learn from scores of mocks, shape (n,), and their numbers of galaxies.

        Raises
        ------
        ZwickyError
            If there are too few mocks for a single bin.
        """
        n = len(score)
        if n < _PER_BIN:
            raise ZwickyError(f"{n} mock clusters are too few to tell odd ones; give at least {_PER_BIN}")
        log_n = np.log(n_galaxies)
        bins = int(np.clip(n // (2 * _PER_BIN), 1, _MOST_BINS))
        edges = np.unique(np.quantile(log_n, np.linspace(0.0, 1.0, bins + 1)[1:-1]))
        place = np.searchsorted(edges, log_n, side="right")
        level = np.append(
            np.linspace(1.0, 0.05, _LEVELS // 2), np.geomspace(0.05, 1.0 / n, _LEVELS // 2 + 1)[1:]
        )
        parts = []
        for b in range(len(edges) + 1):
            # The k-th largest of m is exceeded by a new one with the probability k / (m + 1).
            ranked = np.sort(np.asarray(score, dtype=float)[place == b])
            chance = 1.0 - np.arange(1, len(ranked) + 1) / (len(ranked) + 1)
            parts.append(np.interp(-level, -chance, ranked))
        return cls(edges, np.stack(parts), level)

    def p_value(self, score: np.ndarray, n_galaxies: np.ndarray) -> np.ndarray:
        """Probability that a mock cluster looks as odd, float64, shape (n,).

        Beyond the oddest mock of its bin a cluster has the least p that its bin can tell.
        """
        place = np.searchsorted(self.edges, np.log(n_galaxies), side="right")
        p = np.empty(len(score))
        for b in np.unique(place):
            rows = np.flatnonzero(place == b)
            last = int(np.searchsorted(self.score[b], self.score[b, -1]))
            stop = slice(0, last + 1)
            p[rows] = np.exp(np.interp(score[rows], self.score[b, stop], np.log(self.level[stop])))
        return p

    def arrays(self) -> dict[str, np.ndarray]:
        """What was learned, for a model's weights."""
        return {f.name: np.asarray(getattr(self, f.name), dtype=np.float64) for f in fields(self)}

    @classmethod
    def of(cls, arrays: Mapping[str, np.ndarray]) -> Unlike:
        """What `arrays` gave.

        Raises
        ------
        ZwickyError
            If an array is missing, of another shape or not finite.
        """
        try:
            made = cls(**{name: np.asarray(values, dtype=float) for name, values in arrays.items()})
            b, q = len(made.edges) + 1, len(made.level)
            values = [getattr(made, f.name) for f in fields(cls)]
            shapes = ((b - 1,), (b, q), (q,))
            fits = all(x.shape == y and np.isfinite(x).all() for x, y in zip(values, shapes, strict=True))
        except (TypeError, ValueError):
            fits = False
        if not fits:
            raise ZwickyError("what is known of odd clusters does not fit together; save the model again")
        return made
