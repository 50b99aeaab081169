"""What an observer says of how clusters were observed."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.survey.clusters import ObservedClusters
from zwicky.tables import TRACERS
from zwicky.units import mpc

__all__ = ["Told", "observed_with"]


@dataclass(frozen=True)
class Told:
    """How all clusters of a survey were observed; None where nothing is said.

    Parameters
    ----------
    redshift_error_kms, centre_error_kms
        Errors of a galaxy's redshift and of the cluster's own, km/s in the rest frame; a centre that is exact
        has 0.
    aperture_mpc_h
        Radius out to which galaxies were observed, comoving Mpc/h.
    tracer
        Kind of galaxies, one of `zwicky.tables.TRACERS`.

    Returns
    -------
    ObservedClusters

    Raises
    ------
    ZwickyError
        If a number is negative or the kind not known.
    """

    redshift_error_kms: float | None = None
    centre_error_kms: float | None = None
    aperture_mpc_h: float | None = None
    tracer: str | None = None

    def __post_init__(self):
        for name in ("redshift_error_kms", "centre_error_kms"):
            value = getattr(self, name)
            if value is not None and not 0 <= value < np.inf:
                raise ZwickyError(f"{name} = {value:g} is not allowed; give km/s of at least 0")
        if self.aperture_mpc_h is not None and not 0 < self.aperture_mpc_h < np.inf:
            raise ZwickyError(
                f"aperture = {self.aperture_mpc_h:g} is not allowed; give comoving Mpc/h above 0"
            )
        if self.tracer is not None and self.tracer not in TRACERS:
            raise ZwickyError(f"tracer {self.tracer!r} is not known; use one of {', '.join(TRACERS)}")


def observed_with(clusters: ObservedClusters, told: Told) -> ObservedClusters:
    """Clusters whose rows say what they were observed with; where nothing is told they keep what they say."""
    n, h = len(clusters), clusters.sample.cosmology.h
    said = {name: value for name, value in dataclasses.asdict(told).items() if value is not None}
    if "aperture_mpc_h" in said:
        said["aperture_mpc"] = float(mpc(said.pop("aperture_mpc_h"), h))
    if "tracer" in said:
        said["tracer"] = TRACERS.index(said["tracer"])
    if not said:
        return clusters
    changes = {name: np.full(n, value) for name, value in said.items()}
    return dataclasses.replace(clusters, sample=dataclasses.replace(clusters.sample, **changes))
