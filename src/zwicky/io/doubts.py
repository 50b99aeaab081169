"""What the numbers contradict: right ascensions in radians or hours though nothing says so, one cluster that
is several."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.io.centres import Centres
from zwicky.io.measures import Measure
from zwicky.units import SPEED_OF_LIGHT_KMS

__all__ = ["check_degrees", "check_one_cluster"]

# So many galaxies within pi/2 of the celestial equator and 2 pi of the meridian, in degrees, are rare.
_MANY_GALAXIES = 20
# Around a centre galaxies are 1/15 as wide in right ascension as in declination if hours are taken for
# degrees; a limit on that ratio, galaxies that are enough to tell, and how far from it they
# are looked at.
_NARROW, _ENOUGH, _AROUND_DEG = 0.2, 10, 2.0
# A redshift this far from the others' and a velocity that is not even half as far contradict each other; in
# so many rows, or so large a share of them, that is no mistake of a few galaxies.
_APART_KMS, _ROWS, _SHARE = 3000.0, 3, 0.05


def check_one_cluster(source: str, name: str, redshift: np.ndarray, v_los: np.ndarray, hint: str) -> None:
    """Ask about galaxies of one cluster whose redshifts are those of several.

    A galaxy's own redshift goes with its velocity; redshifts of different clusters do not.

    Parameters
    ----------
    source, name
        What the file and its column of redshifts are called.
    redshift, v_los : shape (n,)
        What the file says, velocities in km/s.
    hint
        The column that may tell clusters apart.

    Raises
    ------
    ZwickyError
        If they are of several clusters.
    """
    known = np.isfinite(redshift) & np.isfinite(v_los)
    z, v = redshift[known], v_los[known]
    if not len(z):
        return
    middle = float(np.median(z))
    away = np.abs(z - middle) / (1.0 + middle) * SPEED_OF_LIGHT_KMS
    apart = (away > _APART_KMS) & (np.abs(v) < 0.5 * away)
    if apart.sum() >= max(_ROWS, _SHARE * len(z)):
        raise ZwickyError(
            f"{source}: {name} goes from {z.min():.4g} to {z.max():.4g} and v_los does not go with it: are "
            f"these several clusters? Name what tells them apart, --columns cluster_id={hint}, or give "
            "--redshift Z if they are one"
        )


def check_degrees(source: str, found: Mapping[str, Measure], centres: Centres | None) -> None:
    """Ask about right ascensions and declinations without a unit that do not look like degrees.

    Raises
    ------
    ZwickyError
        If they look like radians, or the right ascensions like hours.
    """
    if found["ra"].unit or found["dec"].unit:
        return
    ra, dec = found["ra"].values, found["dec"].values
    names = found["ra"].origin, found["dec"].origin

    def small(ra, dec):
        return np.all(~(np.abs(ra) > 2 * np.pi)) and np.all(~(np.abs(dec) > np.pi / 2))

    if small(ra, dec) and (len(ra) > _MANY_GALAXIES or (centres and small(centres.ra, centres.dec))):
        raise ZwickyError(
            f"{source}: ra and dec look like radians: --columns ra={names[0]}[rad],dec={names[1]}[rad], "
            "or [deg] if they are degrees"
        )
    if _looks_like_hours(ra, dec, centres):
        raise ZwickyError(
            f"{source}: {names[0]} looks like hours, not degrees: --columns ra={names[0]}[hourangle] (for "
            "the centres too), or [deg] if it is degrees"
        )


def _looks_like_hours(ra: np.ndarray, dec: np.ndarray, centres: Centres | None) -> bool:
    known = np.isfinite(ra) & np.isfinite(dec)
    ra, dec = ra[known], dec[known]
    if len(ra) < _ENOUGH or np.any((ra < 0) | (ra >= 24.0)):
        return False
    if len(ra) >= 10 * _MANY_GALAXIES and np.ptp(ra) > 20.0:
        return True
    if centres is None:
        return _narrow(ra, dec, float(np.median(ra)), float(np.median(dec)))
    away = centres.ra[np.isfinite(centres.ra)]
    if len(away) and np.all(away >= 24.0):
        return bool(np.any(np.abs(away[:, None] / 15.0 - np.quantile(ra, [0.0, 0.5, 1.0])) < 1.0))
    pairs = zip(centres.ra[:50], centres.dec[:50], strict=True)
    narrow = [_narrow(ra, dec, *pair) for pair in pairs if np.isfinite(pair).all()]
    return 2 * sum(n is True for n in narrow) > sum(n is not None for n in narrow)


def _narrow(ra: np.ndarray, dec: np.ndarray, ra0: float, dec0: float) -> bool | None:
    """Whether galaxies around a centre are much narrower in right ascension; None where there are too few."""
    across, along = (ra - ra0) * np.cos(np.deg2rad(dec0)), dec - dec0
    near = (np.abs(across) < _AROUND_DEG) & (np.abs(along) < _AROUND_DEG)
    if near.sum() < _ENOUGH:
        return None
    widths = [float(np.median(np.abs(x[near] - np.median(x[near])))) for x in (across, along)]
    return widths[0] < _NARROW * widths[1]
