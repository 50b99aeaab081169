"""The network in PyTorch: an ensemble side by side, for training.

Every layer carries all members of the ensemble, so that they train together. Prediction does without PyTorch:
`forward` does the same from the weights.
"""

from __future__ import annotations

import math

import torch
from torch import nn

from zwicky.estimators.posterior.forward import JUDGE, layers
from zwicky.estimators.posterior.settings import PosteriorSettings

__all__ = ["EnsembleNetwork", "judge_loss", "member_loss", "mixture_loss"]

#: Gains of the first weights of each layer: shares of a histogram are small, what comes out is to be so.
_GAINS = {"first": 40.0, "judge_first": 40.0, "mixture": 0.1, "map": 0.1}


class EnsembleNetwork(nn.Module):
    """Layers on a cluster's histogram of phase space and its conditions, and a mixture density at the end.

    The last layer makes the weights, means, widths and correlations of Gaussians (Bishop 1994); another makes
    a map of phase space, the logit of the chance that a galaxy there lies inside r200c. Beside them stands
    the judge, a small network that tells clusters from ones with a fault.
    """

    def __init__(self, settings: PosteriorSettings):
        super().__init__()
        e = settings.members
        # An ensemble that is to be distilled needs no judge: the one network will have it.
        self.judged = not settings.distilled_epochs
        self.weight, self.bias = nn.ParameterDict(), nn.ParameterDict()
        for name, (n_in, n_out) in (layers(settings) | (JUDGE if self.judged else {})).items():
            scale = math.sqrt(_GAINS.get(name, 2.0) / n_in)
            self.weight[name] = nn.Parameter(torch.randn(e, n_in, n_out) * scale)
            self.bias[name] = nn.Parameter(torch.zeros(e, 1, n_out))
        self.dropout = settings.dropout

    def forward(self, histogram: torch.Tensor, conditions: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Raw mixture parameters (e, n, 6 k) and maps (e, n, cells), of (n, cells) and (n, c)."""

        x = torch.relu(self._layer("first", self._seen(histogram, conditions)))
        x = torch.relu(self._layer("second", nn.functional.dropout(x, self.dropout, self.training)))
        return self._layer("mixture", torch.relu(self._layer("third", x))), self._layer("map", x)

    def score(self, histogram: torch.Tensor, conditions: torch.Tensor) -> torch.Tensor:
        """Logit of a fault, (e, n)."""
        x = torch.relu(self._layer("judge_first", self._seen(histogram, conditions)))
        return self._layer("judge_last", torch.relu(self._layer("judge_second", x)))[:, :, 0]

    def _seen(self, histogram: torch.Tensor, conditions: torch.Tensor) -> torch.Tensor:
        x = torch.cat([histogram, conditions], 1)
        return x.expand(len(self.weight["first"]), *x.shape)

    def _layer(self, name: str, x: torch.Tensor) -> torch.Tensor:
        return torch.baddbmm(self.bias[name], x, self.weight[name])


def mixture_loss(raw: torch.Tensor, mass: torch.Tensor, density: torch.Tensor, low: float, high: float):
    """Mean negative log density of the points (mass, density), shape (e, n), of m points a cluster.

    `raw` (e, n, 6 k), points (n, m) in the units that `mixture.unpack` describes; masses are confined to
    [low, high].
    """
    k = raw.shape[2] // 6
    logit, m_mass, m_density, s_mass, s_density, rho = (x.unsqueeze(2) for x in raw.split(k, 2))
    log_weight = torch.log_softmax(logit, 3)
    log_s_mass, log_s_density = 6.0 * torch.tanh(s_mass / 6.0) - 1.0, 6.0 * torch.tanh(s_density / 6.0) - 1.0
    rho = 0.99 * torch.tanh(rho)
    one = 1.0 - rho * rho
    a = (mass[None, :, :, None] - m_mass) * torch.exp(-log_s_mass)
    b = (density[None, :, :, None] - m_density) * torch.exp(-log_s_density)
    height = log_weight - 0.5 * torch.log(one) - log_s_mass - log_s_density - math.log(2 * math.pi)
    log_density = torch.logsumexp(height - 0.5 * (a * a - 2 * rho * a * b + b * b) / one, 3)

    def below(edge: float) -> torch.Tensor:
        return 0.5 * torch.erfc(-(edge - m_mass) * torch.exp(-log_s_mass) / math.sqrt(2.0))

    inside = (torch.exp(log_weight) * (below(high) - below(low))).sum(3).clamp(min=1e-6)
    return (torch.log(inside) - log_density).mean(2)


def member_loss(logit: torch.Tensor, members: torch.Tensor, histogram: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of the memberships at the nodes, each cluster's mean over its galaxies, shape (e, n).

    A galaxy counts at its four nodes by its share in each: never less than at the galaxy itself.
    """
    inside, outside = nn.functional.softplus(-logit), nn.functional.softplus(logit)
    return (inside * members + outside * (histogram - members)).sum(2)


def judge_loss(fine: torch.Tensor, odd: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy of scores (e, n) of clusters without a fault and (e, m) of ones with, shape (e,)."""
    return nn.functional.softplus(fine).mean(1) + nn.functional.softplus(-odd).mean(1)
