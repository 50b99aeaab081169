"""Real clusters for `validation.methods`: HeCS with SZ and lensing masses, 2M++ with X-ray ones.

The clusters, their centres and what is told of them are those of `validation.hecs`, `validation.mcxc_2mpp`
and `validation.counts`. Residuals are of log10 (M / M_other); the others' masses have a scatter of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from validation.counts import calibrated
from validation.hecs import MIN_GALAXIES, hecs_clusters, read_lensing, read_planck
from validation.mcxc_2mpp import COSMOLOGY, read_2mpp, read_mcxc
from validation.posterior import without_conditions
from zwicky.estimators import load_model
from zwicky.estimators.posterior import Posterior
from zwicky.survey.observe import clusters_of
from zwicky.survey.recentre import recentre
from zwicky.survey.weigh import cylinder_of, weigh_clusters
from zwicky.units import log10_msun

if TYPE_CHECKING:
    from validation.methods import Judged

__all__ = ["left_out", "on_the_sky"]

#: Least log10 M200c [Msun] by X-rays, as in `validation.mcxc_2mpp`.
LEAST_XRAY = 14.0
SHIPPED = ("cnn_2d", "cnn_1d", "m_sigma")


def on_the_sky(methods: dict[str, Judged], model: Posterior) -> dict:
    """Residuals of every method against three catalogues of masses."""
    from validation.methods import score

    out = {}
    for name, (clusters, other, prior) in _catalogues(model).items():
        alone = weigh_clusters(clusters, model, load_model("m_sigma"))
        inside = clusters.sample.in_cylinder(cylinder_of(model))
        used = np.flatnonzero(
            (alone.n_galaxies >= MIN_GALAXIES) & np.isfinite(alone.posterior.log10_m200c) & np.isfinite(other)
        )
        told, other = inside[used], other[used]
        sample = without_conditions(told)
        h = sample.cosmology.h
        counted = weigh_clusters(clusters, model, load_model("m_sigma"), density=prior)
        masses = {
            "posterior": alone.posterior.log10_m200c[used],
            "posterior with counts": counted.posterior.log10_m200c[used],
        }
        masses |= {k: log10_msun(one.weigh(sample)[0], h) for k, one in methods.items()}
        masses |= {f"{k}, as shipped": load_model(k).predict(sample).log10_m200c for k in SHIPPED}
        masses |= {
            "counting": left_out(np.log10(sample.n_galaxies), other),
            "the prior alone": left_out(None, other),
        }
        each = np.arange(len(used))
        out[name] = {k: score(mass - other, each, None) for k, mass in masses.items()}
        print(
            name,
            {k: (round(v["median"], 3), round(v["scatter"], 3)) for k, v in out[name].items()},
            flush=True,
        )
    return out


def _catalogues(model: Posterior) -> dict:
    """Clusters, their other masses (log10 Msun; NaN where they are not compared) and the survey's density."""
    (planck, by_sz), (lensed, by_lensing) = read_planck(), read_lensing()
    hecs = hecs_clusters(model, planck)
    density = calibrated(hecs, model, least=MIN_GALAXIES)
    xray, by_xray = read_mcxc()
    near = clusters_of(read_2mpp(), xray, cosmology=COSMOLOGY, model=model)
    near = recentre(near, cylinder_of(model))
    return {
        "HeCS PSZ2": (hecs, by_sz, density),
        "HeCS LoCuSS": (hecs_clusters(model, lensed), by_lensing, density),
        "2M++ MCXC": (
            near,
            np.where(by_xray > LEAST_XRAY, by_xray, np.nan),
            calibrated(near, model, with_trend=True),
        ),
    }


def left_out(x: np.ndarray | None, mass: np.ndarray) -> np.ndarray:
    """Each mass by a straight line in x through the others, or by their mean."""
    out = np.empty(len(mass))
    for i in range(len(mass)):
        rest = np.arange(len(mass)) != i
        if x is None:
            out[i] = mass[rest].mean()
        else:
            out[i] = np.polyval(np.polyfit(x[rest], mass[rest], 1), x[i])
    return out
