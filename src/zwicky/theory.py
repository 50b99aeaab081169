"""Published fits: power spectra and mass functions from colossus and CAMB, mass definitions.

colossus keeps a global cosmology and can write a cache to the home folder. Both stay in this file: every
call sets the cosmology without a cache and puts the previous one back.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.extras import require

if TYPE_CHECKING:
    from astropy.cosmology import FLRW
    from colossus.cosmology.cosmology import Cosmology

__all__ = ["linear_power", "m200c_from_m500c", "mass_function", "nonlinear_power"]


@contextlib.contextmanager
def _current(cosmology: FLRW, sigma8: float, n_s: float) -> Iterator[Cosmology]:
    require("colossus", "train", "theory")
    from colossus.cosmology import cosmology as colossus_cosmology

    w0 = float(getattr(cosmology, "w0", -1.0))
    if float(getattr(cosmology, "wa", 0.0)) != 0.0:
        raise ZwickyError(f"cosmology {cosmology.name!r} has wa = {cosmology.wa}; use one with constant w")
    if cosmology.Ob0 is None or not cosmology.Ob0 > 0:
        raise ZwickyError(f"cosmology {cosmology.name!r} has no baryon density; give it Ob0")
    before = colossus_cosmology.current_cosmo
    flat = abs(cosmology.Ok0) < 1e-8
    parameters = {
        "flat": flat,
        "H0": cosmology.H0.value,
        "Om0": cosmology.Om0,
        "Ob0": cosmology.Ob0,
        "sigma8": sigma8,
        "ns": n_s,
        "relspecies": False,
        "persistence": "",
    }
    if w0 != -1.0:
        parameters |= {"de_model": "w0", "w0": w0}
    if not flat:
        parameters["Ode0"] = cosmology.Ode0
    current = colossus_cosmology.Cosmology(name="zwicky", **parameters)
    colossus_cosmology.setCurrent(current)
    try:
        yield current
    finally:
        colossus_cosmology.current_cosmo = before


def linear_power(
    k_mpc: np.ndarray, cosmology: FLRW, sigma8: float, n_s: float, transfer: str = "camb"
) -> np.ndarray:
    """Linear matter power spectrum at z = 0 in Mpc^3.

    Parameters
    ----------
    k_mpc : float64, shape (n,)
        Wave numbers in 1/Mpc (no h).
    cosmology
        Any astropy FLRW cosmology with constant w and a baryon density.
    sigma8, n_s
        Normalisation and spectral index.
    transfer
        ``"camb"`` for the Boltzmann code, or a fit that colossus knows, such as ``"eisenstein98"``.

    Returns
    -------
    float64, shape (n,)
        In Mpc^3.

    Examples
    --------
    >>> from zwicky.cosmology import paper_cosmology
    >>> p = linear_power(np.array([0.01, 0.1]), paper_cosmology(), 0.823, 0.96, transfer="eisenstein98")
    >>> bool(p[0] > 3 * p[1])
    True
    """
    k = np.asarray(k_mpc, dtype=float)
    h = cosmology.h
    if transfer == "camb":
        return _camb_power(k, 0.0, cosmology, sigma8, n_s, nonlinear=False)
    with _current(cosmology, sigma8, n_s) as current:
        return current.matterPowerSpectrum(k / h, z=0.0, model=transfer) / h**3


def nonlinear_power(
    k_mpc: np.ndarray, redshift: float, cosmology: FLRW, sigma8: float, n_s: float
) -> np.ndarray:
    """Non-linear matter power spectrum in Mpc^3 from HMcode-2020 (Mead et al. 2021), by CAMB.

    Parameters
    ----------
    k_mpc : float64, shape (n,)
        Wave numbers in 1/Mpc (no h), up to 20.
    redshift
        At which.
    cosmology
        Any astropy FLRW cosmology with constant w and a baryon density.
    sigma8, n_s
        Normalisation and spectral index.

    Returns
    -------
    float64, shape (n,)
        In Mpc^3.

    Examples
    --------
    >>> from zwicky.cosmology import paper_cosmology
    >>> k, cosmology = np.array([0.02, 2.0]), paper_cosmology()
    >>> linear = linear_power(k, cosmology, 0.823, 0.96, transfer="eisenstein98")
    >>> ratio = nonlinear_power(k, 0.0, cosmology, 0.823, 0.96) / linear
    >>> bool(ratio[1] > 3 * ratio[0])
    True
    """
    return _camb_power(np.asarray(k_mpc, dtype=float), redshift, cosmology, sigma8, n_s, nonlinear=True)


def _camb_power(
    k_mpc: np.ndarray, redshift: float, cosmology: FLRW, sigma8: float, n_s: float, nonlinear: bool
) -> np.ndarray:
    h = cosmology.h
    background = (
        float(cosmology.H0.value),
        float(cosmology.Ob0 * h**2),
        float((cosmology.Om0 - cosmology.Ob0) * h**2),
        float(cosmology.Ok0),
        float(getattr(cosmology, "w0", -1.0)),
        float(n_s),
    )
    k_max = max(20.0, 1.1 * float(k_mpc.max()))
    return _camb_spectrum(background, float(sigma8), float(redshift), k_max, nonlinear).P(redshift, k_mpc)


def _camb_parameters(background: tuple[float, ...], amplitude: float, redshift: float, k_max: float):
    require("camb", "train", "a power spectrum")
    import camb

    hubble, baryons, dark_matter, curvature, w, n_s = background
    parameters = camb.set_params(
        H0=hubble,
        ombh2=baryons,
        omch2=dark_matter,
        omk=curvature,
        w=w,
        mnu=0.0,
        num_massive_neutrinos=0,
        As=amplitude,
        ns=n_s,
        halofit_version="mead2020",
    )
    parameters.set_matter_power(redshifts=[redshift], kmax=k_max)
    parameters.NonLinear = camb.model.NonLinear_none
    return parameters


@lru_cache(maxsize=32)
def _camb_amplitude(background: tuple[float, ...], sigma8: float) -> float:
    """Primordial amplitude that gives a sigma8: one run tells what an amplitude of 2e-9 makes of it."""
    import camb

    made = camb.get_results(_camb_parameters(background, 2e-9, 0.0, 2.0)).get_sigma8_0()
    return 2e-9 * (sigma8 / made) ** 2


@lru_cache(maxsize=32)
def _camb_spectrum(
    background: tuple[float, ...], sigma8: float, redshift: float, k_max: float, nonlinear: bool
):
    """CAMB's interpolator of the matter power: seconds of work, and every output asks for z = 0 again."""
    parameters = _camb_parameters(background, _camb_amplitude(background, sigma8), redshift, k_max)
    import camb

    parameters.NonLinear = camb.model.NonLinear_both if nonlinear else camb.model.NonLinear_none
    return camb.get_results(parameters).get_matter_power_interpolator(
        nonlinear=nonlinear, hubble_units=False, k_hunit=False
    )


def mass_function(
    m200c_msun: np.ndarray,
    redshift: float,
    cosmology: FLRW,
    sigma8: float,
    n_s: float,
    model: str = "tinker08",
) -> np.ndarray:
    """Halo mass function dn / dlog10 M200c per comoving Mpc^3, by default that of Tinker et al. (2008).

    Parameters
    ----------
    m200c_msun : float64, shape (n,)
        M200c in Msun.
    redshift
        Of the halos.
    cosmology
        Any astropy FLRW cosmology with constant w.
    sigma8, n_s
        Normalisation and spectral index of the power spectrum.
    model
        A mass function that colossus knows for M200c.

    Returns
    -------
    float64, shape (n,)
        Per comoving Mpc^3 and dex.

    Examples
    --------
    >>> from zwicky.cosmology import paper_cosmology
    >>> n = mass_function(np.array([1e14, 1e15]), 0.1, paper_cosmology(), 0.823, 0.96)
    >>> bool(50 < n[0] / n[1] < 100)
    True
    """
    h = cosmology.h
    with _current(cosmology, sigma8, n_s):
        from colossus.lss import mass_function as colossus_mass_function

        per_ln = colossus_mass_function.massFunction(
            np.asarray(m200c_msun, dtype=float) * h, redshift, mdef="200c", model=model, q_out="dndlnM"
        )
    return per_ln * np.log(10.0) * h**3


def m200c_from_m500c(
    m500c_msun: np.ndarray,
    redshift: np.ndarray,
    cosmology: FLRW,
    sigma8: float,
    n_s: float,
    concentration: str = "diemer19",
) -> np.ndarray:
    """M200c in Msun of NFW halos with the given M500c, concentrations from a published relation.

    Parameters
    ----------
    m500c_msun, redshift : float64, shape (n,)
        Masses in Msun and redshifts.
    cosmology
        Any astropy FLRW cosmology with constant w.
    sigma8, n_s
        Normalisation and spectral index of the power spectrum, for the concentrations.
    concentration
        A concentration-mass model that colossus knows; default Diemer & Joyce (2019).

    Returns
    -------
    float64, shape (n,)
        M200c in Msun.

    Examples
    --------
    >>> from zwicky.cosmology import paper_cosmology
    >>> m200c = m200c_from_m500c(np.array([5e14]), np.array([0.1]), paper_cosmology(), 0.823, 0.96)
    >>> bool(1.3 < m200c[0] / 5e14 < 1.6)
    True
    """
    h = cosmology.h
    masses, redshifts = np.broadcast_arrays(
        np.atleast_1d(np.asarray(m500c_msun, dtype=float)), np.asarray(redshift, dtype=float)
    )
    out = np.empty(masses.shape)
    with _current(cosmology, sigma8, n_s):
        from colossus.halo import concentration as colossus_concentration
        from colossus.halo import mass_defs

        for i, (m500, z) in enumerate(zip(masses * h, redshifts, strict=True)):
            c500 = float(colossus_concentration.concentration(m500, "500c", z, model=concentration))
            out[i] = mass_defs.changeMassDefinition(m500, c500, z, "500c", "200c")[0]
    return out / h
