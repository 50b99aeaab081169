"""What a posterior is trained with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from zwicky.errors import ZwickyError
from zwicky.mocks.survey_settings import SurveySettings
from zwicky.settings import check_ranges, setting

__all__ = ["PosteriorSettings"]


@dataclass(frozen=True)
class PosteriorSettings:
    """Network, training and survey conditions of the posterior.

    Parameters
    ----------
    members
        Networks of the ensemble, trained side by side from different weights and resampled clusters.
    distilled_epochs
        Epochs in which one network learns to say what the ensemble says (Hinton et al. 2015), and is kept in
        its place: as good, and faster by as many times as the ensemble has members. 0 keeps the ensemble.
    hidden
        Numbers that stand for a cluster in the first two layers; half as many in the third.
    dropout
        Share of the first layer's numbers left out at a step (Srivastava et al. 2014).
    components
        Gaussians of the density of (log10 M200c, log10 density).
    range_log10_m200c_h
        Masses in Msun/h that the prior of training covers, evenly.
    epochs, passes, batch, learning_rate, weight_decay
        Adam with decoupled decay (Loshchilov & Hutter 2019), a cosine schedule, clusters a step. In every
        epoch clusters are observed anew, and gone through this many times.
    member_weight
        Weight of the membership's cross-entropy beside the density's.
    error_known
        Share of clusters whose redshift errors the network is told.
    device
        ``"auto"``, ``"cpu"`` or ``"cuda"``.
    survey
        Ranges of the survey conditions.
    """

    members: int = setting(4, "[1, inf)")
    distilled_epochs: int = setting(80, "[0, inf)")
    hidden: int = setting(320, "[2, inf)")
    dropout: float = setting(0.0, "[0, 1)")
    components: int = setting(8, "[1, inf)")
    range_log10_m200c_h: tuple[float, ...] = (12.8, 15.4)
    epochs: int = setting(80, "[1, inf)")
    passes: int = setting(2, "[1, inf)")
    batch: int = setting(512, "[1, inf)")
    learning_rate: float = 2e-3
    weight_decay: float = 1e-4
    member_weight: float = 0.3
    error_known: float = 0.85
    device: Literal["auto", "cpu", "cuda"] = "auto"
    survey: SurveySettings = field(default_factory=SurveySettings)

    def __post_init__(self):
        check_ranges(self)
        low, high = self.range_log10_m200c_h
        if not 10.0 < low < high < 17.0:
            raise ZwickyError(
                f"range_log10_m200c_h = {self.range_log10_m200c_h}; give log10 of Msun/h, the lower first"
            )

    @property
    def networks(self) -> int:
        """Networks that are kept."""
        return 1 if self.distilled_epochs else self.members
