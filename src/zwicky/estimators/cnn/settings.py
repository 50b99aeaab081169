"""How the networks are trained, and how well that went."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from zwicky.errors import ZwickyError

__all__ = ["CNNSettings", "Losses"]


@dataclass(frozen=True)
class CNNSettings:
    """Training of `CNN1D` and `CNN2D`; the defaults are the paper's (Ho et al. 2019, Sec. 3.3).

    Parameters
    ----------
    epochs
        Passes over the training sample.
    batch
        Clusters a step.
    learning_rate
        Adam's learning rate.
    decay
        Learning-rate decay: step s uses ``learning_rate / (1 + decay * s)``. Not weight decay.
    dropout
        Fraction of the flattened feature maps set to zero in training (Fig. 4).
    max_norm
        Largest L2 norm of the weights that feed a neuron (Fig. 4).
    mirror
        Flip v_los to -v_los at random for each cluster and epoch: the sky has no preferred sign.
    thin_min
        Train with members thinned at random: each cluster keeps a fraction drawn anew in every epoch,
        uniform in [thin_min, 1], of at least 10 galaxies. None trains on all members, like the paper.
    device
        ``"cpu"``, ``"cuda"``, or ``"auto"``: cuda where there is one. Masses are predicted on the CPU.
    """

    epochs: int = 20
    batch: int = 100
    learning_rate: float = 1e-3
    decay: float = 1e-6
    dropout: float = 0.25
    max_norm: float = 3.0
    mirror: bool = True
    thin_min: float | None = None
    device: Literal["auto", "cpu", "cuda"] = "auto"

    def __post_init__(self):
        def require(name, allowed, text):
            if not allowed:
                raise ZwickyError(f"{name} = {getattr(self, name)} is not allowed; give {text}")

        require("epochs", self.epochs >= 1, "at least 1")
        require("batch", self.batch >= 1, "at least 1")
        require("learning_rate", self.learning_rate > 0, "a positive number such as 0.001")
        require("decay", self.decay >= 0, "0 or a small positive number such as 1e-6")
        require("dropout", 0 <= self.dropout < 1, "a fraction from 0 up to, not including, 1")
        require("max_norm", self.max_norm > 0, "a positive number such as 3")
        require("thin_min", self.thin_min is None or 0 < self.thin_min <= 1, "a fraction in (0, 1], or none")
        require("device", self.device in ("auto", "cpu", "cuda"), "auto, cpu or cuda")


@dataclass
class Losses:
    """Mean squared error in y (Eq. 4) after each epoch.

    `train` is the mean over the epoch's steps, dropout on; `validation`, if a validation sample was
    given, is at the epoch's end, dropout off (hence often lower, as in Fig. 5).
    """

    train: list[float] = field(default_factory=list)
    validation: list[float] = field(default_factory=list)
