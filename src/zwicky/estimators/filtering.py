"""Convolution along one direction with fewer products: minimal filtering, compiled.

Four neighbouring outputs of a filter with r taps need 4r products one by one. Winograd (1980, Arithmetic
Complexity of Computations) makes them of 4 + r - 1: inputs and filter are taken for polynomials, evaluated at
as many points, multiplied there, and four coefficients of the product are found again. At each point all
inputs are summed over, so that the work is a matrix product a point (Lavin & Gray 2016, arXiv:1509.09308):
two and a half times less of it for five taps, twice for three. At the points below rounding errors are those
of the sum itself.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import types
from numba.extending import intrinsic

from zwicky.kernels import LANES, VectorCode, kernel

__all__ = ["LEAST_INPUTS", "filters_at_points", "rectified_convolution"]

#: Inputs of a cell fill a vector, at least.
LEAST_INPUTS = LANES

#: Outputs that are made together, and where polynomials are evaluated, besides at infinity.
_TOGETHER = 4
_POINTS = (0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5)


def _minimal_filtering(taps: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Matrices that take inputs to the points, a filter to the points, and products to outputs.

    >>> at_points, of_filter, of_products = _minimal_filtering(3)
    >>> x, w = np.arange(6.0) ** 2, np.array([1.0, -2.0, 4.0])
    >>> np.allclose(of_products @ ((of_filter @ w) * (at_points @ x)), np.convolve(x, w[::-1], "valid"))
    True
    """
    n = _TOGETHER + taps - 1
    points = np.array(_POINTS[: n - 1])
    at_points, of_filter, of_products = np.zeros((n, n)), np.zeros((n, taps)), np.zeros((_TOGETHER, n))
    for i, point in enumerate(points):
        others = np.delete(points, i)
        at_points[i, : n - 1] = np.poly(others)[::-1]
        of_filter[i] = point ** np.arange(taps) / np.prod(point - others)
        of_products[:, i] = point ** np.arange(_TOGETHER)
    at_points[-1] = np.poly(points)[::-1]
    of_filter[-1, -1] = of_products[-1, -1] = 1.0
    return at_points, of_filter, of_products


def filters_at_points(weight: np.ndarray) -> np.ndarray:
    """A convolution's weights as `rectified_convolution` takes them.

    Parameters
    ----------
    weight : float32, shape (outputs, inputs, taps)
        3 or 5 taps.

    Returns
    -------
    float32, shape (taps + 3, inputs, outputs)
        Outputs beyond those of `weight`, up to a vector's length, are zero.
    """
    outputs, inputs, taps = weight.shape
    _, of_filter, _ = _minimal_filtering(taps)
    found = np.zeros((len(of_filter), inputs, max(outputs, LANES)), np.float32)
    found[:, :, :outputs] = np.einsum("kt,oit->kio", of_filter, weight.astype(np.float64))
    return found


def rectified_convolution(
    x: np.ndarray, filters: np.ndarray, bias: np.ndarray, *, pooled: bool = False
) -> np.ndarray:
    """max(convolution + bias, 0) along the second axis, with zeros beyond both ends ("same").

    Parameters
    ----------
    x : float32, shape (n, cells, inputs)
        At least 16 inputs.
    filters : float32, shape (taps + 3, inputs, outputs)
        `filters_at_points` of the weights.
    bias : float32, shape (outputs,)
    pooled
        Keep the larger of each two neighbouring cells; an odd last one is dropped.

    Returns
    -------
    float32, shape (n, cells, outputs), or (n, cells // 2, outputs) if pooled
    """
    n, cells, inputs = x.shape
    n_points, _, width = filters.shape
    taps, outputs, tiles = n_points - _TOGETHER + 1, len(bias), -(-cells // _TOGETHER)
    padded = np.zeros((n, _TOGETHER * tiles + taps - 1, inputs), np.float32)
    padded[:, taps // 2 : taps // 2 + cells] = x
    inputs_there = np.empty((n_points, n * tiles, inputs), np.float32)
    _to_points(padded.reshape(-1), n, tiles, taps, inputs, inputs_there.reshape(-1))
    products = inputs_there @ filters
    wide = np.zeros(width, np.float32)
    wide[:outputs] = bias
    step = 2 if pooled else 1
    length = _TOGETHER * tiles // step
    # The last cell's vector runs over the end of its outputs.
    made = np.empty(n * length * outputs + LANES, np.float32)
    _to_cells(products.reshape(-1), n * tiles, taps, width, wide, pooled, outputs, made)
    return made[: n * length * outputs].reshape(n, length, outputs)[:, : cells // step]


def _sums(code: VectorCode, matrix: np.ndarray, vectors: Sequence, start=None) -> list:
    """Each row of a matrix times the vectors, on top of `start`."""
    found = []
    for row in matrix:
        total = start
        for factor, vector in zip(row, vectors, strict=True):
            if factor:
                term = code.filled(float(factor))
                total = code.builder.fmul(term, vector) if total is None else code.fused(term, vector, total)
        found.append(total)
    return found


def _larger(code: VectorCode, a, b):
    return code.builder.select(code.builder.fcmp_ordered("<", a, b), b, a)


def _at_points(taps: int):
    matrix = _minimal_filtering(taps)[0]

    @intrinsic
    def made(typingctx, x, at, step, out, to, plane):
        """``out[to + k * plane:] = sum_j matrix[k, j] x[at + j * step:]`` for a vector's length."""

        def codegen(context, builder, signature, args):
            code = VectorCode(context, builder, signature, args)
            at, step, to, plane = args[1], args[2], args[4], args[5]
            places = [builder.add(at, builder.mul(step, code.whole(j))) for j in range(len(matrix))]
            for k, total in enumerate(_sums(code, matrix, [code.load(code.data(0), p) for p in places])):
                code.store(total, code.data(3), builder.add(to, builder.mul(plane, code.whole(k))))
            return context.get_dummy_value()

        return types.void(x, types.int64, types.int64, out, types.int64, types.int64), codegen

    return made


def _of_products(taps: int, pooled: bool):
    matrix = _minimal_filtering(taps)[2]

    @intrinsic
    def made(typingctx, products, at, plane, bias, first, out, to, step):
        """``out[to + i * step:] = max(bias[first:] + sum_k matrix[i, k] products[at + k * plane:], 0)``."""

        def codegen(context, builder, signature, args):
            code = VectorCode(context, builder, signature, args)
            at, plane, first, to, step = args[1], args[2], args[4], args[6], args[7]
            places = [builder.add(at, builder.mul(plane, code.whole(k))) for k in range(matrix.shape[1])]
            vectors = [code.load(code.data(0), place) for place in places]
            found = _sums(code, matrix, vectors, code.load(code.data(3), first))
            if pooled:
                found = [_larger(code, a, b) for a, b in zip(found[::2], found[1::2], strict=True)]
            for i, total in enumerate(found):
                rectified = _larger(code, total, code.filled(0.0))
                code.store(rectified, code.data(5), builder.add(to, builder.mul(step, code.whole(i))))
            return context.get_dummy_value()

        whole = types.int64
        return types.void(products, whole, whole, bias, whole, out, whole, whole), codegen

    return made


_at_points_3, _at_points_5 = _at_points(3), _at_points(5)
_of_products_3, _pooled_of_products_3 = _of_products(3, False), _of_products(3, True)
_of_products_5, _pooled_of_products_5 = _of_products(5, False), _of_products(5, True)


@kernel
def _to_points(x, n, tiles, taps, inputs, out):
    """Tiles of inputs at the points. `x` and `out` are flat.

    Their shapes are (n, 4 tiles + taps - 1, inputs) and (points, n tiles, inputs).
    """
    length, plane = 4 * tiles + taps - 1, n * tiles * inputs
    for row in range(n):
        for tile in range(tiles):
            at, to = (row * length + 4 * tile) * inputs, (row * tiles + tile) * inputs
            for part in range(0, inputs, LANES):
                first = min(part, inputs - LANES)  # the last vector begins in the one before
                if taps == 5:
                    _at_points_5(x, at + first, inputs, out, to + first, plane)
                else:
                    _at_points_3(x, at + first, inputs, out, to + first, plane)


@kernel
def _to_cells(products, n_tiles, taps, width, bias, pooled, outputs, out):
    """Outputs of every tile, in order: what a vector writes beyond a cell is written over by the next."""
    plane, cells = n_tiles * width, 2 if pooled else 4
    for tile in range(n_tiles):
        for part in range(0, width, LANES):
            first = min(part, width - LANES)
            at, to = tile * width + first, tile * cells * outputs + first
            if taps == 5 and pooled:
                _pooled_of_products_5(products, at, plane, bias, first, out, to, outputs)
            elif taps == 5:
                _of_products_5(products, at, plane, bias, first, out, to, outputs)
            elif pooled:
                _pooled_of_products_3(products, at, plane, bias, first, out, to, outputs)
            else:
                _of_products_3(products, at, plane, bias, first, out, to, outputs)
