"""Numbers of each cluster's galaxies, cluster by cluster in compiled code."""

from __future__ import annotations

import numpy as np

from zwicky.kernels import kernel

__all__ = ["first_in_segments", "repeats_in_segments", "segment_counts", "segment_medians"]


def segment_medians(values: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Median of the finite values of each segment ``offsets[i]:offsets[i + 1]``, NaN of none; float64.

    >>> segment_medians(np.array([1.0, 9.0, np.nan, 2.0, 5.0]), np.array([0, 4, 4, 5]))
    array([ 2., nan,  5.])
    """
    out = np.full(len(offsets) - 1, np.nan)
    _medians(np.ascontiguousarray(values), np.ascontiguousarray(offsets), out)
    return out


def segment_counts(mask: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """How often `mask` is true in each segment, int64.

    >>> segment_counts(np.array([True, False, True]), np.array([0, 2, 2, 3]))
    array([1, 0, 1])
    """
    out = np.zeros(len(offsets) - 1, dtype=np.int64)
    _counts(np.ascontiguousarray(mask), np.ascontiguousarray(offsets), out)
    return out


def first_in_segments(mask: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Place within its segment of the first true value, -1 where there is none, int64.

    >>> first_in_segments(np.array([False, True, False]), np.array([0, 2, 3]))
    array([ 1, -1])
    """
    true = np.flatnonzero(mask)
    at = np.searchsorted(true, offsets[:-1])
    found = np.append(true, len(mask))[at]
    return np.where(found < offsets[1:], found - offsets[:-1], -1)


def repeats_in_segments(a: np.ndarray, b: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Of each segment how many pairs (a, b) of float32 are there again, int64.

    >>> a = np.array([1, 1, 2, 1], dtype=np.float32)
    >>> repeats_in_segments(a, a, np.array([0, 3, 4]))
    array([1, 0])
    """
    # Adding 0 makes one zero of two.
    bits = [np.ascontiguousarray(x + np.float32(0)).view(np.uint32).astype(np.uint64) for x in (a, b)]
    out = np.zeros(len(offsets) - 1, dtype=np.int64)
    _repeats((bits[0] << np.uint64(32)) | bits[1], np.ascontiguousarray(offsets), out)
    return out


@kernel
def _medians(values, offsets, out):
    for c in range(len(out)):
        mine = values[offsets[c] : offsets[c + 1]].astype(np.float64)
        mine = mine[np.isfinite(mine)]
        if len(mine):
            out[c] = np.median(mine)


@kernel
def _counts(mask, offsets, out):
    for c in range(len(out)):
        n = 0
        for i in range(offsets[c], offsets[c + 1]):
            n += mask[i]
        out[c] = n


@kernel
def _repeats(key, offsets, out):
    for c in range(len(out)):
        mine = np.sort(key[offsets[c] : offsets[c + 1]])
        for i in range(1, len(mine)):
            out[c] += mine[i] == mine[i - 1]
