"""The network in PyTorch: an ensemble of Deep Sets side by side, for training.

Every layer carries all members of the ensemble, so that they train together on one card. Prediction does
without PyTorch: `forward` does the same from the weights.
"""

from __future__ import annotations

import math

import torch
from torch import nn

from zwicky.estimators.posterior.features import N_CONDITIONS, N_FEATURES
from zwicky.estimators.posterior.settings import PosteriorSettings

__all__ = ["EnsembleNetwork", "member_loss", "mixture_loss"]


class _Linear(nn.Module):
    """Linear layers of all members: (e, n, a) or shared (n, a) in, (e, n, b) out."""

    def __init__(self, members: int, n_in: int, n_out: int, gain: float = 2.0, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(members, n_in, n_out) * math.sqrt(gain / n_in))
        self.bias = nn.Parameter(torch.zeros(members, 1, n_out)) if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.dim() == 2:
            x = x.expand(len(self.weight), *x.shape)
        return torch.bmm(x, self.weight) if self.bias is None else torch.baddbmm(self.bias, x, self.weight)


class EnsembleNetwork(nn.Module):
    """Deep Sets that tell a cluster's galaxies of their cluster, and a mixture density at the end.

    Galaxies are embedded with their cluster's conditions and averaged (Zaheer et al. 2017); each then hears
    the average and is embedded again, as interlopers are told only beside the others. The last layers make,
    from both averages and the conditions, the weights, means, widths and correlations of Gaussians.
    """

    def __init__(self, settings: PosteriorSettings):
        super().__init__()
        e, w, c, h = settings.members, settings.width, settings.context, settings.hidden
        self.galaxy = _Linear(e, N_FEATURES, w)
        self.condition = _Linear(e, N_CONDITIONS, w, gain=1.0, bias=False)
        self.second = _Linear(e, w, w)
        self.context = _Linear(e, w + N_CONDITIONS, c)
        self.third = _Linear(e, w, w)
        self.told = _Linear(e, c, w, bias=False)
        self.head_1 = _Linear(e, 2 * w + N_CONDITIONS, h)
        self.head_2 = _Linear(e, h, h)
        self.head_3 = _Linear(e, h, 6 * settings.components, gain=0.1)
        self.member = _Linear(e, w, 1, gain=1.0)

    def forward(
        self, galaxies: torch.Tensor, conditions: torch.Tensor, present: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Raw mixture parameters (e, n, 6 k) and membership logits (e, n, m).

        `galaxies` has shape (n, m, f), padded with anything where `present`, (n, m), is 0; else that is 1.
        """
        e, (n, m, _f) = len(self.galaxy.weight), galaxies.shape
        mask = present[None, :, :, None]
        counts = present.sum(1)[None, :, None]

        def each(layer: _Linear, x: torch.Tensor) -> torch.Tensor:
            return layer(x.reshape(*x.shape[:-3], n * m, x.shape[-1])).reshape(e, n, m, -1)

        every = conditions.expand(e, *conditions.shape)
        x = torch.relu(each(self.galaxy, galaxies) + self.condition(conditions)[:, :, None])
        x = torch.relu(each(self.second, x)) * mask
        first = x.sum(2) / counts
        context = torch.relu(self.context(torch.cat([first, every], 2)))
        x = torch.relu(each(self.third, x) + self.told(context)[:, :, None]) * mask
        y = torch.cat([first, x.sum(2) / counts, every], 2)
        y = torch.relu(self.head_1(y))
        y = torch.relu(self.head_2(y))
        return self.head_3(y), each(self.member, x)[..., 0]


def mixture_loss(raw: torch.Tensor, mass: torch.Tensor, density: torch.Tensor, low: float, high: float):
    """Negative log density of (mass, density), shape (e, n); masses are confined to [low, high].

    `mass` and `density` in the units that `mixture.unpack` describes.
    """
    k = raw.shape[2] // 6
    logit, m_mass, m_density, s_mass, s_density, rho = raw.split(k, 2)
    log_weight = torch.log_softmax(logit, 2)
    log_s_mass, log_s_density = 6.0 * torch.tanh(s_mass / 6.0) - 1.0, 6.0 * torch.tanh(s_density / 6.0) - 1.0
    rho = 0.99 * torch.tanh(rho)
    a = (mass[None, :, None] - m_mass) * torch.exp(-log_s_mass)
    b = (density[None, :, None] - m_density) * torch.exp(-log_s_density)
    one = 1.0 - rho * rho
    log_gauss = -0.5 * (a * a - 2 * rho * a * b + b * b) / one - 0.5 * torch.log(one)
    log_gauss = log_gauss - log_s_mass - log_s_density - math.log(2 * math.pi)

    def below(edge: float) -> torch.Tensor:
        return 0.5 * torch.erfc(-(edge - m_mass) * torch.exp(-log_s_mass) / math.sqrt(2.0))

    inside = (torch.exp(log_weight) * (below(high) - below(low))).sum(2).clamp(min=1e-6)
    return torch.log(inside) - torch.logsumexp(log_weight + log_gauss, 2)


def member_loss(logit: torch.Tensor, is_member: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of the memberships, each cluster's mean, shape (e, n)."""
    loss = nn.functional.binary_cross_entropy_with_logits(logit, is_member.expand_as(logit), reduction="none")
    return (loss * present).sum(2) / present.sum(1)
