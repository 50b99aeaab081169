"""The compiled part of `zwicky.mocks.conditions`: one cluster after the other through a survey's hands."""

from __future__ import annotations

import math

import numpy as np

from zwicky.kernels import kernel
from zwicky.kernels.splitmix import GOLDEN, mix64, unit_interval
from zwicky.velocities import INNER_FRACTION, composed, median_velocity

__all__ = ["DEPTH_STEPS", "observe_rows"]

#: Steps in which the depth inside r200c is kept; what is larger lies outside.
DEPTH_STEPS = 250

#: Matter concentration that galaxies' is measured against.
_CONCENTRATION = 4.0


@kernel(inline="always")
def _next(state):
    """Advance the SplitMix64 stream held in state[0]; a number in [0, 1)."""
    state[0] += GOLDEN
    return unit_interval(mix64(state[0]))


@kernel
def _normal(state):
    """A standard normal number (Box and Muller 1958)."""
    return math.sqrt(-2.0 * math.log(1.0 - _next(state))) * math.cos(2.0 * math.pi * _next(state))


@kernel
def _profile_weight(depth, ratio):
    """NFW density of `ratio` times the concentration over that of matter, up to a factor."""
    w = (1.0 + _CONCENTRATION * depth) / (1.0 + ratio * _CONCENTRATION * depth)
    return w * w


@kernel
def observe_rows(
    rows, offsets, x, y, v, depth, infall, table, accept, seed, first, v_cut, core, n_min, n_max
):
    """Observe the views of a piece of rows.

    Parameters
    ----------
    rows : int64, shape (n,)
        Views to look at.
    offsets, x, y, v, depth, infall
        Columns of all views, as in `zwicky.mocks.deep.DeepViews`.
    table : float64, shape (n, 19)
        Conditions, in the order of ``zwicky.mocks.conditions._KERNEL_COLUMNS``.
    accept : float32, shape (n, k)
        Chance of each time of infall to be of the sample's kind.
    seed, first
        Row i has the stream of (seed, first + i).
    v_cut, core, n_min, n_max
        Limits, as in `SurveySettings`.

    Returns
    -------
    counts : int64, shape (n,)
        Galaxies kept; 0 where the look is void.
    chance : float64, shape (n,)
        Thinning probability of the tracers, before the loss in the core.
    r, v, member : shape (sum of counts,)
    """
    n_rows = len(rows)
    most = 0
    for row in rows:
        most = max(most, offsets[row + 1] - offsets[row])
    counts = np.zeros(n_rows, dtype=np.int64)
    chance = np.zeros(n_rows)
    out_r = np.empty(n_rows * n_max, dtype=np.float32)
    out_v = np.empty(n_rows * n_max, dtype=np.float32)
    out_member = np.empty(n_rows * n_max, dtype=np.bool_)
    chosen, weight = np.empty(most + 1, dtype=np.int64), np.empty(most + 1)
    profile = np.empty(256)
    px, py = np.empty(most + 1), np.empty(most + 1)
    pr, pv = np.empty(most + 1), np.empty(most + 1)
    pm = np.empty(most + 1, dtype=np.bool_)
    state = np.zeros(1, dtype=np.uint64)
    filled = 0
    for i in range(n_rows):
        state[0] = (seed + np.uint64(1)) * GOLDEN ^ (np.uint64(first + i) * np.uint64(0xD1342543DE82EF95))
        _next(state)
        n_wanted, aperture, error, catastrophic, core_loss, pair, cx, cy, c_kms = table[i, :9]
        recentred, bias, bright, bright_factor, ratio, interlopers = table[i, 9:15]
        central_share, central_kms, scale_r, scale_v = table[i, 15:]
        a, b = offsets[rows[i]], offsets[rows[i] + 1]
        mirror = 1.0 if _next(state) < 0.5 else -1.0
        # What a particle of each depth weighs in the sample; members keep their mean whatever their profile.
        for d in range(256):
            inside = d <= DEPTH_STEPS
            profile[d] = _profile_weight(d / DEPTH_STEPS, ratio) if inside else interlopers
        members, weighed = 0, 0.0
        for j in range(a, b):
            if depth[j] <= DEPTH_STEPS:
                members += 1
                weighed += profile[depth[j]]
        if weighed > 0.0:
            profile[: DEPTH_STEPS + 1] *= members / weighed
        # Those inside the aperture, the halo's own galaxy at its centre first.
        n, expected, largest = 0, 0.0, 0.0
        if cx * cx + cy * cy <= aperture * aperture:
            chosen[0], weight[0] = -1, 0.0
            n = 1
        fastest = v_cut / scale_v
        for j in range(a, b):
            dx, dy = x[j] * scale_r - cx, y[j] * scale_r - cy
            r2 = dx * dx + dy * dy
            w = accept[i, infall[j]] * profile[depth[j]]
            if r2 <= aperture * aperture and w > 0.0:
                largest = max(largest, w)
                if core_loss > 0.0:
                    w *= 1.0 - core_loss * math.exp(-math.sqrt(r2) / core)
                if abs(v[j]) <= fastest:
                    expected += w
                chosen[n], weight[n] = j, w
                n += 1
        if expected <= 0.0:
            continue
        p = n_wanted / expected
        if p * largest > 1.0:
            continue  # denser than the particles
        chance[i] = p
        n_near, n = n, 0
        for k in range(n_near):
            j = chosen[k]
            central = j < 0
            if _next(state) >= (central_share if central else p * weight[k]):
                continue
            dx, dy = -cx, -cy
            if not central:
                dx, dy = x[j] * scale_r - cx, y[j] * scale_r - cy
            member = central or depth[j] <= DEPTH_STEPS
            u = central_kms if central else v[j] * scale_v
            if member and not central:
                u *= bias
                if _next(state) < bright:
                    u *= bright_factor
            u += error * _normal(state) + c_kms
            if _next(state) < catastrophic:
                u = (2.0 * _next(state) - 1.0) * v_cut
            px[n], py[n], pr[n], pv[n], pm[n] = dx, dy, math.sqrt(dx * dx + dy * dy), mirror * u, member
            n += 1
        if pair > 0.0:
            n = _without_pairs(n, pair, px, py, pr, pv, pm)
        if recentred > 0.0:
            shift = median_velocity(pr[:n], pv[:n], INNER_FRACTION * aperture, v_cut)
            for j in range(n):
                pv[j] = composed(pv[j], shift)
        kept = 0
        for j in range(n):
            if abs(pv[j]) <= v_cut:
                if kept < n_max:
                    out_r[filled + kept] = pr[j]
                    out_v[filled + kept] = pv[j]
                    out_member[filled + kept] = pm[j]
                kept += 1
        if n_min <= kept <= n_max:
            counts[i] = kept
            filled += kept
    return counts, chance, out_r[:filled].copy(), out_v[:filled].copy(), out_member[:filled].copy()


@kernel
def _without_pairs(n, pair, px, py, pr, pv, pm):
    """Drop the later galaxy of each pair closer than `pair`; the order of particles is arbitrary."""
    kept = 0
    limit = pair * pair
    for j in range(n):
        alone = True
        for k in range(kept):
            dx, dy = px[j] - px[k], py[j] - py[k]
            if dx * dx + dy * dy < limit:
                alone = False
                break
        if alone:
            px[kept], py[kept], pr[kept], pv[kept], pm[kept] = px[j], py[j], pr[j], pv[j], pm[j]
            kept += 1
    return kept
