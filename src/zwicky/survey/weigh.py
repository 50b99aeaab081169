"""Weigh observed clusters: cut the cylinder, flag what is wrong, predict."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.estimators import ConditionalEstimator, Estimator, MassPosterior, PointEstimator
from zwicky.images import galaxy_moments
from zwicky.survey.clusters import ObservedClusters
from zwicky.survey.density import MIN_CLUSTERS, DensityPrior
from zwicky.survey.quality import Problem, find_problems
from zwicky.survey.remarks import joined, remarks_on_data, remarks_on_mass, remarks_on_posterior
from zwicky.tables import ClusterSample, Cylinder
from zwicky.units import log10_msun, log10_msun_h

if TYPE_CHECKING:
    from zwicky.estimators.posterior.mixture import Mixture

__all__ = [
    "Weighed",
    "can_be_calibrated",
    "conditional",
    "cylinder_of",
    "is_sound",
    "joint_of",
    "posterior_of",
    "problems_of",
    "weigh_clusters",
    "weigh_sample",
]

#: Near the least mass of training, in dex.
_EDGE_DEX = 0.1


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
    p_unlike : float64, shape (n,)
        Chance that a cluster of the training distribution looks as odd, NaN where it is not known.
    problems : object, shape (n,)
        What forbids weighing each, a `Problem`; None where nothing does.
    flags : text as objects, shape (n,)
        ``"ok"``, what to be careful about, or the problem in short.
    """

    posterior: MassPosterior
    n_galaxies: np.ndarray = field(repr=False)
    sigma_v_kms: np.ndarray = field(repr=False)
    log10_m200c_msigma: np.ndarray = field(repr=False)
    p_unlike: np.ndarray = field(repr=False)
    problems: np.ndarray = field(repr=False)
    flags: np.ndarray = field(repr=False)


def weigh_clusters(
    clusters: ObservedClusters,
    model: Estimator,
    m_sigma: Estimator,
    *,
    density: DensityPrior | None = None,
) -> Weighed:
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
    density
        What is known of the density of the survey's galaxies; with it their number speaks of the mass.

    Returns
    -------
    Weighed

    Raises
    ------
    ZwickyError
        If a density is given to a model that takes none.
    """
    inside = clusters.sample.in_cylinder(cylinder_of(model))
    problems = problems_of(clusters, model, inside)
    sound = is_sound(problems)
    rows = np.flatnonzero(sound)
    seen, n = _rows(inside, rows), len(clusters)
    found, odd = _read(seen, model, density)
    posterior = found.spread(rows, n, cluster_id=clusters.label)
    by_sigma = _points(clusters, seen, rows, model, m_sigma)
    moments, h = galaxy_moments(seen), inside.cosmology.h
    remarks = [
        remarks_on_data(
            seen,
            moments,
            cylinder=cylinder_of(model),
            training=model.training,
            from_sky=clusters.from_sky,
            units=clusters.units,
            is_told=isinstance(model, ConditionalEstimator),
        ),
        remarks_on_mass(
            *(log10_msun_h(mass[rows], h) for mass in (posterior.log10_m200c, by_sigma)), model.training
        ),
    ]
    sigma, p_unlike = np.full((2, n), np.nan)
    sigma[rows] = moments.v_sigma
    if isinstance(model, ConditionalEstimator) and len(rows):
        edge = log10_msun(model.range_log10_m200c_h[0] + _EDGE_DEX, h)
        p_unlike[rows] = odd
        remarks.append(remarks_on_posterior(posterior.cdf(edge)[rows], p_unlike[rows]))
    flags = np.array([problem.what if problem else "" for problem in problems], dtype=object)
    flags[rows] = joined(itertools.chain(*remarks), len(rows))
    return Weighed(posterior, inside.n_galaxies, sigma, by_sigma, p_unlike, problems, flags)


def _points(
    clusters: ObservedClusters, seen: ClusterSample, rows: np.ndarray, model: Estimator, other: Estimator
) -> np.ndarray:
    """log10 M200c [Msun] of all clusters by another estimator, NaN where it gives none, without densities."""
    if not isinstance(other, PointEstimator):
        sound = np.isin(np.arange(len(clusters)), rows)
        return posterior_of(clusters, other, sound).log10_m200c
    if cylinder_of(other).in_h(1.0) != cylinder_of(model).in_h(1.0):
        seen = _rows(clusters.sample.in_cylinder(cylinder_of(other)), rows)
    able = np.delete(np.arange(len(rows)), list(other.faults(seen)))
    out = np.full(len(clusters), np.nan)
    out[rows[able]] = log10_msun(other.points(_rows(seen, able)), seen.cosmology.h)
    return out


def _rows(sample: ClusterSample, rows: np.ndarray) -> ClusterSample:
    return sample if len(rows) == len(sample) else sample[rows]


def posterior_of(clusters: ObservedClusters, model: Estimator, sound: np.ndarray) -> MassPosterior:
    """Posteriors of all clusters, in order and by name; of those that are not `sound` nothing is known."""
    inside = clusters.sample.in_cylinder(cylinder_of(model))
    rows = np.flatnonzero(sound)
    faults = list(model.faults(_rows(inside, rows)))
    rows = np.delete(rows, faults)
    return model.predict(_rows(inside, rows)).spread(rows, len(clusters), cluster_id=clusters.label)


def can_be_calibrated(n_weighed: int, model: Estimator) -> bool:
    """Whether so many clusters could tell the density of their survey's galaxies."""
    return isinstance(model, ConditionalEstimator) and n_weighed >= MIN_CLUSTERS


def weigh_sample(
    sample: ClusterSample, model: Estimator, density: DensityPrior | None = None
) -> MassPosterior:
    """Posteriors of clusters without faults, with what is known of the density of their galaxies.

    Raises
    ------
    ZwickyError
        If a density is given to a model that takes none.
    """
    return _read(sample, model, density)[0]


def _read(
    sample: ClusterSample, model: Estimator, density: DensityPrior | None
) -> tuple[MassPosterior, np.ndarray]:
    """Posteriors, and `p_unlike`, NaN of a model that does not tell."""
    if density is None and not isinstance(model, ConditionalEstimator):
        return model.predict(sample), np.full(len(sample), np.nan)
    able = conditional(model)
    read = able.read(sample)
    told = read.mixture
    if density is not None:
        told = told.given_density(*density.at(sample.redshift))[1]
    return able.mass_posterior(told, sample), read.p_unlike


def joint_of(clusters: ObservedClusters, model: Estimator) -> tuple[Mixture, np.ndarray]:
    """Joint densities of mass and tracer density of the clusters that can be weighed, and their rows.

    Parameters
    ----------
    clusters
        As observed.
    model
        A `ConditionalEstimator`.

    Returns
    -------
    mixture
        Of the m clusters without a problem.
    rows : int64, shape (m,)
        Theirs.

    Raises
    ------
    ZwickyError
        If the model knows of no density.
    """
    inside = clusters.sample.in_cylinder(cylinder_of(conditional(model)))
    rows = np.flatnonzero(is_sound(problems_of(clusters, model, inside)))
    return conditional(model).joint(inside[rows]), rows


def conditional(model: Estimator) -> ConditionalEstimator:
    """The model, if the density of tracers can be told to it.

    Parameters
    ----------
    model
        Any.

    Returns
    -------
    ConditionalEstimator
        The same object.

    Raises
    ------
    ZwickyError
        If it cannot.

    Examples
    --------
    >>> from zwicky.estimators import load_model
    >>> conditional(load_model("posterior")).name
    'posterior'
    """
    if not isinstance(model, ConditionalEstimator):
        raise ZwickyError(f"{model.name} takes no density of galaxies; use a posterior (--model)")
    return model


def problems_of(
    clusters: ObservedClusters, model: Estimator, inside: ClusterSample | None = None
) -> np.ndarray:
    """What forbids weighing each cluster with `model`: a `Problem`, or None; object, shape (n,).

    `inside` are the clusters cut with the model's cylinder, where the caller has them.
    """
    sample, cylinder = clusters.sample, cylinder_of(model)
    problems = find_problems(
        sample,
        cylinder=cylinder,
        from_sky=clusters.from_sky,
        units=clusters.units,
        min_galaxies=model.min_galaxies,
    )
    for row, problem in clusters.problems.items():
        problems[row] = problem
    rows = np.flatnonzero(is_sound(problems))
    inside = sample.in_cylinder(cylinder) if inside is None else inside
    for i, fault in model.faults(_rows(inside, rows)).items():
        what, _, advice = fault.removeprefix("has ").partition("; ")
        problems[rows[i]] = Problem(what, advice or "give the galaxies' own values")
    return problems


def is_sound(problems: np.ndarray) -> np.ndarray:
    """Which clusters have no problem, bool, shape (n,)."""
    return np.equal(problems, None).astype(bool)


def cylinder_of(model: Estimator) -> Cylinder:
    """The cylinder that a model looks at.

    Parameters
    ----------
    model
        Fitted.

    Returns
    -------
    Cylinder

    Raises
    ------
    ZwickyError
        If it does not know: its training sample did not say.

    Examples
    --------
    >>> from zwicky.estimators import load_model
    >>> cylinder_of(load_model("cnn_2d"))
    <Cylinder: 1.6 comoving Mpc/h (2.360 Mpc for h = 0.678), |v_los| <= 2200 km/s>
    """
    if model.cylinder is None:
        raise ZwickyError(
            f"{model!r} does not know its cylinder: its training sample did not say aperture_mpc and "
            "v_cut_kms; train it again on a sample that does"
        )
    return model.cylinder
