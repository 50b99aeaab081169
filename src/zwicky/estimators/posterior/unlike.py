"""How unlike its training a cluster is: a calibrated p-value of its phase space.

A small network learns to tell clusters from ones with a fault (`zwicky.estimators.posterior.faults`). How its
score falls out on held-out clusters that have none turns a score into a p-value, which is even on mocks
whatever the network learned: first its mean and spread under a cluster's conditions are taken out (blue
galaxies always look a little like a blend), then what is left is ranked, by number of galaxies and by whether
velocities are on their median (a wrong redshift of the centre is then no fault).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.estimators.posterior.told import N_CONDITIONS, is_recentred

__all__ = ["Unlike"]

#: Fewest mocks in a bin, and the most bins.
_PER_BIN, _MOST_BINS = 150, 16
#: Points of the distribution of scores that are kept.
_LEVELS = 96
#: Clusters whose weight holds mean and spread of the score to be the same under all conditions.
_RIDGE = 30.0


@dataclass(frozen=True, eq=False)
class Unlike:
    """What scores clusters without a fault have under their conditions.

    Parameters
    ----------
    limits : shape (2, 11)
        Least and largest conditions of the mocks; what lies beyond counts as the nearest.
    mean, log_spread : shape (f,)
        Of the score, coefficients of conditions and their products in pairs.
    edges : shape (2, b - 1)
        Rising numbers of galaxies, as conditions have them, between b bins; for centres told and recentred.
    score : shape (2, b, q)
        Rising scores, less mean and over spread, that mocks exceed with the probabilities `level`.
    level : shape (q,)
        Falling probabilities.
    """

    limits: np.ndarray
    mean: np.ndarray
    log_spread: np.ndarray
    edges: np.ndarray
    score: np.ndarray
    level: np.ndarray

    @classmethod
    def fit(cls, score: np.ndarray, conditions: np.ndarray) -> Unlike:
        """Learn from scores of mocks, shape (n,), and their `told.conditions`, shape (n, 11).

        Raises
        ------
        ZwickyError
            If there are too few mocks for a single bin.
        """
        recentred = is_recentred(conditions)
        kinds = [np.flatnonzero(recentred == kind) for kind in (False, True)]
        fewest, n = min(map(len, kinds)), len(score)
        if fewest < _PER_BIN:
            raise ZwickyError(
                f"{fewest} mock clusters are too few to tell odd ones; give at least {_PER_BIN} whose "
                "centres are told and as many that are recentred"
            )
        known = _products(conditions)
        mean = _ridge(known, np.asarray(score, dtype=float))
        rest = score - _of(mean, conditions)
        log_spread = _ridge(known, np.log(np.abs(rest) + 1e-3 * rest.std() + 1e-30))
        score, log_n = rest * np.exp(-_of(log_spread, conditions)), conditions[:, 0].astype(float)
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
        limits = np.stack([conditions.min(axis=0), conditions.max(axis=0)])
        return cls(limits, mean, log_spread, edges, kept, level)

    def p_value(self, score: np.ndarray, conditions: np.ndarray) -> np.ndarray:
        """Probability that a mock cluster looks as odd, float64, shape (n,).

        Beyond the oddest mock of its bin a cluster has the least p that its bin can tell.
        """
        within = np.clip(conditions, *self.limits)
        score = (score - _of(self.mean, within)) * np.exp(-_of(self.log_spread, within))
        kind, log_n = is_recentred(conditions).astype(np.int64), conditions[:, 0].astype(float)
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
            shapes = ((2, N_CONDITIONS), (_PRODUCTS,), (_PRODUCTS,), (2, b - 1), (2, b, q), (q,))
            fits = all(x.shape == y and np.isfinite(x).all() for x, y in zip(values, shapes, strict=True))
        except (TypeError, ValueError, IndexError):
            fits = False
        if not fits:
            raise ZwickyError("what is known of odd clusters does not fit together; save the model again")
        return made


#: Coefficients of a polynomial of the second order in the conditions.
_PRODUCTS = 1 + N_CONDITIONS + N_CONDITIONS * (N_CONDITIONS + 1) // 2


def _products(conditions: np.ndarray) -> np.ndarray:
    """One, the conditions, and their products in pairs, float64, shape (n, f)."""
    x = np.asarray(conditions, dtype=float)
    first, second = np.triu_indices(N_CONDITIONS)
    return np.concatenate([np.ones((len(x), 1)), x, x[:, first] * x[:, second]], axis=1)


def _of(coefficients: np.ndarray, conditions: np.ndarray) -> np.ndarray:
    """Sum of `_products` times `coefficients`, to the same bit for a cluster whatever else is asked about."""
    columns = np.ascontiguousarray(conditions.T, dtype=float)
    single, pairs = coefficients[1 : 1 + N_CONDITIONS], iter(coefficients[1 + N_CONDITIONS :])
    total = np.full(columns.shape[1], coefficients[0])
    for i, column in enumerate(columns):
        slope = np.full_like(total, single[i])
        for other in columns[i:]:
            slope += next(pairs) * other
        total += slope * column
    return total


def _ridge(known: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Coefficients of least squares, held to the mean of `value` by `_RIDGE` clusters."""
    scale = known.std(axis=0)
    scale[scale == 0.0] = np.inf  # what is the same for all has no coefficient
    x = (known - known.mean(axis=0)) / scale
    slope = np.linalg.solve(x.T @ x + _RIDGE * np.eye(x.shape[1]), x.T @ (value - value.mean())) / scale
    slope[0] = value.mean() - known.mean(axis=0) @ slope
    return slope
