"""How far a point estimate is from the truth, by predicted mass and number of galaxies.

Cross-validated residuals are averaged into a table that is saved with a model; a prediction reads its error
from it. The number is the root mean square of log10 (predicted / true), local bias included: the distance
from the truth that a user should expect.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from zwicky.errors import ZwickyError

__all__ = ["ErrorTable"]

#: Widths of the Gaussian window over predicted log10 mass and log10 number of galaxies, in dex.
MASS_WIDTH, NUMBER_WIDTH = 0.15, 0.15

#: Halos a cell must rest on; cells with fewer borrow from a wider window.
MIN_HALOS = 30.0


@dataclass(frozen=True, eq=False)
class ErrorTable:
    """Scatter of cross-validated masses, smooth in predicted mass and number of galaxies.

    Parameters
    ----------
    log10_m200c_h : float64, shape (a,)
        Rising predicted log10 M200c [Msun/h], the unit that holds for any observer's h.
    n_galaxies : float64, shape (b,)
        Rising numbers of galaxies in the cylinder.
    scatter_dex : float64, shape (a, b)
        Root mean square of log10 (predicted / true).

    Raises
    ------
    ZwickyError
        If the shapes do not agree, an axis does not rise or a scatter is not positive.

    Examples
    --------
    >>> scatter = np.array([[0.3, 0.2], [0.2, 0.1]])
    >>> table = ErrorTable(np.array([14.0, 15.0]), np.array([10.0, 100.0]), scatter)
    >>> table.error_of(np.array([14.5]), np.array([10])).round(2)
    array([0.25])
    """

    log10_m200c_h: np.ndarray
    n_galaxies: np.ndarray
    scatter_dex: np.ndarray

    def __post_init__(self):
        for name in ("log10_m200c_h", "n_galaxies", "scatter_dex"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=float))
        mass, number, scatter = self.log10_m200c_h, self.n_galaxies, self.scatter_dex
        if mass.ndim != 1 or number.ndim != 1 or scatter.shape != (len(mass), len(number)):
            raise ZwickyError(
                f"an error table has {mass.size} masses, {number.size} numbers of galaxies and a scatter of "
                f"shape {scatter.shape}; calibrate the model again"
            )
        rising = (
            len(mass) > 1 and len(number) > 1 and np.all(np.diff(mass) > 0) and np.all(np.diff(number) > 0)
        )
        if not (rising and np.all(scatter > 0) and np.isfinite(scatter).all() and number[0] > 0):
            raise ZwickyError(
                "an error table needs rising masses, rising numbers of galaxies above 0 and a positive "
                "scatter; calibrate the model again"
            )

    @classmethod
    def from_residuals(
        cls,
        log10_predicted_h: np.ndarray,
        log10_true_h: np.ndarray,
        n_galaxies: np.ndarray,
        halo_id: np.ndarray,
        *,
        n_mass: int = 12,
        n_number: int = 8,
    ) -> ErrorTable:
        """The table of some cross-validated masses.

        Every cell is the root mean square residual under a Gaussian window of 0.15 dex in both; where
        fewer than 30 halos lie under it the window is widened until they do, so that a cell that no
        training cluster reached says what its neighbours say. A hundred lines of sight of one halo are one
        halo, which counts by the nearest of them.

        Parameters
        ----------
        log10_predicted_h, log10_true_h : float64, shape (n,)
            Predicted and true log10 M200c [Msun/h].
        n_galaxies : shape (n,)
            Galaxies in each cylinder.
        halo_id : int, shape (n,)
            The halo behind each row.
        n_mass, n_number
            Cells of the table, between the 1st and the 99th percentiles.

        Raises
        ------
        ZwickyError
            If fewer than 30 halos have clusters with finite masses.
        """
        good = np.isfinite(log10_predicted_h) & np.isfinite(log10_true_h) & (np.asarray(n_galaxies) > 0)
        halos, halo = np.unique(np.asarray(halo_id)[good], return_inverse=True)
        if len(halos) < MIN_HALOS:
            raise ZwickyError(
                f"residuals of {len(halos)} halos are too few for an error table; give at least "
                f"{MIN_HALOS:.0f}"
            )
        mass, number = np.asarray(log10_predicted_h)[good], np.log10(np.asarray(n_galaxies)[good])
        squared = (mass - np.asarray(log10_true_h)[good]) ** 2
        mass_cells = np.linspace(*np.percentile(mass, [1, 99]), n_mass)
        number_cells = np.linspace(*np.percentile(number, [1, 99]), n_number)
        order = np.argsort(halo, kind="stable")
        mass, number, squared = mass[order], number[order], squared[order]
        starts = np.searchsorted(halo[order], np.arange(len(halos)))
        scatter = [
            [_local_rms(mass - m, number - k, squared, starts) for k in number_cells] for m in mass_cells
        ]
        return cls(mass_cells, 10.0**number_cells, np.array(scatter))

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> ErrorTable:
        """What `to_mapping` gave.

        Raises
        ------
        ZwickyError
            If something is missing or does not fit together.
        """
        try:
            return cls(values["log10_m200c_h"], values["n_galaxies"], values["scatter_dex"])
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, ZwickyError):
                raise
            reason = f"{type(error).__name__}: {error}".splitlines()[0]
            raise ZwickyError(f"no error table ({reason}); calibrate the model again") from error

    def to_mapping(self) -> dict[str, list]:
        """Plain lists, for JSON."""
        return {
            "log10_m200c_h": self.log10_m200c_h.tolist(),
            "n_galaxies": self.n_galaxies.tolist(),
            "scatter_dex": self.scatter_dex.tolist(),
        }

    def error_of(self, log10_m200c_h: np.ndarray, n_galaxies: np.ndarray) -> np.ndarray:
        """Error of log10 masses [Msun/h] in dex, shape (n,), linear in mass and log number of galaxies.

        Beyond the table's edge the edge holds; NaN in, NaN out.
        """
        log10_mass, scatter = np.atleast_1d(np.asarray(log10_m200c_h, dtype=float)), self.scatter_dex
        i, across = _place(self.log10_m200c_h, np.nan_to_num(log10_mass))
        j, along = _place(np.log10(self.n_galaxies), np.log10(np.maximum(n_galaxies, 1)))
        low = (1 - along) * scatter[i, j] + along * scatter[i, j + 1]
        high = (1 - along) * scatter[i + 1, j] + along * scatter[i + 1, j + 1]
        return np.where(np.isfinite(log10_mass), (1 - across) * low + across * high, np.nan)


def _place(nodes: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The interval of rising `nodes` that each x is in, and how far along it, 0 to 1."""
    x = np.clip(x, nodes[0], nodes[-1])
    i = np.clip(np.searchsorted(nodes, x, side="right") - 1, 0, len(nodes) - 2)
    return i, (x - nodes[i]) / (nodes[i + 1] - nodes[i])


def _local_rms(mass: np.ndarray, number: np.ndarray, squared: np.ndarray, starts: np.ndarray) -> float:
    """Of rows in order of halo, each halo's from its place in `starts` on."""
    distance = (mass / MASS_WIDTH) ** 2 + (number / NUMBER_WIDTH) ** 2
    nearest = np.minimum.reduceat(distance, starts)
    widen = 1.0
    while np.exp(-0.5 * nearest / widen**2).sum() < MIN_HALOS and widen < 64.0:
        widen *= 1.25
    return float(np.sqrt(np.average(squared, weights=np.exp(-0.5 * distance / widen**2))))
