"""Galaxies that were observed more than once: positions that cannot be told apart become one galaxy."""

from __future__ import annotations

import dataclasses

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.io.observed import SkyList
from zwicky.survey.search import may_be_close, unit_vectors
from zwicky.survey.sky import select
from zwicky.units import SPEED_OF_LIGHT_KMS

__all__ = ["MERGE_ARCSEC", "check_distance", "merge_repeats"]

#: Fibres and slits do not put two galaxies of a cluster closer than this.
MERGE_ARCSEC = 1.0
#: Repeats agree to this, km/s in the frame of the galaxy; what differs more is two galaxies, or one redshift
#: is wrong, and both stay.
_AGREE_KMS = 500.0


def check_distance(arcsec: float) -> None:
    """Refuse a merging distance that is negative or more than a minute."""
    if not 0.0 <= arcsec <= 60.0:
        raise ZwickyError(f"merging distance {arcsec:g} arcsec is not between 0 and 60; give another")


def merge_repeats(galaxies: SkyList, arcsec: float = MERGE_ARCSEC) -> SkyList:
    """Galaxies of which those within `arcsec` of each other, with redshifts that agree, are one.

    It has the mean position and redshift, and stands where the first of them stood. Of galaxies that were
    given for clusters only those of one cluster are merged. `notes` say how many there were.

    Parameters
    ----------
    galaxies
        On the sky; rows without a position or a redshift stay as they are.
    arcsec
        Largest distance; 0 merges nothing.

    Returns
    -------
    SkyList

    Raises
    ------
    ZwickyError
        If the distance is negative or more than a minute.
    """
    check_distance(arcsec)
    # What is no place on the sky or no redshift repeats nothing; it is spoken of elsewhere. NaN is neither.
    on_sky = (np.abs(galaxies.ra) <= 720.0) & (np.abs(galaxies.dec) <= 90.0)
    usable = np.flatnonzero(on_sky & (galaxies.z > -1.0) & (galaxies.z < 1e6))
    if arcsec == 0.0 or len(usable) < 2:
        return galaxies
    # Of a survey's galaxies a few only have a neighbour that near; means of a group stay among its galaxies.
    usable = usable[may_be_close(galaxies.ra[usable], galaxies.dec[usable], 3.0 * arcsec / 3600.0)]
    group, n_apart = _grouped(galaxies, usable, arcsec)
    n_merged = len(usable) - len(np.unique(group))
    notes = galaxies.notes
    if n_apart:
        apart = f"{n_apart} galaxies lie within {arcsec:g} arcsec of another"
        notes += (f"{galaxies.source}: {apart} more than {_AGREE_KMS:g} km/s away: both stay",)
    if not n_merged:
        return dataclasses.replace(galaxies, notes=notes)
    # Sums in the order of the numbers, so that means do not depend on the order of rows.
    order = np.lexsort((galaxies.dec[usable], galaxies.ra[usable], galaxies.z[usable], group))
    usable, group = usable[order], group[order]
    _, start, which, counts = np.unique(group, return_index=True, return_inverse=True, return_counts=True)
    first = np.minimum.reduceat(usable, start)
    columns = {name: np.array(getattr(galaxies, name), dtype=float) for name in ("ra", "dec", "z")}
    # About one of them, so that a mean of right ascensions does not run around the sky.
    for name, values in columns.items():
        about = values[usable[start]]
        away = values[usable] - about[which]
        if name == "ra":
            away = (away + 180.0) % 360.0 - 180.0
        values[first] = about + np.bincount(which, away) / counts
    keep = np.ones(len(galaxies.ra), dtype=bool)
    keep[usable] = False
    keep[first] = True
    n = int(np.sum(counts > 1))
    merged = f"merged {n_merged + n} rows into {n} {'galaxy' if n == 1 else 'galaxies'}"
    notes += (f"{galaxies.source}: {merged} within {arcsec:g} arcsec (--merge-arcsec)",)
    return dataclasses.replace(select(dataclasses.replace(galaxies, **columns), keep), notes=notes)


def _grouped(galaxies: SkyList, usable: np.ndarray, arcsec: float) -> tuple[np.ndarray, int]:
    """For each usable row the first row of its group, and how many have a neighbour that disagrees.

    Rows are linked to the row before them in the order of redshift among those at one place, so that memory
    grows with the rows and not with their pairs.
    """
    towards = unit_vectors(galaxies.ra[usable], galaxies.dec[usable])
    place = _places(towards, 2.0 * np.sin(np.deg2rad(arcsec / 3600.0) / 2.0))
    z = galaxies.z[usable]
    owner = np.zeros(len(usable), dtype=np.int64)
    if galaxies.cluster_id is not None:
        owner = np.unique(galaxies.cluster_id[usable], return_inverse=True)[1]
    order = np.lexsort((z, owner, place))
    same = (np.diff(place[order]) == 0) & (np.diff(owner[order]) == 0)
    step = SPEED_OF_LIGHT_KMS * np.diff(z[order]) / (1.0 + z[order][:-1])
    agree = same & (step <= _AGREE_KMS)
    chain = np.concatenate([[0], np.cumsum(~agree)])
    group = np.empty(len(usable), dtype=np.int64)
    group[order] = chain
    return group, int(np.sum(same & ~agree))


def _places(towards: np.ndarray, chord: float) -> np.ndarray:
    """A number for each place on the sky; points closer than `chord` to a neighbour share it.

    Nearest neighbours are linked, and then the means of what is linked, until no two are so close.
    """
    from scipy.spatial import cKDTree

    place, at = np.unique(towards, axis=0, return_inverse=True)
    number = at.ravel()
    for _ in range(64):
        if len(place) < 2:
            break
        distance, near = cKDTree(place).query(place, k=2)
        # A point may be found as its own second neighbour where several are at one place.
        other = np.where(near[:, 1] == np.arange(len(place)), near[:, 0], near[:, 1])
        close = np.flatnonzero(distance[:, 1] <= chord)
        if not len(close):
            break
        parent = np.arange(len(place))
        low, high = np.minimum(close, other[close]), np.maximum(close, other[close])
        parent[high] = low
        while np.any(parent != parent[parent]):
            parent = parent[parent]
        _, joined, counts = np.unique(parent, return_inverse=True, return_counts=True)
        place = np.stack([np.bincount(joined, place[:, i]) / counts for i in range(3)], axis=1)
        number = joined[number]
    return number
