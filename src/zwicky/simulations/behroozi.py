"""Columns and units that Rockstar, consistent-trees and UniverseMachine, written by the same hand, share.

Names are as `plain_name` leaves them, without capitals.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["MASSES", "PHASE_SPACE", "TREES"]

#: Position and velocity: canonical field to column and unit.
PHASE_SPACE: Mapping[str, tuple[str, str]] = {
    "x": ("x", "Mpc/h"),
    "y": ("y", "Mpc/h"),
    "z": ("z", "Mpc/h"),
    "vx": ("vx", "km/s"),
    "vy": ("vy", "km/s"),
    "vz": ("vz", "km/s"),
}

#: A Rockstar halo's masses, radius and speeds.
MASSES: Mapping[str, tuple[str, str]] = {
    "m200c": ("m200c", "Msun/h"),
    "m200b": ("m200b", "Msun/h"),
    "m500c": ("m500c", "Msun/h"),
    "mvir": ("mvir", "Msun/h"),
    "rvir": ("rvir", "kpc/h"),
    "v_rms": ("vrms", "km/s"),
    "v_max": ("vmax", "km/s"),
}

#: What consistent-trees adds to them.
TREES: Mapping[str, tuple[str, str]] = {
    "parent_id": ("upid", ""),
    "m_peak": ("mpeak", "Msun/h"),
    "m_acc": ("macc", "Msun/h"),
    "phantom": ("phantom", ""),
}
