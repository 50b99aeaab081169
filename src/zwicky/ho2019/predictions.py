"""Every method's mass of every test cluster: ``predictions.parquet``, and Table 1."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from zwicky.estimators import MSigma
from zwicky.evaluation.by_fold import fold_relations
from zwicky.evaluation.crossval import CrossValidation
from zwicky.images import galaxy_moments
from zwicky.mocks import Mocks
from zwicky.tables import rows_of
from zwicky.units import log10_msun_h

__all__ = ["masses_h", "weigh_test"]

_PREFIX = "log10_m200c_"


def weigh_test(
    mocks: Mocks, crossed: Mapping[str, CrossValidation], relations: Mapping[str, MSigma]
) -> tuple[dict[str, np.ndarray], dict[str, dict[str, float]]]:
    """Every method's mass of every test cluster.

    The masses by M-sigma are from relations fitted without the cluster's own fold, like the others'.

    Parameters
    ----------
    mocks
        What was weighed.
    crossed
        Each method's cross-validation.
    relations
        The relation of each catalogue on its whole training sample, from `fit_relations`.

    Returns
    -------
    columns : dict of arrays, shape (n_test,)
        ``cluster_id``, ``halo_id``, ``fold``, ``redshift``, ``n_true``, ``n_galaxies``, the true
        ``log10_m200c``, ``log10_m200c_METHOD`` in Msun, and ``sigma_v_CATALOGUE`` in km/s; NaN where a method
        has no mass.
    table1 : dict
        For each catalogue: ``sigma15_kms``, ``alpha``, ``scatter_dex``.
    """
    test = mocks.test
    columns: dict[str, np.ndarray] = {
        "cluster_id": test.cluster_id,
        "halo_id": test.halo_id,
        "fold": test.fold,
        "redshift": test.redshift,
        "n_true": test.n_true,
        "n_galaxies": test.n_galaxies,
        "log10_m200c": test.log10_m200c,
    }
    for name, result in crossed.items():
        columns[_PREFIX + name] = result.log10_m200c
    table1 = {}
    catalogues = {"contaminated": (mocks.train, test), "pure": (mocks.train_pure, mocks.test_pure)}
    for catalogue, (train, observed) in catalogues.items():
        fitted = relations[catalogue]
        names = ("sigma15_kms", "alpha", "scatter_dex")
        table1[catalogue] = {name: getattr(fitted, name) for name in names}
        rows = rows_of(observed.cluster_id, test.cluster_id)
        masses = fold_relations(train, fitted.settings, observed.fold).weigh(observed)
        sigma = galaxy_moments(observed).v_sigma
        columns[f"{_PREFIX}m_sigma_{catalogue}"] = np.where(rows >= 0, masses[rows], np.nan)
        columns[f"sigma_v_{catalogue}"] = np.where(rows >= 0, sigma[rows], np.nan)
    return columns, table1


def masses_h(columns: Mapping[str, np.ndarray], h: float) -> dict[str, np.ndarray]:
    """Each method's log10 M200c in Msun/h, from the columns of `weigh_test`."""
    return {
        name.removeprefix(_PREFIX): log10_msun_h(values, h)
        for name, values in columns.items()
        if name.startswith(_PREFIX)
    }
