"""The page that goes with a model: what it is, what it saw, what it must not be used for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import tomli_w

from zwicky.estimators.base import Estimator, PointEstimator
from zwicky.settings import to_mapping

__all__ = ["model_card"]

_WIDTHS_OF_POINTS = (
    "It learns one number for each cluster; the widths of its posteriors are cross-validated errors on mocks."
)
_OWN_WIDTHS = "The widths of its posteriors are learned from mocks, and hold for clusters like these mocks."

_PAGE = """# Model card: {name}

{about}

It returns posteriors of log10 M200c for galaxies in a cylinder around a cluster. Load it with
`zwicky.estimators.load_model`, or name its directory to `zwicky predict --model`.

## What it was trained on

{training}

## Where it holds

Clusters inside the ranges above, observed like the training sample: same aperture, velocity cut and a
similar kind of galaxies, near the training redshifts. Outside of them its masses are extrapolations.
{widths}

## Settings

```toml
{settings}```

## Provenance

{provenance}
"""


def model_card(estimator: Estimator, provenance: Mapping[str, Any]) -> str:
    """The model card as Markdown, of a fitted estimator and what the trainer says of it."""
    cylinder, numbers = estimator.cylinder, estimator.numbers()
    training = {} if estimator.training is None else to_mapping(estimator.training)
    if cylinder is not None:
        training |= {"aperture_mpc_h": cylinder.aperture_mpc_h, "v_cut_kms": cylinder.v_cut_kms}
    training |= {name: value for name, value in numbers.items() if isinstance(value, float | int)}
    widths = _WIDTHS_OF_POINTS if isinstance(estimator, PointEstimator) else _OWN_WIDTHS
    return _PAGE.format(
        name=estimator.name,
        about=estimator.about,
        widths=widths,
        training=_table(training),
        settings=tomli_w.dumps({"estimator": estimator.name, **estimator.configuration()}),
        provenance=_table(provenance),
    )


def _table(values: Mapping[str, Any]) -> str:
    rows = [f"| {key} | {_text(value)} |" for key, value in values.items()]
    return "\n".join(["| | |", "|---|---|", *rows])


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list | tuple) and len(value) == 2 and all(isinstance(v, int | float) for v in value):
        return f"{value[0]:.6g} to {value[1]:.6g}"
    return value if isinstance(value, str) else json.dumps(value, default=str)
