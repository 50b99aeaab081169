"""Halos and galaxies of one simulation output: inert tables with a box, a redshift and a cosmology."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.tables.columns import checked, column
from zwicky.units import log10_msun_h

if TYPE_CHECKING:
    from astropy.cosmology import FLRW

__all__ = ["GalaxyTable", "HaloTable", "Snapshot"]


@dataclass(frozen=True)
class Snapshot:
    """Where a catalogue lives: a periodic cube at one redshift in one cosmology.

    Parameters
    ----------
    simulation
        A name for people.
    redshift
        Of the output.
    box_size
        Comoving side in Mpc (no h).
    cosmology
        Of positions, masses and velocities.

    Raises
    ------
    ZwickyError
        If the side or 1 + z is not positive.

    Examples
    --------
    >>> from zwicky.cosmology import paper_cosmology
    >>> round(Snapshot("mine", 0.117, 200.0, paper_cosmology()).volume_mpc_h3)
    2493326
    """

    simulation: str
    redshift: float
    box_size: float
    cosmology: FLRW

    def __post_init__(self):
        if not self.box_size > 0:
            raise ZwickyError(f"box_size = {self.box_size} Mpc; give a positive comoving side")
        if not self.redshift > -1:
            raise ZwickyError(f"redshift = {self.redshift}; give one above -1")

    @property
    def volume_mpc_h3(self) -> float:
        """Comoving volume in (Mpc/h)^3, the paper's unit."""
        return float((self.box_size * self.cosmology.h) ** 3)


@dataclass(frozen=True, eq=False)
class HaloTable:
    """Host halos of a snapshot, one row each; see the fields for units.

    Velocities are peculiar and proper. Radii and positions are comoving; positions lie in
    [0, box_size). `m200c` is the mass inside the sphere `r200c` whose mean density is 200 times
    the critical density at the snapshot's redshift.
    """

    snapshot: Snapshot
    halo_id: np.ndarray = column("i8", "unique number")
    position: np.ndarray = column("f8", "centre, comoving", "Mpc", ("x", "y", "z"))
    velocity: np.ndarray = column("f8", "peculiar velocity, proper", "km/s", ("vx", "vy", "vz"))
    m200c: np.ndarray = column("f8", "mass inside r200c", "Msun")
    r200c: np.ndarray = column("f8", "radius of 200 times critical, comoving", "Mpc")
    sigma_1d: np.ndarray = column("f8", "one-dimensional velocity dispersion of the matter in r200c", "km/s")
    fof_id: np.ndarray = column("i8", "friends-of-friends group, -1 if none")

    def __post_init__(self):
        checked(self)

    def __len__(self) -> int:
        return len(self.halo_id)

    def __repr__(self) -> str:
        s = self.snapshot
        span = ""
        if len(self):
            low, high = log10_msun_h(np.log10([self.m200c.min(), self.m200c.max()]), s.cosmology.h)
            span = f", log10 M200c [Msun/h] {low:.2f} to {high:.2f}"
        return (
            f"<HaloTable: {len(self)} halos{span}; {s.simulation}, z = {s.redshift:g}, {s.box_size:.1f} Mpc>"
        )


@dataclass(frozen=True, eq=False)
class GalaxyTable:
    """Galaxies of a snapshot, one row each; positions in [0, box_size), velocities peculiar and proper.

    `host_id` is the `halo_id` of the halo whose sphere r200c holds the galaxy, -1 in the field.
    """

    snapshot: Snapshot
    galaxy_id: np.ndarray = column("i8", "unique number")
    position: np.ndarray = column("f4", "comoving", "Mpc", ("x", "y", "z"))
    velocity: np.ndarray = column("f4", "peculiar velocity, proper", "km/s", ("vx", "vy", "vz"))
    host_id: np.ndarray = column("i8", "halo whose r200c holds the galaxy, -1 if none")
    fof_id: np.ndarray = column("i8", "friends-of-friends group, -1 if none")
    is_central: np.ndarray = column("?", "sits at the centre of its host")

    def __post_init__(self):
        checked(self)

    def __len__(self) -> int:
        return len(self.galaxy_id)

    def __repr__(self) -> str:
        s = self.snapshot
        density = len(self) / s.volume_mpc_h3
        return (
            f"<GalaxyTable: {len(self)} galaxies, {density:.4f} (h/Mpc)^3; "
            f"{s.simulation}, z = {s.redshift:g}, {s.box_size:.1f} Mpc>"
        )
