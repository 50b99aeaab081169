"""Background cosmology: which one, how it is written down, and line-of-sight velocities.

Any `astropy.cosmology.FLRW` instance works. A cosmology is always an argument; the default of the
command line is the one of Ho et al. (2019, Sec. 2.1), `paper_cosmology`.
"""

from __future__ import annotations

import difflib
import functools
from typing import TYPE_CHECKING, cast

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.units import SPEED_OF_LIGHT_KMS

if TYPE_CHECKING:  # astropy.cosmology takes half a second to import: only where one is made
    from astropy.cosmology import FLRW, FlatLambdaCDM

__all__ = [
    "CosmologyKey",
    "DistanceRedshift",
    "comoving_transverse_mpc",
    "cosmology_from_text",
    "cosmology_named",
    "cosmology_to_text",
    "deferred_cosmology",
    "paper_cosmology",
    "relative_velocity",
]


#: Of Ho et al. (2019), Sec. 2.1.
_H0, _OM0, _OB0 = 67.8, 0.307, 0.048206


@functools.cache
def paper_cosmology() -> FlatLambdaCDM:
    """The cosmology of Ho et al. (2019), Sec. 2.1, with the baryon density of MultiDark Planck 2.

    Returns
    -------
    FlatLambdaCDM
        h = 0.678, Omega_m = 0.307, no radiation; `name` is ``"ho2019"``.

    Examples
    --------
    >>> paper_cosmology().name, round(float(paper_cosmology().h), 3)
    ('ho2019', 0.678)
    """
    from astropy.cosmology import FlatLambdaCDM

    return FlatLambdaCDM(H0=_H0, Om0=_OM0, Ob0=_OB0, Tcmb0=0.0, name="ho2019")


class _Deferred:
    """`paper_cosmology`, made when more of it is asked for than name, h, densities and E(z).

    Importing astropy's cosmologies takes longer than weighing a cluster, which rarely needs more.
    """

    name, h, Om0, Ob0 = "ho2019", _H0 / 100.0, _OM0, _OB0

    @staticmethod
    def efunc(z):
        """H(z) / H0: matter and a cosmological constant."""
        return np.sqrt(_OM0 * (1.0 + np.asarray(z, dtype=float)) ** 3 + (1.0 - _OM0))

    def __getattr__(self, attribute: str):
        if attribute.startswith("__"):  # pickling and copying ask before there is anything to defer to
            raise AttributeError(attribute)
        return getattr(paper_cosmology(), attribute)

    def __eq__(self, other: object) -> bool:
        return self is other or paper_cosmology() == other

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return repr(paper_cosmology())


#: One and the same for all: what is kept by cosmology (`CosmologyKey`) is found again.
_DEFERRED = _Deferred()


def cosmology_named(name: str) -> FLRW:
    """The cosmology called `name`: ``ho2019`` or one of astropy's (``Planck18``, ``WMAP9``, ...).

    Parameters
    ----------
    name
        Of the cosmology, as it is spelt there.

    Returns
    -------
    FLRW

    Raises
    ------
    ZwickyError
        If there is none of that name.

    Examples
    --------
    >>> float(cosmology_named("Planck18").H0.value)
    67.66
    """
    if name == "ho2019":
        return paper_cosmology()
    import astropy.cosmology

    known = ["ho2019", *astropy.cosmology.available]
    if name in astropy.cosmology.available:
        return getattr(astropy.cosmology, name)
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise ZwickyError(f"cosmology {name!r} is not known; use one of {', '.join(known)}{hint}")


def deferred_cosmology(name: str) -> FLRW:
    """As `cosmology_named`, but ``ho2019`` imports astropy's cosmologies only when it has to.

    Parameters
    ----------
    name
        As for `cosmology_named`.

    Returns
    -------
    FLRW
        Equal to what `cosmology_named` gives.

    Raises
    ------
    ZwickyError
        If there is none of that name.

    Examples
    --------
    >>> deferred_cosmology("ho2019") == paper_cosmology()
    True
    """
    return cast("FLRW", _DEFERRED) if name == "ho2019" else cosmology_named(name)


def cosmology_to_text(cosmology: FLRW) -> str:
    """A cosmology as one YAML string, for metadata; `cosmology_from_text` is the inverse.

    Parameters
    ----------
    cosmology
        Any of astropy's.

    Returns
    -------
    str

    Examples
    --------
    >>> cosmology_from_text(cosmology_to_text(paper_cosmology())) == paper_cosmology()
    True
    """
    return cosmology.to_format("yaml")


def cosmology_from_text(text: str) -> FLRW:
    """The cosmology that `cosmology_to_text` wrote.

    Parameters
    ----------
    text
        YAML.

    Returns
    -------
    FLRW

    Raises
    ------
    ZwickyError
        If the text is not one of a cosmology.

    Examples
    --------
    >>> cosmology_from_text(cosmology_to_text(paper_cosmology())).name
    'ho2019'
    """
    from astropy.cosmology import FLRW, Cosmology

    try:
        cosmology = Cosmology.from_format(text, format="yaml")
    except Exception as error:  # of the YAML reader, of astropy or of the class that is named
        cosmology, reason = None, " ".join(str(error).split())[:120] or type(error).__name__
    else:
        reason = type(cosmology).__name__
    if not isinstance(cosmology, FLRW):
        raise ZwickyError(f"the cosmology stored with it cannot be read ({reason}); make the file again")
    return cosmology


def relative_velocity(z, z_reference):
    """Line-of-sight velocity of redshift `z` in the rest frame of `z_reference`, in km/s.

    ``v = c (r^2 - 1) / (r^2 + 1)`` with ``r = (1 + z) / (1 + z_reference)``: the closed form of
    Eqs. 17-22 of Ho et al. (2019) when both redshifts include the peculiar velocities.

    Parameters
    ----------
    z, z_reference : float or array
        Redshifts in one frame; they are broadcast.

    Returns
    -------
    float64 array
        km/s.

    Examples
    --------
    >>> float(relative_velocity(0.1, 0.1))
    0.0

    >>> round(float(relative_velocity(0.104, 0.1)))
    1088
    """
    r = (1.0 + np.asarray(z, dtype=float)) / (1.0 + np.asarray(z_reference, dtype=float))
    return SPEED_OF_LIGHT_KMS * (r**2 - 1.0) / (r**2 + 1.0)


#: Redshifts between two exact distances, and between the ends of a piece of them that is made at once.
_DISTANCE_STEP, _PIECE_STEPS = 2e-3, 128
#: Redshift beyond which nothing is a galaxy: a velocity that was taken for one, or a slip.
_FARTHEST = 1e4


def comoving_transverse_mpc(redshift, cosmology: FLRW) -> np.ndarray:
    """Comoving transverse distance in Mpc, shape (n,); NaN where a redshift is not above 0 and below 10,000.

    Cubic Hermite between exact distances at fixed redshifts, as in `DistanceRedshift`: a distance does not
    depend on which others are asked for, and differs from astropy's by less than 1e-8.

    Parameters
    ----------
    redshift : float, shape (n,)
        Of the objects.
    cosmology
        Any of astropy's, curved or not.

    Returns
    -------
    float64, shape (n,)

    Examples
    --------
    >>> comoving_transverse_mpc([0.1, -1.0], paper_cosmology()).round(1)
    array([431.8,   nan])
    """
    z = np.asarray(redshift, dtype=float)
    out = np.full(z.shape, np.nan)
    good = (z > 0) & (z < _FARTHEST)
    piece = np.where(good, z, 0.0) // (_DISTANCE_STEP * _PIECE_STEPS)
    for number in np.unique(piece[good]):
        here = good & (piece == number)
        at, distance, slope = _distance_piece(CosmologyKey(cosmology), int(number))
        i = np.clip(np.searchsorted(at, z[here], side="right") - 1, 0, _PIECE_STEPS - 1)
        step = at[i + 1] - at[i]
        t = (z[here] - at[i]) / step
        # The Hermite polynomials as Horner schemes of what is left over a straight line.
        secant = distance[i + 1] - distance[i]
        a, b = slope[i] * step - secant, secant - slope[i + 1] * step
        out[here] = distance[i] + t * (secant + (1.0 - t) * (a * (1.0 - t) + b * t))
    return _curved(out, cosmology)


class CosmologyKey:
    """A cosmology as the key of a cache: astropy's are not hashable, and comparing them takes long.

    Parameters
    ----------
    cosmology
        The one object that the key is of; an equal one has another key.

    Examples
    --------
    >>> CosmologyKey(paper_cosmology()) == CosmologyKey(paper_cosmology())
    True
    """

    def __init__(self, cosmology):
        self.cosmology = cosmology

    def __eq__(self, other):
        return self.cosmology is other.cosmology

    def __hash__(self):
        return id(self.cosmology)


@functools.lru_cache(maxsize=256)
def _distance_piece(key: CosmologyKey, number: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Redshifts, comoving line-of-sight distances in Mpc and their derivatives."""
    z = _DISTANCE_STEP * (number * _PIECE_STEPS + np.arange(_PIECE_STEPS + 1))
    distance = key.cosmology.comoving_distance(z).to_value("Mpc")
    return z, distance, SPEED_OF_LIGHT_KMS / key.cosmology.H(z).to_value("km/(s Mpc)")


def _curved(distance_mpc: np.ndarray, cosmology: FLRW) -> np.ndarray:
    """The transverse distance of a line-of-sight one (Hogg 1999, Eq. 16)."""
    curvature = float(cosmology.Ok0)
    if curvature == 0.0:
        return distance_mpc
    root = np.sqrt(abs(curvature)) / cosmology.hubble_distance.to_value("Mpc")
    return (np.sinh if curvature > 0 else np.sin)(root * distance_mpc) / root


class DistanceRedshift:
    """Comoving line-of-sight distance and redshift, each as a function of the other, by interpolation.

    Cubic Hermite in both directions on a grid of step 1e-3 or finer in z, with exact derivatives
    ``dd/dz = c / H(z)`` (Eq. 17); relative error below 1e-8 (see the tests).

    Parameters
    ----------
    cosmology
        Any astropy FLRW cosmology.
    z_max
        Largest redshift that may be asked for.

    Examples
    --------
    >>> relation = DistanceRedshift(paper_cosmology(), z_max=1.0)
    >>> round(float(relation.distance(0.1))), round(float(relation.redshift(relation.distance(0.1))), 6)
    (432, 0.1)
    """

    def __init__(self, cosmology: FLRW, z_max: float):
        from scipy.interpolate import CubicHermiteSpline

        n = max(256, int(np.ceil(z_max / 1e-3))) + 1
        z = np.linspace(0.0, z_max, n)
        distance = cosmology.comoving_distance(z).to_value("Mpc")
        slope = SPEED_OF_LIGHT_KMS / cosmology.H(z).to_value("km/(s Mpc)")
        self.z_max = float(z_max)
        self.distance_max = float(distance[-1])
        self._distance = CubicHermiteSpline(z, distance, slope, extrapolate=False)
        self._redshift = CubicHermiteSpline(distance, z, 1.0 / slope, extrapolate=False)

    def distance(self, z):
        """Comoving distance in Mpc at redshift `z`; NaN outside [0, z_max]."""
        return self._distance(z)

    def redshift(self, distance_mpc):
        """Redshift at a comoving distance in Mpc; NaN outside [0, distance_max]."""
        return self._redshift(distance_mpc)
