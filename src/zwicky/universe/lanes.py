"""The innermost loops of the pair force, in vectors."""

from __future__ import annotations

import numpy as np
from llvmlite import binding, ir
from numba import types
from numba.extending import intrinsic

from zwicky.vectors import LANES, VectorCode

__all__ = ["FAR", "add_lanes", "pull"]

#: Coordinate of the points that fill a buffer's last vector: finite, and beyond any cut-off.
FAR = np.float32(1e9)

#: Sums may be reordered, products contracted, and 1 / sqrt taken from an estimate and refined.
_FAST = ("fast",)


@intrinsic
def pull(typing, x, y, z, first, stop, xi, yi, zi, coefficients, cutoff2, softening2):
    """Sum of ``w (x_j - xi, y_j - yi, z_j - zi)`` over first <= j < stop, stop rounded up to whole vectors.

    ``w = (r^2 + softening2)^(-3/2) - sum_k coefficients[k] r^(2 k)`` where r^2 < cutoff2, and zero beyond.
    x, y, z: float32 arrays, what follows `stop` in them either a point or `FAR`. Returns three float32.
    """
    number = types.float32
    signature = types.UniTuple(number, 3)(
        x, y, z, types.int64, types.int64, number, number, number, coefficients, number, number
    )
    return signature, _generate_pull


def _generate_pull(context, builder, signature, arguments):
    code = _Arithmetic(context, builder, signature, arguments)
    add, subtract, multiply = code.add, code.subtract, code.multiply
    first, stop = arguments[3:5]
    points = [code.data(axis) for axis in range(3)]
    target = [code.spread(value) for value in arguments[5:8]]
    degrees = range(signature.args[8].count)
    polynomial = [code.spread(builder.extract_value(arguments[8], k)) for k in degrees]
    cutoff2, softening2 = code.spread(arguments[9]), code.spread(arguments[10])
    zero = code.filled(0.0)

    def step(j, sums):
        separation = [subtract(code.load(points[axis], j), target[axis]) for axis in range(3)]
        x2, y2, z2 = (multiply(d, d) for d in separation)
        r2 = add(add(x2, y2), z2)
        inverse = code.inverse_root(add(r2, softening2))
        far = polynomial[-1]
        for coefficient in polynomial[-2::-1]:
            far = add(multiply(far, r2), coefficient)
        weight = subtract(multiply(multiply(inverse, inverse), inverse), far)
        weight = builder.select(builder.fcmp_ordered("<", r2, cutoff2), weight, zero)
        return [add(total, multiply(weight, d)) for total, d in zip(sums, separation, strict=True)]

    totals = code.loop(first, stop, LANES, [zero] * 3, step)
    return context.make_tuple(builder, signature.return_type, [code.sum(total) for total in totals])


@intrinsic
def add_lanes(typing, target, k, source, j, shift):
    """``target[k : k + LANES] = source[j : j + LANES] + shift``, whether or not all of it is meant."""

    def generate(context, builder, signature, arguments):
        code = VectorCode(context, builder, signature, arguments)
        _, k, _, j, shift = arguments
        code.store(builder.fadd(code.load(code.data(2), j), code.spread(shift)), code.data(0), k)
        return context.get_dummy_value()

    return types.void(target, types.int64, source, types.int64, types.float32), generate


class _Arithmetic(VectorCode):
    """Operations whose rounding may be what is fastest."""

    def add(self, a, b):
        return self.builder.fadd(a, b, flags=_FAST)

    def subtract(self, a, b):
        return self.builder.fsub(a, b, flags=_FAST)

    def multiply(self, a, b):
        return self.builder.fmul(a, b, flags=_FAST)

    def inverse_root(self, vector):
        """1 / sqrt: with AVX-512 the processor's estimate, good to 6e-5, far below the error of the split."""
        if binding.get_host_cpu_features().get("avx512f"):
            mask = ir.IntType(LANES)
            estimate = self.intrinsic("x86.avx512.rsqrt14.ps.512", [self.vector, self.vector, mask])
            return self.builder.call(estimate, [vector, self.filled(0.0), ir.Constant(mask, 2**LANES - 1)])
        sqrt = self.intrinsic(f"sqrt.v{LANES}f32", [self.vector])
        root = self.builder.call(sqrt, [vector], fastmath=_FAST)
        return self.builder.fdiv(self.filled(1.0), root, flags=_FAST)

    def sum(self, vector):
        """Sum of a vector's numbers."""
        reduce = self.intrinsic(f"vector.reduce.fadd.v{LANES}f32", [self.number, self.vector], self.number)
        return self.builder.call(reduce, [ir.Constant(self.number, -0.0), vector], fastmath=_FAST)
