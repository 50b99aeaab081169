"""What an observer says of how clusters were observed."""

from __future__ import annotations

import dataclasses

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.survey.clusters import ObservedClusters
from zwicky.tables import TRACERS
from zwicky.units import mpc

__all__ = ["observed_with"]


def observed_with(
    clusters: ObservedClusters,
    *,
    redshift_error_kms: float | None = None,
    centre_error_kms: float | None = None,
    aperture_mpc_h: float | None = None,
    tracer: str | None = None,
) -> ObservedClusters:
    """Clusters whose rows say what they were observed with; None leaves what they say.

    Parameters
    ----------
    clusters
        As observed.
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
    n, changes = len(clusters), {}
    given = {"redshift_error_kms": redshift_error_kms, "centre_error_kms": centre_error_kms}
    for name, value in given.items():
        if value is None:
            continue
        if not 0 <= value < np.inf:
            raise ZwickyError(f"{name} = {value:g} is not allowed; give km/s of at least 0")
        changes[name] = np.full(n, float(value))
    if aperture_mpc_h is not None:
        if not 0 < aperture_mpc_h < np.inf:
            raise ZwickyError(f"aperture = {aperture_mpc_h:g} is not allowed; give comoving Mpc/h above 0")
        changes["aperture_mpc"] = np.full(n, mpc(aperture_mpc_h, clusters.sample.cosmology.h))
    if tracer is not None:
        if tracer not in TRACERS:
            raise ZwickyError(f"tracer {tracer!r} is not known; use one of {', '.join(TRACERS)}")
        changes["tracer"] = np.full(n, TRACERS.index(tracer))
    sample = dataclasses.replace(clusters.sample, **changes)
    return dataclasses.replace(clusters, sample=sample)
