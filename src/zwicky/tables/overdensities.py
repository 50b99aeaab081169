"""Spheres by their mean density: 200 times critical, and virial. What M200c and Mvir mean is decided here."""

from __future__ import annotations

import numpy as np

from zwicky.tables.snapshots import Snapshot
from zwicky.units import critical_density

__all__ = ["density_200c", "density_virial", "r200c", "rvir"]


def density_200c(snapshot: Snapshot) -> float:
    """200 times the critical density at the snapshot's redshift in Msun per comoving Mpc^3."""
    return 200.0 * _critical(snapshot) / (1.0 + snapshot.redshift) ** 3


def density_virial(snapshot: Snapshot) -> float:
    """Virial density in Msun per comoving Mpc^3.

    At z = 0.117 in the paper's cosmology it is 111 times critical, at 1.2 to 1.3 r200c.
    """
    return density_200c(snapshot) * _virial_over_critical(snapshot) / 200.0


def r200c(m200c_msun: np.ndarray, snapshot: Snapshot) -> np.ndarray:
    """Comoving radius in Mpc of the sphere of mass M200c at 200 times the critical density."""
    return _radius(m200c_msun, 200.0, snapshot)


def rvir(mvir_msun: np.ndarray, snapshot: Snapshot) -> np.ndarray:
    """Comoving virial radius in Mpc of virial masses in Msun."""
    return _radius(mvir_msun, _virial_over_critical(snapshot), snapshot)


def _virial_over_critical(snapshot: Snapshot) -> float:
    """Bryan & Norman (1998, Eq. 6), for a flat universe."""
    x = float(snapshot.cosmology.Om(snapshot.redshift)) - 1.0
    return 18.0 * np.pi**2 + 82.0 * x - 39.0 * x**2


def _critical(snapshot: Snapshot) -> float:
    return critical_density(snapshot.cosmology.H(snapshot.redshift).to_value("km/(s Mpc)"))


def _radius(mass_msun: np.ndarray, times_critical: float, snapshot: Snapshot) -> np.ndarray:
    density = times_critical * _critical(snapshot)
    return (3.0 * mass_msun / (4.0 * np.pi * density)) ** (1.0 / 3.0) * (1.0 + snapshot.redshift)
