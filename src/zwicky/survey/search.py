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

__all__ = [
    "SkyIndex",
    "angular_separation",
    "half_width_deg",
    "may_be_close",
    "radii_and_velocities",
    "squared_chord",
    "unit_vectors",
]

#: Strips a degree: finer than most clusters, so that few galaxies beside a circle are looked at.
_STRIPS_A_DEGREE = 8
_N_STRIPS = 180 * _STRIPS_A_DEGREE

#: Strips a degree where close pairs are looked for, and the caps of the sky without strips.
_FINE_STRIPS, _POLE_DEG = 4, 0.5
_CROWD = 1000

#: Places are sorted in steps of so many to a degree of right ascension, and looked for with this much to
#: spare, in degrees: chords decide.
_STEPS = 8192
_SPARE_DEG = 1.01 / _STEPS


def unit_vectors(ra_deg: np.ndarray, dec_deg: np.ndarray) -> np.ndarray:
    """Unit vectors of shape (n, 3) towards right ascension and declination in degrees."""
    ra, dec = np.deg2rad(ra_deg), np.deg2rad(dec_deg)
    out = np.empty((*np.shape(ra), 3))
    across = np.cos(dec)
    np.multiply(across, np.cos(ra), out=out[..., 0])
    np.multiply(across, np.sin(ra), out=out[..., 1])
    np.sin(dec, out=out[..., 2])
    return out


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
        Rising: 360 times the strip, plus the right ascension in degrees, less than a step more.
    starts : int64, shape (strips + 1,)
        Where the galaxies of each strip begin.
    towards : float64, shape (n, 3)
        Unit vectors in that order.
    z : float64, shape (n,)
        Redshifts in that order; NaN where not known.
    """

    order: np.ndarray = field(repr=False)
    key: np.ndarray = field(repr=False)
    starts: np.ndarray = field(repr=False)
    towards: np.ndarray = field(repr=False)
    z: np.ndarray = field(repr=False)

    @classmethod
    def of(cls, ra_deg: np.ndarray, dec_deg: np.ndarray, z: np.ndarray) -> SkyIndex:
        """The index of galaxies at `ra_deg`, `dec_deg`; those without a finite position are never found."""
        placed = np.flatnonzero(np.isfinite(ra_deg) & np.isfinite(dec_deg))
        ra, dec = (np.asarray(x, dtype=float)[placed] for x in (ra_deg, dec_deg))
        order, key = _by_place(_strip(dec), ra % 360.0)
        towards = unit_vectors(ra[order], dec[order])
        starts = np.searchsorted(key, 360.0 * np.arange(_N_STRIPS + 1))
        placed = placed[order]
        return cls(placed, key, starts, towards, np.asarray(z, dtype=float)[placed])

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
        counts = np.zeros(m, dtype=np.int64)

        def one(first: int, last: int) -> list[np.ndarray]:
            parts, room = [], 128 * (last - first)
            while first < last:
                found = np.empty(room, dtype=np.int64)
                at, n = _around(*search, *where, first, last, counts, found)
                parts.append(found[:n].copy())
                room *= 1 if at > first else 4  # one cluster alone may need more
                first = at
            return parts

        parts = run_pieces(one, pieces(m, 4 * available_cores()))
        offsets = np.concatenate([[0], np.cumsum(counts)])
        return offsets, np.concatenate([np.empty(0, dtype=np.int64), *(x for part in parts for x in part)])

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
        # Copies: arrays from other processes are read-only, and code would be compiled for them anew.
        ra, dec, redshift, angle = (np.array(x, dtype=float) for x in (ra_deg, dec_deg, redshift, angle))
        usable = np.isfinite(ra) & np.isfinite(dec) & np.isfinite(redshift) & (angle > 0)
        angle = np.where(usable, np.minimum(angle, np.pi), np.nan)
        where = (ra % 360.0, dec, unit_vectors(ra, dec), redshift, angle)
        return where, (self.key, self.starts, self.towards, self.z, float(limit_kms))


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
    cosine = np.cos(np.deg2rad(np.minimum(np.abs(dec), 90.0 - _POLE_DEG)))
    # A little further towards the pole, where another within reach may be.
    wide = spare / (cosine - np.deg2rad(2.0 * distance_deg))
    close = (height - strip < edge) | (height - strip > 1.0 - edge) | (np.abs(dec) > 90.0 - _POLE_DEG)
    close |= (ra < wide) | (ra > 360.0 - wide)
    order, key = _by_place(strip, ra)
    _mark_close(key, *(x[order] for x in (ra, dec, cosine, wide + _SPARE_DEG)), spare, order, close)
    return close


@kernel
def _mark_close(key, ra, dec, cosine, wide, spare, order, close):
    """Mark, of places sorted by strip and right ascension, those that have another of their strip near."""
    n = len(key)
    for i in range(n):
        for step in (-1, 1):
            j = i + step
            while 0 <= j < n and abs(key[j] - key[i]) <= wide[i] and not close[order[i]]:
                x, y = (ra[j] - ra[i]) * min(cosine[i], cosine[j]), dec[j] - dec[i]
                # Of places that crowd beside each other no more are looked at.
                close[order[i]] = x * x + y * y <= spare * spare or abs(j - i) > _CROWD
                j += step


def _strip(dec_deg: np.ndarray) -> np.ndarray:
    return np.clip(np.floor((dec_deg + 90.0) * _STRIPS_A_DEGREE), 0, _N_STRIPS - 1)


def _by_place(strip: np.ndarray, ra_deg: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The order of strip and right ascension, and the rising keys, 360 times the strip plus the second."""
    number = ((360.0 * strip + np.where(ra_deg < 360.0, ra_deg, 0.0)) * _STEPS).astype(np.uint32)
    order = _radix_order(number)
    return order, number[order] / _STEPS


@kernel
def _radix_order(number):
    """What puts numbers of 32 bits into order, 11 bits at a time: three times as fast as `argsort`."""
    n = len(number)
    order, other = np.arange(n), np.empty(n, dtype=np.int64)
    mine, theirs = number.copy(), np.empty(n, dtype=np.uint32)
    starts = np.empty(2048, dtype=np.int64)
    for shift in (0, 11, 22):
        starts[:] = 0
        for i in range(n):
            starts[(mine[i] >> shift) & 2047] += 1
        before = 0
        for digit in range(2048):
            count = starts[digit]
            starts[digit] = before
            before += count
        for i in range(n):
            digit = (mine[i] >> shift) & 2047
            at = starts[digit]
            starts[digit] += 1
            theirs[at], other[at] = mine[i], order[i]
        mine, theirs = theirs, mine
        order, other = other, order
    return order


@kernel(forceinline=True)
def _velocity(z, reference):
    r = (1.0 + z) / (1.0 + reference)
    return SPEED_OF_LIGHT_KMS * (r**2 - 1.0) / (r**2 + 1.0)


@kernel(forceinline=True)
def squared_chord(towards, i, centre, c):
    """Square of the chord between row i of some unit vectors and row c of others."""
    x = towards[i, 0] - centre[c, 0]
    y = towards[i, 1] - centre[c, 1]
    w = towards[i, 2] - centre[c, 2]
    return x * x + y * y + w * w


@kernel(forceinline=True)
def angle_between(towards, i, centre, c):
    """Angle in rad between row i of some unit vectors and row c of others, good near 0 and near pi."""
    x = towards[i, 0] + centre[c, 0]
    y = towards[i, 1] + centre[c, 1]
    w = towards[i, 2] + centre[c, 2]
    together = x * x + y * y + w * w
    return 2.0 * np.arctan2(np.sqrt(squared_chord(towards, i, centre, c)), np.sqrt(together))


@kernel(forceinline=True)
def half_width_deg(dec, reach):
    """How far a circle on the sky reaches in right ascension, all in degrees: 180 where it holds a pole."""
    if abs(dec) + reach >= 90.0:
        return 180.0
    sine = np.sin(reach * np.pi / 180.0) / np.cos(dec * np.pi / 180.0)
    return np.arcsin(min(1.0, sine)) * 180.0 / np.pi


@kernel
def _ranges(key, starts, ra, dec, angle, c, out):
    """Runs of the index that may hold what is near centre c: their number, and ends in `out`."""
    reach = angle[c] * 180.0 / np.pi + _SPARE_DEG
    low = int(max(0.0, np.floor((dec[c] - reach + 90.0) * _STRIPS_A_DEGREE)))
    high = int(min(_N_STRIPS - 1.0, np.floor((dec[c] + reach + 90.0) * _STRIPS_A_DEGREE)))
    half = half_width_deg(dec[c], reach) + _SPARE_DEG
    n = 0
    for strip in range(low, high + 1):
        a, b = starts[strip], starts[strip + 1]
        if a == b:
            continue
        mine, start = key[a:b], 360.0 * strip
        first, last = ra[c] - half, ra[c] + half
        if half >= 180.0 or (first < 0.0 and last >= 360.0):
            out[n, 0], out[n, 1] = a, b
            n += 1
            continue
        out[n, 0] = a + np.searchsorted(mine, start + max(first, 0.0))
        out[n, 1] = a + np.searchsorted(mine, start + last, side="right")
        n += 1
        if first < 0.0:
            out[n, 0], out[n, 1] = a + np.searchsorted(mine, start + first + 360.0), b
            n += 1
        if last >= 360.0:
            out[n, 0], out[n, 1] = a, a + np.searchsorted(mine, start + last - 360.0, side="right")
            n += 1
    return n


@kernel
def _around(key, starts, towards, z, limit_kms, ra, dec, centre, redshift, angle, first, last, counts, found):
    """Write what is near the centres from `first` on, in order; where it stopped, and how much there is.

    It stops before a centre for which `found` has no room, at `last` otherwise.
    """
    runs = np.empty((2 * _N_STRIPS + 2, 2), dtype=np.int64)
    chords = np.empty(len(found))
    to = 0
    for c in range(first, last):
        counts[c] = 0
        if not angle[c] > 0.0:
            continue
        chord = 2.0 * np.sin(angle[c] / 2.0)
        chord2, n = chord * chord, 0
        for k in range(_ranges(key, starts, ra, dec, angle, c, runs)):
            if to + n + runs[k, 1] - runs[k, 0] > len(found):
                return c, to
            for i in range(runs[k, 0], runs[k, 1]):
                apart2 = squared_chord(towards, i, centre, c)
                if apart2 <= chord2 and not abs(_velocity(z[i], redshift[c])) > limit_kms:
                    found[to + n], chords[to + n] = i, apart2
                    n += 1
        if n > 1:
            _sort(found[to : to + n], chords[to : to + n], z)
        counts[c] = n
        to += n
    return last, to


@kernel
def _sort(mine, chord2, z):
    """Put galaxies in the order of distance and, where that is the same, of redshift."""
    order = np.argsort(chord2)
    mine[:], chord2[:] = mine[order], chord2[order]
    for k in range(1, len(mine)):
        j = k
        while j > 0 and chord2[j - 1] == chord2[j] and z[mine[j - 1]] > z[mine[j]]:
            mine[j - 1], mine[j] = mine[j], mine[j - 1]
            j -= 1


@kernel
def _mark(key, starts, towards, z, limit_kms, ra, dec, centre, redshift, angle, first, last, near):
    runs = np.empty((2 * _N_STRIPS + 2, 2), dtype=np.int64)
    for c in range(first, last):
        if not angle[c] > 0.0:
            continue
        chord = 2.0 * np.sin(angle[c] / 2.0)
        for k in range(_ranges(key, starts, ra, dec, angle, c, runs)):
            for i in range(runs[k, 0], runs[k, 1]):
                if near[i] or squared_chord(towards, i, centre, c) > chord * chord:
                    continue
                if not abs(_velocity(z[i], redshift[c])) > limit_kms:
                    near[i] = True


@kernel
def _measure(towards, z, galaxy, offsets, centre, redshift, distance, first, last, r, v):
    for c in range(first, last):
        for k in range(offsets[c], offsets[c + 1]):
            i = galaxy[k]
            r[k] = angle_between(towards, i, centre, c) * distance[c]
            v[k] = _velocity(z[i], redshift[c])
