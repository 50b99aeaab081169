"""Conversions between Zwicky's units and the ones the literature quotes.

Inside the package there is no little h: lengths are comoving Mpc, masses Msun, velocities
km/s, and mass means M200c. The paper (Ho et al. 2019) quotes Mpc/h and Msun/h; its numbers
are converted once, where they are written down, with the functions below.
"""

from __future__ import annotations

import numpy as np

__all__ = [
    "GRAVITATIONAL_CONSTANT",
    "SPEED_OF_LIGHT_KMS",
    "critical_density",
    "log10_msun",
    "log10_msun_h",
    "mpc",
    "mpc_h",
]

#: Newton's constant in Mpc (km/s)^2 / Msun (CODATA 2018, IAU nominal solar mass).
GRAVITATIONAL_CONSTANT = 4.30091727e-9

#: Speed of light in km/s, exact.
SPEED_OF_LIGHT_KMS = 299792.458


def mpc(length_mpc_h, h: float):
    """Length in Mpc from one in Mpc/h.

    Parameters
    ----------
    length_mpc_h : float or array
        Mpc/h.
    h
        Hubble constant in 100 km/s/Mpc.

    Returns
    -------
    float or array
        Mpc.

    Examples
    --------
    >>> round(mpc(1.6, h=0.678), 3)
    2.36
    """
    return length_mpc_h / h


def mpc_h(length_mpc, h: float):
    """Length in Mpc/h from one in Mpc.

    Parameters
    ----------
    length_mpc : float or array
        Mpc.
    h
        Hubble constant in 100 km/s/Mpc.

    Returns
    -------
    float or array
        Mpc/h.

    Examples
    --------
    >>> mpc_h(2.0, h=0.7)
    1.4
    """
    return length_mpc * h


def log10_msun(log10_mass_msun_h, h: float):
    """log10 of a mass in Msun from log10 of the mass in Msun/h.

    Parameters
    ----------
    log10_mass_msun_h : float or array
        log10 of Msun/h.
    h
        Hubble constant in 100 km/s/Mpc.

    Returns
    -------
    float or array
        log10 of Msun.

    Examples
    --------
    >>> round(float(log10_msun(14.5, h=0.678)), 3)
    14.669
    """
    return log10_mass_msun_h - np.log10(h)


def log10_msun_h(log10_mass_msun, h: float):
    """log10 of a mass in Msun/h from log10 of the mass in Msun.

    Parameters
    ----------
    log10_mass_msun : float or array
        log10 of Msun.
    h
        Hubble constant in 100 km/s/Mpc.

    Returns
    -------
    float or array
        log10 of Msun/h.

    Examples
    --------
    >>> round(float(log10_msun_h(14.669, h=0.678)), 2)
    14.5
    """
    return log10_mass_msun + np.log10(h)


def critical_density(hubble_kms_mpc: float) -> float:
    """Critical density 3 H^2 / (8 pi G) in Msun/Mpc^3 (proper) for H in km/s/Mpc.

    Parameters
    ----------
    hubble_kms_mpc
        H at the redshift in question, km/s/Mpc.

    Returns
    -------
    float
        Msun per proper Mpc^3.

    Examples
    --------
    >>> f"{critical_density(70.0):.3e}"
    '1.360e+11'
    """
    return 3.0 * hubble_kms_mpc**2 / (8.0 * np.pi * GRAVITATIONAL_CONSTANT)
