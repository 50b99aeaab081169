"""How unlike its training a cluster is: a calibrated p-value of its phase space.

A small network learns to tell clusters from ones with a fault (`zwicky.estimators.posterior.faults`). How its
score falls out on held-out clusters that have none, by their number of galaxies and by whether velocities are
on their median (a wrong redshift of the centre is then no fault), turns a score into a p-value: whatever the
network learned, p is even on clusters like the mocks.
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
    """What scores clusters without a fault have, by number of galaxies, for centres told and recentred.

    Parameters
    ----------
    edges : shape (2, b - 1)
        Rising log numbers of galaxies between b bins.
    score : shape (2, b, q)
        Rising scores that mocks exceed with the probabilities `level`.
    level : shape (q,)
        Falling probabilities.
    """

    edges: np.ndarray
    score: np.ndarray
    level: np.ndarray

    @classmethod
    def fit(cls, score: np.ndarray, n_galaxies: np.ndarray, recentred: np.ndarray) -> Unlike:
        """Learn from scores of mocks, shape (n,), their numbers of galaxies and whether they are recentred.

        Raises
        ------
        ZwickyError
            If there are too few mocks for a single bin.
        """
        kinds = [np.flatnonzero(recentred == kind) for kind in (False, True)]
        fewest, n = min(map(len, kinds)), len(score)
        if fewest < _PER_BIN:
            raise ZwickyError(
                f"{fewest} mock clusters are too few to tell odd ones; give at least {_PER_BIN} whose "
                "centres are told and as many that are recentred"
            )
        log_n, score = np.log(n_galaxies), np.asarray(score, dtype=float)
        bins = int(np.clip(fewest // (2 * _PER_BIN), 1, _MOST_BINS))
        inner = np.linspace(0.0, 1.0, bins + 1)[1:-1]
        level = np.append(
            np.linspace(1.0, 0.05, _LEVELS // 2), np.geomspace(0.05, 1.0 / n, _LEVELS // 2 + 1)[1:]
        )
        edges = np.stack([np.quantile(log_n[rows], inner) for rows in kinds])
        kept = np.empty((2, bins, len(level)))
        for kind, rows in enumerate(kinds):
            place = np.searchsorted(edges[kind], log_n[rows], side="right")
            for b in range(bins):
                # The k-th largest of m is exceeded by a new one with the probability k / (m + 1).
                ranked = np.sort(score[rows[place == b]])
                chance = 1.0 - np.arange(1, len(ranked) + 1) / (len(ranked) + 1)
                kept[kind, b] = np.interp(-level, -chance, ranked)
        return cls(edges, kept, level)

    def p_value(self, score: np.ndarray, n_galaxies: np.ndarray, recentred: np.ndarray) -> np.ndarray:
        """Probability that a mock cluster looks as odd, float64, shape (n,).

        Beyond the oddest mock of its bin a cluster has the least p that its bin can tell.
        """
        kind, log_n = np.asarray(recentred, dtype=np.int64), np.log(n_galaxies)
        place = (log_n[:, None] >= self.edges[kind]).sum(axis=1)
        p = np.empty(len(score))
        for which, b in np.unique(np.stack([kind, place], axis=1), axis=0):
            rows, known = np.flatnonzero((kind == which) & (place == b)), self.score[which, b]
            stop = slice(0, int(np.searchsorted(known, known[-1])) + 1)
            p[rows] = np.exp(np.interp(score[rows], known[stop], np.log(self.level[stop])))
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
            b, q = made.edges.shape[1] + 1, len(made.level)
            values = [getattr(made, f.name) for f in fields(cls)]
            shapes = ((2, b - 1), (2, b, q), (q,))
            fits = all(x.shape == y and np.isfinite(x).all() for x, y in zip(values, shapes, strict=True))
        except (TypeError, ValueError, IndexError):
            fits = False
        if not fits:
            raise ZwickyError("what is known of odd clusters does not fit together; save the model again")
        return made
