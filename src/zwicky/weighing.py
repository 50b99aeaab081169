"""Masses in one call: `weigh` for radii and velocities, `weigh_sky` for positions and redshifts.

The same walk as ``zwicky predict``, for what a program has in memory as well as for files.
"""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from zwicky.cosmology import deferred_cosmology
from zwicky.errors import ZwickyError
from zwicky.estimators import DEFAULT_MODEL, Estimator, MassPosterior, Prior, load_model
from zwicky.io.centres import Centres
from zwicky.io.columns import parse_columns
from zwicky.io.foreign import ForeignTable
from zwicky.io.memory import table_of
from zwicky.io.observed import read_observed
from zwicky.survey import MERGE_ARCSEC, DensityPrior
from zwicky.survey.density import known_density
from zwicky.survey.masses import under
from zwicky.survey.observe import clusters_of
from zwicky.survey.priors import prior_named
from zwicky.survey.recentre import recentre
from zwicky.survey.told import Told, observed_with
from zwicky.survey.weigh import conditional, cylinder_of, is_sound, weigh_clusters
from zwicky.tables import ClusterSample

if TYPE_CHECKING:
    from astropy.cosmology import FLRW

__all__ = ["weigh", "weigh_sky"]


def weigh(
    galaxies: Any = None,
    *,
    cosmology: FLRW | str,
    redshift: float | None = None,
    r_proj: Any = None,
    v_los: Any = None,
    cluster_id: Any = None,
    columns: str = "",
    table: str | None = None,
    keep_warned: bool = False,
    comoving: bool = False,
    recentred: bool = False,
    model: Estimator | str | Path = DEFAULT_MODEL,
    m_sigma: Estimator | str | Path = "m_sigma",
    prior: Prior | str | Path = "flat",
    density: DensityPrior | float | str | Path | None = None,
    redshift_error_kms: float | None = None,
    centre_error_kms: float | None = None,
    aperture_mpc_h: float | None = None,
    tracer: str | None = None,
) -> MassPosterior:
    """Masses of clusters from the projected radii and the velocities of their galaxies.

    Parameters
    ----------
    galaxies
        A path, an astropy `Table` or `QTable`, a `DataFrame`, a mapping of names to arrays, or a
        `ClusterSample`, with ``r_proj`` and ``v_los`` and, of several clusters, ``cluster_id``. Left out
        where the columns are given one by one.
    cosmology
        An astropy cosmology or the name of one, such as ``"Planck18"`` or ``"ho2019"``, the paper's.
    redshift
        Of the cluster, where no column says it.
    r_proj, v_los, cluster_id : shape (n,)
        Distances from the centre (proper Mpc unless they have a unit), velocities in the cluster's rest frame
        (km/s) and, of several clusters, which each galaxy belongs to.
    columns
        Your names for our columns, ``"v_los=V[m/s],r_proj=R"``.
    table
        Which table of the galaxies' file; None takes the first with our columns.
    keep_warned
        Use redshifts whose ``ZWARN`` is not 0 as well.
    comoving
        Radii are comoving, not proper.
    recentred
        Put the velocities on the median of the inner galaxies first.
    model, m_sigma
        Estimators, the names of shipped ones or directories. The second is what masses are compared with.
    prior
        What the posteriors carry: ``"flat"``, ``"hmf"`` for the mass function, a `Prior`, or a table of
        ``log10_m200c`` and ``density``.
    density
        What is known of the density of the survey's galaxies: galaxies per comoving (Mpc/h)^3, a
        `zwicky.survey.DensityPrior`, or the file that ``zwicky calibrate`` writes. With it their number
        speaks of the mass; only a posterior takes it.
    redshift_error_kms, centre_error_kms
        Errors of a galaxy's redshift and of the clusters' own, km/s in the rest frame; 0 is exact.
    aperture_mpc_h
        Radius out to which galaxies were observed, comoving Mpc/h.
    tracer
        Kind of galaxies: ``"all"``, ``"red"`` or ``"blue"``. Like the three before, a posterior takes it into
        account and a network does not.

    Returns
    -------
    MassPosterior
        In the order in which the clusters first appear; NaN for those that cannot be weighed.

    Warns
    -----
    UserWarning
        What to be careful about, and which clusters have no mass and why.

    Raises
    ------
    ZwickyError
        If the galaxies cannot be read or no cluster can be weighed.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> mass = weigh(
    ...     r_proj=2.0 * rng.random(80), v_los=rng.normal(0, 700, 80), redshift=0.1, cosmology="ho2019"
    ... )
    >>> bool(14.0 < mass.median[0] < 15.0), bool(0.1 < mass.std[0] < 0.4)
    (True, True)
    """
    given = {"r_proj": r_proj, "v_los": v_los, "cluster_id": cluster_id}
    given = {name: values for name, values in given.items() if values is not None}
    if (galaxies is None) == (not given):
        raise ZwickyError("galaxies come as a table or as r_proj and v_los; give one of the two")
    if isinstance(galaxies, ClusterSample):
        observed: Any = galaxies
        centres = None
    else:
        observed, centres = read_observed(
            _place(given if galaxies is None else galaxies, "galaxies"),
            h=_cosmology(cosmology).h,
            columns=parse_columns(columns),
            redshift=None if redshift is None else float(redshift),
            comoving=comoving,
            table=table,
            keep_warned=keep_warned,
        )
    told = Told(redshift_error_kms, centre_error_kms, aperture_mpc_h, tracer)
    return _weigh(observed, centres, _Asked(cosmology, recentred, model, m_sigma, prior, density, told))


def weigh_sky(
    galaxies: Any,
    centres: Any = None,
    *,
    cosmology: FLRW | str,
    columns: str = "",
    table: str | None = None,
    keep_warned: bool = False,
    merge_arcsec: float = MERGE_ARCSEC,
    recentred: bool = False,
    model: Estimator | str | Path = DEFAULT_MODEL,
    m_sigma: Estimator | str | Path = "m_sigma",
    prior: Prior | str | Path = "flat",
    density: DensityPrior | float | str | Path | None = None,
    redshift_error_kms: float | None = None,
    centre_error_kms: float | None = None,
    aperture_mpc_h: float | None = None,
    tracer: str | None = None,
) -> MassPosterior:
    """Masses of clusters from galaxies on the sky.

    Parameters
    ----------
    galaxies, centres
        Each a path, an astropy `Table` or `QTable`, a `DataFrame` or a mapping of names to arrays, with
        ``ra``, ``dec`` (degrees unless they have a unit) and ``z``. A galaxy with a ``cluster_id`` belongs to
        that cluster, the others to every centre that they are near. A single centre may be a triple
        (ra, dec, z); without one, it is found.
    merge_arcsec
        Galaxies within this distance, with redshifts that agree, are one; 0 merges none.
    cosmology, columns, table, keep_warned, recentred, model, m_sigma, prior, density
        As for `weigh`.
    redshift_error_kms, centre_error_kms, aperture_mpc_h, tracer
        As for `weigh`.

    Returns
    -------
    MassPosterior
        In the order of the centres; NaN for those that cannot be weighed.

    Warns
    -----
    UserWarning
        As `weigh`.

    Raises
    ------
    ZwickyError
        As `weigh`.

    Examples
    --------
    A hundred galaxies within half a degree of a centre at redshift 0.1:

    >>> rng = np.random.default_rng(1)
    >>> sky = {
    ...     "ra": 150.0 + 0.3 * rng.normal(size=100),
    ...     "dec": 2.0 + 0.3 * rng.normal(size=100),
    ...     "z": 0.1 + 0.003 * rng.normal(size=100),
    ... }
    >>> bool(14.0 < weigh_sky(sky, (150.0, 2.0, 0.1), cosmology="ho2019").median[0] < 15.5)
    True
    """
    found: Centres | Path | ForeignTable | None
    if isinstance(centres, tuple) and len(centres) == 3:
        ra, dec, z = (np.array([float(value)]) for value in centres)
        found = Centres(np.array([""]), ra, dec, z)
    else:
        found = None if centres is None else _place(centres, "centres")
    observed, read = read_observed(
        _place(galaxies, "galaxies"),
        found,
        h=_cosmology(cosmology).h,
        columns=parse_columns(columns),
        without_centre=found is None,
        table=table,
        keep_warned=keep_warned,
    )
    told = Told(redshift_error_kms, centre_error_kms, aperture_mpc_h, tracer)
    asked = _Asked(cosmology, recentred, model, m_sigma, prior, density, told, merge_arcsec)
    return _weigh(observed, read, asked)


@dataclass(frozen=True)
class _Asked:
    """What `weigh` and `weigh_sky` are asked for alike."""

    cosmology: FLRW | str
    recentred: bool
    model: Estimator | str | Path
    m_sigma: Estimator | str | Path
    prior: Prior | str | Path
    density: DensityPrior | float | str | Path | None
    told: Told
    merge_arcsec: float = MERGE_ARCSEC


def _weigh(observed: Any, centres: Centres | None, asked: _Asked) -> MassPosterior:
    given = (asked.model, asked.m_sigma)
    estimator, by_sigma = (m if isinstance(m, Estimator) else load_model(m) for m in given)
    prior = asked.prior if isinstance(asked.prior, Prior) else prior_named(str(asked.prior))
    density = known_density(asked.density)
    if density is not None:
        conditional(estimator)
    clusters = clusters_of(
        observed,
        centres,
        cosmology=_cosmology(asked.cosmology),
        model=estimator,
        merge_arcsec=asked.merge_arcsec,
    )
    for note in clusters.notes:
        warnings.warn(note, stacklevel=3)
    clusters = observed_with(clusters, asked.told)
    if asked.recentred:
        clusters = recentre(clusters, cylinder_of(estimator))
    found = weigh_clusters(clusters, estimator, by_sigma, density=density)
    problem = next(iter(found.problems), None)
    if problem is not None and not is_sound(found.problems).any():
        raise ZwickyError(f"cluster {clusters.label[0]}: {problem.what}; {problem.advice}")
    for label, flag in zip(clusters.label, found.flags, strict=True):
        if flag != "ok":
            warnings.warn(f"cluster {label}: {flag}", stacklevel=3)
    return under(found.posterior, prior, clusters.sample)


def _place(data: Any, source: str) -> Path | ForeignTable:
    """A file's path, or the table in memory."""
    return Path(data) if isinstance(data, str | os.PathLike) else table_of(data, source)


def _cosmology(cosmology: FLRW | str) -> FLRW:
    return deferred_cosmology(cosmology) if isinstance(cosmology, str) else cosmology
