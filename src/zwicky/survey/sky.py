"""From right ascension, declination and redshift to projected radius and velocity.

``r_proj_comoving = theta D_M(z_cluster)`` with the great-circle angle theta and the comoving transverse
distance, in any flat or curved cosmology; ``v_los`` is Eqs. 17-22 of Ho et al. (2019) in closed form,
`zwicky.cosmology.relative_velocity`.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from zwicky.cosmology import comoving_transverse_mpc
from zwicky.errors import ZwickyError
from zwicky.io.observed import Centres, SkyList
from zwicky.survey.blocks import Blocks
from zwicky.survey.clusters import ObservedClusters, group, left_out, match, observed_sample
from zwicky.survey.origin import Origin
from zwicky.survey.quality import Problem
from zwicky.survey.search import SkyIndex, radii_and_velocities, unit_vectors
from zwicky.tables import Cylinder

if TYPE_CHECKING:
    from astropy.cosmology import FLRW

__all__ = ["around_mpc", "blocks_from_sky", "clusters_from_sky", "select"]

#: Galaxies are kept out to these multiples of the aperture and of the velocity cut: the cylinder is cut
#: later, after recentring, and a plot shows what lies around it.
AROUND_APERTURE, AROUND_VELOCITY = 1.5, 2.5

_LIMITS = {"ra": (-180.0, 360.0), "dec": (-90.0, 90.0)}


def around_mpc(cylinder: Cylinder, h: float) -> float:
    """How far around a centre galaxies are looked for, comoving Mpc of `h`."""
    return AROUND_APERTURE * cylinder.in_h(h).aperture_mpc


def clusters_from_sky(
    galaxies: SkyList, centres: Centres, *, cosmology: FLRW, cylinder: Cylinder
) -> ObservedClusters:
    """As `blocks_from_sky`, all clusters at once."""
    return blocks_from_sky(galaxies, centres, cosmology=cosmology, cylinder=cylinder).whole()


def blocks_from_sky(
    galaxies: SkyList, centres: Centres, *, cosmology: FLRW, cylinder: Cylinder, is_part: bool = False
) -> Blocks:
    """Clusters in the order of `centres`, with the galaxies that were observed for them or lie around them.

    Galaxies with a `cluster_id` go to that cluster. Without, a galaxy with a redshift goes to every centre
    it is near: within 1.5 apertures and 2.5 velocity cuts of `cylinder`, in any h, in the order of their
    distances. Galaxies without a redshift near a centre are left out, and with many centres those without
    a position or of an unknown cluster; a centre that cannot be is a problem of its cluster. `notes` count
    what was left out. Of lists that are a part of a survey (`is_part`) each is taken for one of many, and
    nothing is concluded from all of their numbers.

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
    many = is_part or len(centres.z) > 1
    for values in () if is_part else (galaxies, centres):
        _check_all(values.source, values.ra, values.dec, values.z, many)
    galaxies, n_unmeasured = _measured(galaxies)
    fix = f"fix its row in {centres.source}"
    problems = {i: Problem(what, fix) for i, what in centres.faults.items()} | _misplaced(centres)
    counts = {
        "without cluster_id": galaxies.n_without_id,
        "without a position or a usable redshift": n_unmeasured,
    }
    misplaced = np.flatnonzero(_is_out(galaxies, "ra") | _is_out(galaxies, "dec"))
    if len(misplaced) and galaxies.cluster_id is None:
        if not many:
            _refuse_unplaced(galaxies, int(misplaced[0]), len(misplaced))
        counts["without a position"] = len(misplaced)
    # A galaxy that was given for a cluster stays, without a position: the cluster then has a problem.
    galaxies = dataclasses.replace(galaxies, ra=_blanked(galaxies.ra, misplaced))
    centres = dataclasses.replace(centres, ra=_blanked(centres.ra, list(problems)))
    placed = np.isfinite(centres.ra) & np.isfinite(centres.dec)
    centres = dataclasses.replace(centres, z=np.where(placed, centres.z, np.nan))
    find = _observed_for if galaxies.cluster_id is not None else _lying_around
    found, more = find(galaxies, centres, cosmology, cylinder, many)
    return Blocks(
        n=len(centres.z),
        make=found,
        problems=problems,
        notes=(*galaxies.notes, *left_out(galaxies.source, counts | more)),
    )


def _observed_for(galaxies: SkyList, centres: Centres, cosmology: FLRW, cylinder: Cylinder, many: bool):
    """The clusters of galaxies that say which one they are of."""
    names, which = group(galaxies.cluster_id)
    row = match(
        names, centres.cluster_id, galaxies.source, centres.source, allow_absent=many or len(names) > 1
    )[which]
    lost = int(np.sum(row < 0))
    order = np.argsort(row, kind="stable")[lost:]
    ends = np.concatenate([[0], np.cumsum(np.bincount(row[order], minlength=len(centres.z)))])
    towards = unit_vectors(galaxies.ra, galaxies.dec)
    distance = comoving_transverse_mpc(centres.z, cosmology)

    def make(first: int, stop: int) -> ObservedClusters:
        offsets = ends[first : stop + 1] - ends[first]
        galaxy = order[ends[first] : ends[stop]]
        rows = slice(first, stop)
        return _clusters(
            galaxies, galaxy, towards, galaxies.z, galaxy, offsets, centres, rows, distance, cosmology
        )

    return make, {"of clusters that are not among the centres": lost}


def _lying_around(galaxies: SkyList, centres: Centres, cosmology: FLRW, cylinder: Cylinder, many: bool):
    """The clusters of galaxies that are looked for around the centres."""
    distance = comoving_transverse_mpc(centres.z, cosmology)
    angle, limit = around_mpc(cylinder, cosmology.h) / distance, AROUND_VELOCITY * cylinder.v_cut_kms
    seen = np.isfinite(galaxies.z)
    # Targets of a survey that were not observed are no galaxies of any cluster.
    targets = SkyIndex.of(galaxies.ra[~seen], galaxies.dec[~seen], galaxies.z[~seen])
    lost = targets.near_any(centres.ra, centres.dec, centres.z, angle, limit)
    index = SkyIndex.of(np.where(seen, galaxies.ra, np.nan), galaxies.dec, galaxies.z)

    def make(first: int, stop: int) -> ObservedClusters:
        rows = slice(first, stop)
        offsets, place = index.around(
            centres.ra[rows], centres.dec[rows], centres.z[rows], angle[rows], limit
        )
        return _clusters(
            galaxies,
            index.order[place],
            index.towards,
            index.z,
            place,
            offsets,
            centres,
            rows,
            distance,
            cosmology,
        )

    return make, {"without a redshift near a centre": len(lost)}


def _clusters(
    galaxies: SkyList,
    galaxy: np.ndarray,
    towards: np.ndarray,
    z: np.ndarray,
    place: np.ndarray,
    offsets: np.ndarray,
    centres: Centres,
    rows: slice,
    distance: np.ndarray,
    cosmology: FLRW,
) -> ObservedClusters:
    """A run of clusters, given the rows of their galaxies and the places of these in `towards` and `z`."""
    ra, dec, redshift = centres.ra[rows], centres.dec[rows], centres.z[rows]
    r_proj_comoving, v_los = radii_and_velocities(
        towards, z, place, offsets, unit_vectors(ra, dec), redshift, distance[rows]
    )
    source = "observed positions and redshifts"
    told = {name: values[rows] for name, values in centres.told.items()}
    return ObservedClusters(
        sample=observed_sample(cosmology, redshift, offsets, r_proj_comoving, v_los, source, told),
        label=centres.cluster_id[rows],
        from_sky=True,
        origin=Origin(
            galaxy_id=None if galaxies.galaxy_id is None else galaxies.galaxy_id[galaxy],
            ra=galaxies.ra[galaxy],
            dec=galaxies.dec[galaxy],
            centre_ra=ra,
            centre_dec=dec,
        ),
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


def _is_out(where: SkyList | Centres, name: str) -> np.ndarray:
    """Where a right ascension or declination is missing or impossible, bool, shape (n,)."""
    values, (low, high) = getattr(where, name), _LIMITS[name]
    return ~((values >= low) & (values <= high))


def _misplaced(where: Centres) -> dict[int, Problem]:
    """The rows whose right ascension or declination is missing or impossible, and what is wrong there."""
    problems = {}
    for name, (low, high) in _LIMITS.items():
        values = getattr(where, name)
        for i in np.flatnonzero(_is_out(where, name)):
            what = f"centre has {name} = {values[i]:g}" if np.isfinite(values[i]) else f"centre has no {name}"
            problems.setdefault(int(i), Problem(what, f"give degrees from {low:g} to {high:g}"))
    return problems


def _blanked(values: np.ndarray, rows: np.ndarray | list[int]) -> np.ndarray:
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
