"""Kinds of galaxies: nobody knows what a survey's are, and all of its clusters have the same.

Galaxies are slower or faster than matter, less concentrated, and cluster more or less around clusters. A
table of predicted masses averages over the ranges of all that; a survey is one draw from them, so that its
masses are off together, and no number of clusters averages that down. How much it is worth is measured on
mock surveys with galaxies of one kind each, by what counts feel: interlopers not only move the mean of
predicted masses, they also lift light clusters out of the crowd, and counts are steep.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.estimators import ConditionalEstimator
from zwicky.mass_function import log_mass_function
from zwicky.mocks.deep import DeepViews
from zwicky.mocks.survey_settings import SurveySettings
from zwicky.survey.density import DensityPrior
from zwicky.survey.looks import MockLooks, mock_looks
from zwicky.survey.neighbourhood import neighbourhoods
from zwicky.survey.told import Told

if TYPE_CHECKING:
    from astropy.cosmology import FLRW

__all__ = ["GalaxyKind", "draw_kinds", "mock_kinds", "shared_error"]

#: Kinds that are looked at, and the most clusters of each.
_KINDS, _CLUSTERS = 16, 3000
#: Predicted masses nearer than this to the lowest true ones have too few below them to be lifted up.
_EDGE_DEX = 0.4


@dataclass(frozen=True)
class GalaxyKind:
    """What the galaxies of a survey are.

    Parameters
    ----------
    velocity_bias, velocity_bias_slope
        Speed over that of matter at 10^14.5 Msun/h, and its rise per dex of mass.
    concentration, interlopers
        Over those of matter.
    bright_share, bright_factor
        Share of members that are bright, and their speed over that of the others.
    """

    velocity_bias: float
    velocity_bias_slope: float
    concentration: float
    interlopers: float
    bright_share: float
    bright_factor: float

    def conditions(self, log10_m200c_h: np.ndarray) -> dict[str, np.ndarray | float]:
        """For `draw_conditions` of `zwicky.mocks`, of clusters of masses in log10 Msun/h, shape (n,)."""
        slope = self.velocity_bias_slope * (np.asarray(log10_m200c_h) - 14.5)
        return {
            "velocity_bias": self.velocity_bias + slope,
            "concentration": self.concentration,
            "interlopers": self.interlopers,
            "bright_share": self.bright_share,
            "bright_factor": self.bright_factor,
        }


def draw_kinds(
    n: int, *, rng: np.random.Generator, tracer: str | None = None, survey: SurveySettings | None = None
) -> list[GalaxyKind]:
    """`n` kinds from the ranges of training, each range covered evenly (a Latin hypercube).

    Parameters
    ----------
    n
        How many.
    rng
        Randomness.
    tracer
        ``red`` ones have concentrations of their own.

    Returns
    -------
    list of GalaxyKind

    Examples
    --------
    >>> kinds = draw_kinds(4, rng=np.random.default_rng(1))
    >>> low, high = SurveySettings().interlopers
    >>> sorted(int(4 * (kind.interlopers - low) / (high - low)) for kind in kinds)
    [0, 1, 2, 3]
    """
    ranges = survey or SurveySettings()
    low, high = (1.0 - bright for bright in reversed(ranges.bright_drop))
    spans = (
        ranges.velocity_bias,
        ranges.velocity_bias_slope,
        ranges.red_concentration if tracer == "red" else ranges.concentration,
        ranges.interlopers,
        ranges.bright_share,
        (low, high),
    )
    shares = (np.stack([rng.permutation(n) for _ in spans], axis=1) + rng.random((n, len(spans)))) / n
    edges = np.array(spans)
    return [GalaxyKind(*map(float, edges[:, 0] + share * np.diff(edges)[:, 0])) for share in shares]


def mock_kinds(
    model: ConditionalEstimator,
    views: DeepViews,
    density: DensityPrior,
    told: Told,
    cosmology: FLRW,
    *,
    rng: np.random.Generator,
    with_counts: bool = True,
    rows: np.ndarray | None = None,
) -> list[MockLooks]:
    """The same clusters seen by surveys whose galaxies are of one kind each; all else is drawn once for all.

    Parameters
    ----------
    model, views, density, told, cosmology, rng, with_counts
        As for `zwicky.survey.looks.mock_looks`.
    rows
        Of the views, all by default; up to 3000 of them are looked at.

    Returns
    -------
    list of MockLooks
        One for each of 16 kinds.
    """
    rows = rng.permutation(np.arange(len(views)) if rows is None else rows)[:_CLUSTERS]
    seed = int(rng.integers(2**62))
    return [
        mock_looks(
            model,
            views,
            rows,
            density,
            told,
            cosmology,
            rng=np.random.default_rng(seed),
            with_counts=with_counts,
            **kind.conditions(views.log10_m200c_h[rows]),
        )
        for kind in draw_kinds(_KINDS, rng=rng, tracer=told.tracer, survey=model.survey)
    ]


def shared_error(
    kinds: Sequence[MockLooks], log10_m200c: np.ndarray, redshift: np.ndarray, cosmology: FLRW
) -> np.ndarray:
    """What predicted masses of a kind are off by as counts feel it, dex: its spread over kinds, shape (m, z).

    For each kind the number of clusters above a predicted mass is that of all kinds together above another
    mass; the difference of the two is what all masses of that kind are off by.

    Parameters
    ----------
    kinds
        From `mock_kinds`.
    log10_m200c : shape (m,)
        Rising: grid of true masses, and the predicted masses above which is counted. Of those within 0.4 dex
        of its lower end that of the lowest mass beyond is given.
    redshift : shape (z,)
        Of the clusters.
    cosmology
        Of the mass function.

    Returns
    -------
    float64, shape (m, z)

    Raises
    ------
    ZwickyError
        If there are fewer than two kinds, or too few halos at a redshift.
    """
    if len(kinds) < 2:
        raise ZwickyError(f"{len(kinds)} kinds of galaxies do not tell how they differ; give at least two")
    mass = np.asarray(log10_m200c, dtype=float)
    at = np.arange(mass[0], mass[-1] + 0.5, 0.01)
    out = np.empty((len(mass), len(redshift)))
    for j, z in enumerate(redshift):
        halos = np.exp(log_mass_function(mass, float(z), cosmology)) * np.gradient(mass)
        counts = np.array([_log_counts(looks, mass, halos, float(z), at) for looks in kinds])
        together = np.log(np.exp(counts).mean(axis=0))
        # From the most massive on, so that what is looked up in rises.
        same = np.array([np.interp(one[::-1], together[::-1], at[::-1])[::-1] for one in counts])
        off = np.std(at - same, axis=0, ddof=1)
        out[:, j] = np.interp(np.maximum(mass, mass[0] + _EDGE_DEX), at, off)
    return out


def _log_counts(looks: MockLooks, mass, halos, redshift: float, at) -> np.ndarray:
    """Logarithm of the clusters above predicted masses `at`; `halos` is how many have each true mass."""
    total = np.zeros(len(at))
    for number, (one, away) in zip(halos, neighbourhoods(looks, mass, redshift), strict=True):
        mean = one.moments(away)["mean_pred"]
        total += number * one.completeness * one.above(at - mean)
    # Above the heaviest cluster there are none, of any kind.
    return np.log(np.maximum(total, 1e-12 * total[0]))
