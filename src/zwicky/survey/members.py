"""Galaxy by galaxy: which are members, and which decide the mass."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import astropy.units as u
import numpy as np

from zwicky.estimators import ConditionalEstimator, Estimator
from zwicky.survey.clusters import ObservedClusters
from zwicky.survey.density import DensityPrior
from zwicky.survey.weigh import cylinder_of, is_sound, problems_of, weigh_sample
from zwicky.tables import ClusterSample

if TYPE_CHECKING:
    from astropy.table import QTable

__all__ = ["MEMBER_COLUMNS", "influence", "members_table"]

#: Columns of the table of galaxies, and what they are.
MEMBER_COLUMNS = {
    "cluster_id": "the observer's name of the cluster",
    "galaxy_id": "the observer's name of the galaxy",
    "ra": "right ascension",
    "dec": "declination",
    "r_proj_comoving": "projected distance from the centre, comoving",
    "v_los": "line-of-sight velocity in the cluster's rest frame",
    "p_member": "probability to lie inside r200c in space; NaN where the model does not tell",
    "influence_dex": "median log10 M200c with the galaxy less that without it",
}


def members_table(
    clusters: ObservedClusters, model: Estimator, *, density: DensityPrior | None = None
) -> QTable:
    """The galaxies in the cylinders of all clusters that can be weighed, cluster by cluster.

    Parameters
    ----------
    clusters, density
        As for `zwicky.survey.weigh_clusters`.
    model
        Memberships are told by a `ConditionalEstimator` only, influences by all.

    Returns
    -------
    QTable
        The columns of `MEMBER_COLUMNS`, one row a galaxy; names and positions only where the observer gave
        them.
    """
    sample, cylinder = clusters.sample, cylinder_of(model)
    inside = sample.in_cylinder(cylinder)
    sound = is_sound(problems_of(clusters, model, inside))
    rows = np.flatnonzero(sound)
    inside = inside[rows]
    kept = cylinder.in_h(sample.cosmology.h).holds(sample.r_proj_comoving, sample.v_los)
    kept &= np.repeat(sound, sample.n_galaxies)
    known = isinstance(model, ConditionalEstimator) and len(inside)
    from astropy.table import QTable

    table = QTable()
    table["cluster_id"] = np.repeat(np.asarray(clusters.label)[rows], inside.n_galaxies)
    origin = clusters.origin
    if origin.galaxy_id is not None:
        table["galaxy_id"] = origin.galaxy_id[kept]
    if origin.ra is not None and origin.dec is not None:
        table["ra"], table["dec"] = origin.ra[kept] * u.deg, origin.dec[kept] * u.deg
    table["r_proj_comoving"] = inside.r_proj_comoving.astype(float) * u.Mpc
    table["v_los"] = inside.v_los.astype(float) * u.km / u.s
    table["p_member"] = model.membership(inside) if known else np.full(len(inside.r_proj_comoving), np.nan)
    table["influence_dex"] = influence(inside, model, density=density)
    for name in table.colnames:
        table[name].info.description = MEMBER_COLUMNS[name]
    return table


def influence(sample: ClusterSample, model: Estimator, *, density: DensityPrior | None = None) -> np.ndarray:
    """How far each galaxy moves its cluster's mass in dex, float64, shape (n_galaxies,).

    The median of log10 M200c with all galaxies less that without the one. NaN where a cluster with one less
    cannot be weighed.

    Parameters
    ----------
    sample
        Galaxies in the model's cylinder.
    model, density
        As for `zwicky.survey.weigh_clusters`.

    Returns
    -------
    float64, shape (n_galaxies,)
    """
    out = np.full(len(sample.r_proj_comoving), np.nan)
    for row in range(len(sample)):
        first, stop = sample.offsets[row], sample.offsets[row + 1]
        without = _each_left_out(sample[row])
        faults = model.faults(without)
        sound = np.setdiff1d(np.arange(len(without)), list(faults))
        if stop - first <= model.min_galaxies or not len(sound):
            continue
        whole = weigh_sample(sample[row], model, density)
        left = weigh_sample(without[sound], model, density)
        # Point estimators without errors have no median: their points move as well.
        out[first + sound] = whole.log10_m200c - left.log10_m200c
    return out


def _each_left_out(one: ClusterSample) -> ClusterSample:
    """A cluster of n galaxies as n clusters, each without another galaxy."""
    n = int(one.n_galaxies[0])
    many = one[np.zeros(n, dtype=np.int64)]
    return dataclasses.replace(many, cluster_id=np.arange(n)).select_galaxies(~np.eye(n, dtype=bool).ravel())
