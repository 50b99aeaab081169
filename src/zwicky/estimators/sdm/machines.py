"""The two machines: what is left of the training clusters, and how it weighs others.

Both take and give masses as targets of mean zero and standard deviation one, and clusters as `Clouds`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.estimators.sdm.blocks import both_ways, groups_of
from zwicky.estimators.sdm.divergence import Clouds, clouds, divergences, joined
from zwicky.estimators.sdm.projection import gaussian_kernel, landmark_map, positive_coordinates
from zwicky.estimators.sdm.regression import Choice, choose, fit_linear
from zwicky.estimators.sdm.settings import SDMSettings
from zwicky.kernels import LANES

__all__ = [
    "ExactMachine",
    "LowRankMachine",
    "Training",
    "machine_arrays",
    "machine_of",
    "train_exact",
    "train_low_rank",
]

# Clusters weighed at a time: their kernels against the landmarks take tens of megabytes.
_CHUNK = 2048


@dataclass(frozen=True, eq=False)
class Training:
    """Clusters with known masses, and how to learn from them.

    Parameters
    ----------
    everyone
        All training clusters.
    target : float64, shape (n,)
        Their scaled masses.
    fold : int, shape (n,)
        Blocks of divergences are cut along it.
    landmarks : list of int64 arrays
        Rows of the landmarks; see `zwicky.estimators.sdm.selection.landmark_rows`.
    tuned : int64, shape (t,)
        Rows on which width and cost are chosen.
    part : int64, shape (t,)
        Their parts in the cross-validation.
    settings
        All else.
    seed
        Of the regressions.
    directory
        Where blocks of divergences are kept, or None.
    """

    everyone: Clouds
    target: np.ndarray
    fold: np.ndarray
    landmarks: list[np.ndarray]
    tuned: np.ndarray
    part: np.ndarray
    settings: SDMSettings
    seed: int
    directory: Path | None

    def choose(self, coordinates_at: Callable[[float], np.ndarray]) -> Choice:
        """Width and cost from coordinates of the tuned rows at a width."""
        s = self.settings
        target = self.target[self.tuned]
        return choose(coordinates_at, target, self.part, s.widths, s.costs, s.epsilon, self.seed)


@dataclass(frozen=True, eq=False)
class LowRankMachine:
    """Inductive: a mass is the intercept plus coefficients times kernels against the landmarks."""

    known: Clouds
    coefficients: np.ndarray
    intercept: float
    sigma: float

    def numbers(self) -> dict[str, Any]:
        """What there is beside arrays and settings."""
        return {"sigma": self.sigma, "intercept": self.intercept}

    def weigh(self, x: Clouds) -> np.ndarray:
        """Scaled masses, each of the cluster alone, float64."""
        out = np.empty(len(x))
        for first in range(0, len(x), _CHUNK):
            rows = slice(first, first + _CHUNK)
            chunk = x[rows]
            there, back = divergences(chunk, self.known), divergences(self.known, chunk).T
            out[rows] = gaussian_kernel(there, back, self.sigma) @ self.coefficients + self.intercept
        return out


@dataclass(frozen=True, eq=False)
class ExactMachine:
    """Transductive: each prediction projects the joint kernel and fits the regression anew.

    ``coefficients`` are the training clusters' scaled masses, ``groups`` their rows as `groups_of` gives
    them. Three float32 matrices of all clusters, known and weighed, are in memory at once.
    """

    known: Clouds
    groups: list[np.ndarray]
    coefficients: np.ndarray
    sigma: float
    cost: float
    epsilon: float
    seed: int
    directory: Path | None

    def numbers(self) -> dict[str, Any]:
        """What there is beside arrays and settings."""
        return {"sigma": self.sigma, "seed": self.seed}

    def weigh(self, x: Clouds) -> np.ndarray:
        """Scaled masses of clusters weighed together, float64."""
        if not len(x):
            return np.empty(0)
        n = len(self.known)
        both = joined(self.known, x)
        groups = self.groups + [n + rows for rows in groups_of(np.zeros(len(x)))]
        kernel = gaussian_kernel(*both_ways(both, groups, both, groups, self.directory), self.sigma)
        coordinates = positive_coordinates(kernel)
        line = fit_linear(coordinates[:n], self.coefficients, self.cost, self.epsilon, self.seed)
        return line(coordinates[n:])


def train_low_rank(t: Training, tell: Callable[[str], None]) -> tuple[Choice, LowRankMachine]:
    """Learn a `LowRankMachine`."""
    rows = np.concatenate(t.landmarks)
    ends = np.cumsum([len(part) for part in t.landmarks])
    parts = [np.arange(a, b) for a, b in zip(np.r_[0, ends[:-1]], ends, strict=True)]
    landmarks = t.everyone[rows]
    there, back = both_ways(t.everyone, groups_of(t.fold), landmarks, parts, t.directory)
    tell("divergences")
    median = _median(there[t.tuned])

    def mapped(sigma: float, which: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        to_coordinates = landmark_map(gaussian_kernel(there[rows], back[rows], sigma))
        return gaussian_kernel(there[which], back[which], sigma) @ to_coordinates, to_coordinates

    choice = t.choose(lambda width: mapped(width * median, t.tuned)[0])
    tell("width and cost")
    sigma = choice.width * median
    coordinates, to_coordinates = mapped(sigma, np.arange(len(t.everyone)))
    line = fit_linear(coordinates, t.target, choice.cost, t.settings.epsilon, t.seed)
    tell("regression")
    return choice, LowRankMachine(landmarks, to_coordinates @ line.slope, line.intercept, sigma)


def train_exact(t: Training, tell: Callable[[str], None]) -> tuple[Choice, ExactMachine]:
    """Choose width and cost for an `ExactMachine`, whose regression waits for the clusters to weigh."""
    tuned = t.everyone[t.tuned]
    groups = groups_of(t.fold[t.tuned])
    there, back = both_ways(tuned, groups, tuned, groups, t.directory)
    tell("divergences")
    median = _median(there)
    choice = t.choose(lambda width: positive_coordinates(gaussian_kernel(there, back, width * median)))
    tell("width and cost")
    machine = ExactMachine(
        known=t.everyone,
        groups=groups_of(t.fold),
        coefficients=t.target,
        sigma=choice.width * median,
        cost=choice.cost,
        epsilon=t.settings.epsilon,
        seed=t.seed,
        directory=t.directory,
    )
    tell("ready")
    return choice, machine


def machine_arrays(machine: LowRankMachine | ExactMachine) -> dict[str, np.ndarray]:
    """The known clusters' scaled members and the coefficients, by name; `machine_of` is the inverse."""
    columns = {f"column_{i}": column[:-LANES].copy() for i, column in enumerate(machine.known.columns)}
    return {"offsets": machine.known.offsets, "coefficients": machine.coefficients, **columns}


def machine_of(
    settings: SDMSettings,
    choice: Choice,
    numbers: Mapping[str, Any],
    arrays: Mapping[str, np.ndarray],
    n_columns: int,
) -> LowRankMachine | ExactMachine:
    """The machine of `n_columns` columns whose ``numbers`` and `machine_arrays` these are.

    Raises
    ------
    ZwickyError
        If the arrays do not fit together.
    """
    columns = tuple(arrays[f"column_{i}"] for i in range(n_columns))
    offsets, coefficients = arrays["offsets"], arrays["coefficients"]
    if {len(c) for c in columns} != {offsets[-1]} or len(offsets) != len(coefficients) + 1:
        raise ZwickyError("the members, offsets and coefficients do not fit together; save the model again")
    known = clouds(columns, offsets, settings.k, settings.min_distance)
    if settings.projection == "low_rank":
        return LowRankMachine(known, coefficients, numbers["intercept"], numbers["sigma"])
    return ExactMachine(
        known=known,
        groups=groups_of(np.zeros(len(known))),
        coefficients=coefficients,
        sigma=numbers["sigma"],
        cost=choice.cost,
        epsilon=settings.epsilon,
        seed=numbers["seed"],
        directory=None,
    )


def _median(divergence: np.ndarray) -> float:
    """Median of the positive divergences, the unit of the kernel's width."""
    positive = divergence[divergence > 0]
    if not len(positive):
        raise ZwickyError("the training clusters' galaxies do not differ; there is nothing to learn from")
    return float(np.median(positive))
