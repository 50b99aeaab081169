"""The networks of Fig. 4 of Ho et al. (2019) in NumPy, for masses without PyTorch.

`zwicky.estimators.cnn.network` has the same network for training.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from zwicky.estimators.filtering import LEAST_INPUTS, filters_at_points, rectified_convolution
from zwicky.estimators.forward import convolve, dense, in_batches, pair_matrix, relu

__all__ = ["network_output", "weight_shapes"]


def weight_shapes(n_velocity: int, n_radius: int) -> dict[str, tuple[int, ...]]:
    """Names and shapes of the weights; `n_radius` is 1 for CNN_1D.

    >>> sum(np.prod(shape) for shape in weight_shapes(48, 48).values())
    np.int64(45683)
    """
    shapes: dict[str, tuple[int, ...]] = {
        "conv1.weight": (24, n_radius, 5),
        "conv2.weight": (10, 24, 3),
        "dense1.weight": (128, 10 * (n_velocity // 2)),
        "dense2.weight": (64, 128),
        "output.weight": (1, 64),
    }
    biases = {name.replace("weight", "bias"): shape[:1] for name, shape in shapes.items()}
    return shapes | biases


def network_output(weights: Mapping[str, np.ndarray], images: np.ndarray) -> np.ndarray:
    """y of Eq. 4 for images.

    Parameters
    ----------
    weights
        Arrays of `weight_shapes`, float32.
    images : float32, shape (n, n_velocity, n_radius)

    Returns
    -------
    float32, shape (n,)
    """

    def layer(name: str) -> tuple[np.ndarray, np.ndarray]:
        return weights[f"{name}.weight"], weights[f"{name}.bias"]

    few = images.shape[2] < LEAST_INPUTS  # of CNN_1D one
    first = (pair_matrix if few else filters_at_points)(weights["conv1.weight"])
    second = filters_at_points(weights["conv2.weight"])

    def batch(x: np.ndarray) -> np.ndarray:
        if few:
            x = relu(convolve(x, first, weights["conv1.bias"]))
        else:
            x = rectified_convolution(x, first, weights["conv1.bias"])
        x = rectified_convolution(x, second, weights["conv2.bias"], pooled=True)
        x = relu(dense(x.reshape(len(x), -1), *layer("dense1")))
        x = relu(dense(x, *layer("dense2")))
        return dense(x, *layer("output"))[:, 0]

    return in_batches(batch, images)
