"""Weigh observed clusters: cut the cylinder, flag what is wrong, predict, tabulate."""

from __future__ import annotations

import astropy.units as u
import numpy as np
from astropy.table import QTable

from zwicky.errors import ZwickyError
from zwicky.estimators import Estimator, MassPosterior
from zwicky.images import galaxy_moments
from zwicky.survey.clusters import ObservedClusters
from zwicky.survey.quality import Problem, find_problem, remarks_on_data, remarks_on_mass
from zwicky.tables import Cylinder
from zwicky.units import log10_msun_h

__all__ = ["COLUMNS", "cylinder_of", "posterior_of", "problems_of", "weigh"]

#: Columns of the table that `weigh` gives, and what they are.
COLUMNS = {
    "cluster_id": "the observer's name of the cluster",
    "n_galaxies": "galaxies in the cylinder",
    "log10_m200c": "log10 of M200c in Msun",
    "log10_m200c_err": "standard deviation of the posterior in dex, flat prior in log10 M",
    "sigma_v_kms": "standard deviation of the line-of-sight velocities in the cylinder",
    "log10_m200c_msigma": "log10 of M200c in Msun from the M-sigma relation",
    "flag": "ok, or what to be careful about; without a mass, why there is none",
    "recentred_kms": "velocity of the median of the inner galaxies, which the velocities were put on",
}


def weigh(clusters: ObservedClusters, model: Estimator, m_sigma: Estimator) -> QTable:
    """Masses of observed clusters, one row each in their order.

    A cluster that cannot be weighed has NaN for a mass and its `zwicky.survey.quality.Problem` for a
    flag; the others are not affected.

    Parameters
    ----------
    clusters
        As observed, recentred or not; the cylinder of each model is cut here.
    model, m_sigma
        Fitted estimators that give `log10_m200c` and `log10_m200c_msigma`. A cluster that `m_sigma` alone
        cannot weigh has NaN there.

    Returns
    -------
    QTable
        The columns of `COLUMNS`; `recentred_kms` only if the clusters were recentred.
    """
    problems = problems_of(clusters, model)
    sound = np.array([problem is None for problem in problems], dtype=bool)
    posterior = posterior_of(clusters, model, sound)
    by_sigma = posterior_of(clusters, m_sigma, sound).log10_m200c
    inside = clusters.sample.in_cylinder(cylinder_of(model))
    h = inside.cosmology.h
    sigma = np.where(sound, galaxy_moments(inside).v_sigma, np.nan)
    flags = ["" if problem is None else problem.what for problem in problems]
    for row in np.flatnonzero(sound):
        galaxies = slice(*inside.offsets[row : row + 2])
        remarks = remarks_on_data(
            inside.r_proj[galaxies],
            inside.v_los[galaxies],
            float(inside.redshift[row]),
            sigma_v_kms=float(sigma[row]),
            cylinder=cylinder_of(model),
            cosmology=inside.cosmology,
            training=model.training,
            from_sky=clusters.from_sky,
            units=clusters.units,
        )
        masses_h = (float(log10_msun_h(m[row], h)) for m in (posterior.log10_m200c, by_sigma))
        remarks += remarks_on_mass(*masses_h, model.training)
        flags[row] = "; ".join(remarks) or "ok"

    table = QTable()
    table["cluster_id"] = clusters.label
    table["n_galaxies"] = inside.n_galaxies
    table["log10_m200c"] = posterior.log10_m200c
    table["log10_m200c_err"] = posterior.std
    table["sigma_v_kms"] = sigma * u.km / u.s
    table["log10_m200c_msigma"] = by_sigma
    table["flag"] = np.array(flags)
    if clusters.recentred_kms is not None:
        table["recentred_kms"] = clusters.recentred_kms * u.km / u.s
    for name in table.colnames:
        table[name].info.description = COLUMNS[name]
    return table


def posterior_of(clusters: ObservedClusters, model: Estimator, sound: np.ndarray) -> MassPosterior:
    """Posteriors of all clusters, in order and by name; of those that are not `sound` nothing is known."""
    inside = clusters.sample.in_cylinder(cylinder_of(model))
    rows = np.flatnonzero(sound)
    faults = list(model.faults(inside[rows]))
    rows = rows[~np.isin(np.arange(len(rows)), faults)]
    return model.predict(inside[rows]).spread(rows, len(clusters), cluster_id=clusters.label)


def problems_of(clusters: ObservedClusters, model: Estimator) -> list[Problem | None]:
    """What forbids weighing each cluster with `model`, None where nothing does."""
    sample, cylinder = clusters.sample, cylinder_of(model)
    cuts = zip(sample.offsets[:-1], sample.offsets[1:], sample.redshift, strict=True)
    problems = [
        find_problem(
            sample.r_proj[a:b],
            sample.v_los[a:b],
            float(redshift),
            cylinder=cylinder.in_h(sample.cosmology.h),
            from_sky=clusters.from_sky,
            units=clusters.units,
        )
        for a, b, redshift in cuts
    ]
    for row, problem in clusters.problems.items():
        problems[row] = problem
    rows = np.flatnonzero([problem is None for problem in problems])
    for i, fault in model.faults(sample.in_cylinder(cylinder)[rows]).items():
        what, _, advice = fault.removeprefix("has ").partition("; ")
        problems[rows[i]] = Problem(what, advice or "give the galaxies' own values")
    return problems


def cylinder_of(model: Estimator) -> Cylinder:
    """The cylinder that a model looks at.

    Raises
    ------
    ZwickyError
        If it does not know: its training sample did not say.
    """
    if model.cylinder is None:
        raise ZwickyError(
            f"{model!r} does not know its cylinder: its training sample did not say aperture_mpc and "
            "v_cut_kms; train it again on a sample that does"
        )
    return model.cylinder
