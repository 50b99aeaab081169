"""What an observer sees of a galaxy near a cluster: Eqs. 15-22 of Ho et al. (2019).

Velocities add relativistically, that is, rapidities add. The Hubble velocity of Eq. 19 has the rapidity
ln(1 + z), so that Eqs. 19-22 reduce to the closed form `zwicky.cosmology.relative_velocity` of the two
observed redshifts, ``1 + z_obs = (1 + z) sqrt((1 + b) / (1 - b))`` with b the peculiar velocity over c.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.polynomial import Chebyshev, Polynomial

from zwicky.errors import ZwickyError
from zwicky.tables import Snapshot
from zwicky.units import SPEED_OF_LIGHT_KMS

if TYPE_CHECKING:
    from astropy.cosmology import FLRW

__all__ = ["HubbleFlow", "Observed", "hubble_flow", "minimum_image", "observe", "sky_basis"]

_DEGREE = 6


@dataclass(frozen=True, eq=False)
class HubbleFlow:
    """Rapidity of the Hubble flow against line-of-sight distance from a cluster.

    Parameters
    ----------
    coefficients : float64, shape (k,)
        ``sum(coefficients[i] * depth**i)`` is ln(1 + z) at the comoving `depth` in Mpc behind the
        cluster, less ln(1 + z) of the cluster.
    depths
        Least and largest depth in Mpc for which the polynomial holds.
    least_slope
        Smallest slope in the range, per Mpc.
    """

    coefficients: np.ndarray
    depths: tuple[float, float]
    least_slope: float

    def __call__(self, depth_mpc):
        """Rapidity at comoving depths in Mpc, any shape."""
        return np.polynomial.polynomial.polyval(depth_mpc, self.coefficients)


@dataclass(frozen=True, eq=False)
class Observed:
    """Galaxies as seen beside a cluster, arrays of shape (n,): comoving Mpc and km/s."""

    x_proj: np.ndarray
    y_proj: np.ndarray
    depth: np.ndarray
    v_los: np.ndarray

    @property
    def r_proj_comoving(self) -> np.ndarray:
        """Projected distance from the centre in comoving Mpc."""
        return np.hypot(self.x_proj, self.y_proj)


def hubble_flow(cosmology: FLRW, redshift: float, v_max_kms: float) -> HubbleFlow:
    """Hubble flow about `redshift` for velocities up to `v_max_kms` either way (Eqs. 17-19).

    The integral of Eq. 17 is done by Gauss-Legendre quadrature from the cluster outwards, so that it holds
    for a snapshot at redshift zero too; the fit is good to 3e-5 km/s up to 25000 km/s (see the tests).

    Parameters
    ----------
    cosmology
        Any astropy FLRW cosmology.
    redshift
        Redshift of the cluster, cosmological.
    v_max_kms
        Largest Hubble velocity relative to the cluster, km/s.
    """
    limit = 1.05 * np.arctanh(v_max_kms / SPEED_OF_LIGHT_KMS)
    rapidity = limit * np.cos(np.pi * np.arange(65) / 64)
    nodes, weights = np.polynomial.legendre.leggauss(16)
    at = np.log1p(redshift) + 0.5 * rapidity[:, None] * (nodes + 1.0)
    hubble = cosmology.H(np.expm1(at)).to_value("km/(s Mpc)")
    depth = 0.5 * rapidity * (SPEED_OF_LIGHT_KMS * np.exp(at) / hubble * weights).sum(axis=1)
    fit = Chebyshev.fit(depth, rapidity, _DEGREE)
    slope = fit.deriv()(depth)
    coefficients = fit.convert(kind=Polynomial).coef
    return HubbleFlow(coefficients, (float(depth.min()), float(depth.max())), float(slope.min()))


def minimum_image(separation: np.ndarray, box_size: float) -> np.ndarray:
    """Separations wrapped to the nearest periodic image, in the unit of `box_size`.

    >>> minimum_image(np.array([90.0, -10.0]), 100.0)
    array([-10., -10.])
    """
    return separation - box_size * np.rint(separation / box_size)


def sky_basis(direction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors x and y on the sky that make a right-handed triad with the line of sight.

    >>> x, y = sky_basis(np.array([0.0, 0.0, 1.0]))
    >>> x.tolist(), y.tolist()
    ([1.0, 0.0, 0.0], [0.0, 1.0, 0.0])
    """
    start = np.zeros(3)
    start[(np.argmax(np.abs(direction)) + 1) % 3] = 1.0
    x = start - (start @ direction) * direction
    x /= np.linalg.norm(x)
    return x, np.cross(direction, x)


def observe(
    separation: np.ndarray,
    velocity: np.ndarray,
    cluster_velocity: np.ndarray,
    direction: np.ndarray,
    snapshot: Snapshot,
) -> Observed:
    """Observe galaxies around one cluster along one line of sight (Eqs. 15-22).

    Parameters
    ----------
    separation : shape (n, 3)
        Comoving positions in Mpc relative to the cluster, already wrapped.
    velocity : shape (n, 3)
        Peculiar velocities of the galaxies, proper km/s.
    cluster_velocity : shape (3,)
        Peculiar velocity of the cluster, proper km/s.
    direction : shape (3,)
        Unit vector from the observer to the cluster.
    snapshot
        Its redshift and cosmology.

    Raises
    ------
    ZwickyError
        If `direction` is not a unit vector.
    """
    direction = np.asarray(direction, dtype=float)
    if abs(np.linalg.norm(direction) - 1.0) > 1e-6:
        raise ZwickyError(f"direction {direction.tolist()} is not a unit vector; divide it by its length")
    separation = np.asarray(separation, dtype=float)
    depth = separation @ direction
    x, y = sky_basis(direction)
    # Over a depth d the flow gains about H d / (1 + z), which is below H d at any redshift.
    hubble = snapshot.cosmology.H(snapshot.redshift).to_value("km/(s Mpc)")
    reach = 1.1 * hubble * np.max(np.abs(depth), initial=1.0)
    flow = hubble_flow(snapshot.cosmology, snapshot.redshift, min(reach, 0.9 * SPEED_OF_LIGHT_KMS))
    own = np.arctanh(np.asarray(cluster_velocity, dtype=float) @ direction / SPEED_OF_LIGHT_KMS)
    peculiar = np.arctanh(np.asarray(velocity, dtype=float) @ direction / SPEED_OF_LIGHT_KMS)
    v_los = SPEED_OF_LIGHT_KMS * np.tanh(flow(depth) + peculiar - own)
    return Observed(separation @ x, separation @ y, depth, v_los)
