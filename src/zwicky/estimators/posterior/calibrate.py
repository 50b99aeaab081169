"""Fit a `Calibration` to clusters that nothing was trained on."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize, minimize_scalar

from zwicky.errors import ZwickyError
from zwicky.estimators.posterior.calibration import Calibration
from zwicky.estimators.posterior.mixture import Mixture

__all__ = ["fit_calibration", "fit_density_stretch", "fit_memberships", "fit_widths"]

#: Least and largest stretch and sharpness: what lies beyond is no calibration but another model.
_STRETCH = (0.5, 2.0)
#: Fewest held-out clusters.
_FEWEST = 50


def fit_calibration(
    mixture: Mixture,
    log10_m200c_h: np.ndarray,
    log10_density: np.ndarray,
    probability: np.ndarray,
    is_member: np.ndarray,
    *,
    floor_dex: float = 0.0,
) -> Calibration:
    """The calibration that makes held-out clusters most probable.

    Parameters
    ----------
    mixture
        Densities of n clusters, not calibrated.
    log10_m200c_h, log10_density : shape (n,)
        Their true masses, Msun/h, and densities of tracers, (h/Mpc)^3.
    probability, is_member : shape (n_galaxies,)
        Memberships of their galaxies, not calibrated, and the truth.
    floor_dex
        Kept as it is: no mock can tell it. Widths are fitted without it.

    Raises
    ------
    ZwickyError
        If there are fewer than 50 clusters.
    """
    if len(mixture) < _FEWEST:
        raise ZwickyError(
            f"{len(mixture)} held-out clusters cannot calibrate; give more views, or hold out a larger share"
        )
    slope, offset = fit_memberships(probability, is_member)
    stretch, sharpness = fit_widths(mixture, log10_m200c_h)
    sharp = Calibration(stretch, sharpness).apply(mixture)
    density_stretch = fit_density_stretch(sharp, log10_m200c_h, log10_density)
    return Calibration(stretch, sharpness, density_stretch, floor_dex, slope, offset)


def fit_widths(mixture: Mixture, log10_m200c_h: np.ndarray) -> tuple[float, float]:
    """Stretch and sharpness under which the true masses are most probable, nothing else known."""

    def loss(logs: np.ndarray) -> float:
        made = Calibration(*np.exp(logs)).apply(mixture)
        return -float(np.mean(made.log_mass_density_at(log10_m200c_h)))

    bounds = [tuple(np.log(_STRETCH))] * 2
    first = [[0.0, 0.0], [0.05, 0.0], [0.0, 0.05]]
    options = {"xatol": 1e-4, "fatol": 1e-8, "initial_simplex": first}
    found = minimize(loss, first[0], method="Nelder-Mead", bounds=bounds, options=options)
    stretch, sharpness = np.exp(found.x)
    alone = mixture.mass.shape[1] == 1  # one Gaussian's share is one under any exponent
    return float(stretch), 1.0 if alone else float(sharpness)


def fit_density_stretch(mixture: Mixture, log10_m200c_h: np.ndarray, log10_density: np.ndarray) -> float:
    """Factor of the widths in density under which they are most probable with the density known."""

    def log_probability(factor: float) -> np.ndarray:
        _, told = Calibration(density_stretch=factor).apply(mixture).given_density(log10_density, 0.0)
        return told.log_mass_density_at(log10_m200c_h)

    return _most_probable(log_probability)


def _most_probable(log_probability: Callable[[float], np.ndarray]) -> float:
    """The factor with the largest mean log probability."""
    low, high = np.log(_STRETCH)
    found = minimize_scalar(
        lambda x: -float(np.mean(log_probability(float(np.exp(x))))), bounds=(low, high), method="bounded"
    )
    return float(np.exp(found.x))


def fit_memberships(probability: np.ndarray, is_member: np.ndarray) -> tuple[float, float]:
    """Slope and offset of the memberships' logits by logistic regression (Platt 1999), by Newton's method.

    Where all galaxies are members, or none is, there is nothing to fit: (1, 0).
    """
    y = np.asarray(is_member, dtype=float)
    if y.min(initial=1.0) == y.max(initial=0.0):
        return 1.0, 0.0
    p = np.clip(np.asarray(probability, dtype=float), 1e-9, 1.0 - 1e-9)
    design = np.column_stack([np.log(p / (1.0 - p)), np.ones(len(p))])
    beta = np.array([1.0, 0.0])
    for _ in range(50):
        q = 1.0 / (1.0 + np.exp(-design @ beta))
        gradient = design.T @ (y - q) - 1e-3 * (beta - [1.0, 0.0])
        hessian = (design * (q * (1.0 - q))[:, None]).T @ design + 1e-3 * np.eye(2)
        step = np.linalg.solve(hessian, gradient)
        beta = beta + np.clip(step, -1.0, 1.0)
        if np.abs(step).max() < 1e-8:
            break
    return max(float(beta[0]), 0.05), float(beta[1])
