"""How residuals depend on mass and richness: the likelihood of Table 3 (Ho et al. 2019, Sec. 5.3).

Residuals are Gaussian about a line in log10 mass, with a variance that has an intrinsic part and a part that
falls with the number of true members, beside a flat share of outliers (Eqs. 11-13, after Wojtak et al. 2018):

    mu = mu_0 + (alpha_0 - 1) log10(M_true / M_0)
    sigma^2 = sigma_0^2 + (100 / N_true) sigma_1^2
    L = prod_i [(1 - w_c) G(eps_i; mu, sigma) + w_c G(eps_i; mu, sigma_c)],   sigma_c = 10^10 dex

The product treats the lines of sight of one halo as independent, which they are not: the posterior is too
narrow. `halo_bootstrap` gives errors of the maximum that are not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from zwicky.diagnostics.bootstrap import HaloGroups, resample_halos
from zwicky.errors import ZwickyError
from zwicky.kernels import kernel

__all__ = [
    "OUTLIER_SCATTER_DEX",
    "PARAMETERS",
    "RichnessData",
    "halo_bootstrap",
    "log_likelihood",
    "most_likely",
    "richness_data",
]

#: Parameters of the likelihood, in the order of every array here.
PARAMETERS = ("mu_0", "sigma_0", "sigma_1", "alpha_0", "w_c")

#: sigma_c of Eq. 11, in dex.
OUTLIER_SCATTER_DEX = 1e10

_LOG_OUTLIER = -np.log(OUTLIER_SCATTER_DEX) - 0.5 * np.log(2 * np.pi)
_HALF_LOG_2PI = 0.5 * np.log(2 * np.pi)

#: Bounds of the search: a scatter of zero has no likelihood, a share of outliers of one no slope.
_BOUNDS = ((-5.0, 5.0), (1e-4, 5.0), (0.0, 5.0), (-9.0, 11.0), (1e-9, 0.999))


@dataclass(frozen=True, eq=False)
class RichnessData:
    """What the likelihood looks at, a row a cluster and line of sight, in order of richness.

    Parameters
    ----------
    epsilon : float64, shape (n,)
        Residuals in dex.
    log10_mass : float64, shape (n,)
        log10(M_true / M_0).
    per_richness : float64, shape (n,)
        100 / N_true.
    starts : int64, shape (g + 1,)
        Rows ``starts[k]:starts[k + 1]`` have one richness.
    halo_id : int64, shape (n,)
        The halo behind each row.
    pivot_log10_m200c_h : float
        log10 of M_0 in Msun/h.
    n_true_median : float
        Median of N_true.
    n_left_out : int
        Rows without a prediction or without a true member.
    """

    epsilon: np.ndarray
    log10_mass: np.ndarray
    per_richness: np.ndarray
    starts: np.ndarray
    halo_id: np.ndarray
    pivot_log10_m200c_h: float
    n_true_median: float
    n_left_out: int

    @property
    def columns(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """What the compiled likelihood takes."""
        return self.epsilon, self.log10_mass, self.per_richness, self.starts


def richness_data(
    epsilon: np.ndarray, log10_m200c_h: np.ndarray, n_true: np.ndarray, halo_id: np.ndarray
) -> RichnessData:
    """Rows that the likelihood can use; the pivot is the median mass of all rows, as in the paper.

    Parameters
    ----------
    epsilon : float, shape (n,)
        Residuals in dex, NaN without a prediction.
    log10_m200c_h : float, shape (n,)
        log10 of the true M200c in Msun/h.
    n_true : int, shape (n,)
        True members, of the pure catalogue.
    halo_id : int, shape (n,)
        The halo behind each row.

    Raises
    ------
    ZwickyError
        If fewer than ten rows are left: five parameters want more.
    """
    epsilon, mass, n_true = (np.asarray(a, dtype=float) for a in (epsilon, log10_m200c_h, n_true))
    used = np.isfinite(epsilon) & np.isfinite(mass) & (n_true >= 1)
    if used.sum() < 10:
        raise ZwickyError(
            f"{used.sum()} of {len(used)} clusters have a prediction and a true member; Table 3 needs 10"
        )
    pivot = float(np.median(mass[np.isfinite(mass)]))
    rows = np.flatnonzero(used)
    rows = rows[np.argsort(n_true[rows], kind="stable")]
    steps = np.flatnonzero(np.diff(n_true[rows])) + 1
    return RichnessData(
        epsilon=epsilon[rows],
        log10_mass=mass[rows] - pivot,
        per_richness=100.0 / n_true[rows],
        starts=np.concatenate([[0], steps, [len(rows)]]),
        halo_id=np.asarray(halo_id)[rows],
        pivot_log10_m200c_h=pivot,
        n_true_median=float(np.median(n_true[n_true >= 1])),
        n_left_out=len(used) - len(rows),
    )


def log_likelihood(theta: np.ndarray, data: RichnessData) -> np.ndarray:
    """log L of Eq. 11 for many parameter vectors at once.

    Parameters
    ----------
    theta : float, shape (m, 5)
        In the order of `PARAMETERS`.
    data
        The clusters.

    Returns
    -------
    float64, shape (m,)
        ``-inf`` where sigma_0 or sigma_1 is negative, both are zero, or w_c is not in [0, 1).
    """
    theta = np.ascontiguousarray(np.atleast_2d(theta), dtype=float)
    weight = np.ones(len(data.epsilon))
    return np.array([_sums(t, *data.columns, weight)[0] for t in theta])


def most_likely(data: RichnessData, counts: np.ndarray | None = None) -> np.ndarray:
    """Parameters of the greatest likelihood, shape (5,).

    Parameters
    ----------
    data
        The clusters.
    counts : shape (n,), optional
        How often each row counts; once by default.
    """
    weight = np.ones(len(data.epsilon)) if counts is None else np.asarray(counts, dtype=float)
    total = weight.sum()

    def cost(theta: np.ndarray) -> tuple[float, np.ndarray]:
        sums = _sums(theta, *data.columns, weight)
        return -sums[0] / total, -sums[1:] / total

    slope, level = np.polyfit(data.log10_mass, data.epsilon, 1) if np.ptp(data.log10_mass) > 0 else (0, 0)
    scatter = np.std(data.epsilon - level - slope * data.log10_mass)
    half = np.sqrt(0.5) * scatter
    start = [level, half, half / np.sqrt(np.median(data.per_richness)), 1 + slope, 1e-3]
    start = np.clip(start, *np.transpose(_BOUNDS))
    # Truncated Newton: scipy's L-BFGS-B calls threaded LAPACK on 5 numbers, which waits on a busy machine.
    options = {"ftol": 1e-14, "gtol": 1e-9, "xtol": 1e-12, "maxfun": 2000}
    return minimize(cost, start, jac=True, method="TNC", bounds=_BOUNDS, options=options).x


def halo_bootstrap(data: RichnessData, *, rng: np.random.Generator, n_resamples: int = 100) -> np.ndarray:
    """Most likely parameters of samples of halos drawn with replacement, shape (n_resamples, 5)."""
    groups = HaloGroups(data.halo_id)
    return resample_halos(
        groups.n_halos, lambda counts: most_likely(data, counts[groups.index]), n_resamples, rng=rng
    )


# Below this log of (share of outliers x their density) / (density of the rest) a row is no outlier: of
# 1e5 such rows log L would lose 1e-7.
_ORDINARY = -28.0


@kernel(error_model="numpy", fastmath={"contract", "reassoc", "nsz"})
def _sums(theta, epsilon, log10_mass, per_richness, starts, weight):
    """log L and its gradient with respect to `PARAMETERS`, float64, shape (6,).

    Rows are in groups of equal richness. Each is first taken as no outlier, in a loop that the compiler
    vectorises; the few that may be one are then put right.
    """
    mu_0, sigma_0, sigma_1, alpha_0, w_c = theta
    out = np.zeros(6)
    if sigma_0 < 0.0 or sigma_1 < 0.0 or sigma_0 + sigma_1 == 0.0 or w_c < 0.0 or w_c >= 1.0:
        out[0] = -np.inf
        return out
    slope = alpha_0 - 1.0
    log_inside = np.log(1.0 - w_c)
    log_outside = np.log(w_c) + _LOG_OUTLIER if w_c > 0.0 else -np.inf
    for g in range(len(starts) - 1):
        first, last = starts[g], starts[g + 1]
        rich = per_richness[first]
        variance = sigma_0 * sigma_0 + rich * sigma_1 * sigma_1
        log_peak = log_inside - 0.5 * np.log(variance) - _HALF_LOG_2PI
        n, d1, d1x, d2, largest = 0.0, 0.0, 0.0, 0.0, 0.0
        for i in range(first, last):
            d = epsilon[i] - mu_0 - slope * log10_mass[i]
            n += weight[i]
            d1 += weight[i] * d
            d1x += weight[i] * d * log10_mass[i]
            d2 += weight[i] * d * d
            largest = max(largest, d * d)
        out[0] += n * log_peak - 0.5 * d2 / variance
        out[5] -= n / (1.0 - w_c)
        if log_outside - log_peak + 0.5 * largest / variance > _ORDINARY:
            for i in range(first, last):
                d = epsilon[i] - mu_0 - slope * log10_mass[i]
                odds = log_outside - log_peak + 0.5 * d * d / variance
                if odds > _ORDINARY:
                    outside = 1.0 / (1.0 + np.exp(-odds))
                    out[0] += weight[i] * (odds if odds > 600.0 else np.log1p(np.exp(odds)))
                    out[5] += weight[i] * outside * (1.0 / w_c + 1.0 / (1.0 - w_c))
                    lost = weight[i] * outside
                    n -= lost
                    d1 -= lost * d
                    d1x -= lost * d * log10_mass[i]
                    d2 -= lost * d * d
        widen = (d2 / variance - n) / variance
        out[1] += d1 / variance
        out[2] += widen * sigma_0
        out[3] += widen * rich * sigma_1
        out[4] += d1x / variance
    return out
