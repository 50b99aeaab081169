"""One function for a part of a survey: galaxies and centres in, masses out.

``zwicky survey`` calls it for every partition of the sky, ``zwicky predict`` walks the same way, and whoever
has data frames in hand, of LSDB or of anything else, calls it on them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from zwicky.cosmology import deferred_cosmology
from zwicky.errors import ZwickyError
from zwicky.estimators import Estimator, Prior, load_model
from zwicky.extras import require
from zwicky.io.centres import CONDITIONS, Centres
from zwicky.io.lists import SkyList
from zwicky.survey.density import DensityPrior
from zwicky.survey.masses import weigh_blocks
from zwicky.survey.observe import Observing, blocks_of

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["weigh_lists", "weigh_partition"]


def weigh_partition(
    galaxies: DataFrame | Mapping[str, Any],
    centres: DataFrame | Mapping[str, Any],
    model: Estimator,
    m_sigma: Estimator | None = None,
    *,
    observing: Observing | None = None,
    prior: Prior | str = "flat",
    density: DensityPrior | None = None,
) -> DataFrame:
    """Masses of the clusters at some centres, from all galaxies that may lie in their cylinders.

    A row depends on its centre and on the galaxies around it alone: the same bits whatever else is in the
    frames, so long as no galaxy within 1.5 apertures of a centre is missing. No step is done in Python
    cluster by cluster; memory is that of the frames and about 150 megabytes.

    Parameters
    ----------
    galaxies
        Columns ``ra``, ``dec`` (degrees) and ``z``; NaN where not known.
    centres
        Columns ``cluster_id``, ``ra``, ``dec``, ``z`` and, where they are known, ``redshift_error_kms``,
        ``centre_error_kms``, ``aperture_mpc_h`` and ``tracer``.
    model, m_sigma
        Fitted estimators of ``log10_m200c`` and ``log10_m200c_msigma``, by default the shipped M-sigma.
    observing
        Of it `merge_arcsec`, `cosmology`, `recentre` and what is told of all clusters.
    prior, density
        As for `zwicky.weigh`.

    Returns
    -------
    DataFrame
        A row a centre, in their order: ``cluster_id``, ``ra``, ``dec``, ``z`` of the centre and the columns
        of `zwicky.survey.COLUMNS`. Of no centre, no row with the same columns.

    Raises
    ------
    ZwickyError
        If a column is missing, or a density is given to a model that takes none.

    Examples
    --------
    >>> import pandas as pd
    >>> from zwicky.estimators import load_model
    >>> rng = np.random.default_rng(1)
    >>> galaxies = pd.DataFrame({
    ...     "ra": rng.normal(150.0, 0.1, 80), "dec": rng.normal(2.0, 0.1, 80), "z": rng.normal(0.1, 0.003, 80)
    ... })
    >>> centres = pd.DataFrame({"cluster_id": ["A", "B"], "ra": [150.0, 9.0], "dec": [2.0, 9.0], "z": 0.1})
    >>> weigh_partition(galaxies, centres, load_model("cnn_2d"))[["cluster_id", "flag"]].values.tolist()
    [['A', 'ok'], ['B', 'no galaxies']]
    """
    require("pandas", "survey", "weighing data frames")
    import pandas

    ra, dec, z = (_numbers(galaxies, name, "galaxies") for name in ("ra", "dec", "z"))
    told = {name: np.asarray(centres[name]) for name in CONDITIONS if name in _names(centres)}
    if "tracer" in told and told["tracer"].dtype.kind not in "iu":
        raise ZwickyError("centres: tracer is text; give the number in zwicky.tables.TRACERS, -1 for none")
    where = {name: _numbers(centres, name, "centres") for name in ("ra", "dec", "z")}
    found = weigh_lists(
        SkyList(ra, dec, z),
        Centres(_column(centres, "cluster_id", "centres"), **where, told=told),
        model,
        load_model("m_sigma") if m_sigma is None else m_sigma,
        observing=observing or Observing(),
        prior=prior,
        density=density,
    )
    frame = pandas.DataFrame({"cluster_id": found.pop("cluster_id"), **where, **found})
    return frame.astype({name: "str" for name in frame if frame[name].dtype == object})


def weigh_lists(
    galaxies: SkyList,
    centres: Centres,
    model: Estimator,
    m_sigma: Estimator,
    *,
    observing: Observing,
    prior: Prior | str = "flat",
    density: DensityPrior | None = None,
) -> dict[str, np.ndarray]:
    """As `weigh_partition`, of lists, as the columns of `zwicky.survey.weigh_blocks`."""
    blocks = blocks_of(
        galaxies,
        centres,
        cosmology=deferred_cosmology(observing.cosmology or "ho2019"),
        model=model,
        merge_arcsec=observing.merge_arcsec,
        is_part=True,
    )
    return weigh_blocks(
        observing.observed(blocks, centres, model), model, m_sigma, prior=prior, density=density
    )


def _names(table: Any) -> list[str]:
    return list(table)


def _column(table: Any, name: str, of: str) -> np.ndarray:
    if name not in _names(table):
        raise ZwickyError(f"{of}: no column {name}; there are {', '.join(map(str, _names(table)))}")
    return np.asarray(table[name])


def _numbers(table: Any, name: str, of: str) -> np.ndarray:
    return _column(table, name, of).astype(float)
