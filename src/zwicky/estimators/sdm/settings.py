"""How Support Distribution Machines are trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from zwicky.estimators.sdm.divergence import MAX_NEIGHBOUR
from zwicky.settings import check_ranges, setting

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

    Examples
    --------
    >>> SDMSettings(landmarks=500).k
    3
    """

    k: int = setting(3, f"[1, {MAX_NEIGHBOUR}]")
    min_distance: float = setting(1e-3, "[1e-6, 0.1]", "such as 0.001")
    projection: Literal["low_rank", "exact"] = "low_rank"
    landmarks: int = setting(1500, "[10, inf)", "such as 1500")
    widths: tuple[float, ...] = setting(
        (0.25, 0.35, 0.5, 0.7, 1.0, 1.4, 2.0), "(0, inf)", "such as [0.5, 1, 2]"
    )
    costs: tuple[float, ...] = setting(
        (0.004, 0.015, 0.06, 0.25, 1.0), "(0, inf)", "such as [0.03, 0.125, 0.5]"
    )
    epsilon: float = setting(0.2, "[0, 3)", "such as 0.2")
    tuning_clusters: int = setting(3000, "[30, inf)", "such as 3000")
    max_training_clusters: int | None = setting(None, "[30, inf)", "or leave it out")

    def __post_init__(self):
        check_ranges(self)
