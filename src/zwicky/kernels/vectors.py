"""Vectors of 16 float32 for numba, written in LLVM's language.

Left to itself the compiler uses half-width vectors on most processors that have full ones, does not keep
vectors in registers across loops, and cannot know that a short copy may run over its end. Where that costs
half of a kernel's time, its innermost loop is an intrinsic that generates LLVM code with `VectorCode`. A
vector is one AVX-512 register, two of AVX2 or four of NEON, whatever the machine has.
"""

from __future__ import annotations

from collections.abc import Callable

from llvmlite import ir
from numba.core import cgutils

__all__ = ["LANES", "VectorCode"]

#: Numbers in a vector. Arrays that are loaded by vectors are longer by that than what they hold.
LANES = 16


class VectorCode:
    """What an intrinsic's code generator is given, and the few operations that all of them need.

    Parameters
    ----------
    context, builder, signature, args
        As numba calls a code generator.
    """

    number, index = ir.FloatType(), ir.IntType(64)
    vector = ir.VectorType(number, LANES)

    def __init__(self, context, builder, signature, args):
        self.context, self.builder, self.signature, self.args = context, builder, signature, args

    def data(self, position):
        """Address of the first number of the contiguous array that is the argument at `position`."""
        array = self.context.make_array(self.signature.args[position])
        return array(self.context, self.builder, self.args[position]).data

    def whole(self, value: int):
        """A constant int64."""
        return ir.Constant(self.index, value)

    def filled(self, value: float):
        """A constant vector of one number."""
        return ir.Constant(self.vector, [value] * LANES)

    def load(self, pointer, index):
        """The vector at ``pointer[index]``, aligned or not."""
        loaded = self.builder.load(self._at(pointer, index))
        loaded.align = 4
        return loaded

    def store(self, vector, pointer, index) -> None:
        """Write a vector to ``pointer[index]``, aligned or not."""
        self.builder.store(vector, self._at(pointer, index)).align = 4

    def spread(self, value):
        """A vector of one number known when the code runs."""
        lane, undefined = ir.IntType(32), ir.Constant(self.vector, ir.Undefined)
        one = self.builder.insert_element(undefined, value, ir.Constant(lane, 0))
        first = ir.Constant(ir.VectorType(lane, LANES), [0] * LANES)
        return self.builder.shuffle_vector(one, undefined, first)

    def spread_at(self, pointer, index):
        """The number at ``pointer[index]`` in every lane."""
        return self.spread(self.builder.load(self.builder.gep(pointer, [index])))

    def intrinsic(self, name: str, arguments: list, result=None):
        """LLVM's intrinsic function ``llvm.<name>``; its result is a vector unless another type is given."""
        function = ir.FunctionType(result or self.vector, arguments)
        return cgutils.get_or_insert_function(self.builder.module, function, f"llvm.{name}")

    def fused(self, a, b, c):
        """``a * b + c``, in one rounding where the machine can."""
        function = self.intrinsic(f"fmuladd.v{LANES}f32", [self.vector] * 3)
        return self.builder.call(function, [a, b, c])

    def loop(self, first, stop, by: int, start: list, step: Callable) -> list:
        """Carry vectors, which stay in registers, through ``for j in range(first, stop, by)``.

        ``step(j, vectors) -> vectors`` generates the body; `start` is what the first pass is given, and what
        comes out if there is none.
        """
        builder = self.builder
        before = builder.block
        body, after = builder.append_basic_block("loop"), builder.append_basic_block("looped")
        builder.cbranch(builder.icmp_signed("<", first, stop), body, after)
        builder.position_at_end(body)
        j, carried = builder.phi(self.index), [builder.phi(self.vector) for _ in start]
        results = step(j, carried)
        following = builder.add(j, self.whole(by))
        builder.cbranch(builder.icmp_signed("<", following, stop), body, after)
        j.add_incoming(first, before)
        j.add_incoming(following, body)
        builder.position_at_end(after)
        out = [builder.phi(self.vector) for _ in start]
        for phis in (carried, out):
            for phi, initial, result in zip(phis, start, results, strict=True):
                phi.add_incoming(initial, before)
                phi.add_incoming(result, body)
        return out

    def _at(self, pointer, index):
        return self.builder.bitcast(self.builder.gep(pointer, [index]), self.vector.as_pointer())
