"""What a mock survey looks like: where, how deep, how precise, and what it misses."""

from __future__ import annotations

from dataclasses import dataclass

from zwicky.errors import ZwickyError
from zwicky.settings import check_ranges, setting

__all__ = ["SkySettings"]


@dataclass(frozen=True)
class SkySettings:
    """A survey of a periodic universe, by an observer inside it.

    Parameters
    ----------
    z_min, z_max
        Redshifts of galaxies, without errors and with them.
    region_deg
        Least and largest right ascension, least and largest declination, in degrees.
    density_h3_mpc3
        Galaxies in the universe, comoving (Mpc/h)^-3, of a volume-limited survey; None keeps all tracers.
    flux_limit
        Faintest apparent magnitude, in the place of a density: tracers get absolute magnitudes by the
        luminosity function of Blanton et al. (2003, ApJ 592, 819; r band at z = 0.1, M* - 5 log h = -20.44,
        alpha = -1.05), down to the magnitude at which it has as many galaxies as there are tracers. Neither
        K-correction nor evolution.
    redshift_error_kms
        Of a galaxy, in its rest frame.
    completeness
        Share of the targets that get a redshift, fibre collisions apart.
    collision_arcsec
        Of two targets closer than this one gets no redshift (Blanton et al. 2003b: 55 of the SDSS); 0: none.
    holes, hole_deg
        Round holes in the mask, for bright stars, and their radius in degrees.
    least_log10_m200c_h
        Halos of at least this log10 M200c in Msun/h are the survey's clusters.
    centre_error_kms
        Error of a cluster's redshift, in its rest frame.
    velocity_bias
        Velocities of galaxies inside r200c about their halo's, over those of matter.
    miscentred, miscentring_mpc_h
        Share of clusters whose centre is off, and the Rayleigh parameter of the offset, comoving Mpc/h.
    """

    z_min: float = setting(0.01, "[0, 10)")
    z_max: float = setting(0.15, "(0, 10]")
    region_deg: tuple[float, ...] = (0.0, 360.0, -90.0, 90.0)
    density_h3_mpc3: float | None = setting(None, "(0, inf)")
    flux_limit: float | None = setting(None, "[5, 40]", "a magnitude")
    redshift_error_kms: float = setting(50.0, "[0, 5000]", "km/s")
    completeness: float = setting(1.0, "(0, 1]")
    collision_arcsec: float = setting(0.0, "[0, 600]")
    holes: int = setting(0, "[0, 1000000]")
    hole_deg: float = setting(0.1, "(0, 20]")
    least_log10_m200c_h: float = setting(14.0, "(8, 17)")
    centre_error_kms: float = setting(0.0, "[0, 5000]", "km/s")
    velocity_bias: float = setting(1.0, "(0, 2]")
    miscentred: float = setting(0.0, "[0, 1]")
    miscentring_mpc_h: float = setting(0.2, "[0, 5]")

    def __post_init__(self):
        check_ranges(self)
        if not self.z_min < self.z_max:
            raise ZwickyError(
                f"z_min = {self.z_min:g} is not below z_max = {self.z_max:g}; give the lower first"
            )
        if self.density_h3_mpc3 is not None and self.flux_limit is not None:
            raise ZwickyError(
                f"flux_limit = {self.flux_limit:g}: a density is given too; a survey has one or the other"
            )
        low_ra, high_ra, low_dec, high_dec = (*self.region_deg, *[float("nan")] * 4)[:4]
        if len(self.region_deg) != 4 or not (
            0 <= low_ra < high_ra <= 360 and -90 <= low_dec < high_dec <= 90
        ):
            raise ZwickyError(
                f"region_deg = {self.region_deg}; give right ascensions from 0 to 360 and declinations from "
                "-90 to 90 degrees, the lower first"
            )
