r"""The innermost loops of the pair force, written out in vectors of 16 numbers.

Left to itself the compiler uses half-width vectors on most processors that have full ones, and cannot know
that a short copy may run over its end. Both cost half of the time of a universe. So the two loops that matter
are given to numba as LLVM code: vectors of 16 float32 are one AVX-512 register, two of AVX2, or four of NEON,
whatever the machine has.
"""

from __future__ import annotations

import numpy as np
from llvmlite import binding, ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

__all__ = ["FAR", "LANES", "add_lanes", "pull"]

#: Numbers in a vector. Buffers need that many more entries than they hold numbers.
LANES = 16
#: Coordinate of the points that fill a buffer's last vector: finite, and beyond any cut-off.
FAR = np.float32(1e9)

_FLOAT, _INT = ir.FloatType(), ir.IntType(64)
_VECTOR = ir.VectorType(_FLOAT, LANES)
_ZERO = ir.Constant(_VECTOR, [0.0] * LANES)
_ONE = ir.Constant(_VECTOR, [1.0] * LANES)
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
    first, stop = arguments[3:5]
    points = [_data(context, builder, signature, arguments, axis) for axis in range(3)]
    target = [_splat(builder, value) for value in arguments[5:8]]
    polynomial = [
        _splat(builder, builder.extract_value(arguments[8], k)) for k in range(signature.args[8].count)
    ]
    cutoff2, softening2 = _splat(builder, arguments[9]), _splat(builder, arguments[10])

    def add(a, b):
        return builder.fadd(a, b, flags=_FAST)

    def subtract(a, b):
        return builder.fsub(a, b, flags=_FAST)

    def multiply(a, b):
        return builder.fmul(a, b, flags=_FAST)

    before, loop, after = (
        builder.basic_block,
        builder.append_basic_block("pull"),
        builder.append_basic_block("pulled"),
    )
    builder.cbranch(builder.icmp_signed("<", first, stop), loop, after)

    builder.position_at_end(loop)
    j, sums = builder.phi(_INT), [builder.phi(_VECTOR) for _ in range(3)]
    separation = [subtract(_load(builder, points[axis], j), target[axis]) for axis in range(3)]
    x2, y2, z2 = (multiply(d, d) for d in separation)
    r2 = add(add(x2, y2), z2)
    inverse = _inverse_root(builder, add(r2, softening2))
    far = polynomial[-1]
    for coefficient in polynomial[-2::-1]:
        far = add(multiply(far, r2), coefficient)
    weight = subtract(multiply(multiply(inverse, inverse), inverse), far)
    weight = builder.select(builder.fcmp_ordered("<", r2, cutoff2), weight, _ZERO)
    totals = [add(sums[axis], multiply(weight, separation[axis])) for axis in range(3)]
    following = builder.add(j, ir.Constant(_INT, LANES))
    builder.cbranch(builder.icmp_signed("<", following, stop), loop, after)
    j.add_incoming(first, before)
    j.add_incoming(following, loop)

    builder.position_at_end(after)
    results = [builder.phi(_VECTOR) for _ in range(3)]
    for axis in range(3):
        for phi in (sums[axis], results[axis]):
            phi.add_incoming(_ZERO, before)
            phi.add_incoming(totals[axis], loop)
    return context.make_tuple(builder, signature.return_type, [_sum(builder, value) for value in results])


@intrinsic
def add_lanes(typing, target, k, source, j, shift):
    """``target[k : k + LANES] = source[j : j + LANES] + shift``, whether or not all of it is meant."""
    signature = types.void(target, types.int64, source, types.int64, types.float32)

    def generate(context, builder, signature, arguments):
        to = _data(context, builder, signature, arguments, 0)
        source = _data(context, builder, signature, arguments, 2)
        value = builder.fadd(_load(builder, source, arguments[3]), _splat(builder, arguments[4]))
        stored = builder.store(value, _pointer(builder, to, arguments[1]))
        stored.align = 4
        return context.get_dummy_value()

    return signature, generate


def _data(context, builder, signature, arguments, i):
    """Pointer to the first number of the contiguous array that is argument i."""
    return context.make_array(signature.args[i])(context, builder, arguments[i]).data


def _pointer(builder, data, index):
    return builder.bitcast(builder.gep(data, [index]), _VECTOR.as_pointer())


def _load(builder, data, index):
    loaded = builder.load(_pointer(builder, data, index))
    loaded.align = 4
    return loaded


def _splat(builder, value):
    """A vector of one number."""
    index = ir.IntType(32)
    undefined = ir.Constant(_VECTOR, ir.Undefined)
    one = builder.insert_element(undefined, value, ir.Constant(index, 0))
    return builder.shuffle_vector(one, undefined, ir.Constant(ir.VectorType(index, LANES), [0] * LANES))


def _inverse_root(builder, vector):
    """1 / sqrt: with AVX-512 the processor's estimate, good to 6e-5, which is far below the split's error."""
    if binding.get_host_cpu_features().get("avx512f"):
        mask = ir.IntType(16)
        function = ir.FunctionType(_VECTOR, [_VECTOR, _VECTOR, mask])
        estimate = cgutils.get_or_insert_function(builder.module, function, "llvm.x86.avx512.rsqrt14.ps.512")
        return builder.call(estimate, [vector, _ZERO, ir.Constant(mask, 2**LANES - 1)])
    function = ir.FunctionType(_VECTOR, [_VECTOR])
    sqrt = cgutils.get_or_insert_function(builder.module, function, f"llvm.sqrt.v{LANES}f32")
    return builder.fdiv(_ONE, builder.call(sqrt, [vector], fastmath=_FAST), flags=_FAST)


def _sum(builder, vector):
    """Sum of a vector's numbers."""
    function = ir.FunctionType(_FLOAT, [_FLOAT, _VECTOR])
    name = f"llvm.vector.reduce.fadd.v{LANES}f32"
    reduce = cgutils.get_or_insert_function(builder.module, function, name)
    return builder.call(reduce, [ir.Constant(_FLOAT, -0.0), vector], fastmath=_FAST)
