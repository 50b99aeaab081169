"""What a panel of the page shows, as plain numbers that are rounded to what can be seen.

A panel is one cluster: galaxies in phase space and on the sky, densities of the mass, flags in words.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from zwicky.cosmology import comoving_transverse_mpc
from zwicky.estimators import ConditionalEstimator, Estimator, MassPosterior, Prior
from zwicky.survey.clusters import ObservedClusters
from zwicky.survey.masses import under
from zwicky.survey.weigh import Weighed, cylinder_of, is_sound, posterior_of
from zwicky.survey.words import explain
from zwicky.tables import Cylinder, r200c_at

__all__ = ["MAX_BYTES", "MAX_GALAXIES", "Panels", "panels_of"]

#: Letters of JSON that the panels of a page may take together, and galaxies that one panel shows.
MAX_BYTES, MAX_GALAXIES = 12_000_000, 3_000

#: How far beyond the cylinder a panel shows, in apertures and velocity cuts.
_AROUND = 1.25
#: Memberships are asked for so many clusters at a time.
_AT_A_TIME = 200
#: A density is shown where it is above this share of its peak, with so much room, by so many points.
_SEEN, _ROOM_DEX, _LEAST_DEX, _POINTS = 0.002, 0.15, 1.0, 120


@dataclass(frozen=True, eq=False)
class Panels:
    """Everything that panels are made of.

    Parameters
    ----------
    clusters, weighed
        As observed, and what was found of them.
    model
        Whose cylinder is shown, and which may tell memberships.
    main, by_number, by_sigma
        The posteriors of the main columns, those under the mass function, and those of M-sigma.
    """

    clusters: ObservedClusters
    weighed: Weighed
    model: Estimator
    main: MassPosterior
    by_number: MassPosterior
    by_sigma: MassPosterior

    @classmethod
    def of(
        cls,
        clusters: ObservedClusters,
        weighed: Weighed,
        model: Estimator,
        m_sigma: Estimator,
        prior: Prior | str = "flat",
    ) -> Panels:
        """With the posteriors under a prior, as `zwicky.survey.masses_table` takes it."""
        sound = is_sound(weighed.problems)
        main, by_number = (under(weighed.posterior, p, clusters.sample) for p in (prior, "hmf"))
        by_sigma = posterior_of(clusters, m_sigma, sound)
        return cls(clusters, weighed, model, main, by_number, by_sigma)

    @property
    def cylinder(self) -> Cylinder:
        """What the model looks at, in the h of the sample."""
        return cylinder_of(self.model).in_h(self.clusters.sample.cosmology.h)

    @property
    def tells_members(self) -> bool:
        """Whether the model gives memberships."""
        return isinstance(self.model, ConditionalEstimator)


def panels_of(given: Panels, max_bytes: int = MAX_BYTES, max_panels: int | None = None) -> list[str]:
    """The first clusters' panels as JSON, as many as `max_bytes` letters hold, and one at least."""
    panels: list[str] = []
    room = max_bytes
    for panel in itertools.islice(_panels(given), max_panels):
        text = json.dumps(panel, separators=(",", ":"), allow_nan=False)
        room -= len(text)
        if room < 0 and panels:
            break
        panels.append(text)
    return panels


def _panels(given: Panels) -> Iterator[dict[str, Any]]:
    sample = given.clusters.sample
    distance = comoving_transverse_mpc(sample.redshift, sample.cosmology)
    weighed = np.isfinite(given.main.log10_m200c)
    radius = np.full(len(sample), np.nan)
    radius[weighed] = r200c_at(
        10.0 ** given.main.log10_m200c[weighed], sample.redshift[weighed], sample.cosmology
    )
    for start in range(0, len(sample), _AT_A_TIME):
        rows = np.arange(start, min(start + _AT_A_TIME, len(sample)))
        chance = _memberships(given, rows)
        first = sample.offsets[start]
        for row in rows:
            a, b = sample.offsets[row : row + 2]
            yield {
                "r200": _rounded(radius[row], 3),
                "galaxies": _galaxies(given, row, chance[a - first : b - first], float(distance[row])),
                "mass": _densities(given, row),
                "flags": [
                    [found.remark, found.meaning, found.advice]
                    for found in explain(given.weighed.flags[row], given.weighed.problems[row])
                ],
            }


def _memberships(given: Panels, rows: np.ndarray) -> np.ndarray:
    """Probability of each galaxy of some rows that follow each other; NaN where the model does not tell."""
    some = given.clusters.sample[rows]
    chance = np.full(len(some.v_los), np.nan)
    sound = np.array([given.weighed.problems[row] is None for row in rows], dtype=bool)
    if given.tells_members and sound.any():
        holds = given.cylinder.holds(some.r_proj_comoving, some.v_los) & np.repeat(sound, some.n_galaxies)
        chance[holds] = given.model.membership(some.in_cylinder(given.cylinder)[np.flatnonzero(sound)])
    return chance


def _galaxies(given: Panels, row: int, chance: np.ndarray, distance_mpc: float) -> dict[str, Any]:
    """Galaxies in and around the cylinder of one cluster, those in it first."""
    sample, origin, cylinder = given.clusters.sample, given.clusters.origin, given.cylinder
    a, b = sample.offsets[row : row + 2]
    r, v = sample.r_proj_comoving[a:b].astype(float), sample.v_los[a:b].astype(float)
    inside = cylinder.holds(r, v)
    shown = (r >= 0) & (r <= _AROUND * cylinder.aperture_mpc) & (np.abs(v) <= _AROUND * cylinder.v_cut_kms)
    order = np.concatenate(
        [_spread(np.flatnonzero(shown & inside)), _spread(np.flatnonzero(shown & ~inside))]
    )
    found: dict[str, Any] = {
        "n": int(np.sum(shown)),
        "inside": min(int(np.sum(inside)), MAX_GALAXIES),
        "r": _list(r[order], 3),
        "v": _list(v[order]),
    }
    if np.isfinite(chance[order]).any():
        found["p"] = [-1 if np.isnan(p) else round(100 * p) for p in chance[order].tolist()]
    if origin.galaxy_id is not None:
        found["id"] = [str(name) for name in origin.galaxy_id[a:b][order]]
    if origin.ra is not None and origin.dec is not None:
        found["sky"] = _sky(given, row, order, inside, distance_mpc)
    return found


def _sky(given: Panels, row: int, order: np.ndarray, inside: np.ndarray, distance_mpc: float):
    """Offsets in arcmin east and north of the centre, or else of the middle of the galaxies."""
    origin, sample = given.clusters.origin, given.clusters.sample
    a, b = sample.offsets[row : row + 2]
    ra, dec = origin.ra[a:b], origin.dec[a:b]
    known = np.isfinite(ra) & np.isfinite(dec)
    has_centre = origin.centre_ra is not None and np.isfinite(origin.centre_ra[row])
    if has_centre:
        at = float(origin.centre_ra[row]), float(origin.centre_dec[row])
    elif (known & inside).any():
        first = ra[known & inside][0]
        around = (ra[known & inside] - first + 180.0) % 360.0 - 180.0
        at = float(first + np.median(around)), float(np.median(dec[known & inside]))
    else:
        return None
    if not np.isfinite(distance_mpc):
        return None
    east = ((ra[order] - at[0] + 180.0) % 360.0 - 180.0) * np.cos(np.deg2rad(at[1])) * 60.0
    return {
        "x": _list(east, 2),
        "y": _list((dec[order] - at[1]) * 60.0, 2),
        "centre": [round(at[0] % 360.0, 5), round(at[1], 5)] if has_centre else None,
        "proposed": given.clusters.proposed is not None,
        "arcmin": _rounded(np.rad2deg(1.0 / distance_mpc) * 60.0, 5),
    }


def _densities(given: Panels, row: int) -> dict[str, Any] | None:
    """The posterior, its prior and the same under the mass function, where any is known."""
    point = given.main.log10_m200c[row]
    if not np.isfinite(point):
        return None
    sigma = given.by_sigma
    found: dict[str, Any] = {"msigma": [_rounded(sigma.log10_m200c[row], 3)]}
    if sigma.has_width[row]:
        found["msigma"] += _list(sigma[int(row)].quantile([0.16, 0.84])[0], 3)
    if not given.main.has_width[row]:
        return found
    grid, density = given.main.grid, np.exp(given.main.log_density[row])
    seen = grid[density > _SEEN * density.max()]
    marks = [value for value in found["msigma"] if value is not None]
    low, high = min([seen[0], *marks]) - _ROOM_DEX, max([seen[-1], *marks]) + _ROOM_DEX
    more = max(0.0, 0.5 * (_LEAST_DEX - (high - low)))
    kept = np.flatnonzero((grid >= low - more) & (grid <= high + more))
    kept = kept[:: -(-len(kept) // _POINTS)]
    found["interval"] = _list(given.main[int(row)].quantile([0.16, 0.84])[0], 3)
    found |= {"x": _list(grid[kept], 3), "density": _list(density[kept], 3)}
    prior = given.main.prior.on(grid)
    share = np.exp((prior if prior.ndim == 1 else prior[row])[kept])
    area = np.trapezoid(share, grid[kept])
    if area > 0:
        found["prior"] = _list(share / area, 3)
    if given.main.prior.name != "hmf":
        found["hmf"] = _list(np.exp(given.by_number.log_density[row])[kept], 3)
    return found


def _spread(index: np.ndarray) -> np.ndarray:
    """At most `MAX_GALAXIES` of some rows, evenly."""
    if len(index) <= MAX_GALAXIES:
        return index
    return index[np.linspace(0, len(index) - 1, MAX_GALAXIES).astype(int)]


def _list(values: np.ndarray, digits: int | None = None) -> list[float | int | None]:
    return [_rounded(value, digits) for value in np.asarray(values, dtype=float).tolist()]


def _rounded(value: float, digits: int | None = None) -> float | int | None:
    return round(float(value), digits) if np.isfinite(value) else None
