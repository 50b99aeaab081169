"""What a network is made of, read from the network itself: the boxes of Fig. 4."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from zwicky.estimators.cnn.network import PhaseSpaceNetwork

__all__ = ["Layer", "layers_of"]


@dataclass(frozen=True)
class Layer:
    """A step of a network.

    Parameters
    ----------
    what
        What is done, in words.
    shape
        What comes out: cells along v_los and channels, or the length of a vector.
    kernel
        Cells along v_los that a convolution or a pool looks at; 0 elsewhere.
    parameters
        Weights and biases.
    """

    what: str
    shape: tuple[int, ...]
    kernel: int = 0
    parameters: int = 0


def layers_of(n_velocity: int, n_radius: int, dropout: float) -> tuple[Layer, ...]:
    """The steps of `PhaseSpaceNetwork`, the input first.

    Kernels and numbers of filters are those of its own weights; the pool is what lies between the last
    convolution and the first dense layer.

    Parameters
    ----------
    n_velocity, n_radius
        Cells of the input along v_los and R_proj; `n_radius` is 1 for CNN_1D.
    dropout
        Share of the features that are dropped while the network learns.

    >>> [layer.shape for layer in layers_of(48, 1, 0.25)]
    [(48, 1), (48, 24), (48, 10), (24, 10), (240,), (128,), (64,), (1,)]
    >>> sum(layer.parameters for layer in layers_of(48, 48, 0.25))
    45683
    """
    with torch.device("meta"):  # shapes alone: no memory, and no random numbers drawn
        network = PhaseSpaceNetwork(n_velocity, n_radius)
    convolutions = [m for m in network.children() if isinstance(m, nn.Conv1d)]
    dense = [m for m in network.children() if isinstance(m, nn.Linear)]
    layers = [Layer("input", (n_velocity, n_radius))]
    for m in convolutions:
        kernel = m.kernel_size[0]
        size = f"{kernel} × {m.in_channels}"
        layers.append(
            Layer(
                f"convolution\n{m.out_channels} filters {size}",
                (n_velocity, m.out_channels),
                kernel,
                _count(m),
            )
        )
    features, channels = dense[0].in_features, convolutions[-1].out_channels
    pool = n_velocity * channels // features
    layers.append(Layer(f"max pool\n{pool} to 1", (features // channels, channels), pool))
    layers.append(Layer(f"flatten\ndropout {100 * dropout:g} %", (features,)))
    for m in dense:
        last = m is dense[-1]
        layers.append(Layer("output\nlinear" if last else "dense", (m.out_features,), parameters=_count(m)))
    return tuple(layers)


def _count(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())
