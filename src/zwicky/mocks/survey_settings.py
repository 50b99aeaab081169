"""Ranges of what a survey may do to a cluster, with their sources."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.tables import TRACERS

__all__ = ["DEEP_APERTURE_MPC_H", "DEEP_V_CUT_KMS", "SurveySettings"]

#: Radius and half-length of a deep view, in comoving Mpc/h and km/s: room for a wrong centre and redshift.
DEEP_APERTURE_MPC_H, DEEP_V_CUT_KMS = 2.3, 3700.0


@dataclass(frozen=True)
class SurveySettings:
    """Ranges that survey conditions are drawn from; (a, b) is uniform unless it says log-uniform.

    Parameters
    ----------
    n_galaxies
        Expected number of galaxies, log-uniform; a look with fewer than `n_min` or more than `n_max` is void.
    n_min, n_max
        See above.
    aperture_mpc_h, full_aperture
        Radius that the survey reaches, comoving Mpc/h, and the share of clusters seen to the largest.
    v_cut_kms
        Half-length of the cylinder in velocity, km/s.
    redshift_error_kms
        Of one galaxy, log-uniform; known to the observer.
    catastrophic
        Share of redshifts that are wrong altogether.
    core_loss, core_loss_share, core_mpc_h
        Completeness ``1 - c exp(-R / core_mpc_h)``: c, and the share of clusters that lose any.
    pair_arcsec, pair_share
        One galaxy of a pair closer than this is lost, in this share of clusters; log-uniform.
    miscentred_share, miscentring_mpc_h
        Share of clusters with a wrong centre, and the scale of the Rayleigh distribution of its distance.
    beside_galaxy_share, beside_galaxy_mpc_h
        Share of the other clusters whose centre is not a galaxy but the peak of X-rays or the like, and the
        Rayleigh scale of its distance from the central one (Lauer et al. 2014: median 10 kpc, a tail to 100).
    exact_centre_share, recentred_share, centre_error_kms
        Share of clusters whose velocity is exactly known, and that are put on the median of their inner
        galaxies; the others have a known error of their velocity, log-uniform.
    velocity_bias, velocity_bias_slope
        Of members at 10^14.5 Msun/h, and its rise per dex of mass.
    bright_share, bright_drop
        Share of members that are bright, and how much colder they are.
    concentration
        Galaxies' over matter's, for a matter concentration of 4; `red_concentration` for the red.
    interlopers
        Rate over that of matter.
    central_share, central_speed
        Chance that the central galaxy is observed, and its speed over the dispersion.
    tracer_shares, tracer_known
        Shares of all, red and blue samples, and the chance that the observer knows the kind.
    infall_gyr, infall_width_gyr
        Time since infall at which half are red, and the width of the transition.
    field_red
        Chance of a particle that never fell in to be red. With the two above, blue members of clusters above
        10^14 Msun/h are 10-25 % hotter than red ones in space, and red ones 2-7 % colder than all, as in
        Bayliss et al. (2017); 15-45 % of luminous galaxies in the field are red (Baldry et al. 2006).
    redshift_jitter
        How far a view is moved from its output, in units of the distance to the next one.
    """

    n_galaxies: tuple[float, ...] = (2.0, 700.0)
    n_min: int = 3
    n_max: int = 600
    aperture_mpc_h: tuple[float, ...] = (0.3, 1.6)
    full_aperture: float = 0.5
    v_cut_kms: float = 2200.0
    redshift_error_kms: tuple[float, ...] = (5.0, 350.0)
    catastrophic: tuple[float, ...] = (0.0, 0.03)
    core_loss: tuple[float, ...] = (0.0, 0.9)
    core_loss_share: float = 0.4
    core_mpc_h: float = 0.2
    pair_arcsec: tuple[float, ...] = (10.0, 80.0)
    pair_share: float = 0.3
    miscentred_share: float = 0.3
    miscentring_mpc_h: tuple[float, ...] = (0.0, 0.3)
    beside_galaxy_share: float = 0.5
    beside_galaxy_mpc_h: tuple[float, ...] = (0.005, 0.05)
    exact_centre_share: float = 0.3
    recentred_share: float = 0.4
    centre_error_kms: tuple[float, ...] = (20.0, 600.0)
    velocity_bias: tuple[float, ...] = (0.92, 1.06)
    velocity_bias_slope: tuple[float, ...] = (0.0, 0.08)
    bright_share: tuple[float, ...] = (0.0, 0.5)
    bright_drop: tuple[float, ...] = (0.0, 0.12)
    concentration: tuple[float, ...] = (0.5, 1.0)
    red_concentration: tuple[float, ...] = (0.6, 1.3)
    interlopers: tuple[float, ...] = (0.7, 1.4)
    central_share: float = 0.8
    central_speed: tuple[float, ...] = (0.04, 0.3)
    tracer_shares: tuple[float, ...] = (0.55, 0.3, 0.15)
    tracer_known: float = 0.7
    infall_gyr: tuple[float, ...] = (1.0, 4.0)
    infall_width_gyr: tuple[float, ...] = (0.7, 2.5)
    field_red: tuple[float, ...] = (0.15, 0.45)
    redshift_jitter: float = 0.5

    def __post_init__(self):
        for name, values in ((f.name, getattr(self, f.name)) for f in dataclasses.fields(self)):
            if name == "tracer_shares" or not isinstance(values, tuple):
                continue
            if len(values) != 2 or not 0 <= values[0] <= values[1]:
                raise ZwickyError(f"{name} = {values}; give two numbers of at least 0, the lower first")
        if len(self.tracer_shares) != 3 or not np.isclose(sum(self.tracer_shares), 1.0):
            raise ZwickyError(f"tracer_shares = {self.tracer_shares}; give three numbers that sum to 1")
        if not 1 <= self.n_min < self.n_max:
            raise ZwickyError(f"n_min = {self.n_min}, n_max = {self.n_max}; give 1 <= n_min < n_max")
        if self.aperture_mpc_h[1] + 2 * self.miscentring_mpc_h[1] > DEEP_APERTURE_MPC_H:
            raise ZwickyError(
                f"aperture_mpc_h = {self.aperture_mpc_h} with miscentring_mpc_h = {self.miscentring_mpc_h} "
                f"looks beyond the {DEEP_APERTURE_MPC_H} Mpc/h of a deep view; give smaller ones"
            )

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of galaxies that there are samples of, as `TRACERS` names them."""
        return tuple(kind for kind, share in zip(TRACERS, self.tracer_shares, strict=False) if share > 0)
