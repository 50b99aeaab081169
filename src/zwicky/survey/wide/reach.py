"""Which pieces of a catalogue reach into circles on the sky: all that do, and a few that do not."""

from __future__ import annotations

import numpy as np

from zwicky.kernels import kernel
from zwicky.survey.search import angle_between, half_width_deg, squared_chord, unit_vectors
from zwicky.survey.wide.sources import Source

__all__ = ["pieces_around"]

#: To spare, degrees and squares of chords: many times what rounding makes of them.
_SPARE_DEG, _SPARE_CHORD2 = 1e-6, 1e-14


def pieces_around(
    source: Source, ra_deg: np.ndarray, dec_deg: np.ndarray, angle: np.ndarray, cell: np.ndarray | None = None
) -> np.ndarray:
    """The pieces that may hold a galaxy within each centre's own angle, rising.

    Centres of one `cell`, shape (n,), that follow on each other and have like angles are put into one circle:
    a single near cluster does not widen the reach of all the others, nor a wide partition that of its parts.
    """
    cell = np.zeros(len(angle), dtype=np.int64) if cell is None else cell
    known = np.flatnonzero(angle > 0)
    if not len(known):
        return known
    towards, angle, cell = unit_vectors(ra_deg[known], dec_deg[known]), angle[known], cell[known]
    octave = np.floor(np.log2(angle)).astype(np.int64)
    octave -= octave.min()
    run = np.concatenate([[0], np.cumsum(np.diff(cell) != 0)])
    n_octaves = int(octave.max()) + 1
    # Those of one great circle first: of many pieces few are near.
    among = np.arange(len(source))
    for circle in (np.zeros(len(angle), dtype=np.int64), run * n_octaves + octave):
        middle, radius = _circles(towards, angle, circle, int(circle[-1]) + n_octaves)
        needed = np.zeros(len(among), dtype=np.bool_)
        _reach(middle, radius, source.middle[among], source.radius[among], source.box[among], needed)
        among = among[needed]
    return among


@kernel
def _circles(towards, angle, circle, n):
    """Middles and radii of n circles around circles; the radius of one that holds nothing is negative."""
    middle, radius = np.zeros((n, 3)), np.full(n, -1.0)
    for i in range(len(circle)):
        for axis in range(3):
            middle[circle[i], axis] += towards[i, axis]
    for c in range(n):
        length = np.sqrt((middle[c] ** 2).sum())
        if length > 1e-9:
            middle[c] /= length
    for i in range(len(circle)):
        c = circle[i]
        # Of places all around the sky the middle is no direction, and the circle the whole of it.
        whole = (middle[c] ** 2).sum() < 0.5
        reach = np.pi if whole else angle_between(towards, i, middle, c) + angle[i]
        radius[c] = max(radius[c], min(reach, np.pi))
    return middle, radius


@kernel
def _reach(middle, radius, piece_middle, piece_radius, box, needed):
    """Mark the pieces that reach into a circle; of one without a place nothing is known, and it may."""
    for c in range(len(radius)):
        if radius[c] < 0.0:
            continue
        x, y, z = middle[c]
        ra = np.arctan2(y, x) * 180.0 / np.pi % 360.0
        dec = np.arctan2(z, np.sqrt(x * x + y * y)) * 180.0 / np.pi
        reach = radius[c] * 180.0 / np.pi + _SPARE_DEG
        half = half_width_deg(dec, reach) + _SPARE_DEG
        for p in range(len(needed)):
            low_ra, high_ra, low_dec, high_dec = box[p]
            if needed[p] or low_dec > dec + reach or high_dec < dec - reach:
                continue
            beside = half < 180.0
            for turn in (-360.0, 0.0, 360.0):  # boxes count from -180 or from 0
                beside &= low_ra > ra + turn + half or high_ra < ra + turn - half
            if beside:
                continue
            both = radius[c] + piece_radius[p]
            if both < np.pi:
                apart2 = squared_chord(piece_middle, p, middle, c)
                if apart2 > (2.0 * np.sin(both / 2.0)) ** 2 + _SPARE_CHORD2:
                    continue
            needed[p] = True
