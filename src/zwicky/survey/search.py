"""Galaxies around centres on the sky: strips of declination, sorted by right ascension in each.

For many centres at once and with memory that grows with what is found. Of each centre the galaxies come in
the order of their distance, so that no number depends on the order of rows or on how the sky is cut.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from zwicky.kernels import kernel
from zwicky.parallel import available_cores, pieces, run_pieces
from zwicky.units import SPEED_OF_LIGHT_KMS

__all__ = ["SkyIndex", "angular_separation", "may_be_close", "radii_and_velocities", "unit_vectors"]

#: Strips a degree: finer than most clusters, so that few galaxies beside a circle are looked at.
_STRIPS_A_DEGREE = 8
_N_STRIPS = 180 * _STRIPS_A_DEGREE

#: Strips a degree where close pairs are looked for, and the caps of the sky without strips.
_FINE_STRIPS, _POLE_DEG = 16, 0.5

#: Right ascensions are compared with this much to spare, in degrees: chords decide.
_SPARE_DEG = 1e-6


def unit_vectors(ra_deg: np.ndarray, dec_deg: np.ndarray) -> np.ndarray:
    """Unit vectors of shape (n, 3) towards right ascension and declination in degrees."""
    ra, dec = np.deg2rad(ra_deg), np.deg2rad(dec_deg)
    return np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=-1)


def angular_separation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Angle in radians between unit vectors of shape (n, 3), exact for tiny and for opposite ones."""
    return 2.0 * np.arctan2(np.linalg.norm(a - b, axis=-1), np.linalg.norm(a + b, axis=-1))


@dataclass(frozen=True, eq=False)
class SkyIndex:
    """Galaxies on the sky, to be searched.

    Parameters
    ----------
    order : int64, shape (n,)
        Rows of the galaxies in the order of strip and right ascension.
    key : float64, shape (n,)
        Rising: 360 times the strip, plus the right ascension in degrees.
    towards : float64, shape (n, 3)
        Unit vectors in that order.
    z : float64, shape (n,)
        Redshifts in that order; NaN where not known.
    """

    order: np.ndarray = field(repr=False)
    key: np.ndarray = field(repr=False)
    towards: np.ndarray = field(repr=False)
    z: np.ndarray = field(repr=False)

    @classmethod
    def of(cls, ra_deg: np.ndarray, dec_deg: np.ndarray, z: np.ndarray) -> SkyIndex:
        """The index of galaxies at `ra_deg`, `dec_deg`; those without a finite position are never found."""
        placed = np.flatnonzero(np.isfinite(ra_deg) & np.isfinite(dec_deg))
        ra, dec = (np.asarray(x, dtype=float)[placed] for x in (ra_deg, dec_deg))
        key = 360.0 * _strip(dec) + ra % 360.0
        order = np.argsort(key)
        towards = unit_vectors(ra[order], dec[order])
        placed = placed[order]
        return cls(placed, key[order], towards, np.asarray(z, dtype=float)[placed])

    def __len__(self) -> int:
        return len(self.order)

    def around(
        self,
        ra_deg: np.ndarray,
        dec_deg: np.ndarray,
        redshift: np.ndarray,
        angle: np.ndarray,
        limit_kms: float,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Galaxies closer to each centre than `angle` radians and, if they have a redshift, `limit_kms`.

        Parameters
        ----------
        ra_deg, dec_deg, redshift, angle : shape (m,)
            Of the centres; around one with a NaN among them nothing is found.

        Returns
        -------
        offsets : int64, shape (m + 1,)
            What was found of centre i is ``offsets[i]:offsets[i + 1]``.
        place : int64
            Where in the index they are, of each centre in the order of distance and then redshift.
        """
        where, search = self._search(ra_deg, dec_deg, redshift, angle, limit_kms)
        m = len(where[0])
        counts, nothing = np.zeros(m, dtype=np.int64), np.zeros(m, dtype=np.int64)
        none = np.empty(0, dtype=np.int64)
        cuts = pieces(m, 4 * available_cores())
        run_pieces(_around, [(*search, *where, a, b, counts, nothing, none) for a, b in cuts])
        offsets = np.concatenate([[0], np.cumsum(counts)])
        found = np.empty(offsets[-1], dtype=np.int64)
        run_pieces(_around, [(*search, *where, a, b, counts, offsets, found) for a, b in cuts])
        return offsets, found

    def near_any(
        self,
        ra_deg: np.ndarray,
        dec_deg: np.ndarray,
        redshift: np.ndarray,
        angle: np.ndarray,
        limit_kms: float,
    ) -> np.ndarray:
        """Rows, rising, of the galaxies that `around` finds for one centre or more."""
        where, search = self._search(ra_deg, dec_deg, redshift, angle, limit_kms)
        near = np.zeros(len(self), dtype=np.bool_)
        cuts = pieces(len(where[0]), 4 * available_cores())
        run_pieces(_mark, [(*search, *where, a, b, near) for a, b in cuts])
        return np.sort(self.order[near])

    def _search(self, ra_deg, dec_deg, redshift, angle, limit_kms):
        ra, dec, redshift, angle = (
            np.ascontiguousarray(x, dtype=float) for x in (ra_deg, dec_deg, redshift, angle)
        )
        usable = np.isfinite(ra) & np.isfinite(dec) & np.isfinite(redshift) & (angle > 0)
        angle = np.where(usable, np.minimum(angle, np.pi), np.nan)
        where = (ra % 360.0, dec, unit_vectors(ra, dec), redshift, angle)
        return where, (self.key, self.towards, self.z, float(limit_kms))


def radii_and_velocities(
    towards: np.ndarray,
    z: np.ndarray,
    galaxy: np.ndarray,
    offsets: np.ndarray,
    centre_towards: np.ndarray,
    redshift: np.ndarray,
    distance: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """``r = theta D`` and `zwicky.cosmology.relative_velocity` of galaxies of m clusters, float32.

    Parameters
    ----------
    towards, z : shapes (n, 3), (n,)
        Unit vectors and redshifts of all galaxies.
    galaxy, offsets : shapes (k,), (m + 1,)
        Rows of the galaxies of cluster i: ``galaxy[offsets[i]:offsets[i + 1]]``.
    centre_towards, redshift, distance : shapes (m, 3), (m,), (m,)
        Of the clusters; the distance in any unit, which is that of r.
    """
    r, v = np.empty((2, len(galaxy)), dtype=np.float32)
    arrays = (towards, z, galaxy, offsets, centre_towards, redshift, distance)
    cuts = pieces(len(redshift), 4 * available_cores())
    run_pieces(_measure, [(*arrays, a, b, r, v) for a, b in cuts])
    return r, v


def may_be_close(ra_deg: np.ndarray, dec_deg: np.ndarray, distance_deg: float) -> np.ndarray:
    """Places that may have another within a distance, bool, shape (n,): all that do, and a few that do not.

    `distance_deg` is far smaller than a strip. What lies at an edge of a strip, where right ascensions begin
    or at a pole may be close to anything.
    """
    dec = np.asarray(dec_deg, dtype=float)
    ra = np.asarray(ra_deg, dtype=float) % 360.0
    height = (dec + 90.0) * _FINE_STRIPS
    strip = np.floor(height)
    spare = 1.01 * distance_deg
    edge = spare * _FINE_STRIPS
    close = (height - strip < edge) | (height - strip > 1.0 - edge) | (np.abs(dec) > 90.0 - _POLE_DEG)
    wide = spare / np.cos(np.deg2rad(np.minimum(np.abs(dec), 90.0 - _POLE_DEG) + 1.0 / _FINE_STRIPS))
    close |= (ra < wide) | (ra > 360.0 - wide)
    key = 360.0 * strip + ra
    order = np.argsort(key)
    near = np.diff(key[order]) <= wide[order][:-1]
    close[order[:-1][near]] = True
    close[order[1:][near]] = True
    return close


def _strip(dec_deg: np.ndarray) -> np.ndarray:
    return np.clip(np.floor((dec_deg + 90.0) * _STRIPS_A_DEGREE), 0, _N_STRIPS - 1)


@kernel(forceinline=True)
def _velocity(z, reference):
    r = (1.0 + z) / (1.0 + reference)
    return SPEED_OF_LIGHT_KMS * (r**2 - 1.0) / (r**2 + 1.0)


@kernel(forceinline=True)
def _chord2(towards, i, centre, c):
    x = towards[i, 0] - centre[c, 0]
    y = towards[i, 1] - centre[c, 1]
    w = towards[i, 2] - centre[c, 2]
    return x * x + y * y + w * w


@kernel
def _ranges(key, ra, dec, angle, c, out):
    """Runs of the index that may hold what is near centre c: their number, and ends in `out`."""
    reach = angle[c] * 180.0 / np.pi + _SPARE_DEG
    low = int(max(0.0, np.floor((dec[c] - reach + 90.0) * _STRIPS_A_DEGREE)))
    high = int(min(_N_STRIPS - 1.0, np.floor((dec[c] + reach + 90.0) * _STRIPS_A_DEGREE)))
    half = 180.0
    if abs(dec[c]) + reach < 90.0:
        half = np.arcsin(min(1.0, np.sin(reach * np.pi / 180.0) / np.cos(dec[c] * np.pi / 180.0)))
        half = half * 180.0 / np.pi + _SPARE_DEG
    n = 0
    for strip in range(low, high + 1):
        start = 360.0 * strip
        first, last = ra[c] - half, ra[c] + half
        if half >= 180.0 or (first < 0.0 and last >= 360.0):
            out[n, 0] = np.searchsorted(key, start)
            out[n, 1] = np.searchsorted(key, start + 360.0)
            n += 1
            continue
        out[n, 0] = np.searchsorted(key, start + max(first, 0.0))
        # No right ascension is 360, so that what lies beyond belongs to the next strip.
        out[n, 1] = np.searchsorted(key, min(start + last, np.nextafter(start + 360.0, 0.0)), side="right")
        n += 1
        if first < 0.0:
            out[n, 0] = np.searchsorted(key, start + first + 360.0)
            out[n, 1] = np.searchsorted(key, start + 360.0)
            n += 1
        if last >= 360.0:
            out[n, 0] = np.searchsorted(key, start)
            out[n, 1] = np.searchsorted(key, start + last - 360.0, side="right")
            n += 1
    return n


@kernel
def _around(
    key, towards, z, limit_kms, ra, dec, centre, redshift, angle, first, last, counts, offsets, found
):
    """Count what is near the centres first to last, or, where `found` has room, write it in order."""
    runs = np.empty((2 * _N_STRIPS + 2, 2), dtype=np.int64)
    for c in range(first, last):
        if not angle[c] > 0.0:
            continue
        chord = 2.0 * np.sin(angle[c] / 2.0)
        n, to = 0, offsets[c]
        for k in range(_ranges(key, ra, dec, angle, c, runs)):
            for i in range(runs[k, 0], runs[k, 1]):
                if _chord2(towards, i, centre, c) > chord * chord:
                    continue
                if abs(_velocity(z[i], redshift[c])) > limit_kms:
                    continue
                if len(found):
                    found[to + n] = i
                n += 1
        counts[c] = n
        if len(found) and n > 1:
            _sort(found[to : to + n], towards, z, centre, c)


@kernel
def _sort(mine, towards, z, centre, c):
    """Put galaxies in the order of distance from centre c, and of redshift where that is the same."""
    n = len(mine)
    chord = np.empty(n)
    for k in range(n):
        chord[k] = _chord2(towards, mine[k], centre, c)
    order = np.argsort(chord)
    chord, before = chord[order], mine.copy()
    for k in range(n):
        mine[k] = before[order[k]]
    for k in range(1, n):
        j = k
        while j > 0 and chord[j - 1] == chord[j] and z[mine[j - 1]] > z[mine[j]]:
            mine[j - 1], mine[j] = mine[j], mine[j - 1]
            j -= 1


@kernel
def _mark(key, towards, z, limit_kms, ra, dec, centre, redshift, angle, first, last, near):
    runs = np.empty((2 * _N_STRIPS + 2, 2), dtype=np.int64)
    for c in range(first, last):
        if not angle[c] > 0.0:
            continue
        chord = 2.0 * np.sin(angle[c] / 2.0)
        for k in range(_ranges(key, ra, dec, angle, c, runs)):
            for i in range(runs[k, 0], runs[k, 1]):
                if near[i] or _chord2(towards, i, centre, c) > chord * chord:
                    continue
                if not abs(_velocity(z[i], redshift[c])) > limit_kms:
                    near[i] = True


@kernel
def _measure(towards, z, galaxy, offsets, centre, redshift, distance, first, last, r, v):
    for c in range(first, last):
        for k in range(offsets[c], offsets[c + 1]):
            i = galaxy[k]
            apart, together = 0.0, 0.0
            for axis in range(3):
                apart += (towards[i, axis] - centre[c, axis]) ** 2
                together += (towards[i, axis] + centre[c, axis]) ** 2
            r[k] = 2.0 * np.arctan2(np.sqrt(apart), np.sqrt(together)) * distance[c]
            v[k] = _velocity(z[i], redshift[c])
