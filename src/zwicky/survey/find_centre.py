"""Where a cluster is, proposed from its galaxies: the peak on the sky of those at a peak of redshifts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from zwicky.cosmology import comoving_transverse_mpc, relative_velocity
from zwicky.errors import ZwickyError
from zwicky.io.centres import Centres
from zwicky.io.observed import SkyList
from zwicky.survey.quality import MIN_GALAXIES
from zwicky.survey.search import angular_separation, unit_vectors
from zwicky.units import SPEED_OF_LIGHT_KMS

if TYPE_CHECKING:
    from astropy.cosmology import FLRW

__all__ = ["Field", "find_centre"]

#: Galaxies of one cluster lie within so many km/s of its redshift, and its core in so many comoving Mpc.
_WINDOW_KMS, _CORE_MPC = 1500.0, 0.5
_PEAKS, _STEPS = 5, 50


@dataclass(frozen=True)
class Field:
    """Galaxies on the sky and the centre that was proposed for them, to be drawn.

    Parameters
    ----------
    galaxies
        All that were given.
    centre
        By `find_centre`.
    """

    galaxies: SkyList
    centre: Centres


def find_centre(galaxies: SkyList, label: str, *, cosmology: FLRW) -> Centres:
    """Propose the centre and the redshift of the richest cluster among galaxies on the sky.

    The five fullest windows of 3000 km/s are tried. In each, the galaxy with the most neighbours within
    0.5 comoving Mpc starts a mean shift: positions weighted by a Gaussian of that width, and the median
    redshift within it. The window with the most galaxies in its core is taken. `notes` say what was found
    and from how many.

    Parameters
    ----------
    galaxies
        All of one field.
    label
        The cluster's name.
    cosmology
        For the angle of the core.

    Returns
    -------
    Centres
        One.

    Raises
    ------
    ZwickyError
        If there are too few galaxies with redshifts above 0.
    """
    known = np.isfinite(galaxies.ra) & np.isfinite(galaxies.dec) & (galaxies.z > 0) & (galaxies.z < 20)
    if known.sum() < MIN_GALAXIES:
        raise ZwickyError(
            f"{galaxies.source}: {known.sum()} galaxies with positions and redshifts are too few to find a "
            "centre; give --centre RA,DEC,Z"
        )
    towards, z = unit_vectors(galaxies.ra[known], galaxies.dec[known]), galaxies.z[known]
    found = [_core(towards, z, peak, cosmology) for peak in _redshift_peaks(z)]
    centre, redshift, n = max(found, key=lambda core: core[2])
    ra, dec = np.rad2deg(np.arctan2(centre[1], centre[0])) % 360.0, np.rad2deg(np.arcsin(centre[2]))
    note = (
        f"{galaxies.source}: proposed centre {ra:.5f},{dec:.5f},{redshift:.5f} from {n} galaxies in its "
        "core; check it, and give it with --centre to keep it"
    )
    return Centres(
        np.array([label]),
        np.array([ra]),
        np.array([dec]),
        np.array([redshift]),
        "--centre find",
        notes=(note,),
    )


def _redshift_peaks(z: np.ndarray) -> list[float]:
    """Redshifts of the fullest windows, the fullest first, none inside another."""
    depth = np.sort(np.log1p(z))
    width = _WINDOW_KMS / SPEED_OF_LIGHT_KMS
    left = np.searchsorted(depth, depth - width)
    counts = np.searchsorted(depth, depth + width, side="right") - left
    peaks: list[float] = []
    for i in np.argsort(-counts, kind="stable"):
        if all(abs(depth[i] - peak) > 2.0 * width for peak in peaks):
            peaks.append(float(depth[i]))
            if len(peaks) == _PEAKS:
                break
    return [float(np.expm1(peak)) for peak in peaks]


def _core(towards: np.ndarray, z: np.ndarray, redshift: float, cosmology: FLRW):
    """Unit vector, redshift and number of galaxies of the densest core near a redshift."""
    from scipy.spatial import cKDTree

    centre, n = towards[0], 0
    for step in range(_STEPS):
        inside = np.abs(relative_velocity(z, redshift)) <= _WINDOW_KMS
        angle = min(_CORE_MPC / float(comoving_transverse_mpc(np.array([redshift]), cosmology)[0]), 0.5)
        there = towards[inside]
        if not len(there):
            break
        if step == 0:
            chord = 2.0 * np.sin(angle / 2.0)
            counts = cKDTree(there).query_ball_point(there, chord, return_length=True)
            centre = there[int(np.argmax(counts))]
        theta = angular_separation(there, centre[None, :])
        near = theta <= angle
        if not near.any():
            break
        mean = np.exp(-0.5 * (theta / angle) ** 2) @ there
        moved, centre = centre, mean / np.linalg.norm(mean)
        before, redshift, n = redshift, float(np.median(z[inside][near])), int(near.sum())
        if np.allclose(moved, centre, atol=1e-9) and before == redshift:
            break
    return centre, redshift, n
