"""How unlike its training a cluster is: a calibrated p-value of its phase space.

Of every cluster some numbers are taken that its mass moves little once its conditions are known: shape of
the velocities, of the radii, and how the two go together. On half of the mocks each is regressed on the
conditions that the network is told, within bins of the number of galaxies, and the covariance of what is left
is taken; the other half gives the distribution of the Mahalanobis distance, from which a distance gets its
p-value. Whatever the numbers' own distributions are, p is uniform on clusters like the mocks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.estimators.posterior.oddities import STATISTICS, phase_space_statistics

__all__ = ["Unlike"]

#: Fewest mocks in a bin of either half, and the most bins.
_PER_BIN, _MOST_BINS = 150, 16
#: Points of the distribution of distances that are kept.
_LEVELS = 96


@dataclass(frozen=True, eq=False)
class Unlike:
    """What is expected of clusters, by number of galaxies.

    Parameters
    ----------
    edges : shape (b - 1,)
        Rising log numbers of galaxies between b bins.
    coefficient : shape (b, c + 1, s)
        Each statistic's linear dependence on the conditions, the constant last.
    whiten : shape (b, s, s)
        Takes residuals to unit covariance.
    distance : shape (b, q)
        Rising distances that mocks exceed with the probabilities `level`.
    level : shape (q,)
        Falling probabilities.
    """

    edges: np.ndarray
    coefficient: np.ndarray
    whiten: np.ndarray
    distance: np.ndarray
    level: np.ndarray

    @classmethod
    def fit(
        cls,
        share: np.ndarray,
        v_los: np.ndarray,
        conditions: np.ndarray,
        offsets: np.ndarray,
        *,
        rng: np.random.Generator,
    ) -> Unlike:
        """Learn from mocks; for the arguments see `phase_space_statistics`.

        Raises
        ------
        ZwickyError
            If there are too few mocks for a single bin.
        """
        n = len(conditions)
        if n < 2 * _PER_BIN:
            raise ZwickyError(f"{n} mock clusters are too few to tell odd ones; give at least {2 * _PER_BIN}")
        found = phase_space_statistics(share, v_los, conditions, offsets)
        log_n = np.log(np.diff(offsets))
        bins = int(np.clip(n // (4 * _PER_BIN), 1, _MOST_BINS))
        edges = np.unique(np.quantile(log_n, np.linspace(0.0, 1.0, bins + 1)[1:-1]))
        place = np.searchsorted(edges, log_n, side="right")
        first = rng.random(n) < 0.5
        level = np.append(
            np.linspace(1.0, 0.05, _LEVELS // 2), np.geomspace(0.05, 1.0 / n, _LEVELS // 2 + 1)[1:]
        )
        parts = []
        for b in range(len(edges) + 1):
            fitted, counted = (np.flatnonzero((place == b) & half) for half in (first, ~first))
            coefficient, whiten = _regression(conditions[fitted], found[fitted])
            distance = _distance(conditions[counted], found[counted], coefficient, whiten)
            # The k-th largest of m is exceeded by a new one with the probability k / (m + 1).
            ranked = np.sort(distance)
            chance = 1.0 - np.arange(1, len(ranked) + 1) / (len(ranked) + 1)
            kept = np.interp(-level, -chance, ranked)
            parts.append((coefficient, whiten, kept))
        return cls(edges, *(np.stack(x) for x in zip(*parts, strict=True)), level)

    def p_value(
        self, share: np.ndarray, v_los: np.ndarray, conditions: np.ndarray, offsets: np.ndarray
    ) -> np.ndarray:
        """Probability that a mock cluster is as far from what is expected, float64, shape (n,).

        Beyond the farthest mock of its bin a cluster has the least p that its bin can tell.
        """
        found = phase_space_statistics(share, v_los, conditions, offsets)
        place = np.searchsorted(self.edges, np.log(np.diff(offsets)), side="right")
        p = np.empty(len(conditions))
        for b in np.unique(place):
            rows = np.flatnonzero(place == b)
            distance = _distance(conditions[rows], found[rows], self.coefficient[b], self.whiten[b])
            last = int(np.searchsorted(self.distance[b], self.distance[b, -1]))
            stop = slice(0, last + 1)
            p[rows] = np.exp(np.interp(distance, self.distance[b, stop], np.log(self.level[stop])))
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
        s = len(STATISTICS)
        try:
            made = cls(**{name: np.asarray(values, dtype=float) for name, values in arrays.items()})
            b, q = len(made.edges) + 1, len(made.level)
            shapes = ((b - 1,), (b, made.coefficient.shape[1], s), (b, s, s), (b, q), (q,))
            values = [getattr(made, f.name) for f in fields(cls)]
            fits = all(x.shape == y and np.isfinite(x).all() for x, y in zip(values, shapes, strict=True))
        except (TypeError, IndexError, ValueError):
            fits = False
        if not fits:
            raise ZwickyError("what is known of odd clusters does not fit together; save the model again")
        return made


def _regression(conditions: np.ndarray, found: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients of a linear fit, the constant last, and what whitens its residuals."""
    design = np.column_stack([conditions.astype(float), np.ones(len(conditions))])
    # A little of a ridge: conditions that do not vary among these mocks have no coefficient.
    ridge = 1e-3 * np.eye(design.shape[1]) * len(design) / 100.0
    ridge[-1, -1] = 0.0
    middle = np.append(design[:, :-1].mean(axis=0), 0.0)
    centred = design - middle
    coefficient = np.linalg.solve(centred.T @ centred + ridge, centred.T @ found)
    coefficient[-1] -= middle[:-1] @ coefficient[:-1]
    residual = found - design @ coefficient
    covariance = residual.T @ residual / len(residual)
    covariance += np.diag(1e-3 * np.diag(covariance) + 1e-9)
    value, vector = np.linalg.eigh(covariance)
    return coefficient, vector / np.sqrt(value)


def _distance(conditions, found, coefficient, whiten) -> np.ndarray:
    """Mahalanobis distance of each cluster, shape (n,)."""
    # Not as products of BLAS, whose last bits depend on how many clusters there are.
    expected = np.einsum("ij,jk->ik", conditions, coefficient[:-1]) + coefficient[-1]
    return np.sqrt((np.einsum("ij,jk->ik", found - expected, whiten) ** 2).sum(axis=1))
