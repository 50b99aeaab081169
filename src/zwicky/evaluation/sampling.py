"""How masses drift when galaxies go missing (Ho et al. 2019, Sec. 5.4): Eq. 14, cluster by cluster.

For each sampling rate each test cluster is thinned ten times, weighed each time by the model that weighed it
whole, and the mean of the ten log10 masses is compared with the mass from all galaxies. The paper averages
"mass predictions" without saying of what: we average log10 M, in which its networks predict.

The thinned clusters follow from the sample, the seed, the rate and the number of the draw alone, so that
methods that weigh the same sample see the same ones (support distribution machines, on a part of it, have
draws of their own), and each (method, rate) is kept on disk as it is done.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.evaluation.by_fold import FoldModels
from zwicky.images.thinning import thinned
from zwicky.progress import Progress, quiet
from zwicky.resume import digest_of, keep, kept
from zwicky.tables import ClusterSample

__all__ = ["AT_LEAST", "SAMPLING_RATES", "SubsamplingDeviation", "measure_deviations", "some_halos"]

#: The sampling rates of Fig. 10.
SAMPLING_RATES = tuple(k / 10 for k in range(1, 11))

#: Galaxies that every draw keeps. An image needs three (a dispersion, two), and one rule for all methods
#: keeps them paired; the paper's N_min of 10 would leave the poorest clusters whole at every rate and hide
#: what the test looks for. At a rate of 0.1 it lifts clusters of fewer than 25 galaxies: they are counted.
AT_LEAST = 3


@dataclass(frozen=True, eq=False)
class SubsamplingDeviation:
    """Subsampled mass deviations of one method at one rate.

    Parameters
    ----------
    rate : float
        Share of the galaxies kept.
    epsilon : float64, shape (n,)
        ``mean over draws of log10 M(r) - log10 M(1)`` in dex (Eq. 14); NaN where no draw could be weighed.
    one_draw : float64, shape (n,)
        The same for the first draw alone, as an observer has it; NaN where it could not be weighed.
    n_failed : int
        Draws without a mass: three galaxies with no spread make no image.
    n_lifted : int
        Clusters for which the rate would keep fewer than `AT_LEAST` galaxies.
    """

    rate: float
    epsilon: np.ndarray
    one_draw: np.ndarray
    n_failed: int
    n_lifted: int


def measure_deviations(
    models: FoldModels,
    sample: ClusterSample,
    workdir: Path | str,
    *,
    seed: int,
    rates: tuple[float, ...] = SAMPLING_RATES,
    n_draws: int = 10,
    progress: Progress = quiet,
) -> list[SubsamplingDeviation]:
    """Thin and weigh a sample at each rate.

    Parameters
    ----------
    models
        From `zwicky.evaluation.fold_models` and `fold_relations`.
    sample
        Test clusters with folds, all their galaxies.
    workdir
        Keeps each finished rate; a call that finds it there, from the same models, sample and seed, does not
        compute it again. One folder a method.
    seed
        Seed of the draws.
    rates
        Shares of the galaxies to keep. At a rate of one there is nothing to draw, and it is weighed once.
    n_draws
        Subsets of each cluster at each rate.
    progress
        Called with the draws done and all of them.

    Raises
    ------
    ZwickyError
        If a rate is not in (0, 1], there is no draw, or a row's fold has no model.
    """
    if n_draws < 1:
        raise ZwickyError(f"n_draws = {n_draws}; give at least 1")
    for rate in rates:
        if not 0.0 < rate <= 1.0:
            raise ZwickyError(f"sampling rate {rate:g} is not allowed; give 0 < rate <= 1")
    seen = [getattr(sample, column) for column in ("fold", "offsets", "v_los", "r_proj_comoving")]
    total, done = len(rates) * n_draws, 0
    whole: np.ndarray | None = None
    out = []
    for rate in rates:
        path = Path(workdir) / f"rate_{rate:g}.safetensors"
        digest = digest_of(models.digest, seed, n_draws, AT_LEAST, rate, *seen)
        if (stored := kept(path, digest)) is not None:
            found = SubsamplingDeviation(rate=rate, **stored[0], **stored[1])
        else:
            whole = models.weigh(sample) if whole is None else whole
            found = _deviation_at(models, sample, whole, rate, seed, n_draws if rate < 1.0 else 1)
            arrays = {"epsilon": found.epsilon, "one_draw": found.one_draw}
            keep(path, digest, arrays, {"n_failed": found.n_failed, "n_lifted": found.n_lifted})
        out.append(found)
        done += n_draws
        progress("thin and weigh", done, total, f"rate {rate:g}")
    return out


def some_halos(sample: ClusterSample, n_clusters: int, *, rng: np.random.Generator) -> np.ndarray:
    """Rows of whole halos drawn at random until there are `n_clusters`, in order; int64, shape (m,).

    All rows if the sample has no more. Whole halos, so that a bootstrap over halos stays one.
    """
    if len(sample) <= n_clusters:
        return np.arange(len(sample))
    halos, index, counts = np.unique(sample.halo_id, return_inverse=True, return_counts=True)
    order = rng.permutation(len(halos))
    enough = int(np.searchsorted(np.cumsum(counts[order]), n_clusters)) + 1
    return np.flatnonzero(np.isin(index, order[:enough]))


def _deviation_at(
    models: FoldModels, sample: ClusterSample, whole: np.ndarray, rate: float, seed: int, n_draws: int
) -> SubsamplingDeviation:
    total, weighed = np.zeros(len(sample)), np.zeros(len(sample), dtype=np.int64)
    first = np.full(len(sample), np.nan)
    for draw in range(n_draws):
        key = (round(1e6 * rate), draw)
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))
        log10_m200c = models.weigh(thinned(sample, rate, rate, AT_LEAST, rng=rng))
        fine = np.isfinite(log10_m200c)
        total[fine] += log10_m200c[fine]
        weighed += fine
        if draw == 0:
            first = log10_m200c
    mean = np.divide(total, weighed, out=np.full(len(sample), np.nan), where=weighed > 0)
    return SubsamplingDeviation(
        rate=rate,
        epsilon=mean - whole,
        one_draw=first - whole,
        n_failed=int(n_draws * len(sample) - weighed.sum()),
        n_lifted=int(np.sum(np.rint(rate * sample.n_galaxies) < AT_LEAST)),
    )
