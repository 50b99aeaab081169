"""The table of masses: one row a cluster, under a flat prior and under the mass function."""

from __future__ import annotations

import astropy.units as u
import numpy as np
from astropy.table import QTable

from zwicky.estimators import Estimator, MassPosterior, Prior
from zwicky.survey.clusters import ObservedClusters
from zwicky.survey.density import DensityPrior
from zwicky.survey.priors import mass_function_prior
from zwicky.survey.weigh import Weighed, weigh_clusters
from zwicky.tables import ClusterSample

__all__ = ["COLUMNS", "masses_table", "under", "weigh"]

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
    """What `weigh_clusters` finds, as `masses_table` has it.

    Parameters
    ----------
    clusters, model, m_sigma, density
        As for `weigh_clusters`.
    prior
        As for `masses_table`.

    Returns
    -------
    QTable
    """
    return masses_table(clusters, weigh_clusters(clusters, model, m_sigma, density=density), prior)


def masses_table(clusters: ObservedClusters, found: Weighed, prior: Prior | str = "flat") -> QTable:
    """Masses as a table of one row a cluster.

    Parameters
    ----------
    clusters, found
        From `weigh_clusters`; the posterior is under a flat prior.
    prior
        Which prior the main columns carry: ``"flat"``, ``"hmf"`` or one of the caller's. The columns
        ``log10_m200c_hmf...`` carry the mass function in any case.

    Returns
    -------
    QTable
        The columns of `COLUMNS`; `recentred_kms` only if the clusters were recentred.
    """
    by_number = under(found.posterior, "hmf", clusters.sample)
    main = by_number if prior == "hmf" else under(found.posterior, prior, clusters.sample)
    masses = _columns("log10_m200c", main)
    numbers = _columns("log10_m200c_hmf", by_number)
    numbers["log10_m200c_hmf"] = np.where(by_number.has_width, numbers["log10_m200c_hmf"], np.nan)
    table = QTable()
    table["cluster_id"] = clusters.label
    table["n_galaxies"] = found.n_galaxies
    for name, values in masses.items():
        table[name] = values
    table["sigma_v_kms"] = found.sigma_v_kms * u.km / u.s
    table["log10_m200c_msigma"] = found.log10_m200c_msigma
    for name, values in numbers.items():
        table[name] = values
    table["p_unlike"] = found.p_unlike
    table["flag"] = np.array(found.flags)
    if clusters.recentred_kms is not None:
        table["recentred_kms"] = clusters.recentred_kms * u.km / u.s
    for name in table.colnames:
        table[name].info.description = COLUMNS[name]
    table.meta["prior"] = main.prior.name
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


def _columns(name: str, posterior: MassPosterior) -> dict[str, np.ndarray]:
    """The columns of one prior."""
    low, below, above, high = posterior.quantile([0.025, 0.16, 0.84, 0.975]).T
    return {
        name: posterior.log10_m200c,
        f"{name}_err": 0.5 * (above - below),
        f"{name}_p16": below,
        f"{name}_p84": above,
        f"{name}_p025": low,
        f"{name}_p975": high,
    }
