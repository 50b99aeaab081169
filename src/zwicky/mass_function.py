"""How many halos there are of each mass, from NumPy alone: the prior that nature gives a cluster.

The transfer function is that of Eisenstein & Hu (1998), the mass function that of Tinker et al. (2008). No
global cosmology, no package beyond NumPy: an observer's installation has it. `zwicky.theory` has the same
from colossus, which the tests compare.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from astropy.cosmology import FLRW

__all__ = ["N_S", "SIGMA8", "log_mass_function"]

#: Normalisation and slope of the power spectrum where an observer's cosmology says neither: MultiDark
#: Planck 2 (Klypin et al. 2016), the simulation of Ho et al. (2019).
SIGMA8, N_S = 0.8228, 0.96

#: Baryons over matter where a cosmology does not say, and the temperature of the background in K.
_BARYON_SHARE, _T_CMB = 0.157, 2.7255
#: Critical density today in Msun/h per (Mpc/h)^3.
_RHO_CRITICAL = 2.77536627e11
#: Tinker et al. (2008), Table 2: overdensity over the mean, and A, a, b, c at z = 0.
_DELTA = np.log10([200.0, 300.0, 400.0, 600.0, 800.0, 1200.0, 1600.0, 2400.0, 3200.0])
_TABLE = np.array(
    [
        [0.186, 0.200, 0.212, 0.218, 0.248, 0.255, 0.260, 0.260, 0.260],
        [1.47, 1.52, 1.56, 1.61, 1.87, 2.13, 2.30, 2.53, 2.66],
        [2.57, 2.25, 2.05, 1.87, 1.59, 1.51, 1.46, 1.44, 1.41],
        [1.19, 1.27, 1.34, 1.45, 1.58, 1.80, 1.97, 2.24, 2.44],
    ]
)


def log_mass_function(
    log10_m200c: np.ndarray, redshift: float, cosmology: FLRW, sigma8: float = SIGMA8, n_s: float = N_S
) -> np.ndarray:
    """Natural logarithm of dn / dlog10 M200c per comoving Mpc^3 (Tinker et al. 2008, Eqs. 2-8).

    Parameters
    ----------
    log10_m200c : shape (g,)
        log10 of M200c in Msun, 10 to 16.5.
    redshift
        Of the halos, 0 to 3.
    cosmology
        Matter and a cosmological constant, or close to it: growth follows E(z) alone.
    sigma8, n_s
        Normalisation and slope of the power spectrum.

    Returns
    -------
    float64, shape (g,)
        Natural logarithm of the number per comoving Mpc^3 and dex.

    Examples
    --------
    >>> from zwicky.cosmology import paper_cosmology
    >>> n = np.exp(log_mass_function(np.array([14.0, 15.0]), 0.1, paper_cosmology()))
    >>> [f"{x:.1e}" for x in n]
    ['3.4e-05', '4.7e-07']
    """
    h, omega_m = float(cosmology.h), float(cosmology.Om0)
    baryons = getattr(cosmology, "Ob0", None)
    omega_b = float(baryons) if baryons else _BARYON_SHARE * omega_m
    log10_mass, log_sigma, slope = _variance(h, omega_m, omega_b, float(sigma8), float(n_s))
    mass_h = np.asarray(log10_m200c, dtype=float) + np.log10(h)
    e2 = float(cosmology.efunc(redshift)) ** 2
    omega_z = omega_m * (1.0 + redshift) ** 3 / e2
    sigma = np.exp(np.interp(mass_h, log10_mass, log_sigma)) * _growth(float(redshift), cosmology)
    steep = -np.interp(mass_h, log10_mass, slope)
    amplitude, a, b, c = (_spline(_DELTA, row, np.log10(200.0 / omega_z)) for row in _TABLE)
    # Eqs. 3 and 5-8, in which the overdensity is over the mean density of matter.
    delta = 200.0 / omega_z
    alpha = 10.0 ** -((0.75 / np.log10(delta / 75.0)) ** 1.2)
    amplitude = amplitude * (1.0 + redshift) ** -0.14
    a, b = a * (1.0 + redshift) ** -0.06, b * (1.0 + redshift) ** -alpha
    log_f = np.log(amplitude) + np.log((sigma / b) ** -a + 1.0) - c / sigma**2
    log_ratio = np.log(omega_m * _RHO_CRITICAL) - np.log(10.0) * mass_h
    return log_f + log_ratio + np.log(steep) + np.log(np.log(10.0)) + 3.0 * np.log(h)


def transfer_function(k_h: np.ndarray, h: float, omega_m: float, omega_b: float) -> np.ndarray:
    """Transfer function of matter with baryons (Eisenstein & Hu 1998, Eqs. 2-24), shape (n,).

    `k_h` are wave numbers in h/Mpc, the background has 2.7255 K.
    """
    k = np.asarray(k_h, dtype=float) * h
    theta = _T_CMB / 2.7
    om, ob = omega_m * h**2, omega_b * h**2
    share_b, share_c = omega_b / omega_m, 1.0 - omega_b / omega_m
    z_eq = 2.5e4 * om / theta**4
    k_eq = 7.46e-2 * om / theta**2
    b1 = 0.313 * om**-0.419 * (1.0 + 0.607 * om**0.674)
    b2 = 0.238 * om**0.223
    z_d = 1291.0 * om**0.251 / (1.0 + 0.659 * om**0.828) * (1.0 + b1 * ob**b2)
    r_eq, r_d = 31.5 * ob / theta**4 * (1000.0 / z_eq), 31.5 * ob / theta**4 * (1000.0 / z_d)
    root = np.sqrt(1.0 + r_d) + np.sqrt(r_d + r_eq)
    sound = 2.0 / (3.0 * k_eq) * np.sqrt(6.0 / r_eq) * np.log(root / (1.0 + np.sqrt(r_eq)))
    silk = 1.6 * ob**0.52 * om**0.73 * (1.0 + (10.4 * om) ** -0.95)
    q = k / (13.41 * k_eq)

    def t0(alpha, beta):
        shape = 14.2 / alpha + 386.0 / (1.0 + 69.9 * q**1.08)
        log = np.log(np.e + 1.8 * beta * q)
        return log / (log + shape * q * q)

    a1 = (46.9 * om) ** 0.670 * (1.0 + (32.1 * om) ** -0.532)
    a2 = (12.0 * om) ** 0.424 * (1.0 + (45.0 * om) ** -0.582)
    alpha_c = a1**-share_b * a2 ** -(share_b**3)
    c1 = 0.944 / (1.0 + (458.0 * om) ** -0.708)
    beta_c = 1.0 / (1.0 + c1 * (share_c ** ((0.395 * om) ** -0.0266) - 1.0))
    ks = k * sound
    f = 1.0 / (1.0 + (ks / 5.4) ** 4)
    cold = f * t0(1.0, beta_c) + (1.0 - f) * t0(alpha_c, beta_c)

    y = (1.0 + z_eq) / (1.0 + z_d)
    r = np.sqrt(1.0 + y)
    alpha_b = 2.07 * k_eq * sound * (1.0 + r_d) ** -0.75
    alpha_b *= y * (-6.0 * r + (2.0 + 3.0 * y) * np.log((r + 1.0) / (r - 1.0)))
    beta_b = 0.5 + share_b + (3.0 - 2.0 * share_b) * np.sqrt((17.2 * om) ** 2 + 1.0)
    beta_node = 8.41 * om**0.435
    stretched = ks / (1.0 + (beta_node / ks) ** 3) ** (1.0 / 3.0)
    acoustic = t0(1.0, 1.0) / (1.0 + (ks / 5.2) ** 2)
    acoustic += alpha_b / (1.0 + (beta_b / ks) ** 3) * np.exp(-((k / silk) ** 1.4))
    return share_b * acoustic * np.sinc(stretched / np.pi) + share_c * cold


@lru_cache(maxsize=16)
def _variance(h: float, omega_m: float, omega_b: float, sigma8: float, n_s: float):
    """log10 M [Msun/h], and ln sigma(M) today with its slope over ln M, on a grid."""
    log_k = np.linspace(np.log(1e-4), np.log(2e2), 4000)
    k = np.exp(log_k)
    per_log_k = k ** (n_s + 3.0) * transfer_function(k, h, omega_m, omega_b) ** 2
    log10_mass = np.linspace(9.5, 16.8, 147)
    radius = (3.0 * 10.0**log10_mass / (4.0 * np.pi * omega_m * _RHO_CRITICAL)) ** (1.0 / 3.0)

    def variance(r):
        x = k * r
        with np.errstate(invalid="ignore"):
            window = np.where(x < 1e-2, 1.0 - x * x / 10.0, 3.0 * (np.sin(x) - x * np.cos(x)) / x**3)
        return np.trapezoid(per_log_k * window**2, log_k)

    log_sigma = 0.5 * np.log(np.array([variance(r) for r in radius]) / variance(8.0)) + np.log(sigma8)
    return log10_mass, log_sigma, np.gradient(log_sigma, log10_mass * np.log(10.0))


def _growth(redshift: float, cosmology: FLRW) -> float:
    """Linear growth over that of today: E(z) times the integral of (1 + z) / E^3 from z to infinity."""

    def unnormalised(z):
        # In a = 1 / (1 + z) the integrand is 1 / (a E)^3, smooth from 0: Gauss-Legendre.
        node, weight = _legendre(64)
        a = 0.5 / (1.0 + z) * (node + 1.0)
        e = np.asarray(cosmology.efunc(1.0 / a - 1.0), dtype=float)
        return float(cosmology.efunc(z)) * 0.5 / (1.0 + z) * float(np.sum(weight / (a * e) ** 3))

    return unnormalised(redshift) / unnormalised(0.0)


@lru_cache
def _legendre(n: int) -> tuple[np.ndarray, np.ndarray]:
    return np.polynomial.legendre.leggauss(n)


def _spline(x: np.ndarray, y: np.ndarray, at: float) -> float:
    """Natural cubic spline through (x, y), constant beyond its ends."""
    at = float(np.clip(at, x[0], x[-1]))
    n, step = len(x), np.diff(x)
    matrix, right = np.eye(n), np.zeros(n)
    for i in range(1, n - 1):
        matrix[i, i - 1 : i + 2] = step[i - 1], 2.0 * (step[i - 1] + step[i]), step[i]
        right[i] = 6.0 * ((y[i + 1] - y[i]) / step[i] - (y[i] - y[i - 1]) / step[i - 1])
    second = np.linalg.solve(matrix, right)
    i = int(np.clip(np.searchsorted(x, at) - 1, 0, n - 2))
    left = (x[i + 1] - at) / step[i]
    rest = 1.0 - left
    bend = (left**3 - left) * second[i] + (rest**3 - rest) * second[i + 1]
    return float(left * y[i] + rest * y[i + 1] + bend * step[i] ** 2 / 6.0)
