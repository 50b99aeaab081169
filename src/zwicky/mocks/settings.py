"""What a mock catalogue is made with, in the paper's units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from zwicky.errors import ZwickyError
from zwicky.settings import check_ranges, setting
from zwicky.tables import Cylinder

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

    Examples
    --------
    >>> MockSettings(n_folds=5).cylinder(h=0.678)
    <Cylinder: 1.6 comoving Mpc/h (2.360 Mpc for h = 0.678), |v_los| <= 2200 km/s>
    """

    aperture_mpc_h: float = setting(1.6, "(0, 20]", "comoving Mpc/h")
    v_cut_kms: float = setting(2200.0, "(0, 20000]", "km/s")
    n_min: int = setting(10, "[1, inf)", "galaxies")
    min_log10_m200c_h: float = setting(13.5, "(10, 16]", "log10 of Msun/h")
    flat_density: float = setting(10**-5.2, "(0, 1]", "(h/Mpc)^3 per dex")
    mass_bin_dex: float = setting(0.02, "(0, 1]", "dex")
    upsample_above_log10_m200c_h: float = setting(14.0, "(10, 20]", "log10 of Msun/h")
    test_min_log10_m200c_h: float = setting(14.0, "(10, 16]", "log10 of Msun/h")
    test_max_log10_m200c_h: float = setting(15.0, "(10, inf)", "log10 of Msun/h")
    max_lines_of_sight: int = setting(500, f"[3, {LINES_A_HALO}]")
    n_folds: int = setting(10, "[2, 1000]")
    folds: Literal["halo", "spatial"] = "halo"
    tracers: Literal["all", "satellites"] = "all"
    pure: Literal["r200c", "fof"] = "r200c"

    def __post_init__(self):
        check_ranges(self)
        if not self.test_max_log10_m200c_h > self.test_min_log10_m200c_h:
            raise ZwickyError(
                f"test_max_log10_m200c_h = {self.test_max_log10_m200c_h!r} is not allowed; give log10 of "
                f"Msun/h above test_min_log10_m200c_h = {self.test_min_log10_m200c_h:g}"
            )

    def cylinder(self, h: float) -> Cylinder:
        """What clusters are cut with in a cosmology of Hubble constant 100 `h` km/s/Mpc."""
        return Cylinder.in_mpc_h(self.aperture_mpc_h, self.v_cut_kms, h)
