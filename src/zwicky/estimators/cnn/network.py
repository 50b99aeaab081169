"""The networks of Fig. 4 of Ho et al. (2019)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

__all__ = ["PhaseSpaceNetwork"]


class PhaseSpaceNetwork(nn.Module):
    """Fig. 4: two convolutions along v_los, a pool, dropout, three dense layers; y of Eq. 4.

    Conv1D 24@5 -> Conv1D 10@3 -> max pool 2 -> dropout -> flatten -> dense 128 -> 64 -> 1, ReLU after
    every layer but the last. Radius cells, if any, are input channels of the first convolution.

    Parameters
    ----------
    n_velocity, n_radius
        Cells of the input along v_los and R_proj; `n_radius` is 1 for CNN_1D.

    >>> sum(p.numel() for p in PhaseSpaceNetwork(48, 1).parameters())
    40043
    >>> sum(p.numel() for p in PhaseSpaceNetwork(48, 48).parameters())
    45683
    """

    def __init__(self, n_velocity: int, n_radius: int):
        super().__init__()
        self.n_features = 10 * (n_velocity // 2)
        self.conv1 = nn.Conv1d(n_radius, 24, 5, padding="same")
        self.conv2 = nn.Conv1d(24, 10, 3, padding="same")
        self.dense1 = nn.Linear(self.n_features, 128)
        self.dense2 = nn.Linear(128, 64)
        self.output = nn.Linear(64, 1)

    def initialise(self, generator: torch.Generator) -> None:
        """Glorot-uniform weights and zero biases, Keras's defaults."""
        for layer in self.children():
            nn.init.xavier_uniform_(layer.weight, generator=generator)
            nn.init.zeros_(layer.bias)

    def constrain(self, max_norm: float) -> None:
        """Scale down the weights that feed a neuron where their L2 norm exceeds `max_norm`.

        For a convolution the norm runs over kernel and input channels.
        """
        for layer in self.children():
            layer.weight.data.renorm_(2, 0, max_norm)

    def forward(self, images: torch.Tensor, dropout: torch.Tensor | None = None) -> torch.Tensor:
        """y for a batch.

        Parameters
        ----------
        images : float32, shape (n, n_velocity, n_radius)
            Contiguous: the transposed view below is then in the channels-last layout, which the
            convolutions run twice as fast in, and nothing is copied.
        dropout : float32, shape (n, n_features), optional
            Zeros and 1 / (1 - rate), in training.

        Returns
        -------
        float32, shape (n,)
        """
        x = images.transpose(1, 2).unsqueeze(2)
        x = F.conv2d(x, self.conv1.weight.unsqueeze(2), self.conv1.bias, padding=(0, 2)).relu()
        x = F.conv2d(x, self.conv2.weight.unsqueeze(2), self.conv2.bias, padding=(0, 1)).relu()
        # Flattened cell by cell as it lies in memory, which is also Keras's order.
        x = F.max_pool2d(x, (1, 2)).permute(0, 2, 3, 1).flatten(1)
        if dropout is not None:
            x = x * dropout
        x = self.dense1(x).relu()
        x = self.dense2(x).relu()
        return self.output(x).squeeze(1)
