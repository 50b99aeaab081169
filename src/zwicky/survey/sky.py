"""From right ascension, declination and redshift to projected radius and velocity.

``r_proj = theta D_M(z_cluster)`` with the great-circle angle theta and the comoving transverse
distance, in any flat or curved cosmology; ``v_los`` is Eqs. 17-22 of Ho et al. (2019) in closed form,
`zwicky.cosmology.relative_velocity`.
"""

from __future__ import annotations

import numpy as np
from astropy.cosmology import FLRW
from scipy.spatial import cKDTree

from zwicky.cosmology import relative_velocity
from zwicky.errors import ZwickyError
from zwicky.io.observed import Centres, SkyList
from zwicky.survey.clusters import (
    ObservedClusters,
    comoving_transverse_mpc,
    group,
    match,
    observed_sample,
)

__all__ = ["angular_separation", "clusters_from_sky", "unit_vectors"]

#: Galaxies are kept out to these multiples of the aperture and of the velocity cut: the cylinder is cut
#: later, after recentring, and a plot shows what lies around it.
AROUND_APERTURE, AROUND_VELOCITY = 1.5, 2.5


def unit_vectors(ra_deg: np.ndarray, dec_deg: np.ndarray) -> np.ndarray:
    """Unit vectors of shape (n, 3) towards right ascension and declination in degrees."""
    ra, dec = np.deg2rad(ra_deg), np.deg2rad(dec_deg)
    return np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=-1)


def angular_separation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Angle in radians between unit vectors of shape (n, 3), exact for tiny and for opposite ones."""
    return 2.0 * np.arctan2(np.linalg.norm(a - b, axis=-1), np.linalg.norm(a + b, axis=-1))


def clusters_from_sky(
    galaxies: SkyList, centres: Centres, *, cosmology: FLRW, aperture_mpc: float, v_cut_kms: float
) -> ObservedClusters:
    """Clusters in the order of `centres`, with the galaxies that were observed for them or lie around them.

    Galaxies with a `cluster_id` go to that cluster. Without, a galaxy goes to every centre it is near:
    within 1.5 times `aperture_mpc` (comoving) and 2.5 times `v_cut_kms`, found in a k-d tree of unit
    vectors.

    Raises
    ------
    ZwickyError
        For coordinates that cannot be degrees or redshifts, or a galaxy of a cluster without a centre.
    """
    for what, values in (("galaxies", galaxies), ("centres", centres)):
        _check(what, values.ra, values.dec, values.z)
    towards, centre_towards = (unit_vectors(x.ra, x.dec) for x in (galaxies, centres))
    redshift = np.where(np.isfinite(centre_towards).all(axis=1), centres.z, np.nan)
    distance = comoving_transverse_mpc(redshift, cosmology)
    if galaxies.cluster_id is not None:
        names, which = group(galaxies.cluster_id)
        row = match(names, centres.cluster_id)[which]
        galaxy = np.argsort(row, kind="stable")
        row = row[galaxy]
    else:
        _all_placed(galaxies)
        row, galaxy = _around(towards, centre_towards, AROUND_APERTURE * aperture_mpc / distance)
    theta = angular_separation(towards[galaxy], centre_towards[row])
    r_proj = theta * distance[row]
    v_los = relative_velocity(galaxies.z[galaxy], redshift[row])
    if galaxies.cluster_id is None:
        # A missing redshift stays: the cluster is then flagged rather than weighed without the galaxy.
        near = ~(np.abs(v_los) > AROUND_VELOCITY * v_cut_kms)
        row, r_proj, v_los = row[near], r_proj[near], v_los[near]
    counts = np.bincount(row, minlength=len(redshift))
    sample = observed_sample(
        cosmology,
        redshift,
        np.concatenate([[0], np.cumsum(counts)]),
        r_proj,
        v_los,
        "observed positions and redshifts",
    )
    return ObservedClusters(sample=sample, label=centres.cluster_id, from_sky=True)


def _around(towards: np.ndarray, centres: np.ndarray, angle: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs (centre, galaxy) closer than `angle` radians, sorted by centre and then by galaxy."""
    usable = np.isfinite(angle)
    chord = np.where(usable, 2.0 * np.sin(np.minimum(np.nan_to_num(angle), np.pi) / 2.0), 0.0)
    found = cKDTree(towards).query_ball_point(np.nan_to_num(centres), chord, return_sorted=True)
    lists = [near if ok else [] for near, ok in zip(found, usable, strict=True)]
    counts = np.array([len(near) for near in lists], dtype=np.int64)
    galaxy = np.concatenate([np.asarray(near, dtype=np.int64) for near in lists])
    return np.repeat(np.arange(len(centres)), counts), galaxy


def _all_placed(galaxies: SkyList) -> None:
    bad = np.flatnonzero(~(np.isfinite(galaxies.ra) & np.isfinite(galaxies.dec)))
    if len(bad):
        raise ZwickyError(
            f"galaxies: ra or dec is NaN or missing in row {bad[0] + 1} ({len(bad)} in all); remove such rows"
        )


def _check(what: str, ra: np.ndarray, dec: np.ndarray, z: np.ndarray) -> None:
    for name, values, low, high in (("ra", ra, -180.0, 360.0), ("dec", dec, -90.0, 90.0)):
        out = values[(values < low) | (values > high)]
        if len(out):
            raise ZwickyError(
                f"{what}: {name} = {out[0]:g} is not between {low:g} and {high:g}; give degrees"
            )
    if np.any(np.isfinite(z)) and np.nanmedian(z) > 20.0:
        raise ZwickyError(
            f"{what}: z has a median of {np.nanmedian(z):g}, which looks like cz in km/s; "
            "say so with --columns z=NAME[km/s] or give redshifts"
        )
