"""From right ascension, declination and redshift to projected radius and velocity.

``r_proj_comoving = theta D_M(z_cluster)`` with the great-circle angle theta and the comoving transverse
distance, in any flat or curved cosmology; ``v_los`` is Eqs. 17-22 of Ho et al. (2019) in closed form,
`zwicky.cosmology.relative_velocity`.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from zwicky.cosmology import relative_velocity
from zwicky.errors import ZwickyError
from zwicky.io.observed import Centres, SkyList
from zwicky.survey.clusters import (
    ObservedClusters,
    comoving_transverse_mpc,
    group,
    left_out,
    match,
    observed_sample,
)
from zwicky.survey.origin import Origin
from zwicky.survey.quality import Problem
from zwicky.tables import Cylinder

if TYPE_CHECKING:
    from astropy.cosmology import FLRW

__all__ = ["angular_separation", "clusters_from_sky", "unit_vectors"]

#: Galaxies are kept out to these multiples of the aperture and of the velocity cut: the cylinder is cut
#: later, after recentring, and a plot shows what lies around it.
AROUND_APERTURE, AROUND_VELOCITY = 1.5, 2.5

_CENTRES_AT_A_TIME = 500

_LIMITS = {"ra": (-180.0, 360.0), "dec": (-90.0, 90.0)}


def unit_vectors(ra_deg: np.ndarray, dec_deg: np.ndarray) -> np.ndarray:
    """Unit vectors of shape (n, 3) towards right ascension and declination in degrees."""
    ra, dec = np.deg2rad(ra_deg), np.deg2rad(dec_deg)
    return np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=-1)


def angular_separation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Angle in radians between unit vectors of shape (n, 3), exact for tiny and for opposite ones."""
    return 2.0 * np.arctan2(np.linalg.norm(a - b, axis=-1), np.linalg.norm(a + b, axis=-1))


def clusters_from_sky(
    galaxies: SkyList, centres: Centres, *, cosmology: FLRW, cylinder: Cylinder
) -> ObservedClusters:
    """Clusters in the order of `centres`, with the galaxies that were observed for them or lie around them.

    Galaxies with a `cluster_id` go to that cluster. Without, a galaxy with a redshift goes to every centre
    it is near: within 1.5 apertures and 2.5 velocity cuts of `cylinder`, in any h, found in a k-d tree of
    unit vectors. Galaxies without a redshift near a centre are left out, and with many centres those without
    a position or of an unknown cluster; a centre that cannot be is a problem of its cluster. `notes` count
    what was left out.

    Parameters
    ----------
    galaxies, centres
        As `zwicky.io.observed.read_observed` read them.
    cosmology
        The observer's.
    cylinder
        What the model looks at.

    Returns
    -------
    ObservedClusters

    Raises
    ------
    ZwickyError
        For coordinates that cannot be degrees or redshifts, or a galaxy of a cluster without a centre.
    """
    many = len(centres.z) > 1
    for values in (galaxies, centres):
        _check_all(values.source, values.ra, values.dec, values.z, many)
    galaxies, n_unmeasured = _measured(galaxies)
    fix = f"fix its row in {centres.source}"
    problems = {i: Problem(what, fix) for i, what in centres.faults.items()} | _misplaced(centres)
    counts = {"without cluster_id": galaxies.n_without_id, "without a position or a redshift": n_unmeasured}
    misplaced = list(_misplaced(galaxies))
    if misplaced and galaxies.cluster_id is None:
        if not many:
            _refuse_unplaced(galaxies, misplaced[0], len(misplaced))
        counts["without a position"] = len(misplaced)
    # A galaxy that was given for a cluster stays, without a position: the cluster then has a problem.
    galaxies = dataclasses.replace(galaxies, ra=_blanked(galaxies.ra, misplaced))
    centres = dataclasses.replace(centres, ra=_blanked(centres.ra, list(problems)))
    towards, centre_towards = (unit_vectors(x.ra, x.dec) for x in (galaxies, centres))
    redshift = np.where(np.isfinite(centre_towards).all(axis=1), centres.z, np.nan)
    distance = comoving_transverse_mpc(redshift, cosmology)
    reach = AROUND_APERTURE * cylinder.in_h(cosmology.h).aperture_mpc
    if galaxies.cluster_id is not None:
        names, which = group(galaxies.cluster_id)
        row = match(
            names, centres.cluster_id, galaxies.source, centres.source, allow_absent=many or len(names) > 1
        )[which]
        galaxy = np.argsort(row, kind="stable")[np.sum(row < 0) :]
        counts["of clusters that are not among the centres"] = int(np.sum(row < 0))
        row = row[galaxy]
    else:
        placed = np.flatnonzero(np.isfinite(towards).all(axis=1))
        limit = AROUND_VELOCITY * cylinder.v_cut_kms
        row, galaxy = _around(
            towards[placed], galaxies.z[placed], centre_towards, redshift, reach / distance, limit
        )
        galaxy = placed[galaxy]
        # Targets of a survey that were not observed are no galaxies of any cluster.
        seen = np.isfinite(galaxies.z[galaxy])
        counts["without a redshift near a centre"] = len(np.unique(galaxy[~seen]))
        row, galaxy = row[seen], galaxy[seen]
    theta = angular_separation(towards[galaxy], centre_towards[row])
    r_proj_comoving = theta * distance[row]
    v_los = relative_velocity(galaxies.z[galaxy], redshift[row])
    n_galaxies = np.bincount(row, minlength=len(redshift))
    sample = observed_sample(
        cosmology,
        redshift,
        np.concatenate([[0], np.cumsum(n_galaxies)]),
        r_proj_comoving,
        v_los,
        "observed positions and redshifts",
    )
    return ObservedClusters(
        sample=sample,
        label=centres.cluster_id,
        from_sky=True,
        origin=Origin(
            galaxy_id=None if galaxies.galaxy_id is None else galaxies.galaxy_id[galaxy],
            ra=galaxies.ra[galaxy],
            dec=galaxies.dec[galaxy],
            centre_ra=centres.ra,
            centre_dec=centres.dec,
        ),
        problems=problems,
        notes=(*galaxies.notes, *left_out(galaxies.source, counts)),
    )


def _measured(galaxies: SkyList) -> tuple[SkyList, int]:
    """Without the rows for which the file has no position or no redshift, and their number."""
    if galaxies.unmeasured is None or not galaxies.unmeasured.any():
        return galaxies, 0
    return select(galaxies, ~galaxies.unmeasured), int(galaxies.unmeasured.sum())


def select(galaxies: SkyList, keep: np.ndarray) -> SkyList:
    """The rows that a mask or index array `keep` names."""
    columns = ("ra", "dec", "z", "cluster_id", "galaxy_id", "unmeasured")
    held = {name: getattr(galaxies, name) for name in columns}
    return dataclasses.replace(galaxies, **{k: v[keep] for k, v in held.items() if v is not None})


def _around(
    towards: np.ndarray,
    z: np.ndarray,
    centres: np.ndarray,
    redshift: np.ndarray,
    angle: np.ndarray,
    limit_kms: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Pairs (centre, galaxy), sorted by both, closer than `angle` radians and `limit_kms`.

    A velocity that is not known is near. Centres are taken some at a time, so that memory grows with the
    pairs that are kept and not with all that are near on the sky.
    """
    from scipy.spatial import cKDTree

    tree = cKDTree(towards)
    chord = 2.0 * np.sin(np.minimum(angle, np.pi) / 2.0)
    rows, galaxies = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    usable = np.flatnonzero(np.isfinite(angle))
    for start in range(0, len(usable), _CENTRES_AT_A_TIME):
        some = usable[start : start + _CENTRES_AT_A_TIME]
        found = tree.query_ball_point(centres[some], chord[some], return_sorted=True)
        row = np.repeat(some, [len(near) for near in found])
        galaxy = np.concatenate([np.asarray(near, dtype=np.int64) for near in found])
        near = ~(np.abs(relative_velocity(z[galaxy], redshift[row])) > limit_kms)
        rows.append(row[near])
        galaxies.append(galaxy[near])
    return np.concatenate(rows), np.concatenate(galaxies)


def _misplaced(where: SkyList | Centres) -> dict[int, Problem]:
    """The rows whose right ascension or declination is missing or impossible, and what is wrong there."""
    problems = {}
    for name, (low, high) in _LIMITS.items():
        values = getattr(where, name)
        for i in np.flatnonzero(~((values >= low) & (values <= high))):
            what = f"centre has {name} = {values[i]:g}" if np.isfinite(values[i]) else f"centre has no {name}"
            problems.setdefault(int(i), Problem(what, f"give degrees from {low:g} to {high:g}"))
    return problems


def _blanked(values: np.ndarray, rows: list[int]) -> np.ndarray:
    values = np.array(values, dtype=float)
    values[rows] = np.nan
    return values


def _refuse_unplaced(galaxies: SkyList, row: int, n: int) -> None:
    raise ZwickyError(
        f"{galaxies.source}: ra or dec is NaN or missing in row {row + 1} ({n} in all); remove such rows"
    )


def _check_all(source: str, ra: np.ndarray, dec: np.ndarray, z: np.ndarray, many: bool) -> None:
    """Refuse a file whose columns hold something else; of many clusters most of a column must be wrong."""
    for name, values in (("ra", ra), ("dec", dec)):
        low, high = _LIMITS[name]
        out = values[(values < low) | (values > high)]
        if len(out) and (not many or len(out) > 0.5 * len(values)):
            raise ZwickyError(
                f"{source}: {name} = {out[0]:g} is not between {low:g} and {high:g}; give degrees"
            )
    fast = z[np.isfinite(z)] > 20.0
    if np.sum(fast) > 0.5 * len(fast):
        raise ZwickyError(
            f"{source}: z has a median of {np.nanmedian(z):g}, which looks like cz in km/s; "
            "say so with --columns z=NAME[km/s] or give redshifts"
        )
