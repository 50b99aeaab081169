"""`SDM1D` and `SDM2D`: cluster masses from divergences between clusters (Ho et al. 2019, Sec. 4.2)."""

from __future__ import annotations

import itertools
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from threadpoolctl import threadpool_limits

from zwicky.estimators.base import PointEstimator
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
    galaxy_faults,
    halo_thirds,
    landmark_rows,
    require_enough,
    whole_halos,
)
from zwicky.estimators.sdm.settings import SDMSettings
from zwicky.estimators.training import require_known_masses
from zwicky.progress import Progress, quiet
from zwicky.tables import ClusterSample

__all__ = ["SDM1D", "SDM2D"]


class _SDM(PointEstimator):
    """What the two machines share; the subclasses say what they look at.

    Each column is divided by its standard deviation over all training galaxies, rounded to a quarter of a
    power of two, so that the folds of a cross-validation have one scale and share their divergences.

    Attributes
    ----------
    choice : Choice
        Kernel width, cost and their cross-validated error on training clusters, in dex.
    """

    settings_class: ClassVar[type] = SDMSettings
    #: It compares each cluster with a thousand others.
    is_slow: ClassVar[bool] = True

    def __init__(self, settings: SDMSettings | None = None):
        super().__init__(settings)
        self.machine: LowRankMachine | ExactMachine | None = None
        self.choice = Choice(np.nan, np.nan, np.nan)
        self.scales: tuple[float, ...] = ()
        self.log10_m200c_h_mean = self.log10_m200c_h_spread = np.nan

    @staticmethod
    @abstractmethod
    def _columns(sample: ClusterSample) -> tuple[np.ndarray, ...]:
        """What is looked at, in units of h, each shape (n_galaxies,)."""

    @property
    def steps(self) -> int:
        """Divergences, choice of width and cost, regression."""
        return 3

    @property
    def is_fitted(self) -> bool:
        """Whether it can predict."""
        return self.machine is not None

    def fit(
        self,
        sample: ClusterSample,
        *,
        rng: np.random.Generator,
        validation: ClusterSample | None = None,
        checkpoint: Path | None = None,
        progress: Progress = quiet,
    ) -> _SDM:
        """Choose width and cost, and regress log10 M on the projected kernel.

        See `zwicky.estimators.Estimator.fit`. With ``projection = "exact"`` the regression waits for
        `predict`, whose clusters the projection needs. `rng` chooses the clusters of the cross-validation
        and its parts, and those trained on if the settings say at most how many. `checkpoint` is a folder in
        which blocks of divergences are kept, for any number of fits.

        Raises
        ------
        ZwickyError
            If a mass is not known, a cluster has fewer than two galaxies or one that is not finite, or the
            clusters are too few or of one mass.
        """
        require_known_masses(sample)
        self._refuse(sample, galaxy_faults(sample))
        settings, calls = self.settings, itertools.count(1)
        seed = int(rng.integers(2**31))
        if settings.max_training_clusters is not None:
            sample = sample[whole_halos(sample.halo_id, settings.max_training_clusters, rng=rng)]
        require_enough(sample)
        tuned = whole_halos(sample.halo_id, settings.tuning_clusters, rng=rng)
        part = halo_thirds(sample.halo_id[tuned], rng=rng)
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
            progress("train", next(calls), self.steps, text)

        train = train_exact if settings.projection == "exact" else train_low_rank
        with threadpool_limits(1):
            choice, self.machine = train(training, tell)
        self.choice = replace(choice, error=choice.error * self.log10_m200c_h_spread)
        return self

    def faults(self, sample: ClusterSample) -> dict[int, str]:
        """Rows of another cylinder, of fewer than two galaxies or with one that is not finite."""
        return super().faults(sample) | galaxy_faults(sample)

    def points(self, sample: ClusterSample) -> np.ndarray:
        """log10 M200c in Msun/h from the divergences to the training clusters; shape (n,).

        With ``projection = "exact"`` all clusters of `sample` are weighed together: their inputs, never
        their masses, take part in the projection, and a mass depends a little on its company.
        """
        with threadpool_limits(1):
            z = self.machine.weigh(self._clouds(sample))
        return self.log10_m200c_h_mean + z * self.log10_m200c_h_spread

    def __repr__(self) -> str:
        if self.machine is None:
            return f"<{type(self).__name__}: not fitted>"
        return (
            f"<{type(self).__name__}: {self.settings.projection} projection, {len(self.machine.known)} of "
            f"{self.training.n_clusters} training clusters kept, width {self.choice.width:g} median "
            f"divergences, C = {self.choice.cost:g}, cross-validated error {self.choice.error:.3f} dex>"
        )

    def numbers(self) -> dict[str, Any]:
        """Scales of the columns, the settings chosen, and what turns the machine's output into masses."""
        return {
            "machine": self.machine.numbers(),
            "choice": asdict(self.choice),
            "scales": list(self.scales),
            "log10_m200c_h_mean": self.log10_m200c_h_mean,
            "log10_m200c_h_spread": self.log10_m200c_h_spread,
        }

    def weights(self) -> dict[str, np.ndarray]:
        """Scaled galaxies of the training clusters that are compared with, and their dual coefficients.

        With ``projection = "exact"`` the galaxies of all training clusters, and their scaled masses.
        """
        return machine_arrays(self.machine)

    def restore(self, numbers: Mapping[str, Any], weights: Mapping[str, np.ndarray]) -> None:
        """Take back what `numbers` and `weights` gave."""
        self.choice = Choice(**numbers["choice"])
        self.scales = tuple(numbers["scales"])
        self.log10_m200c_h_mean = numbers["log10_m200c_h_mean"]
        self.log10_m200c_h_spread = numbers["log10_m200c_h_spread"]
        machine, n_columns = numbers["machine"], len(self.scales)
        self.machine = machine_of(self.settings, self.choice, machine, weights, n_columns)

    def _remember(self, sample: ClusterSample) -> None:
        """What is kept of the training sample beside its galaxies."""
        self._learn_of(sample)
        self.log10_m200c_h_mean = float(sample.log10_m200c_h.mean())
        self.log10_m200c_h_spread = float(sample.log10_m200c_h.std())
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

    Examples
    --------
    >>> SDM1D().name, SDM1D().is_fitted
    ('sdm_1d', False)
    """

    name: ClassVar[str] = "sdm_1d"
    about: ClassVar[str] = (
        "A Support Distribution Machine that weighs a galaxy cluster by how its velocities along the line of "
        "sight diverge from those of known clusters: SDM_1D of Ho et al. (2019), Sec. 4.2."
    )

    @staticmethod
    def _columns(sample: ClusterSample) -> tuple[np.ndarray, ...]:
        return (sample.v_los,)


class SDM2D(_SDM):
    """Mass from radii and velocities {R_proj, v_los} (Ho et al. 2019, SDM_2D).

    Parameters
    ----------
    settings : SDMSettings, optional
        Training.

    Examples
    --------
    >>> SDM2D().name, SDM2D().is_fitted
    ('sdm_2d', False)
    """

    name: ClassVar[str] = "sdm_2d"
    about: ClassVar[str] = (
        "A Support Distribution Machine that weighs a galaxy cluster by how its projected radii and "
        "velocities diverge from those of known clusters: SDM_2D of Ho et al. (2019), Sec. 4.2."
    )

    @staticmethod
    def _columns(sample: ClusterSample) -> tuple[np.ndarray, ...]:
        return (sample.r_proj_comoving * sample.cosmology.h, sample.v_los)


def _quarter_power(spread: float) -> float:
    """The power of two with a quarter of a whole exponent that is nearest; 1 for no spread."""
    return float(2 ** (np.round(4 * np.log2(spread)) / 4)) if spread > 0 else 1.0
