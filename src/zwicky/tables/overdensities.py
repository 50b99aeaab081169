"""Spheres by their mean density: 200 times critical, and virial. What M200c and Mvir mean is decided here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from zwicky.tables.snapshots import Snapshot
from zwicky.units import critical_density

if TYPE_CHECKING:
    from astropy.cosmology import FLRW

__all__ = ["density_200c", "density_virial", "r200c", "r200c_at", "rvir"]


def density_200c(snapshot: Snapshot) -> float:
    """200 times the critical density at the snapshot's redshift in Msun per comoving Mpc^3.

    Parameters
    ----------
    snapshot
        Where: its redshift and cosmology count.

    Returns
    -------
    float

    Examples
    --------
    >>> from zwicky.cosmology import paper_cosmology
    >>> f"{density_200c(Snapshot('any', 0.0, 100.0, paper_cosmology())):.2e}"
    '2.55e+13'
    """
    return 200.0 * _critical(snapshot) / (1.0 + snapshot.redshift) ** 3


def density_virial(snapshot: Snapshot) -> float:
    """Virial density in Msun per comoving Mpc^3.

    At z = 0.117 in the paper's cosmology it is 112 times critical, at 1.2 to 1.3 r200c.

    Parameters
    ----------
    snapshot
        Where.

    Returns
    -------
    float

    References
    ----------
    Bryan & Norman (1998), Eq. 6, for a flat universe.

    Examples
    --------
    >>> from zwicky.cosmology import paper_cosmology
    >>> here = Snapshot("any", 0.117, 100.0, paper_cosmology())
    >>> round(200 * density_virial(here) / density_200c(here))
    112
    """
    return density_200c(snapshot) * _virial_over_critical(snapshot) / 200.0


def r200c(m200c_msun: np.ndarray, snapshot: Snapshot) -> np.ndarray:
    """Comoving radius in Mpc of the sphere of mass M200c at 200 times the critical density.

    Parameters
    ----------
    m200c_msun : float or array
        Msun.
    snapshot
        Where.

    Returns
    -------
    float or array

    Examples
    --------
    >>> from zwicky.cosmology import paper_cosmology
    >>> round(float(r200c(1e15, Snapshot("any", 0.117, 100.0, paper_cosmology()))), 2)
    2.27
    """
    return r200c_at(m200c_msun, snapshot.redshift, snapshot.cosmology)


def r200c_at(m200c_msun: np.ndarray, redshift: np.ndarray, cosmology: FLRW) -> np.ndarray:
    """As `r200c`, for halos at redshifts of their own; shape (n,).

    Parameters
    ----------
    m200c_msun : float, shape (n,)
        Msun.
    redshift : float, shape (n,)
        Of each.
    cosmology
        Of the masses.

    Returns
    -------
    float64, shape (n,)
        Comoving Mpc.

    Examples
    --------
    >>> from zwicky.cosmology import paper_cosmology
    >>> r200c_at(np.array([1e15]), np.array([0.117]), paper_cosmology()).round(2)
    array([2.27])
    """
    return _radius(m200c_msun, 200.0, redshift, cosmology)


def rvir(mvir_msun: np.ndarray, snapshot: Snapshot) -> np.ndarray:
    """Comoving virial radius in Mpc of virial masses in Msun.

    Parameters
    ----------
    mvir_msun : float or array
        Msun.
    snapshot
        Where.

    Returns
    -------
    float or array

    Examples
    --------
    >>> from zwicky.cosmology import paper_cosmology
    >>> round(float(rvir(1e15, Snapshot("any", 0.117, 100.0, paper_cosmology()))), 2)
    2.75
    """
    return _radius(mvir_msun, _virial_over_critical(snapshot), snapshot.redshift, snapshot.cosmology)


def _virial_over_critical(snapshot: Snapshot) -> float:
    """Bryan & Norman (1998, Eq. 6), for a flat universe."""
    x = float(snapshot.cosmology.Om(snapshot.redshift)) - 1.0
    return 18.0 * np.pi**2 + 82.0 * x - 39.0 * x**2


def _critical(snapshot: Snapshot) -> float:
    return _critical_at(snapshot.redshift, snapshot.cosmology)


def _critical_at(redshift, cosmology: FLRW):
    return critical_density(cosmology.H(redshift).to_value("km/(s Mpc)"))


def _radius(mass_msun: np.ndarray, times_critical: float, redshift, cosmology: FLRW) -> np.ndarray:
    density = times_critical * _critical_at(redshift, cosmology)
    return (3.0 * mass_msun / (4.0 * np.pi * density)) ** (1.0 / 3.0) * (1.0 + redshift)
