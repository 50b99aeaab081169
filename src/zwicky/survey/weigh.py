"""Weigh observed clusters: cut the cylinder, flag what is wrong, predict."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.estimators import ConditionalEstimator, Estimator, MassPosterior
from zwicky.images import galaxy_moments
from zwicky.survey.clusters import ObservedClusters
from zwicky.survey.density import MIN_CLUSTERS, DensityPrior
from zwicky.survey.quality import (
    Problem,
    find_problem,
    remarks_on_data,
    remarks_on_mass,
    remarks_on_posterior,
)
from zwicky.tables import ClusterSample, Cylinder
from zwicky.units import log10_msun, log10_msun_h

if TYPE_CHECKING:
    from zwicky.estimators.posterior.mixture import Mixture

__all__ = [
    "Weighed",
    "can_be_calibrated",
    "conditional",
    "cylinder_of",
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
    problems
        What forbids weighing each, None where nothing does.
    flags
        ``"ok"``, what to be careful about, or the problem in short.
    """

    posterior: MassPosterior
    n_galaxies: np.ndarray = field(repr=False)
    sigma_v_kms: np.ndarray = field(repr=False)
    log10_m200c_msigma: np.ndarray = field(repr=False)
    p_unlike: np.ndarray = field(repr=False)
    problems: tuple[Problem | None, ...] = field(repr=False)
    flags: tuple[str, ...] = field(repr=False)


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
    problems = problems_of(clusters, model)
    sound = np.array([problem is None for problem in problems], dtype=bool)
    posterior = posterior_of(clusters, model, sound, density)
    by_sigma = posterior_of(clusters, m_sigma, sound).log10_m200c
    inside = clusters.sample.in_cylinder(cylinder_of(model))
    h = inside.cosmology.h
    sigma = np.where(sound, galaxy_moments(inside).v_sigma, np.nan)
    is_told = isinstance(model, ConditionalEstimator)
    low_share, p_unlike = np.full((2, len(clusters)), np.nan)
    if isinstance(model, ConditionalEstimator):
        edge = log10_msun(model.range_log10_m200c_h[0] + _EDGE_DEX, h)
        low_share = np.where(posterior.has_width, posterior.cdf(edge), np.nan)
        if sound.any():
            p_unlike[sound] = model.p_unlike(inside[np.flatnonzero(sound)])
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
            is_told=is_told,
        )
        masses_h = (float(log10_msun_h(m[row], h)) for m in (posterior.log10_m200c, by_sigma))
        remarks += remarks_on_mass(*masses_h, model.training)
        remarks += remarks_on_posterior(float(low_share[row]), float(p_unlike[row]))
        flags[row] = "; ".join(remarks) or "ok"
    return Weighed(posterior, inside.n_galaxies, sigma, by_sigma, p_unlike, tuple(problems), tuple(flags))


def can_be_calibrated(found: Weighed, model: Estimator) -> bool:
    """Whether these clusters could tell the density of their survey's galaxies.

    Parameters
    ----------
    found
        By `weigh_clusters`.
    model
        That weighed them.

    Returns
    -------
    bool
    """
    enough = found.posterior.has_width.sum() >= MIN_CLUSTERS
    return isinstance(model, ConditionalEstimator) and bool(enough)


def posterior_of(
    clusters: ObservedClusters, model: Estimator, sound: np.ndarray, density: DensityPrior | None = None
) -> MassPosterior:
    """Posteriors of all clusters, in order and by name; of those that are not `sound` nothing is known."""
    inside = clusters.sample.in_cylinder(cylinder_of(model))
    rows = np.flatnonzero(sound)
    faults = list(model.faults(inside[rows]))
    rows = rows[~np.isin(np.arange(len(rows)), faults)]
    posterior = weigh_sample(inside[rows], model, density)
    return posterior.spread(rows, len(clusters), cluster_id=clusters.label)


def weigh_sample(
    sample: ClusterSample, model: Estimator, density: DensityPrior | None = None
) -> MassPosterior:
    """Posteriors of clusters without faults, with what is known of the density of their galaxies.

    Raises
    ------
    ZwickyError
        If a density is given to a model that takes none.
    """
    if density is None:
        return model.predict(sample)
    _, mixture = conditional(model).joint(sample).given_density(*density.at(sample.redshift))
    return conditional(model).mass_posterior(mixture, sample)


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
    rows = np.flatnonzero([problem is None for problem in problems_of(clusters, conditional(model))])
    inside = clusters.sample.in_cylinder(cylinder_of(model))[rows]
    return conditional(model).joint(inside), rows


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
            min_galaxies=model.min_galaxies,
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
