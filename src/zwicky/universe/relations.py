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
    scatter_ln_with_secondaries
        Scatter about the same relation with the lesser halos of each group as well.
    """

    sigma15_kms: float
    slope: float
    scatter_ln: float
    over_evrard: float
    n_halos: int
    scatter_ln_with_secondaries: float


#: Evrard et al. (2008): km/s at h(z) M200c = 10^15 Msun, slope, scatter of ln sigma.
EVRARD_2008 = (1082.9, 0.3361, 0.0426)


def fit_dispersion(halos: HaloTable, min_log10_m200c_h: float = 14.0) -> DispersionRelation:
    """Fit the relation by ordinary least squares of ln sigma to the halos above a mass in Msun/h.

    Only the most massive halo of each friends-of-friends group is fitted. The others stand beside its sphere,
    mostly overlapping it, and their dispersion is partly its motion: a tail of mergers that Evrard et al.
    (2008) describe too, in a few per cent of halos.

    Raises
    ------
    ZwickyError
        If fewer than three halos are that massive.
    """
    cosmology, z = halos.snapshot.cosmology, halos.snapshot.redshift
    log10_mass = np.log10(halos.m200c * cosmology.h)
    primary = np.zeros(len(halos), dtype=bool)
    order = np.argsort(-halos.m200c, kind="stable")
    primary[order[np.unique(halos.fof_id[order], return_index=True)[1]]] = True
    above = log10_mass >= min_log10_m200c_h
    massive = above & primary
    if massive.sum() < 3:
        raise ZwickyError(
            f"{massive.sum()} halos above log10 M200c [Msun/h] = {min_log10_m200c_h:g}; "
            "the sigma-M relation needs 3: give a larger box or a lower mass"
        )
    ln_mass, ln_sigma = np.log(10.0) * (log10_mass - 15.0), np.log(halos.sigma_1d)
    slope, intercept = np.polyfit(ln_mass[massive], ln_sigma[massive], 1)
    residual = ln_sigma - intercept - slope * ln_mass
    sigma15, alpha, _ = EVRARD_2008
    evrard = np.log(sigma15) + alpha * (ln_mass + np.log(float(cosmology.efunc(z))))
    return DispersionRelation(
        sigma15_kms=float(np.exp(intercept)),
        slope=float(slope),
        scatter_ln=float(np.std(residual[massive], ddof=2)),
        over_evrard=float(np.exp(np.mean((ln_sigma - evrard)[massive]))),
        n_halos=int(massive.sum()),
        scatter_ln_with_secondaries=float(
            np.std(
                np.log(halos.sigma_1d[above]) - intercept - slope * np.log(10.0) * (log10_mass[above] - 15.0)
            )
        ),
    )
