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

    members: int = setting(5, "[1, inf)")
    width: int = setting(48, "[1, inf)")
    context: int = setting(32, "[1, inf)")
    hidden: int = setting(128, "[1, inf)")
    components: int = setting(8, "[1, inf)")
    range_log10_m200c_h: tuple[float, ...] = (12.8, 15.4)
    epochs: int = setting(120, "[1, inf)")
    batch: int = setting(1024, "[1, inf)")
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
