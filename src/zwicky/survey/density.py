"""The density of a survey's galaxies, learned from its own clusters: what makes counts speak of mass.

How many galaxies a cluster has says its mass only if it is known how dense such galaxies are in the universe,
a number that belongs to the survey. The network gives p(log M, log n | cluster) with a flat prior in both; a
survey's clusters share a prior of log n, a Gaussian whose mean, scatter and trend with redshift maximise the
product of the clusters' evidences. An even survey gets a narrow prior, an uneven one a wide prior, under
which counts fall silent by themselves.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import tomli_w

from zwicky.errors import ZwickyError
from zwicky.io.files import written_whole
from zwicky.settings import read_toml, to_mapping

if TYPE_CHECKING:
    from zwicky.estimators.posterior.mixture import Mixture

__all__ = ["MIN_CLUSTERS", "DensityPrior", "fit_density", "known_density", "read_density", "write_density"]

#: Clusters from which on a survey can be calibrated.
MIN_CLUSTERS = 30

#: Scatter in dex of a prior that says nothing, and the range in which the scatter is looked for.
_WIDE, _SCATTER = 1.0, (0.01, 1.5)
#: Scatters, dex, that the search begins at; its first steps in log10 density, ln scatter and trend.
_STARTS, _STEPS = (0.08, 0.3), (0.1, 0.5, 5.0)
#: A trend beyond this is none of a survey; nor is a parameter that is known no better.
_STEEPEST = 100.0
#: Draws about the best parameters that carry their uncertainty.
_DRAWS = 400
#: Counts help if the evidence grows by this factor's logarithm, and if masses narrow by this share; and if
#: the scatter is less than this in dex: on mocks whose fields differ more, masses with counts were worse.
_LOG_FACTOR, _NARROWER, _UNEVEN = 3.0, 0.05, 0.3


@dataclass(frozen=True)
class DensityPrior:
    """Gaussian of log10 of the comoving density [(h/Mpc)^3] that a survey's galaxies have at each cluster.

    Parameters
    ----------
    log10_density
        Its mean at the redshift `pivot_redshift`.
    scatter_dex
        Its standard deviation from cluster to cluster; 0 is a density that is known.
    trend
        Change of the mean with log10 (1 + z), dex per dex.
    pivot_redshift
        See above.
    covariance
        Of (log10_density, scatter_dex, trend), 9 numbers row by row: how well they are known.
    n_clusters
        Clusters that it was learned from; 0 if it was given.
    log_evidence_gain
        Log evidence over that of a prior that says nothing, 1 dex wide.
    mass_std_dex, mass_std_without_dex
        Median width of the clusters' masses with this prior and with none.
    counts_help
        Whether both say that counts are worth using.

    Examples
    --------
    >>> known = DensityPrior(log10_density=-2.0, scatter_dex=0.1)
    >>> mean, std = known.at(np.array([0.05, 0.3]))
    >>> mean, std
    (array([-2., -2.]), array([0.1, 0.1]))
    """

    log10_density: float
    scatter_dex: float = 0.0
    trend: float = 0.0
    pivot_redshift: float = 0.0
    covariance: tuple[float, ...] = (0.0,) * 9
    n_clusters: int = 0
    log_evidence_gain: float = 0.0
    mass_std_dex: float = 0.0
    mass_std_without_dex: float = 0.0
    counts_help: bool = True

    def __post_init__(self):
        if not -8.0 < self.log10_density < 4.0 or not 0.0 <= self.scatter_dex <= 5.0:
            raise ZwickyError(
                f"log10_density = {self.log10_density:g}, scatter_dex = {self.scatter_dex:g}; give log10 of "
                "galaxies per (Mpc/h)^3, -8 to 4, and a scatter of 0 to 5 dex"
            )
        if not 0.0 <= self.pivot_redshift < 20.0 or not abs(self.trend) <= _STEEPEST:
            raise ZwickyError(
                f"pivot_redshift = {self.pivot_redshift:g}, trend = {self.trend:g}; give a redshift of 0 to "
                f"20 and a trend of -{_STEEPEST:g} to {_STEEPEST:g} dex per dex"
            )
        matrix = np.asarray(self.covariance, dtype=float)
        is_one = matrix.shape == (9,) and np.abs(matrix).max() <= _STEEPEST**2
        if not is_one or np.linalg.eigvalsh(matrix.reshape(3, 3)).min() < -1e-9:
            raise ZwickyError("covariance is not that of three numbers; calibrate the survey again")

    def at(self, redshift: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation of log10 density at redshifts, shape (n,) each.

        How well mean, scatter and trend are known is in the width: clusters are weighed one by one.
        """
        away = np.log10(1.0 + np.asarray(redshift, dtype=float)) - np.log10(1.0 + self.pivot_redshift)
        matrix = np.asarray(self.covariance).reshape(3, 3)
        known = matrix[0, 0] + 2.0 * away * matrix[0, 2] + away**2 * matrix[2, 2]
        mean = self.log10_density + self.trend * away
        return mean, np.sqrt(self.scatter_dex**2 + matrix[1, 1] + np.maximum(known, 0.0))

    def verdict(self) -> str:
        """A line for people: the density, and whether counts help."""
        error = np.sqrt(np.asarray(self.covariance).reshape(3, 3).diagonal())
        trend = f", trend {self.trend:+.2f} +- {error[2]:.2f}" if error[2] else ""
        widths = f"masses {self.mass_std_without_dex:.3f} -> {self.mass_std_dex:.3f} dex wide"
        mean = f"{10**self.log10_density:.3g} (h/Mpc)^3 (log10 {self.log10_density:.3f} +- {error[0]:.3f})"
        return (
            f"density {mean}, scatter {self.scatter_dex:.3f} +- {error[1]:.3f} dex{trend}, from "
            f"{self.n_clusters} clusters: "
            f"counts {'help' if self.counts_help else 'do not help'} "
            f"(ln evidence {self.log_evidence_gain:+.1f}; {widths})"
        )


def fit_density(
    mixture: Mixture, redshift: np.ndarray, *, rng: np.random.Generator, with_trend: bool = False
) -> DensityPrior:
    """The prior of the tracers' density that a survey's own clusters speak for.

    The parameters' posterior (flat in mean, scatter and trend) is a weighted set of draws about its maximum;
    its mean and covariance are what is returned.

    Parameters
    ----------
    mixture
        Joint densities of n clusters, from `ConditionalEstimator.joint`.
    redshift : shape (n,)
        Of the clusters.
    rng
        For the draws.
    with_trend
        Also a trend with redshift, as a flux limit makes one.

    Returns
    -------
    DensityPrior
        Whose `DensityPrior.verdict` says in a line whether counts help.

    Raises
    ------
    ZwickyError
        If there are fewer than `MIN_CLUSTERS`.

    Examples
    --------
    >>> from zwicky.estimators import load_model
    >>> model, rng = load_model("posterior"), np.random.default_rng(1)
    >>> prior = fit_density(model.joint(sample[:40]), sample.redshift[:40], rng=rng)
    >>> prior.n_clusters, bool(-3.0 < prior.log10_density < -1.0)
    (40, True)
    """
    if len(mixture) < MIN_CLUSTERS:
        raise ZwickyError(
            f"{len(mixture)} clusters that can be weighed are too few to calibrate a survey; give at least "
            f"{MIN_CLUSTERS}, or the density where it is known: zwicky predict --density"
        )
    x = np.log10(1.0 + np.asarray(redshift, dtype=float))
    pivot = float(np.median(x))
    low, high = np.log(_SCATTER)

    def log_posterior(p):
        if not low <= p[1] <= high:
            return -np.inf
        mean = p[0] + (p[2] * (x - pivot) if with_trend else 0.0)
        # Drawn in the logarithm of the scatter, flat in the scatter.
        return float(mixture.given_density(mean, np.exp(p[1]))[0].sum()) + p[1]

    # A narrow prior with a steep trend and a broad one without are two summits: all are climbed.
    each, width = mixture.density_moments()
    starts = [[float(np.median(each)), np.log(s)] for s in _STARTS]
    if with_trend:
        slope = float(np.polyfit(x - pivot, each, 1, w=1.0 / np.hypot(width, _STARTS[0]))[0])
        starts = [[*start, trend] for start in starts for trend in (0.0, slope, 2.0 * slope)]
    found = [_climb(log_posterior, np.array(start)) for start in starts]
    best = max(found, key=log_posterior)
    draws, weight = _importance(log_posterior, best, rng)
    draws[:, 1] = np.exp(draws[:, 1])
    mean = weight @ draws
    spread = (draws - mean).T @ ((draws - mean) * weight[:, None])
    covariance = np.zeros((3, 3))
    covariance[: len(best), : len(best)] = spread
    made = DensityPrior(
        log10_density=float(mean[0]),
        scatter_dex=float(mean[1]),
        trend=float(mean[2]) if with_trend else 0.0,
        pivot_redshift=float(10**pivot - 1.0),
        covariance=tuple(covariance.ravel().tolist()),
        n_clusters=len(mixture),
    )
    told, narrowed = mixture.given_density(*made.at(redshift))
    gain = float(np.sum(told - mixture.given_density(made.at(redshift)[0], _WIDE)[0]))
    before, after = (float(np.median(_mass_std(m))) for m in (mixture, narrowed))
    helps = gain > _LOG_FACTOR and after < (1.0 - _NARROWER) * before and made.scatter_dex < _UNEVEN
    return dataclasses.replace(
        made,
        log_evidence_gain=gain,
        mass_std_dex=after,
        mass_std_without_dex=before,
        counts_help=bool(helps),
    )


def _climb(log_posterior: Callable[[np.ndarray], float], start: np.ndarray) -> np.ndarray:
    """The summit that Nelder and Mead (1965) find from a start, by steps as large as what is looked for."""
    from scipy.optimize import minimize

    simplex = np.vstack([start, start + np.diag(_STEPS[: len(start)])])
    options = {"xatol": 1e-4, "fatol": 1e-4, "maxiter": 2000, "initial_simplex": simplex}
    return minimize(lambda p: -log_posterior(p), start, method="Nelder-Mead", options=options).x


def write_density(path: Path | str, prior: DensityPrior) -> None:
    """Write a prior as TOML, whole.

    Parameters
    ----------
    path
        Of the file, replaced if it exists.
    prior
        What to write.

    Examples
    --------
    >>> write_density("survey.toml", DensityPrior(log10_density=-2.0, scatter_dex=0.1))
    >>> print(open("survey.toml").read().splitlines()[0])
    log10_density = -2.0
    """
    with written_whole(path) as temporary:
        Path(temporary).write_text(tomli_w.dumps(to_mapping(prior)), encoding="utf-8")


def read_density(path: Path | str) -> DensityPrior:
    """Read what `write_density` wrote, or a file of one's own with at least ``log10_density``.

    Parameters
    ----------
    path
        Of the TOML file.

    Returns
    -------
    DensityPrior
        The same numbers.

    Raises
    ------
    ZwickyError
        If the file is missing or holds no density prior.

    Examples
    --------
    >>> write_density("survey.toml", DensityPrior(log10_density=-2.0))
    >>> read_density("survey.toml").log10_density
    -2.0
    """
    return read_toml(DensityPrior, Path(path))


def known_density(given: DensityPrior | float | Path | str | None) -> DensityPrior | None:
    """What is known of a density: a prior, galaxies per (Mpc/h)^3, or a file that `read_density` reads.

    Raises
    ------
    ZwickyError
        If a number is not above 0 and below 10^4, or as `read_density`.
    """
    if given is None or isinstance(given, DensityPrior):
        return given
    if isinstance(given, Path | str):
        return read_density(given)
    if not 0 < given < 1e4:
        raise ZwickyError(f"density {given:g} is not allowed; give galaxies per (Mpc/h)^3, above 0")
    return DensityPrior(float(np.log10(given)))


def _importance(log_posterior, best: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Weighted draws of a posterior about its maximum, shapes (m, p) and (m,).

    From a Student t with 4 degrees of freedom as wide as the curvature says, then once more as wide as the
    first draws say.
    """
    p = len(best)
    covariance = _from_curvature(log_posterior, best)
    centre = best
    for _ in range(2):
        root = np.linalg.cholesky(covariance + 1e-10 * np.eye(p))
        normal = rng.standard_normal((_DRAWS, p))
        chi = np.sqrt(rng.chisquare(4.0, _DRAWS) / 4.0)[:, None]
        draws = centre + (normal / chi) @ root.T
        squared = ((normal / chi) ** 2).sum(axis=1)
        log_weight = np.array([log_posterior(d) for d in draws]) + 0.5 * (4.0 + p) * np.log1p(squared / 4.0)
        weight = np.exp(log_weight - log_weight.max())
        weight /= weight.sum()
        centre = weight @ draws
        covariance = (draws - centre).T @ ((draws - centre) * weight[:, None])
    return draws, weight


def _from_curvature(log_posterior, best: np.ndarray) -> np.ndarray:
    """Covariance that the curvature at the maximum stands for; wide where it does not curve."""
    p, step = len(best), 0.02
    top = log_posterior(best)
    variance = np.empty(p)
    for i in range(p):
        move = step * np.eye(p)[i]
        bend = (2.0 * top - log_posterior(best + move) - log_posterior(best - move)) / step**2
        variance[i] = 1.0 / max(bend, 0.5) if np.isfinite(bend) else 1.0
    return np.diag(1.5 * variance)


def _mass_std(mixture: Mixture) -> np.ndarray:
    """Standard deviation of each mass in dex, shape (n,)."""
    grid = np.linspace(mixture.low, mixture.high, 261)
    density = np.exp(mixture.log_mass_density(grid))
    density /= density.sum(axis=1, keepdims=True)
    mean = density @ grid
    return np.sqrt((density * (grid - mean[:, None]) ** 2).sum(axis=1))
