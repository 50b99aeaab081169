"""Mock clusters about a true mass and redshift: lines through what is predicted, and what they leave over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.survey.looks import MockLooks

__all__ = ["Neighbourhood", "neighbourhoods"]

#: Widths of the neighbourhood that a line is fitted in: dex of mass, dex of 1 + z.
_MASS_DEX, _REDSHIFT_DEX = 0.12, 0.04
#: Fewest independent halos in a neighbourhood for its numbers to be given.
HALOS = 8.0


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """Clusters about a mass and a redshift: lines through log10 M_pred and ln N, and what they leave over."""

    halos: float
    weight: np.ndarray
    mean: np.ndarray
    steep: np.ndarray
    left: np.ndarray
    completeness: float
    mean_error: float

    @staticmethod
    def of(looks: MockLooks, mass: float, redshift: float) -> Neighbourhood | None:
        """None where there is no cluster at all."""
        dm = looks.log10_m200c - mass
        dz = np.log10((1.0 + looks.redshift) / (1.0 + redshift))
        weight = np.exp(-0.5 * ((dm / _MASS_DEX) ** 2 + (dz / _REDSHIFT_DEX) ** 2))
        near = weight > 1e-3
        weighed = near & np.isfinite(looks.predicted)
        if weighed.sum() < 20:
            return None
        completeness = float(weight[weighed].sum() / weight[near].sum())
        w, dm, dz = weight[weighed], dm[weighed], dz[weighed]
        values = np.stack([looks.predicted[weighed], np.log(looks.n_galaxies[weighed])], axis=1)
        design = np.stack([np.ones(len(w)), dm, dz], axis=1)
        root = np.sqrt(w)[:, None]
        line = np.linalg.lstsq(root * design, root * values, rcond=None)[0]
        left = values - design @ line
        _, halo = np.unique(looks.halo[weighed], return_inverse=True)
        by_halo = np.bincount(halo, w)
        pulls = np.bincount(halo, w * left[:, 0])
        return Neighbourhood(
            halos=float(by_halo.sum() ** 2 / (by_halo**2).sum()),
            weight=w / w.sum(),
            mean=line[0],
            steep=line[1],
            left=left,
            completeness=completeness,
            mean_error=float(np.sqrt((pulls**2).sum()) / w.sum()),
        )

    @property
    def std_ln_n(self) -> float:
        return float(np.sqrt(self.weight @ self.left[:, 1] ** 2))

    @property
    def slope(self) -> float:
        """Change of log10 M_pred with ln N at a mass."""
        return float(self.weight @ self.left.prod(axis=1)) / self.std_ln_n**2

    def moments(self, away: float) -> dict[str, float]:
        """Moments of a `MassRelation` at a mass so many dex away."""
        std = float(np.sqrt(self.weight @ self.left[:, 0] ** 2))
        return {
            "completeness": self.completeness,
            "mean_pred": float(self.mean[0] + self.steep[0] * away),
            "std_pred": std,
            "mean_ln_n": float(self.mean[1] + self.steep[1] * away),
            "std_ln_n": self.std_ln_n,
            "correlation": self.slope * self.std_ln_n / std,
            "mean_error": self.mean_error,
        }

    def density(self, at: np.ndarray, *, given_n: bool = False) -> np.ndarray:
        """Density of what is left over of log10 M_pred at `at`, per dex, its variance kept."""
        left = self.left[:, 0] - self.slope * self.left[:, 1] if given_n else self.left[:, 0]
        std = np.sqrt(self.weight @ left**2)
        few = 1.0 / (self.weight**2).sum()
        band = 1.06 * std * few**-0.2
        left = left * np.sqrt(max(1.0 - (band / std) ** 2, 0.0))
        # In cells an eighth as wide as the smoothing, thousands of clusters are some hundred numbers.
        cells = max(2, int(np.ceil(8.0 * np.ptp(left) / band)))
        share, edges = np.histogram(left, cells, weights=self.weight)
        z = (at[:, None] - 0.5 * (edges[1:] + edges[:-1])) / band
        return np.exp(-0.5 * z * z) @ share / (band * np.sqrt(2.0 * np.pi))

    def above(self, at: np.ndarray) -> np.ndarray:
        """Chance that what is left over of log10 M_pred is more than `at`, rising."""
        order = np.argsort(self.left[:, 0])
        below = np.concatenate([[0.0], np.cumsum(self.weight[order])])
        return 1.0 - below[np.searchsorted(self.left[order, 0], at, side="right")]


def neighbourhoods(looks: MockLooks, mass: np.ndarray, redshift: float) -> list[tuple[Neighbourhood, float]]:
    """For each of some masses the nearest neighbourhood with halos enough, and how many dex away that is.

    Parameters
    ----------
    looks
        Mock clusters.
    mass : shape (m,)
        log10 of true M200c in Msun.
    redshift
        Of the neighbourhoods.

    Returns
    -------
    list of (Neighbourhood, float)
        One for each mass.

    Raises
    ------
    ZwickyError
        If no mass has enough.
    """
    near = [Neighbourhood.of(looks, m, redshift) for m in mass]
    enough = [i for i, one in enumerate(near) if one is not None and one.halos >= HALOS]
    if not enough:
        raise ZwickyError(
            f"redshift {redshift:g} has fewer than {HALOS:g} halos at every mass; give more universes, or "
            "other redshifts"
        )
    found = []
    for i in range(len(mass)):
        nearest = enough[int(np.argmin(np.abs(np.array(enough) - i)))]
        one = near[nearest]
        assert one is not None
        found.append((one, float(mass[i] - mass[nearest])))
    return found
