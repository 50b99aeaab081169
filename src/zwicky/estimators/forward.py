"""Layers of a trained network in NumPy: what is needed to predict without PyTorch.

Arrays are float32 and layers take a batch: n clusters along the first axis. Weights lie as PyTorch stores
them, so that a model's file serves both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.parallel import run_pieces

__all__ = ["check_weights", "convolve", "dense", "in_batches", "pair_matrix", "relu", "run_batches"]

#: Clusters a batch: the activations of this many stay in a core's cache.
BATCH = 32


def relu(x: np.ndarray) -> np.ndarray:
    """max(x, 0), in place."""
    return np.maximum(x, np.float32(0), out=x)


def dense(x: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """``x W^T + b`` for x of shape (n, inputs) and W of shape (outputs, inputs): (n, outputs)."""
    y = x @ weight.T
    y += bias
    return y


def pair_matrix(weight: np.ndarray) -> np.ndarray:
    """A convolution's weights as `convolve` takes them: what two neighbouring cells make of their window.

    Parameters
    ----------
    weight : float32, shape (outputs, inputs, taps)
        An odd number of taps.

    Returns
    -------
    float32, shape ((taps + 1) * inputs, 2 * outputs)
    """
    outputs, inputs, taps = weight.shape
    matrix = np.zeros((taps + 1, inputs, 2, outputs), np.float32)
    for cell in (0, 1):
        matrix[cell : cell + taps, :, cell] = weight.transpose(2, 1, 0)
    return matrix.reshape((taps + 1) * inputs, 2 * outputs)


def convolve(x: np.ndarray, pairs: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Convolution along the second axis, with zeros beyond both ends ("same").

    Two neighbouring cells are made at once: half the windows are copied, and the matrix product is of a shape
    that processors are better at, for a fifth more of it. That is a third faster than cell by cell.

    Parameters
    ----------
    x : float32, shape (n, cells, inputs)
    pairs : float32, shape ((taps + 1) * inputs, 2 * outputs)
        `pair_matrix` of the weights.
    bias : float32, shape (outputs,)

    Returns
    -------
    float32, shape (n, cells, outputs)
    """
    n, cells, inputs = x.shape
    length, outputs = pairs.shape[0], len(bias)
    taps, n_pairs = length // inputs - 1, (cells + 1) // 2
    padded = np.zeros((n, 2 * n_pairs + taps - 1, inputs), np.float32)
    padded[:, taps // 2 : taps // 2 + cells] = x
    # The window of a pair is contiguous in memory: all windows at once are a view, and one matrix product.
    of_cluster, of_cell, of_input = padded.strides
    windows = np.lib.stride_tricks.as_strided(
        padded, (n, n_pairs, length), (of_cluster, 2 * of_cell, of_input), writeable=False
    )
    y = windows.reshape(n * n_pairs, length) @ pairs
    y += np.tile(bias, 2)
    return y.reshape(n, 2 * n_pairs, outputs)[:, :cells]


def in_batches(network: Callable[[np.ndarray], np.ndarray], inputs: np.ndarray) -> np.ndarray:
    """The network's output for each row of `inputs`, float32, shape (n,), in batches on all cores.

    The last batch is filled up, so that the bits of a row do not depend on the other rows.
    """
    out = np.empty(len(inputs), np.float32)

    def one(first: int) -> None:
        batch = inputs[first : first + BATCH]
        n = len(batch)
        if n < BATCH:
            batch = np.concatenate([batch, np.zeros((BATCH - n, *batch.shape[1:]), batch.dtype)])
        out[first : first + n] = network(batch)[:n]

    run_batches(one, len(inputs), BATCH)
    return out


def run_batches(one: Callable[[int], None], n: int, size: int) -> None:
    """Call ``one(first)`` for the first of each `size` of `n` rows, on all cores.

    The matrix products of a batch run on one thread, so that their bits do not depend on the cores.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="blas"):
        run_pieces(one, [(first,) for first in range(0, n, size)])


def check_weights(
    weights: Mapping[str, np.ndarray], shapes: Mapping[str, tuple[int, ...]], name: str
) -> dict[str, np.ndarray]:
    """The arrays of a network, as float32, if they are those that it has.

    Parameters
    ----------
    weights
        As read from a file.
    shapes
        Names and shapes of the network's arrays.
    name
        The estimator, for the message.

    Raises
    ------
    ZwickyError
        If an array is missing, unknown, of another shape or not finite.
    """
    for key in sorted(set(weights) ^ set(shapes)):
        kind = "missing" if key in shapes else "unknown"
        raise ZwickyError(f"weights do not fit the network of {name} ({key} is {kind}); save it again")
    for key, shape in shapes.items():
        found = weights[key]
        if found.shape != shape:
            raise ZwickyError(
                f"weights do not fit the network of {name} ({key} has shape {found.shape}, not {shape})"
            )
        if found.dtype.kind != "f" or not np.isfinite(found).all():
            raise ZwickyError(f"weights of {name} are not numbers ({key}); save the model again")
    return {key: np.ascontiguousarray(weights[key], np.float32) for key in shapes}
