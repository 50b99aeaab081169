"""Galaxies as an observer gives them: with radii and velocities, or on the sky. Inert."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

__all__ = ["PhaseSpaceList", "SkyList"]


@dataclass(frozen=True, eq=False)
class PhaseSpaceList:
    """Galaxies with a projected radius and a velocity, one row each.

    Parameters
    ----------
    cluster_id : shape (n,), text or int64
        The cluster of each galaxy.
    r_proj : float64, shape (n,)
        Radius in Mpc, or in radians if `frame` is ``"angle"``.
    v_los : float64, shape (n,)
        Velocity in the cluster's rest frame, km/s.
    redshift : float64, shape (n,)
        Redshift of the galaxy or of its cluster, whichever the file has; NaN where it has none.
    frame : str
        ``"proper"``, ``"comoving"`` or ``"angle"``.
    units
        The units that `r_proj` and `v_los` were given with, by name; what has none is not there.
    galaxy_id : shape (n,), optional
        The observer's names of the galaxies.
    ra, dec : float64, shape (n,), optional
        Their positions in degrees, NaN where there is none. Nothing is computed from them.
    unmeasured : bool, shape (n,), optional
        Rows for which the file has no velocity, or a number that stands for none: no galaxies of any cluster.
    n_without_id
        Rows that are not here because they name no cluster.
    source
        Name of the file, for messages.
    notes
        What was taken for what and what was not used, one line each.
    """

    cluster_id: np.ndarray
    r_proj: np.ndarray = field(repr=False)
    v_los: np.ndarray = field(repr=False)
    redshift: np.ndarray = field(repr=False)
    frame: str = "proper"
    units: Mapping[str, str] = field(default_factory=dict, repr=False)
    galaxy_id: np.ndarray | None = field(default=None, repr=False)
    ra: np.ndarray | None = field(default=None, repr=False)
    dec: np.ndarray | None = field(default=None, repr=False)
    unmeasured: np.ndarray | None = field(default=None, repr=False)
    n_without_id: int = 0
    source: str = "galaxies"
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class SkyList:
    """Galaxies on the sky: `ra` and `dec` in degrees, `z` as observed, each of shape (n,).

    `cluster_id`, shape (n,), says which cluster each was observed for; None leaves that to the sky.
    `galaxy_id`, shape (n,), are the observer's names of the galaxies, where they are asked for.
    `unmeasured`, shape (n,), says for which the file has no redshift, or a number that stands for none.
    `n_without_id` rows are not here because they name no cluster; `source` is the file's name, for messages,
    and `notes` say what was taken for what and what was not used.
    """

    ra: np.ndarray = field(repr=False)
    dec: np.ndarray = field(repr=False)
    z: np.ndarray = field(repr=False)
    cluster_id: np.ndarray | None = None
    galaxy_id: np.ndarray | None = field(default=None, repr=False)
    unmeasured: np.ndarray | None = field(default=None, repr=False)
    n_without_id: int = 0
    source: str = "galaxies"
    notes: tuple[str, ...] = ()
