"""Canonical fields of halos and galaxies, and the units that files have them in: decided here and only here.

Whatever the file, a catalogue is read as these fields in these units: comoving Mpc, Msun and km/s, free of h.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["FIELDS", "UNITS", "VECTORS", "Field", "units_of"]

#: Canonical fields: data type, canonical unit, meaning.
FIELDS: Mapping[str, tuple[str, str, str]] = {
    "object_id": ("i8", "", "number of the halo or galaxy"),
    "parent_id": ("i8", "", "largest halo that holds it (upid), -1 if none"),
    "x": ("f8", "Mpc", "position, comoving"),
    "y": ("f8", "Mpc", "position, comoving"),
    "z": ("f8", "Mpc", "position, comoving"),
    "vx": ("f8", "km/s", "peculiar velocity, proper"),
    "vy": ("f8", "km/s", "peculiar velocity, proper"),
    "vz": ("f8", "km/s", "peculiar velocity, proper"),
    "m200c": ("f8", "Msun", "mass in 200 times the critical density"),
    "m200b": ("f8", "Msun", "mass in 200 times the mean density"),
    "m500c": ("f8", "Msun", "mass in 500 times the critical density"),
    "mvir": ("f8", "Msun", "virial mass"),
    "rvir": ("f8", "Mpc", "virial radius, comoving"),
    "m_peak": ("f8", "Msun", "largest mass ever"),
    "m_acc": ("f8", "Msun", "mass at accretion"),
    "v_rms": ("f8", "km/s", "three-dimensional velocity dispersion"),
    "v_max": ("f8", "km/s", "largest circular velocity"),
    "stellar_mass": ("f8", "Msun", "stellar mass"),
    "n_particles": ("i8", "", "particles"),
    "flags": ("i8", "", "UniverseMachine's flags; bit 16 means ignore"),
    "phantom": ("i8", "", "not zero where consistent-trees interpolated the halo"),
}
#: The fields that say where an object is and how it moves.
VECTORS = ("x", "y", "z", "vx", "vy", "vz")

#: What a number in a file's unit is multiplied with, (factor, power of h, power of the scale factor a), to
#: reach the canonical unit, named last. Lengths are comoving unless the unit says proper. ``km/s/a`` is that
#: of the groups of IllustrisTNG, ``km sqrt(a)/s`` that of the particles of Gadget and TNG.
UNITS: Mapping[str, tuple[float, int, float, str]] = {
    "": (1.0, 0, 0, ""),
    "Msun": (1.0, 0, 0, "Msun"),
    "Msun/h": (1.0, -1, 0, "Msun"),
    "1e10 Msun": (1e10, 0, 0, "Msun"),
    "1e10 Msun/h": (1e10, -1, 0, "Msun"),
    "Mpc": (1.0, 0, 0, "Mpc"),
    "Mpc/h": (1.0, -1, 0, "Mpc"),
    "kpc": (1e-3, 0, 0, "Mpc"),
    "kpc/h": (1e-3, -1, 0, "Mpc"),
    "proper Mpc": (1.0, 0, -1, "Mpc"),
    "proper Mpc/h": (1.0, -1, -1, "Mpc"),
    "proper kpc": (1e-3, 0, -1, "Mpc"),
    "proper kpc/h": (1e-3, -1, -1, "Mpc"),
    "km/s": (1.0, 0, 0, "km/s"),
    "km/s/a": (1.0, 0, -1, "km/s"),
    "km sqrt(a)/s": (1.0, 0, 0.5, "km/s"),
}


@dataclass(frozen=True)
class Field:
    """Where a canonical field comes from: the file's own column, and the unit it is in (a key of `UNITS`)."""

    column: str
    unit: str = ""

    def factor(self, h: float, scale_factor: float) -> float:
        """What the file's number is multiplied with to reach the canonical unit.

        >>> Field("Rvir", "kpc/h").factor(0.5, 1.0), Field("GroupVel[0]", "km/s/a").factor(0.7, 0.5)
        (0.002, 2.0)
        """
        scale, h_power, a_power, _ = UNITS[self.unit]
        return scale * h**h_power * scale_factor**a_power


def units_of(field: str) -> list[str]:
    """The units that a canonical field may be in.

    >>> units_of("vx")
    ['km/s', 'km/s/a', 'km sqrt(a)/s']
    """
    return [unit for unit, (*_, canonical) in UNITS.items() if canonical == FIELDS[field][1]]
