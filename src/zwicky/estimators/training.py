"""What estimators ask of the sample they learn from, and remember of it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.images import galaxy_moments
from zwicky.tables import ClusterSample

__all__ = ["Losses", "TrainingRange", "require_known_masses"]

# Galaxies that thinning leaves a cluster: `zwicky.images.thinned`.
_FEWEST = 10


@dataclass
class Losses:
    """Loss after each epoch of training, as many as have been finished.

    Parameters
    ----------
    train : list of float
        Mean over the epoch's steps.
    validation : list of float
        At the epoch's end, if a validation sample was given.

    Examples
    --------
    >>> Losses(train=[0.21, 0.08]).validation
    []
    """

    train: list[float] = field(default_factory=list)
    validation: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class TrainingRange:
    """Where a training sample lies: a cluster outside is unlike anything the estimator has seen.

    Parameters
    ----------
    n_clusters
        Rows of the sample.
    log10_m200c_h, redshift
        Least and largest log10 M200c [Msun/h] and redshift.
    n_galaxies, sigma_v_kms
        1st and 99th percentile of the galaxies in a cylinder and of their velocity dispersion in km/s. If
        clusters were thinned in training, the first reaches down to the thinnest.
    source
        Where the sample came from.

    Examples
    --------
    >>> from zwicky.estimators import load_model
    >>> low, high = load_model("cnn_2d").training.log10_m200c_h
    >>> round(low, 1)
    13.5
    """

    n_clusters: int
    log10_m200c_h: tuple[float, float]
    redshift: tuple[float, float]
    n_galaxies: tuple[float, float]
    sigma_v_kms: tuple[float, float]
    source: str = "not recorded"

    def __post_init__(self):
        for name in ("log10_m200c_h", "redshift", "n_galaxies", "sigma_v_kms"):
            low, high = getattr(self, name)
            if low > high:
                raise ZwickyError(f"{name} = {low:g} to {high:g} is no training range; train again")

    @classmethod
    def of(cls, sample: ClusterSample, thin_min: float | None = None) -> TrainingRange:
        """The range of a sample of which each cluster keeps at least the share `thin_min` of its galaxies."""

        def span(values, percentiles=(0, 100)):
            low, high = np.nanpercentile(values, percentiles)
            return float(low), float(high)

        low, high = span(sample.n_galaxies, (1, 99))
        if thin_min is not None:
            low = min(low, max(_FEWEST, low * thin_min))
        return cls(
            n_clusters=len(sample),
            log10_m200c_h=span(sample.log10_m200c_h),
            redshift=span(sample.redshift),
            n_galaxies=(low, high),
            sigma_v_kms=span(galaxy_moments(sample).v_sigma, (1, 99)),
            source=str(sample.meta.get("source", "not recorded")),
        )


def require_known_masses(sample: ClusterSample) -> None:
    """Refuse a sample that is empty or has a cluster without a true mass.

    Raises
    ------
    ZwickyError
        Naming the first such cluster.
    """
    if not len(sample):
        raise ZwickyError("the training sample has no clusters; give at least a few hundred")
    unknown = np.flatnonzero(~np.isfinite(sample.log10_m200c))
    if len(unknown):
        row = unknown[0]
        raise ZwickyError(
            f"cluster {sample.cluster_id[row]} (row {row}) has log10_m200c = {sample.log10_m200c[row]}; "
            f"training needs known masses: drop the {len(unknown)} rows without"
        )
