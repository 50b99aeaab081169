"""One network that says what an ensemble says (Hinton, Vinyals & Dean 2015, arXiv:1503.02531).

The ensemble's mean density is wider than its members' where they differ, which is the noise of training; one
network that learns that density says so too, at the cost of one. It learns from points drawn from the
ensemble's densities of ever new looks, not from the truth.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from zwicky.estimators.posterior.forward import network_output
from zwicky.estimators.posterior.looks import Lesson, Looks, lesson_of
from zwicky.estimators.posterior.mixture import unpack
from zwicky.estimators.posterior.settings import PosteriorSettings
from zwicky.estimators.posterior.training import train_networks
from zwicky.mocks.deep import DeepViews
from zwicky.progress import Progress, quiet

__all__ = ["distil"]

#: Points drawn from the ensemble's density of each look.
_POINTS = 8


def distil(
    ensemble: Mapping[str, np.ndarray],
    views: DeepViews,
    settings: PosteriorSettings,
    *,
    rng: np.random.Generator,
    validation: DeepViews | None = None,
    checkpoint: Path | None = None,
    digest: str = "",
    progress: Progress = quiet,
) -> tuple[dict[str, np.ndarray], dict[str, list[float]]]:
    """Weights of the one network, and loss curves: of training against the ensemble, else against the truth.

    The parameters are those of `train_networks`, but for `ensemble`, the weights that it made.
    """

    def teacher(looks: Looks, own: np.random.Generator) -> Lesson:
        histogram = looks.histogram()
        said = network_output(ensemble, histogram, looks.conditions, with_maps=True)
        points = unpack(said.mixture, *settings.range_log10_m200c_h).sample(_POINTS, rng=own)
        assert said.maps is not None
        members = histogram * (1.0 / (1.0 + np.exp(-said.maps))).mean(axis=0)
        return lesson_of(histogram, looks.conditions, points[:, :, 0], points[:, :, 1], members)

    one = dataclasses.replace(settings, members=1, epochs=settings.distilled_epochs, distilled_epochs=0)
    return train_networks(
        views,
        one,
        rng=rng,
        validation=validation,
        teacher=teacher,
        checkpoint=checkpoint,
        digest=digest,
        progress=progress,
    )
