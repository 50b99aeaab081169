"""From whatever was read to clusters with radii and velocities."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.estimators import Estimator
from zwicky.io.observed import Centres, PhaseSpaceList, SkyList
from zwicky.survey.clusters import ObservedClusters, clusters_from_phase_space, clusters_from_sample
from zwicky.survey.find_centre import Field, find_centre
from zwicky.survey.repeats import MERGE_ARCSEC, merge_repeats
from zwicky.survey.sky import clusters_from_sky
from zwicky.survey.weigh import cylinder_of
from zwicky.tables import ClusterSample

if TYPE_CHECKING:
    from astropy.cosmology import FLRW

__all__ = ["clusters_of"]


def clusters_of(
    observed: PhaseSpaceList | SkyList | ClusterSample,
    centres: Centres | None,
    *,
    cosmology: FLRW,
    model: Estimator,
    merge_arcsec: float = MERGE_ARCSEC,
) -> ObservedClusters:
    """Clusters of anything that `zwicky.io.observed.read_observed` gives.

    Parameters
    ----------
    observed, centres
        Galaxies and, for those on the sky, the centres of the clusters; None has one centre proposed. A
        centre without a name is of the one cluster that the galaxies name, or of their file.
    cosmology
        The observer's, for the distances; a `ClusterSample` has its own.
    model
        Whose cylinder says how far around a centre galaxies are looked for.
    merge_arcsec
        Galaxies on the sky within this distance, with redshifts that agree, are one; 0 merges none.

    Returns
    -------
    ObservedClusters
    """
    if isinstance(observed, ClusterSample):
        return clusters_from_sample(observed)
    if isinstance(observed, PhaseSpaceList):
        return clusters_from_phase_space(observed, centres, cosmology=cosmology)
    observed, proposed = merge_repeats(observed, merge_arcsec), None
    if centres is None:
        centres = find_centre(observed, _only_name(observed), cosmology=cosmology)
        proposed = Field(observed, centres)
        observed = dataclasses.replace(observed, notes=observed.notes + centres.notes)
    elif len(centres.cluster_id) == 1 and not str(centres.cluster_id[0]):
        centres = dataclasses.replace(centres, cluster_id=np.array([_only_name(observed)]))
    found = clusters_from_sky(
        observed,
        centres,
        cosmology=cosmology,
        cylinder=cylinder_of(model),
    )
    return found if proposed is None else dataclasses.replace(found, proposed=proposed)


def _only_name(galaxies: SkyList) -> str:
    """The one cluster of some galaxies: as they name it, or else as their file is called."""
    if galaxies.cluster_id is None:
        return Path(galaxies.source).name.partition(".")[0]
    names = np.unique(galaxies.cluster_id)
    if len(names) > 1:
        raise ZwickyError(
            f"{galaxies.source}: its galaxies are of {len(names)} clusters; one centre is not enough, give "
            "--clusters CENTRES"
        )
    return str(names[0])
