"""Adam on one flat vector of all parameters.

For networks of forty thousand weights, an optimiser that walks the parameters one by one costs a tenth of
a step, and starting PyTorch's takes more than a second in every process. Here parameters and gradients are
views of two flat vectors, so a step is a handful of operations and a checkpoint four arrays.
"""

from __future__ import annotations

import torch
from torch import nn

__all__ = ["FlatAdam"]


class FlatAdam:
    """Adam (Kingma & Ba 2014) over a module's parameters, which become views of one vector.

    Parameters
    ----------
    module
        Its parameters are moved into `weights`, on their present device.
    epsilon
        Added to the root of the second moment; 1e-7 is Keras's, 1e-8 PyTorch's default.

    Attributes
    ----------
    weights, gradient, first, second : float32, shape (n_parameters,)
        Parameters, gradient of the last backward pass, and the two moments.
    steps : int
        Steps taken.
    """

    def __init__(self, module: nn.Module, epsilon: float, betas: tuple[float, float] = (0.9, 0.999)):
        parameters = list(module.parameters())
        self.epsilon, self.betas, self.steps = epsilon, betas, 0
        self.weights = torch.cat([p.detach().flatten() for p in parameters])
        self.gradient = torch.zeros_like(self.weights)
        self.first = torch.zeros_like(self.weights)
        self.second = torch.zeros_like(self.weights)
        sizes = [p.numel() for p in parameters]
        for p, weights, gradient in zip(
            parameters, self.weights.split(sizes), self.gradient.split(sizes), strict=True
        ):
            p.data = weights.view_as(p)
            p.grad = gradient.view_as(p)

    @torch.no_grad()
    def step(self, learning_rate: float) -> None:
        """Move the weights along the gradient, then set the gradient to zero."""
        self.steps += 1
        beta1, beta2 = self.betas
        self.first.lerp_(self.gradient, 1 - beta1)
        self.second.mul_(beta2).addcmul_(self.gradient, self.gradient, value=1 - beta2)
        scale = (self.second / (1 - beta2**self.steps)).sqrt_().add_(self.epsilon)
        self.weights.addcdiv_(self.first, scale, value=-learning_rate / (1 - beta1**self.steps))
        self.gradient.zero_()

    def state(self) -> dict[str, torch.Tensor]:
        """Weights, moments and step count: all that `restore` needs."""
        steps = torch.tensor([self.steps])
        return {"weights": self.weights, "first": self.first, "second": self.second, "steps": steps}

    def restore(self, state: dict[str, torch.Tensor]) -> None:
        """Go on from a `state`."""
        for name in ("weights", "first", "second"):
            getattr(self, name).copy_(state[name])
        self.steps = int(state["steps"])
