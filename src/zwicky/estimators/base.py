"""`Estimator`: all that cross-validation, model directories, surveys and the command line ask of one.

A new estimator is a subclass, and an entry point of the group ``zwicky.estimators`` in its distribution:

    [project.entry-points."zwicky.estimators"]
    my_estimator = "my_package:MyEstimator"

It then trains, is evaluated, predicts and stands in the report like Zwicky's own.
"""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.estimators.error_table import ErrorTable
from zwicky.estimators.mass_posterior import MassPosterior
from zwicky.estimators.training import Losses, TrainingRange, require_known_masses
from zwicky.progress import Progress, quiet
from zwicky.settings import from_mapping, to_mapping
from zwicky.tables import ClusterSample, Cylinder
from zwicky.units import log10_msun

__all__ = ["Estimator", "PointEstimator"]


class Estimator(ABC):
    """A way to weigh clusters: learn from a sample with known masses, predict another.

    Masses and lengths are learned in units of h, in which a redshift survey gives them whatever its h: a
    sample in another cosmology than the training sample's is read and weighed in its own h.

    Parameters
    ----------
    settings : optional
        An instance of `settings_class`; its defaults if left out.

    Attributes
    ----------
    cylinder : Cylinder or None
        What the training sample was cut with; None before `fit`, or if the sample did not say.
    training : TrainingRange or None
        Where the training sample lies; None before `fit`.
    losses : Losses
        Loss curves of the training, empty for estimators that have none.
    errors : ErrorTable or None
        How far point estimates are off, from cross-validation (`zwicky.evaluation.train_model`).

    Examples
    --------
    >>> from zwicky.estimators import load_model
    >>> model = load_model("posterior")
    >>> model.name, model.is_fitted, model.min_galaxies
    ('posterior', True, 4)
    """

    #: Name in the registry, in files and on the command line.
    name: ClassVar[str]
    #: What it is and where it is described, for its model card.
    about: ClassVar[str]
    #: Frozen dataclass of its settings. Commands set `epochs` and `thin_min` if it has them.
    settings_class: ClassVar[type]
    #: A fold of a cross-validation is worth a process of its own with one thread, and its checkpoint is a
    #: file. Else folds are trained one after the other on all cores, and their checkpoint is a folder that
    #: they share.
    own_process: ClassVar[bool] = False
    #: Fewest galaxies of an observed cluster that is weighed, by default those of Ho et al. (2019), Sec. 2.2.
    min_galaxies: ClassVar[int] = 10
    #: Weighing takes a millisecond a cluster and more: robustness tests and timings weigh some of a sample.
    is_slow: ClassVar[bool] = False

    def __init__(self, settings: Any = None):
        self.settings = self.settings_class() if settings is None else settings
        self.cylinder: Cylinder | None = None
        self.training: TrainingRange | None = None
        self.losses = Losses()
        self.errors: ErrorTable | None = None

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Self:
        """An unfitted estimator from a mapping of its settings.

        Raises
        ------
        ZwickyError
            If a key or a value is not one of its settings'.
        """
        return cls(from_mapping(cls.settings_class, settings, cls.name))

    @property
    def steps(self) -> int:
        """How often `fit` calls `progress`."""
        return 1

    @abstractmethod
    def fit(
        self,
        sample: ClusterSample,
        *,
        rng: np.random.Generator,
        validation: ClusterSample | None = None,
        checkpoint: Path | None = None,
        progress: Progress = quiet,
    ) -> Self:
        """Learn from clusters whose `log10_m200c` are known; returns self.

        Parameters
        ----------
        sample
            Clusters with known masses.
        rng
            Source of everything random: the same state gives the same estimator.
        validation
            Clusters whose loss may be followed. They never influence what is learned.
        checkpoint
            Where work may be kept, so that a killed fit that is called again goes on: a file, or a folder if
            not `own_process`. Whoever made it removes it.
        progress
            Called `steps` times.

        Raises
        ------
        ZwickyError
            If nothing can be learned from the sample.
        """

    @abstractmethod
    def predict(self, sample: ClusterSample) -> MassPosterior:
        """Masses of the clusters of `sample`, row by row.

        Raises
        ------
        ZwickyError
            If the estimator is not fitted, or a cluster is one of `faults`.
        """

    def faults(self, sample: ClusterSample) -> dict[int, str]:
        """Rows that cannot be weighed, each with the reason in a line that follows the cluster's name.

        Here those that were cut with another cylinder; subclasses add theirs. A row that does not say its
        cylinder is trusted.
        """
        if self.cylinder is None:
            return {}
        here = self.cylinder.in_h(sample.cosmology.h)
        unlike = np.flatnonzero(here.differs(sample.aperture_mpc, sample.v_cut_kms))
        return {
            int(row): f"was cut at aperture_mpc = {sample.aperture_mpc[row]:.4g} (comoving) and v_cut_kms = "
            f"{sample.v_cut_kms[row]:g}, the estimator looks at {here.aperture_mpc:.4g} and "
            f"{here.v_cut_kms:g}; cut it again, or use an estimator trained for it"
            for row in unlike
        }

    @property
    @abstractmethod
    def is_fitted(self) -> bool:
        """Whether it can predict."""

    def numbers(self) -> dict[str, Any]:
        """What was learned, as plain values for JSON."""
        return {}

    def weights(self) -> dict[str, np.ndarray]:
        """What was learned, as arrays."""
        return {}

    @abstractmethod
    def restore(self, numbers: Mapping[str, Any], weights: Mapping[str, np.ndarray]) -> None:
        """Take back what `numbers` and `weights` gave.

        Raises
        ------
        ZwickyError, KeyError, TypeError, ValueError
            If they do not fit the estimator.
        """

    def configuration(self) -> dict[str, Any]:
        """Settings, for ``config.toml``."""
        return {"settings": to_mapping(self.settings)}

    def normalisation(self) -> dict[str, Any]:
        """Everything that was learned but arrays, for ``normalisation.json``."""
        return {
            "cylinder": None if self.cylinder is None else to_mapping(self.cylinder),
            "training": None if self.training is None else to_mapping(self.training),
            "losses": dataclasses.asdict(self.losses),
            "numbers": self.numbers(),
        }

    @classmethod
    def from_parts(
        cls,
        configuration: Mapping[str, Any],
        normalisation: Mapping[str, Any],
        weights: Mapping[str, np.ndarray],
    ) -> Self:
        """The estimator whose `configuration`, `normalisation` and `weights` these are."""
        estimator = cls.from_settings(configuration["settings"])
        cylinder, training = normalisation["cylinder"], normalisation["training"]
        estimator.cylinder = None if cylinder is None else from_mapping(Cylinder, cylinder, "cylinder")
        estimator.training = None if training is None else from_mapping(TrainingRange, training, "training")
        estimator.losses = from_mapping(Losses, normalisation["losses"], "losses")
        estimator.restore(normalisation["numbers"], weights)
        return estimator

    def _learn_of(self, sample: ClusterSample, thin_min: float | None = None) -> None:
        """Refuse what cannot be learned from, and remember cylinder and range of the rest."""
        require_known_masses(sample)
        said = np.isfinite(sample.aperture_mpc) | np.isfinite(sample.v_cut_kms)
        self.cylinder = sample.cylinder if said.any() else None
        self.training = TrainingRange.of(sample, thin_min)
        self.losses, self.errors = Losses(), None

    def _require_fitted(self) -> None:
        if not self.is_fitted:
            raise ZwickyError(f"this {type(self).__name__} is not fitted; call fit, or load a model")

    def _refuse_faults(self, sample: ClusterSample) -> None:
        self._refuse(sample, self.faults(sample))

    @staticmethod
    def _refuse(sample: ClusterSample, faults: Mapping[int, str]) -> None:
        """Raise the first of some faults, with the number of the others."""
        if faults:
            row = min(faults)
            others = f" (and {len(faults) - 1} more clusters)" if len(faults) > 1 else ""
            raise ZwickyError(f"cluster {sample.cluster_id[row]} (row {row}) {faults[row]}{others}")


class PointEstimator(Estimator):
    """An estimator that learns one number a cluster; how far it is off, cross-validation tells.

    With `errors` its posteriors are Gaussians about the numbers, as wide as the cross-validated errors of
    such clusters; they are errors under the training sample's mass function, which is flat. Without, no width
    is known and none is made up.

    Parameters
    ----------
    settings : optional
        An instance of `settings_class`; its defaults if left out.

    Examples
    --------
    >>> from zwicky.estimators import MSigma
    >>> relation = MSigma().fit(sample, rng=np.random.default_rng(1))
    >>> relation.points(sample).shape, bool(np.isnan(relation.predict(sample).std).all())
    ((100,), True)
    """

    @abstractmethod
    def points(self, sample: ClusterSample) -> np.ndarray:
        """log10 M200c in Msun/h, the sample's h, of clusters without faults; float64, shape (n,)."""

    def predict(self, sample: ClusterSample) -> MassPosterior:
        """Masses from `points`, as wide as `errors` says.

        Raises
        ------
        ZwickyError
            If the estimator is not fitted, or a cluster is one of `faults`.
        """
        self._require_fitted()
        self._refuse_faults(sample)
        log10_mass_h = self.points(sample)
        point = log10_msun(log10_mass_h, sample.cosmology.h)
        if self.errors is None:
            return MassPosterior.from_points(point, cluster_id=sample.cluster_id)
        error = self.errors.error_of(log10_mass_h, sample.n_galaxies)
        return MassPosterior.from_gaussian(point, error, cluster_id=sample.cluster_id)
