"""What a posterior is trained with."""

from __future__ import annotations

from dataclasses import dataclass, field

from zwicky.errors import ZwickyError
from zwicky.mocks.survey_settings import SurveySettings

__all__ = ["PosteriorSettings"]


@dataclass(frozen=True)
class PosteriorSettings:
    """Network, training and survey conditions of the posterior.

    Parameters
    ----------
    members
        Networks of the ensemble, trained side by side from different weights and resampled clusters.
    width, context, hidden
        Numbers that stand for a galaxy, for what a cluster tells its galaxies, and in the last layers.
    components
        Gaussians of the density of (log10 M200c, log10 density).
    range_log10_m200c_h
        Masses in Msun/h that the prior of training covers, evenly.
    epochs, batch, learning_rate, weight_decay
        Adam with decoupled decay (Loshchilov & Hutter 2019), a cosine schedule, clusters a step.
    member_weight
        Weight of the membership's cross-entropy beside the density's.
    error_known
        Share of clusters whose redshift errors the network is told.
    device
        ``"auto"``, ``"cpu"`` or ``"cuda"``.
    survey
        Ranges of the survey conditions.
    """

    members: int = 5
    width: int = 48
    context: int = 32
    hidden: int = 128
    components: int = 8
    range_log10_m200c_h: tuple[float, ...] = (12.8, 15.4)
    epochs: int = 120
    batch: int = 1024
    learning_rate: float = 2e-3
    weight_decay: float = 1e-4
    member_weight: float = 0.3
    error_known: float = 0.85
    device: str = "auto"
    survey: SurveySettings = field(default_factory=SurveySettings)

    def __post_init__(self):
        for name in ("members", "width", "context", "hidden", "components", "epochs", "batch"):
            if getattr(self, name) < 1:
                raise ZwickyError(f"{name} = {getattr(self, name)}; give a whole number of at least 1")
        low, high = self.range_log10_m200c_h
        if not 10.0 < low < high < 17.0:
            raise ZwickyError(
                f"range_log10_m200c_h = {self.range_log10_m200c_h}; give log10 of Msun/h, the lower first"
            )
        if self.device not in ("auto", "cpu", "cuda"):
            raise ZwickyError(f"device = {self.device!r}; use auto, cpu or cuda")
