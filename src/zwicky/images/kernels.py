"""Compiled kernels of the density maps.

A product kernel is separable: each galaxy gives one row of Gaussians over the velocity cells and one over
the radius cells, and a cluster's image is the sum over galaxies of their outer products, a small matrix
product. Two things make it fast on any CPU that LLVM knows:

- `_exp2` is a polynomial that the compiler vectorises (numba has no vector library for exp);
- `_outer_tile` keeps an 8 x 16 tile of the image in vector registers while it walks the galaxies. Plain
  loops leave every partial sum in memory and are three times slower, so it is written in LLVM vectors.
"""

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from zwicky.kernels import LANES, VectorCode, kernel

__all__ = ["full_slab", "product_slab", "velocity_slab"]

_TILE_ROWS = 8

# No "reassoc" in these: it would let the compiler undo the range reduction of _exp2 and the sum order.
_FLAGS = {"contract", "nsz", "arcp", "nnan", "ninf"}

# 2^f for f in [-0.5, 0.5], near-minimax: Chebyshev interpolation of degree 5, relative error 1.1e-7.
_NODES = np.cos(np.pi * (np.arange(64) + 0.5) / 64)
_C0, _C1, _C2, _C3, _C4, _C5 = (
    np.float32(c)
    for c in np.polynomial.chebyshev.cheb2poly(np.polynomial.chebyshev.chebfit(_NODES, 2 ** (_NODES / 2), 5))
    * 2.0 ** np.arange(6)
)

# Below 2^-43 = 1e-13 of a galaxy's peak the Gaussian is zero: no denormal numbers, no visible difference.
_LOWEST = np.float32(-43.0)
_ZERO, _HALF, _ONE = np.float32(0.0), np.float32(0.5), np.float32(1.0)

# Gaussians are powers of two: exp(-x^2 / 2) = 2^-(s x)^2.
_SQRT_HALF_LOG2E = float(np.sqrt(0.5 * np.log2(np.e)))


@intrinsic
def _float_of_bits(typingctx, bits):
    """The float32 whose bits are an int32."""

    def codegen(context, builder, signature, args):
        return builder.bitcast(args[0], ir.FloatType())

    return types.float32(types.int32), codegen


@intrinsic
def _outer_tile(typingctx, a, b, n, stride, row, column, out):
    """``out[row:row + 8, column:column + 16] = sum_k outer(a[k, row:], b[k, column:])``.

    `a`, `b` and `out` are flat float32 arrays whose rows are `stride` long.
    """

    def codegen(context, builder, signature, args):
        code = VectorCode(context, builder, signature, args)
        n, stride, row, column = args[2:6]
        a_start = builder.gep(code.data(0), [row])
        b_start = builder.gep(code.data(1), [column])

        def step(k, sums):
            here = builder.mul(k, stride)
            b_row = code.load(b_start, here)
            factors = (code.spread_at(a_start, builder.add(here, code.whole(i))) for i in range(_TILE_ROWS))
            return [code.fused(factor, b_row, total) for factor, total in zip(factors, sums, strict=True)]

        totals = code.loop(code.whole(0), n, 1, [code.filled(0.0)] * _TILE_ROWS, step)
        target = builder.gep(code.data(6), [builder.add(builder.mul(row, stride), column)])
        for i, total in enumerate(totals):
            code.store(total, target, builder.mul(stride, code.whole(i)))
        return context.get_dummy_value()

    integers = [types.int64] * 4
    return types.void(a, b, *integers, out), codegen


@kernel(error_model="numpy", fastmath=_FLAGS, forceinline=True)
def _exp2(x):
    """2^x for x in [-126, 0], relative error 2e-7."""
    whole = np.floor(x + _HALF)
    f = x - whole
    p = _C0 + f * (_C1 + f * (_C2 + f * (_C3 + f * (_C4 + f * _C5))))
    return p * _float_of_bits((np.int32(whole) + np.int32(127)) << np.int32(23))


@kernel(error_model="numpy", fastmath=_FLAGS, forceinline=True)
def _offsets_in_cells(x, low, cell):
    """Nearest cell centre to x and what is left, in cells; the split keeps float32 exact enough."""
    t = (x - low) / cell - 0.5
    nearest = np.floor(t + 0.5)
    return np.int32(nearest), np.float32(t - nearest)


@kernel(error_model="numpy", fastmath=_FLAGS, forceinline=True)
def _gaussian_row(nearest, rest, scale, row):
    """A galaxy's Gaussian at the centres of the cells of `row`."""
    shift = np.float32(nearest)
    for j in range(len(row)):
        d = ((np.float32(np.int32(j)) - shift) - rest) * scale
        q = -d * d
        value = _exp2(max(q, _LOWEST))
        row[j] = value if q > _LOWEST else _ZERO


@kernel(error_model="numpy", fastmath=_FLAGS)
def velocity_slab(v, offsets, first, last, v_cut, sigma, bandwidth, out):
    """1-D images (Eq. 1) of clusters first to last into out[first:last]; the sum of each is one."""
    n_cells = out.shape[1]
    cell = 2.0 * v_cut / n_cells
    row = np.empty(n_cells, np.float32)
    for c in range(first, last):
        scale = np.float32(_SQRT_HALF_LOG2E * cell / (bandwidth * sigma[c]))
        image = out[c]
        image[:] = _ZERO
        for i in range(offsets[c], offsets[c + 1]):
            nearest, rest = _offsets_in_cells(v[i], -v_cut, cell)
            _gaussian_row(nearest, rest, scale, row)
            for j in range(n_cells):
                image[j] += row[j]
        per_total = _ONE / _sum(image)
        for j in range(n_cells):
            image[j] *= per_total


@kernel(error_model="numpy", fastmath=_FLAGS)
def product_slab(v, r, offsets, first, last, v_cut, aperture, v_sigma, r_sigma, bandwidth, out):
    """2-D images of the product kernel (Eq. 2) of clusters first to last into out[first:last]."""
    n_cells = out.shape[1]
    stride = (n_cells + LANES - 1) // LANES * LANES
    longest = 0
    for c in range(first, last):
        longest = max(longest, offsets[c + 1] - offsets[c])
    a = np.empty(longest * stride, np.float32)
    b = np.empty(longest * stride, np.float32)
    image = np.empty(stride * stride, np.float32)
    v_cell, r_cell = 2.0 * v_cut / n_cells, aperture / n_cells
    for c in range(first, last):
        start, n = offsets[c], offsets[c + 1] - offsets[c]
        v_scale = np.float32(_SQRT_HALF_LOG2E * v_cell / (bandwidth * v_sigma[c]))
        r_scale = np.float32(_SQRT_HALF_LOG2E * r_cell / (bandwidth * r_sigma[c]))
        for i in range(n):
            nearest, rest = _offsets_in_cells(v[start + i], -v_cut, v_cell)
            _gaussian_row(nearest, rest, v_scale, a[i * stride : (i + 1) * stride])
            nearest, rest = _offsets_in_cells(r[start + i], 0.0, r_cell)
            _gaussian_row(nearest, rest, r_scale, b[i * stride : (i + 1) * stride])
        for row in range(0, stride, _TILE_ROWS):
            for column in range(0, stride, LANES):
                _outer_tile(a, b, n, stride, row, column, image)
        _normalise(image, stride, out[c])


@kernel(error_model="numpy", fastmath=_FLAGS)
def full_slab(v, r, offsets, first, last, v_cut, aperture, v_sigma, r_sigma, correlation, bandwidth, out):
    """2-D images of the full-covariance kernel of clusters first to last into out[first:last].

    With x and y the offsets in units of the bandwidths and rho the correlation, the kernel is
    ``exp(-(x^2 - 2 rho x y + y^2) / (2 (1 - rho^2)))``, one exponential a cell and galaxy.
    """
    n_cells = out.shape[1]
    image = np.empty(n_cells * n_cells, np.float32)
    v_cell, r_cell = 2.0 * v_cut / n_cells, aperture / n_cells
    y = np.empty(n_cells, np.float32)
    for c in range(first, last):
        image[:] = _ZERO
        widen = _SQRT_HALF_LOG2E / np.sqrt(1.0 - correlation[c] ** 2)
        v_scale = np.float32(widen * v_cell / (bandwidth * v_sigma[c]))
        r_scale = np.float32(widen * r_cell / (bandwidth * r_sigma[c]))
        twice_rho = np.float32(2.0 * correlation[c])
        for i in range(offsets[c], offsets[c + 1]):
            v_nearest, v_rest = _offsets_in_cells(v[i], -v_cut, v_cell)
            r_nearest, r_rest = _offsets_in_cells(r[i], 0.0, r_cell)
            for j in range(n_cells):
                y[j] = (np.float32(np.int32(j) - r_nearest) - r_rest) * r_scale
            for k in range(n_cells):
                x = (np.float32(np.int32(k) - v_nearest) - v_rest) * v_scale
                row = image[k * n_cells : (k + 1) * n_cells]
                for j in range(n_cells):
                    q = x * (twice_rho * y[j] - x) - y[j] * y[j]
                    value = _exp2(max(q, _LOWEST))
                    row[j] += value if q > _LOWEST else _ZERO
        _normalise(image, n_cells, out[c])


@kernel(fastmath=True, forceinline=True)
def _sum(values):
    total = _ZERO
    for j in range(len(values)):
        total += values[j]
    return total


@kernel(error_model="numpy", fastmath=_FLAGS, forceinline=True)
def _normalise(image, stride, out):
    """Copy the used corner of a padded image to `out`, scaled so that it sums to one."""
    n_cells = len(out)
    total = _ZERO
    for k in range(n_cells):
        total += _sum(image[k * stride : k * stride + n_cells])
    per_total = _ONE / total
    for k in range(n_cells):
        row, used = out[k], image[k * stride : k * stride + n_cells]
        for j in range(n_cells):
            row[j] = used[j] * per_total
