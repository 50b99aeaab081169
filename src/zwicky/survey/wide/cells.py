"""Which places on the sky may be near some centres, by cells of an eighth of a degree: nothing is sorted."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from zwicky.kernels import kernel
from zwicky.survey.search import half_width_deg
from zwicky.units import SPEED_OF_LIGHT_KMS

__all__ = ["SkyCells"]

#: Cells a degree of declination and of right ascension.
_FINE = 8
_SHAPE = (180 * _FINE, 360 * _FINE)


@dataclass(frozen=True, eq=False)
class SkyCells:
    """The redshifts that are looked for in each cell of the sky.

    Parameters
    ----------
    low, high : float32, shape (1440, 2880)
        Least and largest redshift; the first is above the second where nothing is looked for.
    """

    low: np.ndarray = field(repr=False)
    high: np.ndarray = field(repr=False)

    @classmethod
    def around(
        cls, ra_deg: np.ndarray, dec_deg: np.ndarray, z: np.ndarray, angle: np.ndarray, limit_kms: float
    ) -> SkyCells:
        """Cells that reach within `angle` radians of a centre, and redshifts within `limit_kms` of its own.

        Parameters
        ----------
        ra_deg, dec_deg, z, angle : shape (n,)
            Of the centres; one with a NaN is near nothing.
        """
        # Copies, for arrays from files and other processes are read-only.
        low, high = np.full(_SHAPE, np.inf, np.float32), np.full(_SHAPE, -np.inf, np.float32)
        _fill(*(np.array(x, dtype=float) for x in (ra_deg, dec_deg, z, angle)), limit_kms, low, high)
        return cls(low, high)

    def may_hold(self, ra_deg: np.ndarray, dec_deg: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Which galaxies may be near a centre, bool, shape (n,): all that are, and some that are not.

        What has no position or no redshift is near nothing.
        """
        near = np.empty(len(ra_deg), dtype=np.bool_)
        _look(*(np.array(x, dtype=float) for x in (ra_deg, dec_deg, z)), self.low, self.high, near)
        return near


@kernel(inline="always")
def _row(dec):
    return min(max(int(np.floor((dec + 90.0) * _FINE)), 0), _SHAPE[0] - 1)


@kernel
def _fill(ra, dec, z, angle, limit_kms, low, high):
    beta = limit_kms / SPEED_OF_LIGHT_KMS
    factor = np.sqrt((1.0 + beta) / (1.0 - beta)) * (1.0 + 1e-6)
    for c in range(len(ra)):
        if not (np.isfinite(ra[c]) and np.isfinite(dec[c]) and np.isfinite(z[c]) and angle[c] > 0.0):
            continue
        least, most = (1.0 + z[c]) / factor - 1.0, (1.0 + z[c]) * factor - 1.0
        reach = min(angle[c] * 180.0 / np.pi, 180.0) + 1e-6
        half = half_width_deg(dec[c], reach) + 1e-6
        first = int(np.floor((ra[c] - half) * _FINE))
        last = min(int(np.floor((ra[c] + half) * _FINE)), first + _SHAPE[1] - 1)
        for row in range(_row(dec[c] - reach), _row(dec[c] + reach) + 1):
            for column in range(first, last + 1):
                at = column % _SHAPE[1]
                low[row, at] = min(low[row, at], least)
                high[row, at] = max(high[row, at], most)


@kernel
def _look(ra, dec, z, low, high, near):
    for i in range(len(ra)):
        if not (np.isfinite(ra[i]) and abs(dec[i]) <= 90.0):
            near[i] = False
            continue
        row, column = _row(dec[i]), int(np.floor((ra[i] % 360.0) * _FINE)) % _SHAPE[1]
        near[i] = low[row, column] <= z[i] and z[i] <= high[row, column]
