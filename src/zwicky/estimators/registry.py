"""Estimators by name.

Beside `fit` and `predict`, an estimator listed here has what the command line, cross-validation and model
directories ask of it:

- ``name``, its name; ``resumable``, whether `fit` takes ``checkpoint`` and ``progress``, and ``steps``, how
  often it calls the latter; with ``losses``, its loss curves, it takes ``validation`` too;
- ``side_by_side``, whether a fold is worth a process of its own, with one thread and a checkpoint file; else
  folds train one after the other on all cores, and their checkpoint is a folder that they share;
- ``from_settings(images, mapping)``, an unfitted one from `ImageSettings` and its own settings;
- ``configuration()``, ``normalisation()`` and ``weights()``, all its state as plain values for TOML, plain
  values for JSON, and arrays; ``from_parts`` of the three gives it back.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from zwicky.errors import ZwickyError
from zwicky.estimators.base import Estimator
from zwicky.estimators.cnn import CNN1D, CNN2D
from zwicky.estimators.msigma import MSigma
from zwicky.estimators.sdm import SDM1D, SDM2D
from zwicky.images import ImageSettings
from zwicky.settings import to_mapping

__all__ = ["ESTIMATORS", "build_estimator", "estimator_class"]

#: Every estimator that the command line, cross-validation and model directories know.
ESTIMATORS: dict[str, type[Estimator]] = {cls.name: cls for cls in (CNN1D, CNN2D, MSigma, SDM1D, SDM2D)}


def estimator_class(name: str) -> type[Estimator]:
    """The class of the estimator called `name`.

    >>> estimator_class("m_sigma").__name__
    'MSigma'

    Raises
    ------
    ZwickyError
        If there is none, with the nearest name.
    """
    if name not in ESTIMATORS:
        near = difflib.get_close_matches(name, ESTIMATORS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"use one of {', '.join(ESTIMATORS)}"
        raise ZwickyError(f"estimator {name!r} is not known; {hint}")
    return ESTIMATORS[name]


def build_estimator(name: str, images: ImageSettings | None = None, settings: Any = None) -> Estimator:
    """An unfitted estimator by name.

    Parameters
    ----------
    name
        One of `ESTIMATORS`.
    images
        For the estimators that look at images; the others ignore it.
    settings
        The estimator's own settings dataclass, or a mapping of its keys; None takes the defaults.
    """
    mapping = settings if isinstance(settings, Mapping) else to_mapping(settings) if settings else {}
    return estimator_class(name).from_settings(images, mapping)
