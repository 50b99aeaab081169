"""The page that goes with a model: what it is, what it saw, what it must not be used for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import tomli_w

__all__ = ["model_card"]

_ABOUT = {
    "cnn_1d": "A convolutional network that weighs a galaxy cluster from the distribution of its galaxies' "
    "line-of-sight velocities: CNN_1D of Ho et al. (2019, ApJ 887, 25), Fig. 4a.",
    "cnn_2d": "A convolutional network that weighs a galaxy cluster from the joint distribution of its "
    "galaxies' line-of-sight velocities and projected radii: CNN_2D of Ho et al. (2019), Fig. 4b.",
    "m_sigma": "The power law between velocity dispersion and mass of a galaxy cluster: M-sigma as in "
    "Ho et al. (2019, ApJ 887, 25), Sec. 4.1.",
    "sdm_1d": "A Support Distribution Machine that weighs a galaxy cluster by how its velocities along the "
    "line of sight diverge from those of known clusters: SDM_1D of Ho et al. (2019), Sec. 4.2.",
    "sdm_2d": "A Support Distribution Machine that weighs a galaxy cluster by how its projected radii and "
    "velocities diverge from those of known clusters: SDM_2D of Ho et al. (2019), Sec. 4.2.",
}

_PAGE = """# Model card: {name}

{about}

It returns log10 M200c for galaxies in a cylinder around a cluster. Load it with
`zwicky.estimators.load_model`, or name its directory to `zwicky predict --model`.

## What it was trained on

{training}

## Where it holds

Clusters inside the ranges above, observed like the training sample: same aperture, velocity cut and a
similar kind of galaxies, near the training redshifts. Outside of them its masses are extrapolations. A
single number for each cluster, not a posterior; the scatter measured on mocks is that of those mocks.

## Settings

```toml
{settings}```

## Provenance

{provenance}
"""


def model_card(
    configuration: Mapping[str, Any], normalisation: Mapping[str, Any], provenance: Mapping[str, Any]
) -> str:
    """The model card as Markdown, from what the model's other files hold."""
    name = configuration["estimator"]
    training = dict(normalisation.get("training", {}))
    training |= {
        key: normalisation[key]
        for key in ("aperture_mpc_h", "v_cut_kms", "sigma15_kms", "alpha", "scatter_dex")
        if key in normalisation
    }
    return _PAGE.format(
        name=name,
        about=_ABOUT.get(name, f"The estimator {name} of zwicky."),
        training=_table(training),
        settings=tomli_w.dumps(dict(configuration)),
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
