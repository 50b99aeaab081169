"""Posteriors that were made apart, as one: of folds, of partitions of a survey."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.estimators.mass_posterior import MassPosterior
from zwicky.estimators.prior import Prior

__all__ = ["join_posteriors"]


def join_posteriors(parts: Sequence[MassPosterior]) -> MassPosterior:
    """All clusters of several posteriors in order; grid and prior, which they share, are the first's.

    Parameters
    ----------
    parts
        At least one.

    Returns
    -------
    MassPosterior

    Raises
    ------
    ZwickyError
        If there is none, or if their grids or priors differ.

    Examples
    --------
    >>> one, two = MassPosterior.from_gaussian(14.2, 0.1), MassPosterior.from_gaussian(14.8, 0.2)
    >>> join_posteriors([one, two]).median.round(1)
    array([14.2, 14.8])
    """
    if not parts:
        raise ZwickyError("nothing to join; give at least one MassPosterior")
    first = parts[0]
    for part in parts[1:]:
        if not np.array_equal(part.grid, first.grid):
            raise ZwickyError("posteriors on different grids cannot be joined; make them on one")
        if part.prior.name != first.prior.name or part.prior.is_common != first.prior.is_common:
            raise ZwickyError(
                f"posteriors with priors {first.prior.name!r} and {part.prior.name!r} cannot be joined; "
                "give them one with with_prior"
            )
    prior = first.prior
    if not prior.is_common:
        together = np.concatenate([part.prior.log_density for part in parts])
        prior = Prior(prior.name, prior.grid, together)
    named = all(part.cluster_id is not None for part in parts)
    point = np.concatenate([part.log10_m200c for part in parts])
    values = np.broadcast_to(np.nan, (len(point), len(first.grid)))
    if any(part.has_width.any() for part in parts):
        values = np.concatenate([part.log_density for part in parts])
    return MassPosterior(
        point,
        first.grid,
        values,
        prior,
        np.concatenate([part.cluster_id for part in parts]) if named else None,
    )
