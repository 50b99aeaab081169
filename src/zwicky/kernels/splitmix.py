"""SplitMix64 (Steele et al. 2014): random numbers of compiled code, a stream for whoever asks."""

from __future__ import annotations

import numpy as np

from zwicky.kernels.compiled import kernel

__all__ = ["GOLDEN", "mix64", "unit_interval"]

#: Step of a stream.
GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@kernel
def mix64(x):
    """The 64 bits that a state of the stream stands for."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


@kernel
def unit_interval(bits):
    """A number in [0, 1) of 64 bits."""
    return (bits >> np.uint64(11)) * (1.0 / 9007199254740992.0)
