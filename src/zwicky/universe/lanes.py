"""The innermost loops of the pair force, in vectors."""

from __future__ import annotations

import numpy as np
from llvmlite import binding, ir
from numba import config, types
from numba.extending import intrinsic

from zwicky.kernels import LANES, VectorCode

__all__ = ["FAR", "add_lanes", "keep_near", "pull"]

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


@intrinsic
def keep_near(typing, x, y, z, j, low, high, distance2, near_x, near_y, near_z, k):
    """Copy those of the points j to j + LANES that are near a box to entries k and on; returns how many.

    Near are points less than the root of `distance2` away from the box, `low` to `high` (three float32 each).
    The targets are written to up to entry k + LANES.
    """
    whole, number = types.int64, types.float32
    signature = whole(x, y, z, whole, low, high, number, near_x, near_y, near_z, whole)
    return signature, _generate_keep_near


def _generate_keep_near(context, builder, signature, arguments):
    code = _Arithmetic(context, builder, signature, arguments)
    j, low, high, k = arguments[3], arguments[4], arguments[5], arguments[10]
    points = [code.load(code.data(axis), j) for axis in range(3)]
    zero, away2 = code.filled(0.0), None
    for axis, point in enumerate(points):
        below = code.subtract(code.spread(builder.extract_value(low, axis)), point)
        above = code.subtract(point, code.spread(builder.extract_value(high, axis)))
        away = code.larger(code.larger(below, above), zero)
        square = code.multiply(away, away)
        away2 = square if away2 is None else code.add(away2, square)
    near = builder.fcmp_ordered("<", away2, code.spread(arguments[6]))
    for axis, point in enumerate(points):
        code.store_some(point, near, code.data(7 + axis), k)
    return code.count(near)


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
        if _avx512():
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

    def larger(self, a, b):
        return self.builder.select(self.builder.fcmp_ordered(">", a, b), a, b)

    def store_some(self, vector, mask, pointer, index) -> None:
        """Write the numbers whose `mask` is set one after the other from ``pointer[index]`` on.

        Up to entry `LANES` behind, anything may be written: compressed in a register and stored whole, since
        some processors are slow to compress into memory.
        """
        bits = ir.VectorType(ir.IntType(1), LANES)
        if _avx512():
            compress = self.intrinsic(
                f"x86.avx512.mask.compress.v{LANES}f32", [self.vector, self.vector, bits]
            )
            self.store(self.builder.call(compress, [vector, self.filled(0.0), mask]), pointer, index)
        else:
            at = self.builder.gep(pointer, [index])
            name = f"masked.compressstore.v{LANES}f32"
            store = self.intrinsic(name, [self.vector, at.type, bits], ir.VoidType())
            self.builder.call(store, [vector, at, mask])

    def count(self, mask):
        """How many of a mask are set, int64."""
        bits = ir.IntType(LANES)
        population = self.intrinsic(f"ctpop.i{LANES}", [bits], bits)
        return self.builder.zext(
            self.builder.call(population, [self.builder.bitcast(mask, bits)]), self.index
        )


def _avx512() -> bool:
    """Whether numba compiles for AVX-512: the machine has it and nobody told numba otherwise."""
    told = config.CPU_NAME or config.CPU_FEATURES or not config.ENABLE_AVX
    return not told and bool(binding.get_host_cpu_features().get("avx512f"))
