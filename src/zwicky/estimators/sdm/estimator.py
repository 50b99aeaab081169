"""`SDM1D` and `SDM2D`: cluster masses from divergences between clusters (Ho et al. 2019, Sec. 4.2)."""

from __future__ import annotations

import itertools
from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from threadpoolctl import threadpool_limits

from zwicky.errors import ZwickyError
from zwicky.estimators.base import Estimator, Prediction
from zwicky.estimators.sdm.divergence import Clouds, clouds
from zwicky.estimators.sdm.machines import (
    ExactMachine,
    LowRankMachine,
    Training,
    machine_arrays,
    machine_of,
    train_exact,
    train_low_rank,
)
from zwicky.estimators.sdm.regression import Choice
from zwicky.estimators.sdm.selection import (
    halo_thirds,
    landmark_rows,
    require_enough,
    require_galaxies,
    whole_halos,
)
from zwicky.estimators.sdm.settings import SDMSettings
from zwicky.estimators.training_sample import require_cylinder, require_known_masses, training_range
from zwicky.images import ImageSettings, image_settings_of, member_moments
from zwicky.settings import from_mapping, to_mapping
from zwicky.tables import ClusterSample
from zwicky.units import log10_msun, mpc, mpc_h

__all__ = ["SDM1D", "SDM2D"]


class _SDM(Estimator):
    """What the two machines share; the subclasses say what they look at.

    Masses and lengths are learned in units of h, as by the networks. Each column is divided by its standard
    deviation over all training galaxies, rounded to a quarter of a power of two, so that the folds of a
    cross-validation have one scale and share their divergences.

    Attributes
    ----------
    choice : Choice
        Kernel width, cost and their cross-validated error on training clusters, in dex.
    images : ImageSettings or None
        The cylinder of the training sample, where its metadata say; no image is made.
    """

    name: ClassVar[str]
    resumable: ClassVar[bool] = True
    #: Every fold uses all cores, and folds share their divergences.
    side_by_side: ClassVar[bool] = False
    #: Divergences, choice of width and cost, regression.
    steps: ClassVar[int] = 3

    def __init__(self, settings: SDMSettings | None = None):
        self.settings = settings or SDMSettings()
        self.machine: LowRankMachine | ExactMachine | None = None
        self.choice = Choice(np.nan, np.nan, np.nan)
        self.scales: tuple[float, ...] = ()
        self.log10_m200c_h_mean = self.log10_m200c_h_spread = self.h = np.nan
        self.images: ImageSettings | None = None
        self.training: dict[str, Any] = {}

    @staticmethod
    @abstractmethod
    def _columns(sample: ClusterSample) -> tuple[np.ndarray, ...]:
        """What is looked at, in units of h, each shape (n_galaxies,)."""

    @classmethod
    def from_settings(cls, images: ImageSettings | None, settings: Mapping[str, Any]) -> _SDM:
        """An unfitted estimator; see `zwicky.estimators.build_estimator`. Images are not looked at."""
        return cls(from_mapping(SDMSettings, settings, "sdm"))

    def fit(
        self,
        sample: ClusterSample,
        rng: np.random.Generator,
        *,
        checkpoint: Path | str | None = None,
        progress: Callable[[int, int, str], None] | None = None,
    ) -> _SDM:
        """Choose width and cost, and regress log10 M on the projected kernel.

        With ``projection = "exact"`` the regression waits for `predict`, whose clusters the projection
        needs.

        Parameters
        ----------
        sample
            Clusters with known masses.
        rng
            Chooses the clusters of the cross-validation and its parts, and those trained on if the
            settings say at most how many.
        checkpoint
            Folder in which blocks of divergences are kept: a call that finds them there does not compute
            them again. Any number of fits may share one; whoever made it removes it.
        progress
            Called as ``progress(steps_done, steps, text)``.

        Raises
        ------
        ZwickyError
            If a mass is not known, a cluster has fewer than two galaxies or one that is not finite, or the
            clusters are too few or of one mass.
        """
        require_known_masses(sample)
        require_galaxies(sample)
        settings, calls = self.settings, itertools.count(1)
        seed = int(rng.integers(2**31))
        if settings.max_training_clusters is not None:
            sample = sample[whole_halos(sample.halo_id, settings.max_training_clusters, rng)]
        require_enough(sample)
        tuned = whole_halos(sample.halo_id, settings.tuning_clusters, rng)
        part = halo_thirds(sample.halo_id[tuned], rng)
        self._remember(sample)
        training = Training(
            everyone=self._clouds(sample),
            target=(sample.log10_m200c_h - self.log10_m200c_h_mean) / self.log10_m200c_h_spread,
            fold=sample.fold,
            landmarks=landmark_rows(sample.log10_m200c, sample.fold, settings.landmarks),
            tuned=tuned,
            part=part,
            settings=settings,
            seed=seed,
            directory=None if checkpoint is None else Path(checkpoint),
        )

        def tell(text: str) -> None:
            if progress is not None:
                progress(next(calls), self.steps, text)

        train = train_exact if settings.projection == "exact" else train_low_rank
        with threadpool_limits(1):
            choice, self.machine = train(training, tell)
        self.choice = replace(choice, error=choice.error * self.log10_m200c_h_spread)
        return self

    def predict(self, sample: ClusterSample) -> Prediction:
        """Masses from the divergences to the training clusters.

        With ``projection = "exact"`` all clusters of `sample` are weighed together: their inputs, never
        their masses, take part in the projection, and a mass depends a little on its company.

        Raises
        ------
        ZwickyError
            If the machine is not fitted, or a cluster has fewer than two galaxies or one that is not
            finite.
        """
        if self.machine is None:
            raise ZwickyError(f"this {type(self).__name__} is not fitted; call fit, or load a model")
        if self.images is not None:
            require_cylinder(sample, self._cylinder_of(sample))
        require_galaxies(sample)
        with threadpool_limits(1):
            z = self.machine.weigh(self._clouds(sample))
        log10_mass_h = self.log10_m200c_h_mean + z * self.log10_m200c_h_spread
        return Prediction(log10_msun(log10_mass_h, sample.cosmology.h))

    def _cylinder_of(self, sample: ClusterSample) -> ImageSettings:
        """The training sample's cylinder in `sample`'s Mpc: the same in Mpc/h, whatever the h."""
        aperture = float(mpc(mpc_h(self.images.aperture_mpc, self.h), sample.cosmology.h))
        return ImageSettings(aperture, self.images.v_cut_kms)

    def __repr__(self) -> str:
        if self.machine is None:
            return f"<{type(self).__name__}: not fitted>"
        return (
            f"<{type(self).__name__}: {self.settings.projection} projection, {len(self.machine.known)} of "
            f"{self.training['n_clusters']} training clusters kept, width {self.choice.width:g} median "
            f"divergences, C = {self.choice.cost:g}, cross-validated error {self.choice.error:.3f} dex>"
        )

    def configuration(self) -> dict[str, Any]:
        """Settings, for ``config.toml``."""
        return {"settings": to_mapping(self.settings)}

    def normalisation(self) -> dict[str, Any]:
        """Scales of the columns, the settings chosen, and what turns the machine's output into masses."""
        return {
            "machine": self.machine.numbers(),
            "choice": asdict(self.choice),
            "scales": list(self.scales),
            "log10_m200c_h_mean": self.log10_m200c_h_mean,
            "log10_m200c_h_spread": self.log10_m200c_h_spread,
            "aperture_mpc_h": None if self.images is None else float(mpc_h(self.images.aperture_mpc, self.h)),
            "v_cut_kms": None if self.images is None else self.images.v_cut_kms,
            "h": self.h,
            "training": self.training,
        }

    def weights(self) -> dict[str, np.ndarray]:
        """Scaled members of the training clusters that are compared with, and their dual coefficients.

        With ``projection = "exact"`` the members of all training clusters, and their scaled masses.
        """
        return machine_arrays(self.machine)

    @classmethod
    def from_parts(
        cls,
        configuration: Mapping[str, Any],
        normalisation: Mapping[str, Any],
        weights: Mapping[str, np.ndarray],
    ) -> _SDM:
        """The estimator whose parts the three methods above gave."""
        settings = from_mapping(SDMSettings, configuration["settings"], "settings")
        estimator = cls(settings)
        numbers = normalisation
        estimator.choice = Choice(**numbers["choice"])
        estimator.scales = tuple(numbers["scales"])
        for name in ("log10_m200c_h_mean", "log10_m200c_h_spread", "h"):
            setattr(estimator, name, numbers[name])
        estimator.training = dict(numbers["training"])
        if numbers["aperture_mpc_h"] is not None:
            aperture = float(mpc(numbers["aperture_mpc_h"], estimator.h))
            estimator.images = ImageSettings(aperture, numbers["v_cut_kms"])
        machine, n_columns = numbers["machine"], len(estimator.scales)
        estimator.machine = machine_of(settings, estimator.choice, machine, weights, n_columns)
        return estimator

    def _remember(self, sample: ClusterSample) -> None:
        """What is kept of the training sample beside its galaxies."""
        self.h = float(sample.cosmology.h)
        self.log10_m200c_h_mean = float(sample.log10_m200c_h.mean())
        self.log10_m200c_h_spread = float(sample.log10_m200c_h.std())
        self.training = training_range(sample, member_moments(sample))
        self.images = None
        if {"aperture_mpc", "v_cut_kms"} <= sample.meta.keys():
            self.images = image_settings_of(sample)
        spreads = (float(np.std(column, dtype=float)) for column in self._columns(sample))
        self.scales = tuple(_quarter_power(spread) for spread in spreads)

    def _clouds(self, sample: ClusterSample) -> Clouds:
        columns = zip(self._columns(sample), self.scales, strict=True)
        scaled = tuple(np.asarray(column / scale, np.float32) for column, scale in columns)
        return clouds(scaled, sample.offsets, self.settings.k, self.settings.min_distance)


class SDM1D(_SDM):
    """Mass from the velocities {v_los} (Ho et al. 2019, SDM_1D).

    Parameters
    ----------
    settings : SDMSettings, optional
        Training.
    """

    name: ClassVar[str] = "sdm_1d"

    @staticmethod
    def _columns(sample: ClusterSample) -> tuple[np.ndarray, ...]:
        return (sample.v_los,)


class SDM2D(_SDM):
    """Mass from radii and velocities {R_proj, v_los} (Ho et al. 2019, SDM_2D).

    Parameters
    ----------
    settings : SDMSettings, optional
        Training.
    """

    name: ClassVar[str] = "sdm_2d"

    @staticmethod
    def _columns(sample: ClusterSample) -> tuple[np.ndarray, ...]:
        return (sample.r_proj * sample.cosmology.h, sample.v_los)


def _quarter_power(spread: float) -> float:
    """The power of two with a quarter of a whole exponent that is nearest; 1 for no spread."""
    return float(2 ** (np.round(4 * np.log2(spread)) / 4)) if spread > 0 else 1.0
