"""What a mock catalogue is made with, in the paper's units."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

from zwicky.errors import ZwickyError

__all__ = ["MockSettings"]

#: Line-of-sight numbers of one halo stay below this, so that a row's id is halo row * 1000 + number.
LINES_A_HALO = 1000


@dataclass(frozen=True)
class MockSettings:
    """Settings of the mock observations; the defaults are those of Ho et al. (2019), Sec. 2.

    Parameters
    ----------
    aperture_mpc_h
        Radius of the cylinder, comoving Mpc/h.
    v_cut_kms
        Half-length of the cylinder in line-of-sight velocity, km/s.
    n_min
        Fewest galaxies of a cluster, in the contaminated and in the pure catalogue separately.
    min_log10_m200c_h
        Least log10 of M200c in Msun/h of a cluster.
    flat_density
        Training rows per (Mpc/h)^3 and dex of mass.
    mass_bin_dex
        Width of the bins in which the training mass function is flattened.
    upsample_above_log10_m200c_h
        Bins above this log10 of M200c in Msun/h may take extra lines of sight.
    test_min_log10_m200c_h, test_max_log10_m200c_h
        Range of log10 of M200c in Msun/h of the test set.
    max_lines_of_sight
        Most lines of sight of one halo in the training set.
    n_folds, folds
        Cross-validation folds: ``"halo"`` deals halos out by mass rank, ``"spatial"`` cuts the box.
    tracers
        ``"all"`` galaxies, or ``"satellites"`` only: galaxies of a host that are not its central. The
        paper's code left out centrals and field galaxies, as interlopers too.
    pure
        Members of the pure catalogue: galaxies inside ``"r200c"``, or in the ``"fof"`` group.

    Raises
    ------
    ZwickyError
        If a value is out of range.
    """

    aperture_mpc_h: float = 1.6
    v_cut_kms: float = 2200.0
    n_min: int = 10
    min_log10_m200c_h: float = 13.5
    flat_density: float = 10**-5.2
    mass_bin_dex: float = 0.02
    upsample_above_log10_m200c_h: float = 14.0
    test_min_log10_m200c_h: float = 14.0
    test_max_log10_m200c_h: float = 15.0
    max_lines_of_sight: int = 500
    n_folds: int = 10
    folds: Literal["halo", "spatial"] = "halo"
    tracers: Literal["all", "satellites"] = "all"
    pure: Literal["r200c", "fof"] = "r200c"

    def __post_init__(self):
        self._within("aperture_mpc_h", 0.0, 20.0, "comoving Mpc/h, above 0 and at most 20")
        self._within("v_cut_kms", 0.0, 20000.0, "km/s, above 0 and at most 20000")
        self._within("n_min", 0, math.inf, "at least 1 galaxy")
        self._within("min_log10_m200c_h", 10.0, 16.0, "log10 of Msun/h, above 10 and at most 16")
        self._within("flat_density", 0.0, 1.0, "(h/Mpc)^3 per dex, above 0 and at most 1")
        self._within("mass_bin_dex", 0.0, 1.0, "dex, above 0 and at most 1")
        self._within("upsample_above_log10_m200c_h", 10.0, 20.0, "log10 of Msun/h, above 10")
        self._within("test_min_log10_m200c_h", 10.0, 16.0, "log10 of Msun/h, above 10 and at most 16")
        self._within(
            "test_max_log10_m200c_h",
            self.test_min_log10_m200c_h,
            math.inf,
            f"log10 of Msun/h above test_min_log10_m200c_h = {self.test_min_log10_m200c_h:g}",
        )
        self._within("max_lines_of_sight", 2, LINES_A_HALO, f"at least 3 and at most {LINES_A_HALO}")
        self._within("n_folds", 1, 1000, "at least 2 and at most 1000")
        self._one_of("folds", ("halo", "spatial"))
        self._one_of("tracers", ("all", "satellites"))
        self._one_of("pure", ("r200c", "fof"))

    def _within(self, name: str, above: float, at_most: float, allowed: str) -> None:
        value = getattr(self, name)
        if not above < value <= at_most:
            raise ZwickyError(f"{name} = {value!r} is not allowed; give {allowed}")

    def _one_of(self, name: str, allowed: tuple[Any, ...]) -> None:
        value = getattr(self, name)
        if value not in allowed:
            raise ZwickyError(f"{name} = {value!r} is not allowed; use one of {', '.join(allowed)}")
