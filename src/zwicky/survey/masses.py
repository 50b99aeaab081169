"""The table of masses: one row a cluster, under a flat prior and under the mass function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import astropy.units as u
import numpy as np

from zwicky.estimators import Estimator, MassPosterior, Prior
from zwicky.survey.blocks import Blocks
from zwicky.survey.clusters import ObservedClusters
from zwicky.survey.density import DensityPrior
from zwicky.survey.priors import mass_function_prior
from zwicky.survey.weigh import Weighed, weigh_clusters
from zwicky.tables import ClusterSample

if TYPE_CHECKING:
    from astropy.table import QTable

__all__ = ["COLUMNS", "masses_columns", "masses_table", "under", "weigh", "weigh_blocks"]

_WIDTHS = {
    "err": "half of the interval from the 16th to the 84th percentile, dex",
    "p16": "16th percentile of log10 of M200c in Msun",
    "p84": "84th percentile of log10 of M200c in Msun",
    "p025": "2.5th percentile of log10 of M200c in Msun",
    "p975": "97.5th percentile of log10 of M200c in Msun",
}
_HMF = "the mass function of Tinker et al. (2008) as prior"

#: Columns of the table that `weigh` gives, and what they are.
COLUMNS = {
    "cluster_id": "the observer's name of the cluster",
    "n_galaxies": "galaxies in the cylinder",
    "log10_m200c": "log10 of M200c in Msun: the median of the posterior, or the estimator's own number",
    **{f"log10_m200c_{name}": about for name, about in _WIDTHS.items()},
    "sigma_v_kms": "standard deviation of the line-of-sight velocities in the cylinder",
    "log10_m200c_msigma": "log10 of M200c in Msun from the M-sigma relation",
    "log10_m200c_hmf": f"log10 of M200c in Msun: the median, {_HMF}",
    **{f"log10_m200c_hmf_{name}": f"{about}; {_HMF}" for name, about in _WIDTHS.items()},
    "p_unlike": "chance that a cluster of the training distribution looks as odd",
    "flag": "ok, or what to be careful about; without a mass, why there is none",
    "recentred_kms": "velocity of the median of the inner galaxies, which the velocities were put on",
}


def weigh(
    clusters: ObservedClusters,
    model: Estimator,
    m_sigma: Estimator,
    *,
    prior: Prior | str = "flat",
    density: DensityPrior | None = None,
) -> QTable:
    """Masses of clusters that are in memory, as `masses_table` has them.

    Parameters
    ----------
    clusters
        As observed.
    model, m_sigma, prior, density
        As for `weigh_blocks`.

    Returns
    -------
    QTable
    """
    blocks = Blocks.of(clusters)
    return masses_table(weigh_blocks(blocks, model, m_sigma, prior=prior, density=density), prior)


def weigh_blocks(
    blocks: Blocks,
    model: Estimator,
    m_sigma: Estimator,
    *,
    prior: Prior | str = "flat",
    density: DensityPrior | None = None,
    each: Callable[[ObservedClusters, Weighed], None] | None = None,
) -> dict[str, np.ndarray]:
    """Masses of clusters, a block at a time: all that ``zwicky predict`` and ``zwicky survey`` compute.

    No row depends on the others, so that the numbers are the same bits however clusters are cut into blocks
    and partitions. Beside the galaxies and the columns there are about 150 megabytes in use.

    Parameters
    ----------
    blocks
        As observed.
    model, m_sigma
        Fitted estimators that give `log10_m200c` and `log10_m200c_msigma`.
    prior
        Which prior the main columns carry: ``"flat"``, ``"hmf"`` or one of the caller's. The columns
        ``log10_m200c_hmf...`` carry the mass function in any case.
    density
        What is known of the density of the survey's galaxies; with it their number speaks of the mass.
    each
        Is given every block and what was found of it.

    Returns
    -------
    dict
        Arrays of shape (n,) by the names of `COLUMNS`; `recentred_kms` only if clusters were recentred.

    Raises
    ------
    ZwickyError
        If a density is given to a model that takes none.
    """
    parts = []
    for clusters in blocks:
        found = weigh_clusters(clusters, model, m_sigma, density=density)
        parts.append(masses_columns(clusters, found, prior))
        if each is not None:
            each(clusters, found)
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def masses_columns(
    clusters: ObservedClusters, found: Weighed, prior: Prior | str = "flat"
) -> dict[str, np.ndarray]:
    """What was found of clusters, under a flat prior, by the names of `COLUMNS`."""
    posterior = found.posterior
    by_number = mass_function_prior(clusters.sample, posterior.grid)
    numbers = _columns("log10_m200c_hmf", posterior, by_number)
    numbers["log10_m200c_hmf"] = np.where(posterior.has_width, numbers["log10_m200c_hmf"], np.nan)
    main = _columns("log10_m200c", posterior, prior if isinstance(prior, Prior) else None)
    if prior == "hmf":
        names = zip(main, numbers.values(), strict=True)
        main = {name: np.where(posterior.has_width, values, main[name]) for name, values in names}
    columns = {
        "cluster_id": np.asarray(clusters.label),
        "n_galaxies": found.n_galaxies,
        **main,
        "sigma_v_kms": found.sigma_v_kms,
        "log10_m200c_msigma": found.log10_m200c_msigma,
        **numbers,
        "p_unlike": found.p_unlike,
        "flag": found.flags,
    }
    if clusters.recentred_kms is not None:
        columns["recentred_kms"] = clusters.recentred_kms
    return columns


def masses_table(columns: Mapping[str, np.ndarray], prior: Prior | str = "flat") -> QTable:
    """The columns of `weigh_blocks` as a table with units, one row a cluster."""
    from astropy.table import QTable

    table = QTable()
    for name, values in columns.items():
        table[name] = values.astype(str) if values.dtype == object else values
        if name.endswith("_kms"):
            table[name] = table[name] * (u.km / u.s)
        table[name].info.description = COLUMNS[name]
    table.meta["prior"] = prior if isinstance(prior, str) else prior.name
    return table


def under(posterior: MassPosterior, prior: Prior | str, sample: ClusterSample) -> MassPosterior:
    """A flat posterior of the clusters of `sample` under ``"flat"``, ``"hmf"`` or a prior of one's own.

    Parameters
    ----------
    posterior
        Under a flat prior.
    prior
        The one wanted.
    sample
        The clusters' redshifts and cosmology, for the mass function.

    Returns
    -------
    MassPosterior
    """
    if isinstance(prior, Prior):
        return posterior.with_prior(prior)
    return posterior.with_prior(mass_function_prior(sample, posterior.grid)) if prior == "hmf" else posterior


def _columns(name: str, posterior: MassPosterior, prior: Prior | None) -> dict[str, np.ndarray]:
    """The columns of one prior, None for the one carried."""
    low, below, median, above, high = posterior.quantile([0.025, 0.16, 0.5, 0.84, 0.975], prior=prior).T
    point = posterior.log10_m200c
    return {
        name: point if prior is None else np.where(posterior.has_width, median, point),
        f"{name}_err": 0.5 * (above - below),
        f"{name}_p16": below,
        f"{name}_p84": above,
        f"{name}_p025": low,
        f"{name}_p975": high,
    }
