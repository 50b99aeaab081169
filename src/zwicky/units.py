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

    >>> round(mpc(1.6, h=0.678), 3)
    2.36
    """
    return length_mpc_h / h


def mpc_h(length_mpc, h: float):
    """Length in Mpc/h from one in Mpc."""
    return length_mpc * h


def log10_msun(log10_mass_msun_h, h: float):
    """log10 of a mass in Msun from log10 of the mass in Msun/h.

    >>> round(float(log10_msun(14.5, h=0.678)), 3)
    14.669
    """
    return log10_mass_msun_h - np.log10(h)


def log10_msun_h(log10_mass_msun, h: float):
    """log10 of a mass in Msun/h from log10 of the mass in Msun."""
    return log10_mass_msun + np.log10(h)


def critical_density(hubble_kms_mpc: float) -> float:
    """Critical density 3 H^2 / (8 pi G) in Msun/Mpc^3 (proper) for H in km/s/Mpc."""
    return 3.0 * hubble_kms_mpc**2 / (8.0 * np.pi * GRAVITATIONAL_CONSTANT)
