"""`Cylinder`: the part of projected phase space in which a cluster's galaxies are looked at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.units import mpc, mpc_h

__all__ = ["Cylinder"]

# Cylinders that differ by less than this are the same: apertures are quoted to two digits.
_SAME = 0.01


@dataclass(frozen=True)
class Cylinder:
    """Galaxies with ``0 <= R_proj <= aperture`` and ``|v_los| <= v_cut`` about a cluster.

    An aperture is fixed in Mpc/h, the unit in which a redshift survey gives lengths whatever its Hubble
    constant; `in_h` gives the same cylinder in another observer's Mpc.

    Parameters
    ----------
    aperture_mpc
        Radius, comoving Mpc.
    v_cut_kms
        Half-length in line-of-sight velocity, km/s, the cluster's rest frame.
    h
        Hubble constant in 100 km/s/Mpc of the cosmology that the aperture is in.

    Raises
    ------
    ZwickyError
        If one of them is not a positive number.

    Examples
    --------
    >>> cylinder = Cylinder.in_mpc_h(1.6, v_cut_kms=2200.0, h=0.678)
    >>> cylinder
    <Cylinder: 1.6 comoving Mpc/h (2.360 Mpc for h = 0.678), |v_los| <= 2200 km/s>
    >>> round(cylinder.in_h(0.7).aperture_mpc, 3)
    2.286
    """

    aperture_mpc: float
    v_cut_kms: float
    h: float

    def __post_init__(self):
        for name in ("aperture_mpc", "v_cut_kms", "h"):
            if not 0 < getattr(self, name) < float("inf"):
                raise ZwickyError(f"{name} = {getattr(self, name)} is not allowed; give a positive number")

    @classmethod
    def in_mpc_h(cls, aperture_mpc_h: float, v_cut_kms: float, h: float) -> Cylinder:
        """The cylinder whose aperture is given in comoving Mpc/h."""
        return cls(float(mpc(aperture_mpc_h, h)), float(v_cut_kms), float(h))

    @property
    def aperture_mpc_h(self) -> float:
        """Radius, comoving Mpc/h."""
        return float(mpc_h(self.aperture_mpc, self.h))

    def in_h(self, h: float) -> Cylinder:
        """The same aperture in Mpc/h, given in the Mpc of another `h`."""
        return self if h == self.h else Cylinder(self.aperture_mpc * self.h / h, self.v_cut_kms, float(h))

    def holds(self, r_comoving: np.ndarray, v_los: np.ndarray) -> np.ndarray:
        """Whether galaxies at comoving Mpc (of this h) and km/s are inside, edges included; bool.

        The edges are rounded to float32, like the galaxies of a `zwicky.tables.ClusterSample`.
        """
        near = (r_comoving >= 0) & (r_comoving <= np.float32(self.aperture_mpc))
        return near & (np.abs(v_los) <= np.float32(self.v_cut_kms))

    def differs(self, aperture_mpc: np.ndarray, v_cut_kms: np.ndarray) -> np.ndarray:
        """Where an aperture (this h) or a cut is another than the cylinder's; what is NaN does not differ."""
        unlike = np.abs(np.asarray(aperture_mpc) / self.aperture_mpc - 1) > _SAME
        return unlike | (np.abs(np.asarray(v_cut_kms) / self.v_cut_kms - 1) > _SAME)

    def __repr__(self) -> str:
        return (
            f"<Cylinder: {self.aperture_mpc_h:.4g} comoving Mpc/h ({self.aperture_mpc:.3f} Mpc for "
            f"h = {self.h:g}), |v_los| <= {self.v_cut_kms:g} km/s>"
        )
