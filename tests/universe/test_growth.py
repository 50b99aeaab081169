import numpy as np
import pytest
from astropy.cosmology import FlatLambdaCDM, FlatwCDM
from scipy.integrate import quad

from zwicky.cosmology import paper_cosmology
from zwicky.universe.growth import Growth, drift_factor, kick_factor


def test_einstein_de_sitter():
    growth = Growth(FlatLambdaCDM(70, 1.0, Tcmb0=0))
    a = np.array([0.05, 0.3, 0.9])
    assert np.allclose(growth.first(a), a, rtol=1e-6)
    assert np.allclose(growth.first_rate(a), a, rtol=1e-6)
    assert np.allclose(growth.second(a), -3 / 7 * a**2, rtol=1e-5)
    assert np.allclose(growth.second_rate(a), -6 / 7 * a**2, rtol=1e-5)


def test_heath_integral():
    # Heath (1977): D = H integral of da / (a H)^3, exact for matter and a cosmological constant.
    cosmology = paper_cosmology()
    growth = Growth(cosmology)

    def heath(a):
        integral = quad(lambda x: 1 / (x * cosmology.efunc(1 / x - 1)) ** 3, 0, a, epsrel=1e-10)[0]
        return cosmology.efunc(1 / a - 1) * integral

    for a in (0.1, 0.5, 1 / 1.117):
        assert growth.first(a) == pytest.approx(heath(a) / heath(1.0), rel=1e-5)


def test_second_order_is_close_to_the_fit_of_bouchet():
    cosmology = paper_cosmology()
    growth = Growth(cosmology)
    for a in (0.2, 0.6, 1.0):
        fit = -3 / 7 * growth.first(a) ** 2 * cosmology.Om(1 / a - 1) ** (-1 / 143)
        assert growth.second(a) == pytest.approx(fit, rel=1e-3)


def test_growth_rate_in_wcdm_follows_linder():
    # Linder (2005): dlnD / dlna = Omega_m(a)^gamma, gamma = 0.55 + 0.05 (1 + w(z = 1)), good to 1 %.
    cosmology = FlatwCDM(70, 0.3, w0=-0.8, Tcmb0=0)
    growth = Growth(cosmology)
    for a in (0.4, 0.7, 1.0):
        rate = growth.first_rate(a) / growth.first(a)
        assert rate == pytest.approx(cosmology.Om(1 / a - 1) ** 0.56, rel=0.01)


def test_time_factors_in_einstein_de_sitter():
    cosmology = FlatLambdaCDM(70, 1.0, Tcmb0=0)
    # H = H0 a^-1.5, so that the integrals of da / (a^2 H) and da / (a^3 H) are elementary.
    assert kick_factor(cosmology, 0.25, 1.0) == pytest.approx((2 * (1 - 0.25**0.5)) / 70)
    assert drift_factor(cosmology, 0.25, 1.0) == pytest.approx((2 * (0.25**-0.5 - 1)) / 70)
