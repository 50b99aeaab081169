"""Compiled kernels of the k-nearest-neighbour divergence.

The sum over the galaxies x of X of ln nu_k(x), nu_k the distance from x to its k-th neighbour in Y, is all
that an ordered pair of clusters costs; everything else is a number a cluster. Y has tens of galaxies, so
no tree pays: sixteen x sit in a vector register while a loop walks Y without a branch.

- In two dimensions the loop keeps the k smallest squared distances by exchanges of minimum and maximum.
- In one dimension, with Y sorted, ``nu_k = min over j of max(x - y_j, y_(j + k - 1) - x)``: every window of
  k neighbours in a row is tried, and the best one is the answer.

Numba does not keep such registers across plain loops, so the two loops are written in LLVM vectors. The
logarithm is taken of products of distances, once for eight galaxies.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import types
from numba.extending import intrinsic

from zwicky.kernels import LANES, VectorCode, kernel

__all__ = ["MAX_K", "line_own_slab", "line_slab", "plane_own_slab", "plane_slab"]

#: Largest k the compiled kernels know.
MAX_K = 5

_FAR, _ONE = np.float32(1e30), np.float32(1.0)


class _Distances(VectorCode):
    """The smaller and the larger of two vectors, one instruction each; llvm.minnum would add two for NaN."""

    def smaller(self, a, b):
        return self.builder.select(self.builder.fcmp_ordered("<", a, b), a, b)

    def larger(self, a, b):
        return self.builder.select(self.builder.fcmp_ordered(">", a, b), a, b)


def _plane_tile(depth: int) -> Callable:
    """An intrinsic that finds the `depth` smallest squared distances from 16 points to a cluster."""

    @intrinsic
    def tile(typingctx, x0, x1, i, y0, y1, start, n, out):
        """``out[k * 16 + lane]`` is the k-th smallest from point i + lane of X to y[start : start + n]."""

        def codegen(context, builder, signature, args):
            code = _Distances(context, builder, signature, args)
            i, start, n = args[2], args[5], args[6]
            x = [code.load(code.data(axis), i) for axis in (0, 1)]
            y = [builder.gep(code.data(axis), [start]) for axis in (3, 4)]

            far = code.filled(float(_FAR))

            def step(j, smallest):
                first, second = (builder.fsub(x[axis], code.spread_at(y[axis], j)) for axis in (0, 1))
                value = code.fused(first, first, builder.fmul(second, second))
                kept = []
                for old in smallest[:-1]:
                    kept.append(code.smaller(old, value))
                    value = code.larger(old, value)
                return [*kept, code.smaller(smallest[-1], value)]

            for k, found in enumerate(code.loop(code.whole(0), n, 1, [far] * depth, step)):
                code.store(found, code.data(7), code.whole(k * LANES))
            return context.get_dummy_value()

        integers = [types.int64] * 2
        return types.void(x0, x1, types.int64, y0, y1, *integers, out), codegen

    return tile


@intrinsic
def _line_tile(typingctx, x, i, y, start, n, k, out):
    """``out[lane]`` is the distance from point i + lane of X to its k-th neighbour in sorted y[start:]."""

    def codegen(context, builder, signature, args):
        code = _Distances(context, builder, signature, args)
        i, start, n, k = args[1], args[3], args[4], args[5]
        here = code.load(code.data(0), i)
        one = code.whole(1)
        left = builder.gep(code.data(2), [start])
        right = builder.gep(left, [builder.sub(k, one)])

        def step(j, best):
            below = builder.fsub(here, code.spread_at(left, j))
            above = builder.fsub(code.spread_at(right, j), here)
            return [code.smaller(code.larger(below, above), best[0])]

        windows = builder.add(builder.sub(n, k), one)
        (found,) = code.loop(code.whole(0), windows, 1, [code.filled(float(_FAR))], step)
        code.store(found, code.data(6), code.whole(0))
        return context.get_dummy_value()

    return types.void(x, types.int64, y, *[types.int64] * 3, out), codegen


_three_smallest = _plane_tile(3)
_five_smallest = _plane_tile(MAX_K)


@kernel(error_model="numpy", forceinline=True)
def _sum_of_logs(values, n, least):
    """Sum of ln max(value, least) over the first n of `values`, which is written over up to a multiple of 8.

    Eight factors between 1e-30 and 1e30 at a time stay inside float64.
    """
    for i in range(n, (n + 7) // 8 * 8):
        values[i] = _ONE
    total = 0.0
    for i in range(0, n, 8):
        product = 1.0
        for j in range(8):
            product *= np.float64(max(values[i + j], least))
        total += np.log(product)
    return total


@kernel(error_model="numpy", forceinline=True)
def _line_pair(x, begin, n, y, start, m, k, least, found):
    for i in range(0, n, LANES):
        _line_tile(x, begin + i, y, start, m, k, found[i : i + LANES])
    return _sum_of_logs(found, n, least)


@kernel(error_model="numpy", forceinline=True)
def _plane_pair(x0, x1, begin, n, y0, y1, start, m, k, least, found, tile):
    shift = (k - 1) * LANES
    for i in range(0, n, LANES):
        if k <= 3:
            _three_smallest(x0, x1, begin + i, y0, y1, start, m, tile)
        else:
            _five_smallest(x0, x1, begin + i, y0, y1, start, m, tile)
        for lane in range(LANES):
            found[i + lane] = tile[shift + lane]
    return 0.5 * _sum_of_logs(found, n, least * least)


@kernel(error_model="numpy", forceinline=True)
def _room_for(offsets, first, last):
    longest = 0
    for a in range(first, last):
        longest = max(longest, offsets[a + 1] - offsets[a])
    return np.empty(longest + 2 * LANES, np.float32)


@kernel(error_model="numpy")
def line_slab(x, x_offsets, y, y_offsets, k, least, first, last, out):
    """In one dimension, the sum of ln nu_k of rows first to last of X against every cluster of Y.

    ``out[row, column]``, float32. Members of Y are sorted within clusters; ``k[column]`` is at most the
    galaxies of that cluster; distances are at least `least`, which is below one.
    """
    found = _room_for(x_offsets, first, last)
    for a in range(first, last):
        begin, n = x_offsets[a], x_offsets[a + 1] - x_offsets[a]
        for b in range(len(k)):
            start, m = y_offsets[b], y_offsets[b + 1] - y_offsets[b]
            out[a, b] = _line_pair(x, begin, n, y, start, m, k[b], least, found)


@kernel(error_model="numpy")
def plane_slab(x0, x1, x_offsets, y0, y1, y_offsets, k, least, first, last, out):
    """The same in two dimensions; nothing need be sorted."""
    found = _room_for(x_offsets, first, last)
    tile = np.empty(MAX_K * LANES, np.float32)
    for a in range(first, last):
        begin, n = x_offsets[a], x_offsets[a + 1] - x_offsets[a]
        for b in range(len(k)):
            start, m = y_offsets[b], y_offsets[b + 1] - y_offsets[b]
            out[a, b] = _plane_pair(x0, x1, begin, n, y0, y1, start, m, k[b], least, found, tile)


@kernel(error_model="numpy")
def line_own_slab(x, offsets, k, least, first, last, out):
    """The sum of ln nu_k of each cluster against itself, a galaxy's first neighbour being itself."""
    found = _room_for(offsets, first, last)
    for a in range(first, last):
        begin, n = offsets[a], offsets[a + 1] - offsets[a]
        out[a] = _line_pair(x, begin, n, x, begin, n, k[a], least, found)


@kernel(error_model="numpy")
def plane_own_slab(x0, x1, offsets, k, least, first, last, out):
    """The same in two dimensions."""
    found = _room_for(offsets, first, last)
    tile = np.empty(MAX_K * LANES, np.float32)
    for a in range(first, last):
        begin, n = offsets[a], offsets[a + 1] - offsets[a]
        out[a] = _plane_pair(x0, x1, begin, n, x0, x1, begin, n, k[a], least, found, tile)
