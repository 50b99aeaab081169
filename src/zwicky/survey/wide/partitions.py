"""Which clusters are weighed together: pixels of the sky that hold neither too many nor too few."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from zwicky.survey.wide.reach import pieces_around
from zwicky.survey.wide.sources import Source

__all__ = ["MAX_CENTRES", "SPATIAL_INDEX", "Partition", "partition_file", "partitions_of", "spatial_index"]

#: Clusters of a partition, at most: half a second of work, and few enough galaxies for any memory.
MAX_CENTRES = 10_000

#: Column of a HATS catalogue that it is sorted by.
SPATIAL_INDEX = "_healpix_29"

#: Circles are drawn around the centres in pixels of so many orders more than the partition's.
_CELL_ORDERS = 2

#: No partition is smaller than a pixel of this order, 0.06 degrees wide.
_LAST_ORDER = 10


@dataclass(frozen=True, eq=False)
class Partition:
    """Clusters of one HEALPix pixel.

    Parameters
    ----------
    order, pixel
        The pixel, in the nested scheme.
    rows : int64, shape (n,)
        Of the table of centres, in the order of `index`.
    index : int64, shape (n,)
        Their HATS spatial index.
    pieces : int64, shape (p,)
        Of the galaxies, that reach into an aperture.
    """

    order: int
    pixel: int
    rows: np.ndarray = field(repr=False)
    index: np.ndarray = field(repr=False)
    pieces: np.ndarray = field(repr=False)

    @property
    def name(self) -> str:
        """Its folder and file in a HATS catalogue."""
        return partition_file(self.order, self.pixel)


def partition_file(order: int, pixel: int) -> str:
    """Folder and file of a pixel in a HATS catalogue."""
    return f"Norder={order}/Dir={pixel // 10_000 * 10_000}/Npix={pixel}.parquet"


def partitions_of(
    ra_deg: np.ndarray,
    dec_deg: np.ndarray,
    angle: np.ndarray,
    source: Source,
    max_centres: int = MAX_CENTRES,
) -> list[Partition]:
    """The pixels that hold clusters, `max_centres` each at most where that can be, with what each reads.

    Parameters
    ----------
    ra_deg, dec_deg : float64, shape (n,)
        Of the centres; one with a NaN is in no partition.
    angle : float64, shape (n,)
        How far around each galaxies are needed, in radians; NaN or 0 where none are.
    source
        The galaxies.
    max_centres
        Clusters of a partition.
    """
    placed = np.flatnonzero(np.isfinite(ra_deg) & np.isfinite(dec_deg))
    index = spatial_index(ra_deg[placed], dec_deg[placed])
    by_index = np.argsort(index, kind="stable")
    rows, index = placed[by_index], index[by_index]
    found = []
    for order in range(_LAST_ORDER + 1):
        pixel = index >> (2 * (29 - order))
        number, start, counts = np.unique(pixel, return_index=True, return_counts=True)
        few = (counts <= max_centres) | (order == _LAST_ORDER)
        for p, first, n in zip(number[few], start[few], counts[few], strict=True):
            mine, here = rows[first : first + n], index[first : first + n]
            cell = here >> (2 * (29 - order - _CELL_ORDERS))
            needed = pieces_around(source, ra_deg[mine], dec_deg[mine], angle[mine], cell)
            found.append(Partition(order, int(p), mine, here, needed))
        left = np.repeat(~few, counts)
        rows, index = rows[left], index[left]
    return found


def spatial_index(ra_deg: np.ndarray, dec_deg: np.ndarray) -> np.ndarray:
    """The HATS spatial index of places in degrees, int64: their nested HEALPix pixel of order 29."""
    # As hats has it, without the second that hats takes to import.
    import astropy.units as u
    import cdshealpix.nested
    from astropy.coordinates import Latitude, Longitude

    where = Longitude(ra_deg, u.deg), Latitude(dec_deg, u.deg)
    return cdshealpix.nested.lonlat_to_healpix(*where, 29).astype(np.int64)
