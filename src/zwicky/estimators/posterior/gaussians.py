"""Sums of many Gaussians on a grid, the innermost loop of every mass, with an exponential of their own.

The exponential of the library is a call for each number; a power of two by its bits and a polynomial for what
is left are the same to single precision and run in the processor's vectors.
"""

from __future__ import annotations

import math

import numpy as np

from zwicky.kernels import kernel

__all__ = ["sum_of_gaussians"]

#: -0.5 log2(e): exponent of two of a Gaussian at unit distance.
_HALF = np.float32(-0.5 / math.log(2.0))
#: 2^f for 0 <= f < 1, Chebyshev interpolation of degree 6: relative error below 2e-8.
_POWERS = tuple(
    np.float32(c)
    for c in np.polynomial.Polynomial.cast(
        np.polynomial.Chebyshev.interpolate(np.exp2, 6, domain=[0.0, 1.0])
    ).convert(domain=[-1, 1], window=[-1, 1]).coef
)  # fmt: skip
_C0, _C1, _C2, _C3, _C4, _C5, _C6 = _POWERS
#: Powers of two below this are no single-precision numbers, and so many standard deviations away they end.
_LOWEST, _FARTHEST = np.float32(-126.0), math.sqrt(252.0 * math.log(2.0))


@kernel
def sum_of_gaussians(height, mean, std, grid, out):
    """Add ``height exp(-((grid - mean) / std)^2 / 2)``, summed over the last axis, to `out`.

    Parameters
    ----------
    height, mean, std : float64, shape (n, k)
    grid : float64, shape (g,)
        Rising.
    out : float64, shape (n, g)
    """
    g = len(grid)
    bits = np.empty(g, dtype=np.int32)
    power = bits.view(np.float32)
    rest = np.empty(g, dtype=np.float32)
    total = np.empty(g, dtype=np.float32)
    for c in range(len(height)):
        total[:] = np.float32(0.0)
        for k in range(height.shape[1]):
            scale, centre = 1.0 / std[c, k], mean[c, k]
            # Beyond this there is nothing in single precision.
            first = np.searchsorted(grid, centre - _FARTHEST * std[c, k])
            last = np.searchsorted(grid, centre + _FARTHEST * std[c, k])
            near, part = grid[first:last], total[first:last]
            for i in range(len(near)):
                z = np.float32((near[i] - centre) * scale)
                x = max(_HALF * z * z, _LOWEST)
                whole = np.float32(math.floor(x))
                f = x - whole
                bits[i] = np.int32((np.int32(whole) + np.int32(127)) << np.int32(23))
                p = _C4 + f * (_C5 + f * _C6)
                rest[i] = _C0 + f * (_C1 + f * (_C2 + f * (_C3 + f * p)))
            much = np.float32(height[c, k])
            for i in range(len(near)):
                part[i] += much * rest[i] * power[i]
        for i in range(g):
            out[c, i] += total[i]
