"""The page that goes with a model: what it is, what it saw, what it must not be used for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import tomli_w

from zwicky.estimators.base import Estimator, PointEstimator
from zwicky.estimators.conditional import ConditionalEstimator
from zwicky.estimators.conditional_card import calibration_text, conditions_text, failures_text
from zwicky.mocks.survey_settings import SurveySettings
from zwicky.settings import to_mapping

__all__ = ["model_card"]

_PAGE = """# Model card: {name}

{about}

It returns posteriors of log10 M200c for galaxies in a cylinder around a cluster. Load it with
`zwicky.estimators.load_model`, or name its directory to `zwicky predict --model`.

## Intended use

{use}

## What it was trained on

{training}

## Where it holds

{holds}

{more}## Settings

```toml
{settings}```

## Making it again

{again}

## Provenance

{provenance}
"""

_USE_OF_POINTS = """\
Clusters observed like its mocks, near its redshift, with galaxies of a kind: to repeat Ho et al. (2019), and
beside other methods. It is told nothing of how a cluster was observed, and learns one number for each; the
widths of its posteriors are cross-validated errors on mocks. Not for groups lighter than its training, nor
for counting clusters without a model of its scatter."""

_USE_OF_CONDITIONAL = """\
Redshift surveys of groups and clusters: masses with intervals that know how each cluster was observed, the
membership of every galaxy, and a warning where a cluster is unlike anything it was trained on. Not for a
cluster whose centre is unknown, nor as a substitute for lensing where masses must be right to better than
the floor below; for cosmology its prior must be replaced by the sample's."""

_USE_OF_OTHERS = "Clusters observed like those it was trained on."

_HOLDS = """\
Clusters inside the ranges above, observed like the training sample: same aperture, velocity cut and a
similar kind of galaxies, near the training redshifts. Outside of them its masses are extrapolations."""

_HOLDS_CONDITIONAL = """\
Clusters inside the ranges above, observed in one of the ways below. Outside of them its masses are
extrapolations. The widths of its posteriors are learned from mocks, and hold for clusters like these."""


def model_card(estimator: Estimator, provenance: Mapping[str, Any]) -> str:
    """The model card as Markdown, of a fitted estimator and what the trainer says of it.

    What ``evidence`` of the provenance says (`zwicky.estimators.conditional_card.evidence_of`) is shown as
    tables, and the commands in its ``command``; both are left to the trainer.
    """
    cylinder, numbers = estimator.cylinder, estimator.numbers()
    training = {} if estimator.training is None else to_mapping(estimator.training)
    if cylinder is not None:
        training |= {"aperture_mpc_h": cylinder.aperture_mpc_h, "v_cut_kms": cylinder.v_cut_kms}
    training |= {name: value for name, value in numbers.items() if isinstance(value, float | int)}
    survey = getattr(estimator.settings, "survey", None)
    conditional = isinstance(survey, SurveySettings)
    use = _USE_OF_CONDITIONAL if conditional else _USE_OF_OTHERS
    told = {k: v for k, v in provenance.items() if k not in ("evidence", "sha256")}
    return _PAGE.format(
        name=estimator.name,
        about=estimator.about,
        use=_USE_OF_POINTS if isinstance(estimator, PointEstimator) else use,
        training=_table(training),
        holds=_HOLDS_CONDITIONAL if conditional else _HOLDS,
        more=_sections(estimator, survey, provenance.get("evidence")) if conditional else "",
        settings=tomli_w.dumps({"estimator": estimator.name, **estimator.configuration()}),
        again=_commands(estimator, provenance),
        provenance=_table(told),
    )


def _sections(estimator: Estimator, survey: SurveySettings, evidence: Mapping[str, Any] | None) -> str:
    """Conditions, calibration and failures."""
    redshift = (0.0, 0.0) if estimator.training is None else estimator.training.redshift
    parts = {
        "What it is told, and what it averages over": conditions_text(survey, redshift),
        "Calibration": calibration_text(estimator.numbers().get("calibration", {}), evidence),
        "Known failures": failures_text(evidence),
    }
    return "".join(f"## {head}\n\n{text}\n\n" for head, text in parts.items())


def _commands(estimator: Estimator, provenance: Mapping[str, Any]) -> str:
    """How the same model is trained again, from what the trainer said."""
    told = provenance.get("command")
    if told is None:
        floor = estimator.numbers().get("calibration", {}).get("floor_dex")
        sources = " ".join(provenance.get("universes", []))
        sources = sources or ("UNIVERSES" if isinstance(estimator, ConditionalEstimator) else "MOCKS")
        told = f"zwicky train {sources} --estimator {estimator.name} --out {estimator.name}"
        told += f" --seed {provenance['seed']}" if "seed" in provenance else ""
        told += "".join(f" --calibrate-on {name}" for name in provenance.get("calibrated_on", []))
        told += f" --floor-dex {floor:g}" if floor else ""
    lines = "\n".join(part.strip() for part in str(told).split(";"))
    return (
        f"```sh\n{lines}\n```\n\nwith the settings above in a file for `--config`, by the release that the "
        "provenance names. Universes and mocks are made again from their seeds; for the models that ship, "
        "`zwicky/models/README.md` has the commands from nothing."
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
