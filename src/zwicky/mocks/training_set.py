"""Which lines of sight make the training and the test set (Sec. 2.3 of Ho et al. 2019)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from zwicky.mocks.directions import LinesOfSight, even_lines, join_lines, random_rotation
from zwicky.mocks.settings import MockSettings

__all__ = ["bin_quota", "flat_training_lines", "lines_in_test_range"]


def lines_in_test_range(
    candidates: LinesOfSight, log10_m200c_h: np.ndarray, settings: MockSettings
) -> LinesOfSight:
    """The test set: every orthogonal line of sight that is rich enough, in the test range of mass.

    Parameters
    ----------
    candidates
        Orthogonal lines of sight with at least `n_min` galaxies.
    log10_m200c_h : shape (n_halos,)
        log10 of M200c in Msun/h of every row of the halo table.
    """
    mass = log10_m200c_h[candidates.halo]
    return candidates[(mass >= settings.test_min_log10_m200c_h) & (mass <= settings.test_max_log10_m200c_h)]


def bin_quota(n_bins: int, settings: MockSettings, volume_mpc_h3: float) -> np.ndarray:
    """Training rows that each bin of mass is to hold, int64, shape (n_bins,).

    A bin's share need not be whole: it is rounded so that every run of bins holds its share to within one.

    >>> bin_quota(5, MockSettings(), 1000.0**3).tolist()
    [126, 126, 127, 126, 126]
    """
    share = settings.flat_density * settings.mass_bin_dex * volume_mpc_h3
    return np.diff(np.floor(share * np.arange(n_bins + 1) + 0.5)).astype(np.int64)


def flat_training_lines(
    candidates: LinesOfSight,
    log10_m200c_h: np.ndarray,
    richness: Callable[[LinesOfSight], np.ndarray],
    settings: MockSettings,
    volume_mpc_h3: float,
    seed: int,
) -> LinesOfSight:
    """Lines of sight with a flat mass function: abundant bins thinned, scarce ones looked at again.

    Bins of mass with more rows than their share keep a random subset. Bins above
    `upsample_above_log10_m200c_h` with fewer take more lines of sight, spread evenly over the bin's halos
    and, halo by halo, over the sphere, until the share is filled or every halo has `max_lines_of_sight`.

    Parameters
    ----------
    candidates
        Orthogonal lines of sight with at least `n_min` galaxies.
    log10_m200c_h : shape (n_halos,)
        log10 of M200c in Msun/h of every row of the halo table.
    richness
        Number of galaxies seen along each of some lines of sight.
    settings
        Density, bins and limits.
    volume_mpc_h3
        Volume of the box in (Mpc/h)^3.
    seed
        Seed of all random choices; each bin and each halo has a stream of its own.
    """
    low, width = settings.min_log10_m200c_h, settings.mass_bin_dex
    # A mass on an edge belongs above it, whatever the last digit.
    bins = np.floor((log10_m200c_h[candidates.halo] - low) / width + 1e-9).astype(np.int64)
    n_bins = int(bins.max(initial=-1)) + 1
    quota = bin_quota(n_bins, settings, volume_mpc_h3)
    parts, scarce = [], {}
    for b in range(n_bins):
        rows = np.flatnonzero(bins == b)
        if len(rows) > quota[b]:
            rows = np.sort(_stream(seed, 0, b).choice(rows, quota[b], replace=False))
        elif 0 < len(rows) < quota[b] and low + b * width >= settings.upsample_above_log10_m200c_h - 1e-9:
            scarce[b] = (np.unique(candidates.halo[rows]), int(quota[b]) - len(rows))
        parts.append(candidates[rows])
    parts.extend(_more_lines(scarce, richness, settings, seed))
    return join_lines(parts) if parts else candidates


def _more_lines(
    scarce: dict[int, tuple[np.ndarray, int]],
    richness: Callable[[LinesOfSight], np.ndarray],
    settings: MockSettings,
    seed: int,
) -> list[LinesOfSight]:
    """Extra lines of sight for bins that lack some: ``{bin: (halo rows, rows lacking)}``."""
    used = {int(h): 3 for halos, _ in scarce.values() for h in halos}
    found: list[LinesOfSight] = []
    turn = 0
    while scarce:
        turn += 1
        asked, bins = [], []
        for b, (halos, lacking) in scarce.items():
            free = [h for h in halos.tolist() if used[h] < settings.max_lines_of_sight]
            for rank, halo in enumerate(_stream(seed, 1, b, turn).permutation(free).tolist()):
                share = lacking // len(free) + (rank < lacking % len(free))
                share = min(share, settings.max_lines_of_sight - used[halo])
                if share == 0:
                    break
                turned = random_rotation(rng=_stream(seed, 2, halo, turn))
                numbers = used[halo] + np.arange(share)
                used[halo] += share
                asked.append(LinesOfSight(np.full(share, halo), numbers, even_lines(share) @ turned.T))
                bins.append(np.full(share, b))
        if not asked:
            break
        lines, of_bin = join_lines(asked), np.concatenate(bins)
        rich = richness(lines) >= settings.n_min
        found.append(lines[rich])
        lacking = {b: n - int(np.sum(rich & (of_bin == b))) for b, (_, n) in scarce.items()}
        scarce = {b: (scarce[b][0], n) for b, n in lacking.items() if n > 0}
    return found


def _stream(seed: int, *key: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))
