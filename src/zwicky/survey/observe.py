"""From whatever was read to clusters with radii and velocities."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zwicky.io.observed import Centres, PhaseSpaceList, SkyList
from zwicky.survey.clusters import ObservedClusters, clusters_from_phase_space, clusters_from_sample
from zwicky.survey.models import Model
from zwicky.survey.sky import clusters_from_sky
from zwicky.tables import ClusterSample

if TYPE_CHECKING:
    from astropy.cosmology import FLRW

__all__ = ["clusters_of"]


def clusters_of(
    observed: PhaseSpaceList | SkyList | ClusterSample,
    centres: Centres | None,
    *,
    cosmology: FLRW,
    model: Model,
) -> ObservedClusters:
    """Clusters of anything that `zwicky.io.observed.read_observed` gives.

    Parameters
    ----------
    observed, centres
        Galaxies and, for those on the sky, the centres of the clusters.
    cosmology
        The observer's, for the distances; a `ClusterSample` has its own.
    model
        Whose cylinder says how far around a centre galaxies are looked for.
    """
    if isinstance(observed, ClusterSample):
        return clusters_from_sample(observed)
    if isinstance(observed, PhaseSpaceList):
        return clusters_from_phase_space(observed, centres, cosmology=cosmology)
    return clusters_from_sky(
        observed,
        centres,
        cosmology=cosmology,
        aperture_mpc=model.aperture_mpc(cosmology.h),
        v_cut_kms=model.v_cut_kms,
    )
