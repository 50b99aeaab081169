"""How far a predicted mass is from the truth, by predicted mass and number of galaxies.

Cross-validated residuals are averaged into a table that ships with a model; a prediction reads its
error from it. The number is the root mean square of log10 (predicted / true), local bias included: the
distance from the truth that a user should expect.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from zwicky.errors import ZwickyError

__all__ = ["predicted_error", "residual_scatter"]

#: Widths of the Gaussian window over predicted log10 mass and log10 number of galaxies, in dex.
MASS_WIDTH, NUMBER_WIDTH = 0.15, 0.15

#: Residuals a cell must rest on; cells with fewer borrow from a wider window.
_MIN_WEIGHT = 30.0


def residual_scatter(
    log10_predicted_h: np.ndarray,
    log10_true_h: np.ndarray,
    n_galaxies: np.ndarray,
    *,
    n_mass: int = 12,
    n_number: int = 8,
) -> dict[str, list]:
    """Table of the scatter of cross-validated masses, smooth in predicted mass and number of galaxies.

    Every cell is the root mean square residual under a Gaussian window of 0.15 dex in both; where
    fewer than 30 residuals lie under it the window is widened until they do, so that a cell that no
    training cluster reached says what its neighbours say.

    Parameters
    ----------
    log10_predicted_h, log10_true_h : float64, shape (n,)
        Predicted and true log10 M200c, both in Msun/h, the unit that holds for any observer's h.
    n_galaxies : shape (n,)
        Galaxies in each cylinder.
    n_mass, n_number
        Cells of the table, between the 1st and the 99th percentiles.

    Returns
    -------
    dict
        ``log10_m200c_h`` (n_mass), ``n_galaxies`` (n_number) and ``scatter_dex`` (n_mass, n_number), plain
        lists for JSON.

    Raises
    ------
    ZwickyError
        If fewer than 30 clusters have finite masses.
    """
    good = np.isfinite(log10_predicted_h) & np.isfinite(log10_true_h) & (np.asarray(n_galaxies) > 0)
    if good.sum() < _MIN_WEIGHT:
        raise ZwickyError(
            f"{good.sum()} residuals are too few for an error table; give at least {_MIN_WEIGHT:.0f}"
        )
    mass, number = np.asarray(log10_predicted_h)[good], np.log10(np.asarray(n_galaxies)[good])
    squared = (mass - np.asarray(log10_true_h)[good]) ** 2
    mass_cells = np.linspace(*np.percentile(mass, [1, 99]), n_mass)
    number_cells = np.linspace(*np.percentile(number, [1, 99]), n_number)
    scatter = [[_local_rms(mass - m, number - k, squared) for k in number_cells] for m in mass_cells]
    return {
        "log10_m200c_h": mass_cells.tolist(),
        "n_galaxies": (10.0**number_cells).tolist(),
        "scatter_dex": scatter,
    }


def predicted_error(
    table: Mapping[str, Any], log10_m200c_h: np.ndarray, n_galaxies: np.ndarray
) -> np.ndarray:
    """Error of log10 masses in dex, shape (n,), by linear interpolation in mass and log number.

    Beyond the table's edge the edge holds; NaN in, NaN out.
    """
    log10_mass = np.atleast_1d(np.asarray(log10_m200c_h, dtype=float))
    scatter = np.asarray(table["scatter_dex"], float)
    i, across = _place(table["log10_m200c_h"], np.nan_to_num(log10_mass))
    j, along = _place(np.log10(table["n_galaxies"]), np.log10(np.maximum(n_galaxies, 1)))
    low = (1 - along) * scatter[i, j] + along * scatter[i, j + 1]
    high = (1 - along) * scatter[i + 1, j] + along * scatter[i + 1, j + 1]
    return np.where(np.isfinite(log10_mass), (1 - across) * low + across * high, np.nan)


def _place(nodes: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The interval of rising `nodes` that each x is in, and how far along it, 0 to 1."""
    nodes = np.asarray(nodes, float)
    x = np.clip(x, nodes[0], nodes[-1])
    i = np.clip(np.searchsorted(nodes, x, side="right") - 1, 0, len(nodes) - 2)
    return i, (x - nodes[i]) / (nodes[i + 1] - nodes[i])


def _local_rms(mass: np.ndarray, number: np.ndarray, squared: np.ndarray) -> float:
    distance = (mass / MASS_WIDTH) ** 2 + (number / NUMBER_WIDTH) ** 2
    widen = 1.0
    weight = np.exp(-0.5 * distance)
    while weight.sum() < _MIN_WEIGHT and widen < 64.0:
        widen *= 1.25
        weight = np.exp(-0.5 * distance / widen**2)
    return float(np.sqrt(np.average(squared, weights=weight)))
