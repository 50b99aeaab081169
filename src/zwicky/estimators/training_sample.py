"""What every estimator asks of the sample it learns from, and remembers about it."""

from __future__ import annotations

from typing import Any

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.images import ImageSettings, MemberMoments
from zwicky.tables import ClusterSample

__all__ = ["require_cylinder", "require_known_masses", "training_range"]

# Cylinders that differ by less than this are the same: the paper quotes its aperture to two digits.
_SAME_CYLINDER = 0.01


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


def require_cylinder(sample: ClusterSample, settings: ImageSettings) -> None:
    """Refuse a sample whose metadata say that it was cut with another cylinder than the images show.

    Raises
    ------
    ZwickyError
        With both sizes.
    """
    for key, unit in (("aperture_mpc", "comoving Mpc"), ("v_cut_kms", "km/s")):
        cut, shown = sample.meta.get(key), getattr(settings, key)
        if cut is not None and abs(cut / shown - 1) > _SAME_CYLINDER:
            raise ZwickyError(
                f"the sample was cut at {key} = {cut:.4g} {unit}, the estimator looks at {shown:.4g}; "
                "cut the sample again, or use an estimator trained for it"
            )


def training_range(sample: ClusterSample, moments: MemberMoments) -> dict[str, Any]:
    """Where the training sample lies: a cluster outside is unlike anything the estimator has seen.

    Extremes of each quantity, except 1st and 99th percentiles of the richness and the dispersion.
    """

    def span(values, percentiles=(0, 100)):
        return [float(x) for x in np.nanpercentile(values, percentiles)]

    return {
        "n_clusters": len(sample),
        "log10_m200c_h": span(sample.log10_m200c_h),
        "redshift": span(sample.redshift),
        "n_galaxies": span(sample.n_galaxies, (1, 99)),
        "sigma_v_kms": span(moments.v_sigma, (1, 99)),
        "source": str(sample.meta.get("source", "not recorded")),
    }
