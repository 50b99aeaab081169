"""Clusters that should not be: looks spoiled on purpose, for a judge to learn what odd ones look like.

What goes wrong on the sky: two clusters in one line of sight, a centre beside the cluster, a wrong redshift
of the centre, a part of the cluster lost, units confused, no cluster at all.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from zwicky.estimators.posterior.looks import Looks
from zwicky.estimators.posterior.settings import PosteriorSettings
from zwicky.estimators.posterior.told import is_recentred, with_n_galaxies
from zwicky.velocities import compose, median_velocities

__all__ = ["FAULTS", "spoil"]

#: Kinds of fault, by their number.
FAULTS = (
    "two clusters taken for one",
    "centre beside the cluster",
    "wrong redshift of the centre",
    "a side in velocity lost",
    "the core lost",
    "velocities or radii in another unit",
    "no cluster",
)


def spoil(
    looks: Looks, settings: PosteriorSettings, *, rng: np.random.Generator, fewest: int = 4
) -> tuple[Looks, np.ndarray]:
    """Each look with one fault drawn at random; and the number of the fault, shape (m,).

    Looks that have fewer than `fewest` galaxies then are left out. Masses and members are not what they were.
    """
    n = len(looks.view)
    kind = rng.integers(len(FAULTS), size=n)
    reach = looks.aperture_mpc_h
    row = np.repeat(np.arange(n), np.diff(looks.offsets))
    r, v = looks.r_mpc_h.astype(float), looks.v_los.astype(float)

    # Two clusters: a share of one and the rest of another one, in a random line beside it.
    other = rng.permutation(n)
    joined = np.flatnonzero(kind == 0)
    gone = np.isin(row, joined)
    share = rng.uniform(0.35, 0.75, n)
    keep = ~gone | (rng.random(len(row)) < share[row])
    second = _galaxies(looks.offsets, other[joined])
    host = np.repeat(joined, np.diff(looks.offsets)[other[joined]])
    taken = rng.random(len(second)) > share[host]
    second, host = second[taken], host[taken]
    apart = rng.choice([-1.0, 1.0], n) * rng.uniform(600.0, 3000.0, n)
    beside = _beside(r[second], (rng.uniform(0.0, 0.6, n) * reach)[host], rng)
    away = compose(v[second], -apart[host])
    r, v = np.concatenate([r[keep], beside]), np.concatenate([v[keep], away])
    row = np.concatenate([row[keep], host])
    # Half of them are seen from between the two.
    between = np.where((kind == 0) & (rng.random(n) < 0.5), 0.5 * apart, 0.0)

    moved = kind[row] == 1
    r[moved] = _beside(r[moved], (rng.uniform(0.35, 1.2, n) * reach)[row[moved]], rng)
    wrong = np.where(kind == 2, rng.choice([-1.0, 1.0], n) * rng.uniform(400.0, 2000.0, n), between)
    v = compose(v, wrong[row])
    side = rng.choice([-1.0, 1.0], n)
    lost = (kind[row] == 3) & (side[row] * v < rng.uniform(-100.0, 100.0, n)[row])
    lost |= (kind[row] == 4) & (r < (rng.uniform(0.25, 0.7, n) * reach)[row])
    factor = np.exp(rng.choice([-1.0, 1.0], n) * rng.uniform(0.5, 1.2, n))
    as_velocity = rng.random(n) < 0.5
    v = np.where((kind[row] == 5) & as_velocity[row], v * factor[row], v)
    r = np.where((kind[row] == 5) & ~as_velocity[row], r * factor[row], r)
    none = kind[row] == 6
    r[none] = np.sqrt(rng.random(none.sum())) * reach[row[none]]
    v[none] = rng.uniform(-1.0, 1.0, none.sum()) * settings.survey.v_cut_kms

    order = np.argsort(row, kind="stable")
    r, v, row, lost = r[order], v[order], row[order], lost[order]
    # What is put on its median is so after the fault.
    recentred = is_recentred(looks.conditions)
    offsets = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=n))])
    shift = median_velocities(offsets, r, v, reach, settings.survey.v_cut_kms)
    v = compose(v, np.where(recentred, shift, 0.0)[row])
    lost |= (np.abs(v) > settings.survey.v_cut_kms) | (r > reach[row])
    counts = np.bincount(row[~lost], minlength=n)
    enough = counts >= fewest
    kept = ~lost & enough[row]
    return (
        dataclasses.replace(
            looks,
            view=looks.view[enough],
            conditions=with_n_galaxies(looks.conditions[enough], counts[enough]),
            aperture_mpc_h=reach[enough],
            offsets=np.concatenate([[0], np.cumsum(counts[enough])]),
            r_mpc_h=r[kept].astype(np.float32),
            v_los=v[kept].astype(np.float32),
            is_member=np.zeros(kept.sum(), dtype=bool),
            log10_m200c_h=looks.log10_m200c_h[enough],
            log10_density=looks.log10_density[enough],
        ),
        kind[enough],
    )


def _galaxies(offsets: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Places of the galaxies of `rows`, row by row."""
    counts = np.diff(offsets)[rows]
    ends = np.cumsum(counts)
    return np.arange(counts.sum()) + np.repeat(offsets[rows] - ends + counts, counts)


def _beside(r: np.ndarray, far: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Radii about a point so far away, galaxies standing at random angles."""
    angle = rng.uniform(0.0, 2.0 * np.pi, len(r))
    return np.hypot(r * np.cos(angle) + far, r * np.sin(angle))
