"""Weigh observed clusters: cut the cylinder, flag what is wrong, predict, tabulate."""

from __future__ import annotations

from dataclasses import dataclass, field

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

__all__ = ["COLUMNS", "Weighed", "cylinder_of", "posterior_of", "problems_of", "weigh", "weigh_clusters"]

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


@dataclass(frozen=True, eq=False)
class Weighed:
    """Clusters and what was found of each, in their order.

    Parameters
    ----------
    posterior
        By the observer's names; of what cannot be weighed nothing is known.
    n_galaxies, sigma_v_kms : shape (n,)
        Galaxies in the cylinder, and the standard deviation of their velocities in km/s.
    log10_m200c_msigma : float64, shape (n,)
        log10 of M200c in Msun from the M-sigma relation.
    problems
        What forbids weighing each, None where nothing does.
    flags
        ``"ok"``, what to be careful about, or the problem in short.
    """

    posterior: MassPosterior
    n_galaxies: np.ndarray = field(repr=False)
    sigma_v_kms: np.ndarray = field(repr=False)
    log10_m200c_msigma: np.ndarray = field(repr=False)
    problems: tuple[Problem | None, ...] = field(repr=False)
    flags: tuple[str, ...] = field(repr=False)


def weigh_clusters(clusters: ObservedClusters, model: Estimator, m_sigma: Estimator) -> Weighed:
    """Posteriors of observed clusters, with what to be careful about.

    A cluster that cannot be weighed has NaN for a mass and its `zwicky.survey.quality.Problem` for a
    flag; the others are not affected.

    Parameters
    ----------
    clusters
        As observed, recentred or not; the cylinder of each model is cut here.
    model, m_sigma
        Fitted estimators that give `log10_m200c` and `log10_m200c_msigma`. A cluster that `m_sigma` alone
        cannot weigh has NaN there.

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
            inside.r_proj_comoving[galaxies],
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
    return Weighed(posterior, inside.n_galaxies, sigma, by_sigma, tuple(problems), tuple(flags))


def weigh(clusters: ObservedClusters, model: Estimator, m_sigma: Estimator) -> QTable:
    """What `weigh_clusters` finds, as a table of one row a cluster.

    Returns
    -------
    QTable
        The columns of `COLUMNS`; `recentred_kms` only if the clusters were recentred.
    """
    found = weigh_clusters(clusters, model, m_sigma)
    table = QTable()
    table["cluster_id"] = clusters.label
    table["n_galaxies"] = found.n_galaxies
    table["log10_m200c"] = found.posterior.log10_m200c
    table["log10_m200c_err"] = found.posterior.std
    table["sigma_v_kms"] = found.sigma_v_kms * u.km / u.s
    table["log10_m200c_msigma"] = found.log10_m200c_msigma
    table["flag"] = np.array(found.flags)
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
            sample.r_proj_comoving[a:b],
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
