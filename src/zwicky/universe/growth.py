"""Linear and second-order growth, and the time integrals of kicks and drifts.

Everything here follows from E(z) of an astropy cosmology; a is the scale factor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.integrate import quad, solve_ivp
from scipy.interpolate import CubicSpline

if TYPE_CHECKING:
    from astropy.cosmology import FLRW

__all__ = ["Growth", "drift_factor", "kick_factor"]


class Growth:
    r"""Growth of density perturbations, first and second order in Lagrangian perturbation theory.

    Solves, with primes for d/dln a (Bouchet et al. 1995; Scoccimarro 1998),

    .. math:: D'' + (2 + (\ln H)') D' = \tfrac32 \Omega_m(a) D, \qquad
              D_2'' + (2 + (\ln H)') D_2' = \tfrac32 \Omega_m(a) (D_2 - D^2)

    from matter domination. D is normalised to 1 at z = 0; D_2 is about -3/7 D^2.

    >>> from zwicky.cosmology import paper_cosmology
    >>> growth = Growth(paper_cosmology())
    >>> round(float(growth.first(1.0)), 6)
    1.0
    """

    _A_FIRST = 1e-3

    def __init__(self, cosmology: FLRW):
        ln_a = np.linspace(np.log(self._A_FIRST), 0.0, 2000)
        ln_e = CubicSpline(ln_a, np.log(cosmology.efunc(np.expm1(-ln_a))))
        slope = ln_e.derivative()

        def rates(x, y):
            d, v, d2, v2 = y
            drag = 2.0 + slope(x)
            source = 1.5 * cosmology.Om0 * np.exp(-3.0 * x - 2.0 * ln_e(x))
            return [v, source * d - drag * v, v2, source * (d2 - d * d) - drag * v2]

        a = self._A_FIRST
        start = [a, a, -3.0 / 7.0 * a**2, -6.0 / 7.0 * a**2]
        solution = solve_ivp(
            rates, (ln_a[0], 0.0), start, t_eval=ln_a, rtol=1e-9, atol=1e-14, method="DOP853"
        )
        d, v, d2, v2 = solution.y
        today = d[-1]
        self._first = CubicSpline(ln_a, d / today)
        self._first_rate = CubicSpline(ln_a, v / today)
        self._second = CubicSpline(ln_a, d2 / today**2)
        self._second_rate = CubicSpline(ln_a, v2 / today**2)

    def first(self, a):
        """D(a), one at a = 1."""
        return self._first(np.log(a))

    def first_rate(self, a):
        """dD / dln a."""
        return self._first_rate(np.log(a))

    def second(self, a):
        """D_2(a), negative, in the same normalisation."""
        return self._second(np.log(a))

    def second_rate(self, a):
        """dD_2 / dln a."""
        return self._second_rate(np.log(a))


def kick_factor(cosmology: FLRW, a_from: float, a_to: float) -> float:
    """Integral of dt / a between two scale factors, in Mpc s / km (time in Mpc per km/s)."""
    return quad(lambda a: 1.0 / (a**2 * _hubble(cosmology, a)), a_from, a_to, epsrel=1e-10)[0]


def drift_factor(cosmology: FLRW, a_from: float, a_to: float) -> float:
    """Integral of dt / a^2 between two scale factors, in Mpc s / km."""
    return quad(lambda a: 1.0 / (a**3 * _hubble(cosmology, a)), a_from, a_to, epsrel=1e-10)[0]


def _hubble(cosmology: FLRW, a: float) -> float:
    return cosmology.H0.value * float(cosmology.efunc(1.0 / a - 1.0))
