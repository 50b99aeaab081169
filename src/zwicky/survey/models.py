"""Models as a survey needs them: the estimator, the cylinder it was trained on, and how far it is off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from zwicky.errors import ZwickyError
from zwicky.estimators import load_model, shipped_models
from zwicky.estimators.base import Estimator
from zwicky.images import paper_images
from zwicky.io import read_json
from zwicky.survey.quality import MIN_GALAXIES
from zwicky.units import mpc, mpc_h

__all__ = ["CALIBRATION_FILE", "Model", "open_model"]

#: Beside a model's weights: ``{"error_table": ...}`` as `zwicky.diagnostics.error_model` makes it.
CALIBRATION_FILE = "calibration.json"


@dataclass(frozen=True)
class Model:
    """An estimator with what must be known to use it on the sky.

    Parameters
    ----------
    name
        For people: a shipped model's name or a directory.
    estimator
        Fitted.
    aperture_mpc_h, v_cut_kms
        The cylinder of its training sample: comoving Mpc/h and km/s.
    training
        Ranges (low, high) of its training sample: any of ``redshift``, ``n_galaxies``,
        ``sigma_v_kms`` and ``log10_m200c_h`` (Msun/h).
    error_table
        What `zwicky.diagnostics.error_model.residual_scatter` gave for it, or None.
    """

    name: str
    estimator: Estimator
    aperture_mpc_h: float
    v_cut_kms: float
    training: Mapping[str, tuple[float, float]] = field(default_factory=dict, repr=False)
    error_table: Mapping[str, Any] | None = field(default=None, repr=False)

    def aperture_mpc(self, h: float) -> float:
        """The aperture in comoving Mpc of an observer with Hubble constant 100 h km/s/Mpc.

        The same in Mpc/h for everyone: a redshift survey gives lengths in that unit, whatever its h.
        """
        return float(mpc(self.aperture_mpc_h, h))


def open_model(model: Path | str) -> Model:
    """A shipped model by name, or the model in a directory.

    An estimator without images of its own (M-sigma) gets the paper's cylinder.

    Raises
    ------
    ZwickyError
        If there is no such model or it is damaged.
    """
    if Path(model).is_dir() and not (Path(model) / "config.toml").exists():
        raise ZwickyError(
            f"{model}: holds no model; give a directory that `zwicky train` wrote or one of "
            f"{', '.join(sorted(shipped_models())) or 'those that ship with zwicky (none with this build)'}"
        )
    estimator = load_model(model)
    directory = Path(model) if Path(model).is_dir() else shipped_models()[str(model)]
    images, h = getattr(estimator, "images", None), getattr(estimator, "h", 1.0)
    if images is None:
        images = paper_images(h)
    table = None
    if (directory / CALIBRATION_FILE).exists():
        table = read_json(directory / CALIBRATION_FILE).get("error_table")
        if table is None:
            raise ZwickyError(
                f"{directory / CALIBRATION_FILE}: holds no error_table; calibrate the model again"
            )
    return Model(
        name=str(model),
        estimator=estimator,
        aperture_mpc_h=float(mpc_h(images.aperture_mpc, h)),
        v_cut_kms=images.v_cut_kms,
        training=_ranges(estimator),
        error_table=table,
    )


def _ranges(estimator: Estimator) -> dict[str, tuple[float, float]]:
    written = getattr(estimator, "training", {})
    names = ("redshift", "n_galaxies", "sigma_v_kms", "log10_m200c_h")
    ranges = {name: (float(written[name][0]), float(written[name][1])) for name in names if name in written}
    thinnest = getattr(getattr(estimator, "settings", None), "thin_min", None)
    if thinnest is not None and "n_galaxies" in ranges:
        low, high = ranges["n_galaxies"]
        ranges["n_galaxies"] = (max(MIN_GALAXIES, low * thinnest), high)
    return ranges
