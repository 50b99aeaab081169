"""How Support Distribution Machines are trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from zwicky.errors import ZwickyError
from zwicky.estimators.sdm.divergence import MAX_NEIGHBOUR

__all__ = ["SDMSettings"]


@dataclass(frozen=True)
class SDMSettings:
    """Training of `SDM1D` and `SDM2D` (Ho et al. 2019, Sec. 4.2).

    The kernel's width and the regression's cost are chosen by three-fold cross-validation on training
    clusters, no halo on both sides, by the mean squared error of log10 M.

    Parameters
    ----------
    k
        Neighbour whose distance measures a density; the paper's 3 (its authors' code has 4).
    min_distance
        Floor of the distances between galaxies, in units of the scaled columns: about 1 km/s and 0.5 kpc/h.
    projection
        How the kernel is made positive semi-definite. ``"low_rank"`` is inductive: the positive
        eigenvectors of the kernel between `landmarks` training clusters map every other cluster.
        ``"exact"`` is transductive, as the paper's: for each prediction the joint kernel of training and
        test clusters is projected, which takes the inputs of the test clusters, never their masses, and a
        time that grows with the cube of their number.
    landmarks
        Training clusters, evenly over the mass ranks of every fold, that span the low-rank map.
    widths
        Kernel widths to choose from, in units of the median divergence.
    costs
        Costs C to choose from: the weight of one cluster's error against the penalty.
    epsilon
        Errors below this cost nothing; in standard deviations of the training clusters' log10 M.
    tuning_clusters
        Width and cost are chosen on at most this many training clusters, a random set of whole halos.
    max_training_clusters
        Train on at most this many clusters, a random set of whole halos; none takes all.
    """

    k: int = 3
    min_distance: float = 1e-3
    projection: Literal["low_rank", "exact"] = "low_rank"
    landmarks: int = 1500
    widths: tuple[float, ...] = (0.25, 0.35, 0.5, 0.7, 1.0, 1.4, 2.0)
    costs: tuple[float, ...] = (0.004, 0.015, 0.06, 0.25, 1.0)
    epsilon: float = 0.2
    tuning_clusters: int = 3000
    max_training_clusters: int | None = None

    def __post_init__(self):
        def require(name, allowed, text):
            if not allowed:
                raise ZwickyError(f"{name} = {getattr(self, name)} is not allowed; give {text}")

        def positive(values):
            return len(values) > 0 and all(0 < value < float("inf") for value in values)

        require("k", 1 <= self.k <= MAX_NEIGHBOUR, f"1 to {MAX_NEIGHBOUR}")
        require("min_distance", 1e-6 <= self.min_distance <= 0.1, "1e-6 to 0.1, such as 0.001")
        require("projection", self.projection in ("low_rank", "exact"), "low_rank or exact")
        require("landmarks", self.landmarks >= 10, "at least 10, such as 1500")
        require("widths", positive(self.widths), "positive numbers such as [0.5, 1, 2]")
        require("costs", positive(self.costs), "positive numbers such as [0.03, 0.125, 0.5]")
        require("epsilon", 0 <= self.epsilon < 3, "a number from 0 up to 3, such as 0.2")
        require("tuning_clusters", self.tuning_clusters >= 30, "at least 30, such as 3000")
        most = self.max_training_clusters
        require("max_training_clusters", most is None or most >= 30, "at least 30, or none")
