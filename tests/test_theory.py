import numpy as np
import pytest
from astropy.cosmology import FlatLambdaCDM
from colossus.cosmology import cosmology as colossus_cosmology

from zwicky.cosmology import paper_cosmology
from zwicky.errors import ZwickyError
from zwicky.theory import linear_power, m200c_from_m500c, mass_function, nonlinear_power


def test_transfer_functions_agree():
    k = np.geomspace(0.01, 5, 30)
    camb = linear_power(k, paper_cosmology(), 0.8228, 0.96)
    fit = linear_power(k, paper_cosmology(), 0.8228, 0.96, "eisenstein98")
    assert np.allclose(fit / camb, 1.0, atol=0.06)


def test_nonlinear_power_is_linear_on_large_scales():
    cosmology = paper_cosmology()
    k = np.array([0.005, 0.01, 0.678])  # the last is 1 h/Mpc
    ratio = nonlinear_power(k, 0.0, cosmology, 0.8228, 0.96) / linear_power(k, cosmology, 0.8228, 0.96)
    assert np.allclose(ratio[:2], 1.0, atol=0.02)
    assert 3 < ratio[2] < 9


def test_mass_function_at_one_published_point():
    # Tinker et al. (2008), Fig. 5 left panel: about 2e-5 clusters per (Mpc/h)^3 above 1e14 Msun/h at z = 0.
    cosmology = paper_cosmology()
    log10_mass_h = np.linspace(14, 16, 400)
    density = mass_function(10**log10_mass_h / cosmology.h, 0.0, cosmology, 0.8228, 0.96) / cosmology.h**3
    assert 1e-5 < np.trapezoid(density, log10_mass_h) < 4e-5
    assert np.all(np.diff(density) < 0)


def test_m500_to_m200_of_a_massive_cluster():
    # NFW of concentration 4 to 5 at 200c: M200c / M500c is 1.35 to 1.5.
    ratio = m200c_from_m500c(np.array([3e14, 8e14]), 0.05, paper_cosmology(), 0.8228, 0.96) / [3e14, 8e14]
    assert np.all((ratio > 1.3) & (ratio < 1.55))


def test_global_cosmology_of_colossus_is_left_alone():
    before = colossus_cosmology.current_cosmo
    mass_function(np.array([1e14]), 0.0, paper_cosmology(), 0.8, 0.96)
    assert colossus_cosmology.current_cosmo is before


def test_cosmology_without_baryons_is_refused():
    with pytest.raises(ZwickyError, match="Ob0"):
        linear_power(np.array([0.1]), FlatLambdaCDM(70, 0.3, Tcmb0=0, Ob0=0.0), 0.8, 0.96, "eisenstein98")
