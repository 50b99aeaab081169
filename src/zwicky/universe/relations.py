"""How fast matter moves in halos of a mass: the sigma-M relation of a universe."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.tables import HaloTable

__all__ = ["EVRARD_2008", "DispersionRelation", "fit_dispersion"]


@dataclass(frozen=True)
class DispersionRelation:
    """``sigma_1D = sigma15 (M200c / 10^15 Msun/h)^slope`` with lognormal scatter.

    Parameters
    ----------
    sigma15_kms
        One-dimensional dispersion at 10^15 Msun/h, km/s.
    slope
        Power-law slope.
    scatter_ln
        Standard deviation of ln sigma about the relation.
    over_evrard
        Mean of sigma over the relation of Evrard et al. (2008), in which the mass is h(z) M200c.
    n_halos
        Halos fitted.

    Examples
    --------
    >>> DispersionRelation(1075.0, 0.34, 0.045, 0.99, 300).n_halos
    300
    """

    sigma15_kms: float
    slope: float
    scatter_ln: float
    over_evrard: float
    n_halos: int


#: Evrard et al. (2008): km/s at h(z) M200c = 10^15 Msun, slope, scatter of ln sigma.
EVRARD_2008 = (1082.9, 0.3361, 0.0426)


def fit_dispersion(halos: HaloTable, min_log10_m200c_h: float = 14.0) -> DispersionRelation:
    """Fit the relation by ordinary least squares of ln sigma to the halos above a mass in Msun/h.

    Halos without a dispersion (NaN) are left out.

    Parameters
    ----------
    halos
        Of one snapshot.
    min_log10_m200c_h
        Only halos above it are fitted, log10 of Msun/h.

    Returns
    -------
    DispersionRelation

    Raises
    ------
    ZwickyError
        If fewer than three halos are that massive.

    Examples
    --------
    >>> relation = fit_dispersion(halos)
    >>> 0.30 < relation.slope < 0.37, relation.n_halos > 10
    (True, True)
    """
    cosmology, z = halos.snapshot.cosmology, halos.snapshot.redshift
    log10_mass = np.log10(halos.m200c * cosmology.h)
    massive = (log10_mass >= min_log10_m200c_h) & np.isfinite(halos.sigma_1d)
    if massive.sum() < 3:
        raise ZwickyError(
            f"{massive.sum()} halos above log10 M200c [Msun/h] = {min_log10_m200c_h:g}; "
            "the sigma-M relation needs 3: give a larger box or a lower mass"
        )
    ln_mass = np.log(10.0) * (log10_mass[massive] - 15.0)
    ln_sigma = np.log(halos.sigma_1d[massive])
    slope, intercept = np.polyfit(ln_mass, ln_sigma, 1)
    sigma15, alpha, _ = EVRARD_2008
    evrard = np.log(sigma15) + alpha * (ln_mass + np.log(float(cosmology.efunc(z))))
    return DispersionRelation(
        sigma15_kms=float(np.exp(intercept)),
        slope=float(slope),
        scatter_ln=float(np.std(ln_sigma - intercept - slope * ln_mass, ddof=2)),
        over_evrard=float(np.exp(np.mean(ln_sigma - evrard))),
        n_halos=int(massive.sum()),
    )
