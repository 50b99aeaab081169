"""How the networks are trained."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from zwicky.images import ImageSettings
from zwicky.settings import check_ranges, setting

__all__ = ["CNNSettings"]


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
    images
        What the networks look at: cells, bandwidth and kernel.
    device
        ``"cpu"``, ``"cuda"``, or ``"auto"``: cuda where there is one. Masses are predicted on the CPU.

    Examples
    --------
    >>> CNNSettings(epochs=40, thin_min=0.1).batch
    100
    """

    epochs: int = setting(20, "[1, inf)")
    batch: int = setting(100, "[1, inf)")
    learning_rate: float = setting(1e-3, "(0, inf)", "such as 0.001")
    decay: float = setting(1e-6, "[0, inf)", "such as 1e-6")
    dropout: float = setting(0.25, "[0, 1)")
    max_norm: float = setting(3.0, "(0, inf)", "such as 3")
    mirror: bool = True
    thin_min: float | None = setting(None, "(0, 1]", "or leave it out")
    images: ImageSettings = field(default_factory=ImageSettings)
    device: Literal["auto", "cpu", "cuda"] = "auto"

    def __post_init__(self):
        check_ranges(self)
