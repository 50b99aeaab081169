"""Table 3: the likelihood of residuals sampled by Metropolis-Hastings (Ho et al. 2019, Sec. 5.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from zwicky.extras import require
from zwicky.ho2019.richness import PARAMETERS, RichnessData, halo_bootstrap, log_likelihood, most_likely

if TYPE_CHECKING:
    import emcee

__all__ = ["PRIOR_BOUNDS", "intrinsic_share", "measure_richness", "share_as_published"]

#: Flat priors between these bounds, in the order of `PARAMETERS`.
PRIOR_BOUNDS = np.array([(-2.0, 2.0), (0.0, 2.0), (0.0, 2.0), (-1.0, 3.0), (0.0, 1.0)])

_WALKERS = 32
_PILOT_STEPS = 400
# The step of a random walk that moves fastest through a Gaussian of 5 dimensions (Roberts et al. 1997).
_STEP = 2.38 / np.sqrt(len(PARAMETERS))
# Steps in units of the autocorrelation time: left out at the start, and wanted in all (emcee's advice is 50).
_BURN_IN, _LENGTH = 5, 60
_KEPT = 4000
_QUANTILES = (0.16, 0.5, 0.84)


def intrinsic_share(sigma_0, sigma_1, n_true: float):
    """Share of the variance of residuals that is intrinsic at a richness, ``sigma_0^2 / sigma^2`` (Eq. 13).

    >>> round(intrinsic_share(0.15, 0.05, 40), 2), round(intrinsic_share(0.11, 0.05, 40), 2)
    (0.78, 0.66)
    """
    return sigma_0**2 / (sigma_0**2 + 100.0 / n_true * sigma_1**2)


def share_as_published(sigma_0, sigma_1, n_true: float):
    """The expression that turns the paper's Table 3 into the "55% and 47%" of its Sec. 5.3.

    ``sigma_0 / (sigma_0 + (100 / N_true) sigma_1)`` adds standard deviations where Eq. 13 adds variances, and
    its richness term lacks a square root: it is here to compare with, not to believe.

    >>> round(share_as_published(0.15, 0.05, 40), 2), round(share_as_published(0.11, 0.05, 40), 2)
    (0.55, 0.47)
    """
    return sigma_0 / (sigma_0 + 100.0 / n_true * sigma_1)


def measure_richness(
    data: RichnessData,
    *,
    seed: int,
    max_steps: int = 20_000,
    n_resamples: int = 100,
) -> tuple[dict[str, Any], np.ndarray]:
    """One row of Table 3.

    Metropolis-Hastings (emcee's `GaussianMove`) with 32 walkers under the flat priors of `PRIOR_BOUNDS`. The
    proposal is the covariance of a pilot run, scaled; steps are added until there are 60 autocorrelation
    times of the slowest parameter, the first 5 of which are left out.

    Parameters
    ----------
    data
        From `zwicky.ho2019.richness.richness_data`.
    seed
        Seed of the walk and of the bootstrap.
    max_steps
        Steps of a walker at which to give up; the result then says ``converged: False``.
    n_resamples
        Bootstrap resamples of halos for the errors of the most likely parameters.

    Returns
    -------
    row : dict
        Each parameter's ``median``, ``p16`` and ``p84`` (offsets from it), ``most_likely`` and
        ``halo_bootstrap_error`` (standard deviation of the most likely value over resamples of halos);
        ``intrinsic_share_of_scatter`` (of the variance) and ``share_as_published`` at the median richness;
        pivot, counts, and how the walk went.
    samples : float64, shape (n, 5)
        Thinned posterior samples, at most 4000.
    """
    walk, boot = np.random.SeedSequence(seed).spawn(2)
    best = most_likely(data)
    samples, facts = _sample(data, best, walk, max_steps)
    drawn = halo_bootstrap(data, rng=np.random.default_rng(boot), n_resamples=n_resamples)
    row: dict[str, Any] = {
        "pivot_log10_m200c_h": data.pivot_log10_m200c_h,
        "n_true_median": data.n_true_median,
    }
    for i, name in enumerate(PARAMETERS):
        row[name] = _summary(samples[:, i])
        row[name] |= {"most_likely": float(best[i]), "halo_bootstrap_error": float(drawn[:, i].std(ddof=1))}
    for name, share in (
        ("intrinsic_share_of_scatter", intrinsic_share),
        ("share_as_published", share_as_published),
    ):
        row[name] = _summary(share(samples[:, 1], samples[:, 2], data.n_true_median))
        of_drawn = share(drawn[:, 1], drawn[:, 2], data.n_true_median)
        row[name]["halo_bootstrap_error"] = float(of_drawn.std(ddof=1))
    row |= {"n_clusters": len(data.epsilon), "n_left_out": data.n_left_out, **facts}
    return row, samples[:: -(-len(samples) // _KEPT)]


def _sample(
    data: RichnessData, best: np.ndarray, seed: np.random.SeedSequence, max_steps: int
) -> tuple[np.ndarray, dict[str, Any]]:
    """Posterior samples, shape (n, 5), and how the walk went."""
    low, high = PRIOR_BOUNDS.T

    def log_posterior(theta: np.ndarray) -> np.ndarray:
        allowed = np.all((theta >= low) & (theta <= high), axis=1)
        out = np.full(len(theta), -np.inf)
        out[allowed] = log_likelihood(theta[allowed], data)
        return out

    require("emcee", "train", "the richness posterior")
    import emcee

    def sampler(covariance: np.ndarray, state: np.random.SeedSequence) -> emcee.EnsembleSampler:
        move = emcee.moves.GaussianMove(covariance)
        made = emcee.EnsembleSampler(_WALKERS, len(best), log_posterior, moves=move, vectorize=True)
        # emcee has its own legacy generator; seeded here, never from the global one.
        made.random_state = np.random.RandomState(np.random.MT19937(state)).get_state()
        return made

    seeds = seed.spawn(3)
    n, scatter = len(data.epsilon), np.std(data.epsilon)
    width = np.array([1.0, 1.0, 1.0, 3.0, 1.0]) * scatter / np.sqrt(n)
    width[4] = (1.0 + np.sqrt(best[4] * n)) / n
    start = best + width * np.random.default_rng(seeds[0]).standard_normal((_WALKERS, len(best)))
    for i, name in enumerate(PARAMETERS):
        if name in ("sigma_0", "sigma_1", "w_c"):
            start[:, i] = np.abs(start[:, i])  # a best value at zero has walkers on one side of it only
    start = np.clip(start, low, high)
    pilot = sampler(np.diag((0.5 * width) ** 2), seeds[1])
    # Each walker goes its own way: that all start on one side of a bound does not matter to them.
    pilot.run_mcmc(start, _PILOT_STEPS, skip_initial_state_check=True)
    last = pilot.get_chain(discard=_PILOT_STEPS // 2, flat=True)
    walk = sampler(_STEP**2 * np.cov(last, rowvar=False), seeds[2])
    state = pilot.get_chain()[-1]
    tau = np.inf
    while walk.iteration < max_steps and not walk.iteration >= _LENGTH * tau:
        wanted = _LENGTH * tau if np.isfinite(tau) else 0.0
        more = int(np.clip(1.05 * wanted - walk.iteration, 500, max_steps - walk.iteration))
        state = walk.run_mcmc(state, more, skip_initial_state_check=True)
        tau = float(np.max(walk.get_autocorr_time(tol=0)))
    facts = {
        "autocorrelation_time": tau,
        "n_steps": walk.iteration,
        "n_walkers": _WALKERS,
        "acceptance": float(np.mean(walk.acceptance_fraction)),
        "converged": bool(walk.iteration >= _LENGTH * tau),
    }
    discard = int(min(np.ceil(_BURN_IN * tau), walk.iteration // 2)) if np.isfinite(tau) else 0
    return walk.get_chain(discard=discard, thin=max(1, int(tau / 4)), flat=True), facts


def _summary(values: np.ndarray) -> dict[str, float]:
    p16, median, p84 = np.quantile(values, _QUANTILES)
    return {"median": float(median), "p16": float(p16 - median), "p84": float(p84 - median)}
