"""Whether many clusters of one mass, put together, would tell that mass: part of `validation.posterior`.

A bin of true mass leans towards the middle of any prior, so that its median residual proves nothing. The
derivative of ln p(M | galaxies) at the true mass does: under a flat prior it is that of the likelihood, whose
mean is zero at every mass if the posterior is right (the score). Its mean over its variance is by how much
the most likely common mass of many such clusters is off.
"""

from __future__ import annotations

import itertools

import numpy as np

from validation.looks import look_at
from validation.pages import table
from zwicky.estimators.posterior import Posterior
from zwicky.mocks.deep import DeepViews

__all__ = ["score_test", "table_of_scores"]

GALAXIES = (5, 16, 64, 600)
#: Bins of log10 M200c [Msun/h], and those that are told apart at high redshift: there they are rare.
MASSES = (12.8, 13.2, 13.6, 14.0, 14.4, 14.8, 15.2)
HIGH_REDSHIFT, HIGH_MASSES = 0.7, (14.0, 14.4, 14.8, 15.2)
#: Step of the derivative, dex.
_STEP = 0.01


def score_test(model: Posterior, views: DeepViews, looks: int = 8) -> dict[str, dict[str, dict[str, float]]]:
    """By number of galaxies and mass: how far a common mass is off, dex, and its error by halos."""
    parts = []
    for i in range(looks):
        looked = look_at(model, views, rng=np.random.default_rng([23, i]))
        joint, mass = model.joint(looked.sample), looked.sample.log10_m200c_h
        low, high = (np.clip(mass + d, joint.low, joint.high) for d in (-_STEP, _STEP))
        score = (joint.log_mass_density_at(high) - joint.log_mass_density_at(low)) / (high - low)
        parts.append((looked.halo, looked.sample.n_galaxies, mass, looked.sample.redshift, score))
    halo, n, mass, redshift, score = (np.concatenate(x) for x in zip(*parts, strict=True))
    out: dict[str, dict[str, dict[str, float]]] = {}
    for few, many in itertools.pairwise(GALAXIES):
        found = out[f"{few} to {many}"] = {}
        bins = [(light, heavy, 0.0) for light, heavy in itertools.pairwise(MASSES)]
        bins += [(light, heavy, HIGH_REDSHIFT) for light, heavy in itertools.pairwise(HIGH_MASSES)]
        for light, heavy, least in bins:
            here = (n >= few) & (n < many) & (mass >= light) & (mass < heavy) & (redshift > least)
            if not here.any():
                continue
            _, of_halo = np.unique(halo[here], return_inverse=True)
            count, total = np.bincount(of_halo), np.bincount(of_halo, score[here])
            mean, variance = score[here].mean(), np.mean(score[here] ** 2)
            error = np.sqrt(np.sum((total - mean * count) ** 2)) / here.sum()
            where = f", z > {least:g}" if least else ""
            found[f"{light:g} to {heavy:g}{where}"] = {
                "n": int(here.sum()),
                "halos": len(count),
                "off": float(mean / variance),
                "off_error": float(error / variance),
            }
    return out


def table_of_scores(found: dict[str, dict[str, dict[str, float]]]) -> str:
    """A row a mass, a column a number of galaxies."""

    def cell(numbers: dict[str, float] | None) -> str:
        return "" if numbers is None else f"{numbers['off']:+.3f} ± {numbers['off_error']:.3f}"

    masses = dict.fromkeys(mass for column in found.values() for mass in column)
    rows = [[mass, *(cell(column.get(mass)) for column in found.values())] for mass in masses]
    return table(["log10 M, Msun/h", *(f"{n} galaxies" for n in found)], rows)
