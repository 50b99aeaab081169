"""Masses as they were weighed before machines learned: virial theorem, projected mass, dispersions clipped.

A dispersion becomes a mass as in M-sigma: a straight line in the logarithms is fitted to mock clusters of
known mass and inverted. Formulae that give a mass are left as they are but for one factor, the median over
mock clusters. It takes up what theory leaves to conventions: the surface pressure of a cluster that goes on
beyond the aperture (The & White 1986), interlopers that were not clipped, an aperture that is not r200c; of
caustics it is the filling factor.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import ellipk

from zwicky.images import galaxy_moments
from zwicky.tables import ClusterSample

__all__ = ["Factor", "G", "Line", "clipped", "projected_mass", "virial_mass"]

#: Newton's constant in Mpc (km/s)^2 / Msun.
G = 4.30091e-9


def clipped(sample: ClusterSample, n_sigma: float = 3.0) -> ClusterSample:
    """The sample without galaxies beyond `n_sigma` dispersions of the mean velocity (Yahil & Vidal 1977).

    Dispersions are taken again until no galaxy leaves.
    """
    while True:
        moments = galaxy_moments(sample)
        cluster = np.repeat(np.arange(len(sample)), sample.n_galaxies)
        away = np.abs(sample.v_los - moments.v_mean[cluster])
        # A cluster of two galaxies keeps both, one of a single galaxy keeps it.
        keep = ~(away > n_sigma * moments.v_sigma[cluster])
        if keep.all():
            return sample
        sample = sample.select_galaxies(keep)


def virial_mass(sample: ClusterSample) -> np.ndarray:
    """log10 of the virial mass in Msun/h, without surface pressure, shape (n,); NaN of fewer than 2 galaxies.

    ``3 pi sigma^2 / (G <1 / R_ij>)``, the mean over pairs (Heisler, Tremaine & Bahcall 1985). The separation
    of two galaxies is that of two rings, averaged over the angle between them (Carlberg et al. 1996): close
    pairs weigh less, and angles, which a table of radii does not have, are not needed.
    """
    radius = _proper_mpc_h(sample)
    sigma = galaxy_moments(sample).v_sigma
    inverse = np.array([_inverse_separation(radius[a:b]) for a, b in _spans(sample)])
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log10(3.0 * np.pi / G * sigma**2 / inverse)


def projected_mass(sample: ClusterSample) -> np.ndarray:
    """log10 of the projected mass in Msun/h, shape (n,); NaN of fewer than 3 galaxies.

    ``32 / (pi G (N - 1.5)) sum v^2 R`` (Heisler, Tremaine & Bahcall 1985): isotropic orbits in a mass that is
    spread like the galaxies.
    """
    moments = galaxy_moments(sample)
    v = sample.v_los - np.repeat(moments.v_mean, sample.n_galaxies)
    product = v**2 * _proper_mpc_h(sample)
    total = np.array([product[a:b].sum() for a, b in _spans(sample)])
    with np.errstate(divide="ignore", invalid="ignore"):
        mass = 32.0 / (np.pi * G) * total / (sample.n_galaxies - 1.5)
        return np.log10(np.where(sample.n_galaxies > 2, mass, np.nan))


class Line:
    """A mass from a number that rises with it: ``log10 x = a + b (log10 M - 14.5)`` fitted and inverted.

    Parameters
    ----------
    measure
        Takes a sample, gives log10 of the number for each row, NaN where there is none.
    min_log10_m200c_h
        Only clusters above this log10 M200c [Msun/h] are fitted.
    """

    def __init__(self, measure: Callable[[ClusterSample], np.ndarray], *, min_log10_m200c_h: float = 14.0):
        self.measure, self.min_log10_m200c_h = measure, min_log10_m200c_h
        self.intercept = self.slope = np.nan

    def fit(self, sample: ClusterSample, *, rng: np.random.Generator) -> Line:
        """Least squares of the number on the mass; nothing is drawn from `rng`."""
        mass, x = sample.log10_m200c_h, self.measure(sample)
        used = np.isfinite(x) & (mass > self.min_log10_m200c_h)
        self.slope, self.intercept = map(float, np.polyfit(mass[used] - 14.5, x[used], 1))
        return self

    def points(self, sample: ClusterSample) -> np.ndarray:
        """log10 M200c in Msun/h, shape (n,)."""
        return 14.5 + (self.measure(sample) - self.intercept) / self.slope


class Factor:
    """A mass by a formula, over the median of what it gives for clusters of known mass.

    Parameters
    ----------
    measure
        Takes a sample, gives log10 of a mass in Msun/h for each row, NaN where there is none.
    min_log10_m200c_h
        Only clusters above this log10 M200c [Msun/h] settle the factor.
    """

    def __init__(self, measure: Callable[[ClusterSample], np.ndarray], *, min_log10_m200c_h: float = 14.0):
        self.measure, self.min_log10_m200c_h = measure, min_log10_m200c_h
        self.log10_factor = np.nan

    def fit(self, sample: ClusterSample, *, rng: np.random.Generator) -> Factor:
        """The median of the formula's mass over the true one; nothing is drawn from `rng`."""
        used = sample[sample.log10_m200c_h > self.min_log10_m200c_h]
        self.log10_factor = float(np.nanmedian(self.measure(used) - used.log10_m200c_h))
        return self

    def points(self, sample: ClusterSample) -> np.ndarray:
        """log10 M200c in Msun/h, shape (n,)."""
        return self.measure(sample) - self.log10_factor


def _proper_mpc_h(sample: ClusterSample) -> np.ndarray:
    """Projected distances from the centre, proper Mpc/h."""
    z = np.repeat(sample.redshift, sample.n_galaxies)
    return sample.r_proj_comoving.astype(float) * sample.cosmology.h / (1.0 + z)


def _spans(sample: ClusterSample) -> zip:
    return zip(sample.offsets[:-1], sample.offsets[1:], strict=True)


def _inverse_separation(radius: np.ndarray) -> float:
    """Mean over pairs of 1 / separation, each averaged over the angle between; NaN of fewer than 2.

    ``2 K(k) / (pi (R_i + R_j))`` with ``k^2 = 4 R_i R_j / (R_i + R_j)^2``.
    """
    if len(radius) < 2:
        return np.nan
    i, j = np.triu_indices(len(radius), 1)
    total = np.maximum(radius[i] + radius[j], 1e-4)
    # Rings of one radius would meet: radii are known no better than to a part in a thousand.
    m = np.minimum(4.0 * radius[i] * radius[j] / total**2, 1.0 - 1e-6)
    return float(np.mean(2.0 / np.pi * ellipk(m) / total))
