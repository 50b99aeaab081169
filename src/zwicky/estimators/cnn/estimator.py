"""`CNN1D` and `CNN2D`: cluster masses from density images (Ho et al. 2019, Sec. 3.2)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.estimators.base import PointEstimator
from zwicky.estimators.cnn.forward import network_output, weight_shapes
from zwicky.estimators.cnn.settings import CNNSettings
from zwicky.estimators.forward import check_weights
from zwicky.estimators.training import require_known_masses
from zwicky.extras import require
from zwicky.images import phase_space_images, velocity_images
from zwicky.images.density import image_faults
from zwicky.images.thinning import thinned
from zwicky.progress import Progress, quiet
from zwicky.resume import digest_of
from zwicky.settings import from_mapping, to_mapping
from zwicky.tables import ClusterSample

if TYPE_CHECKING:
    import torch

__all__ = ["CNN1D", "CNN2D"]

# Images are made and weighed this many clusters at a time: 40 MB in 2-D.
_CHUNK = 4096


@dataclass(frozen=True)
class _Masses:
    """The masses, log10 M200c [Msun/h], that are y = 0 and 1 of Eq. 4, as they are stored."""

    log10_m200c_h_min: float
    log10_m200c_h_max: float

    def __post_init__(self):
        if not self.log10_m200c_h_min < self.log10_m200c_h_max:
            raise ZwickyError(f"{self} is no range of masses; train the network again")


class _CNN(PointEstimator):
    """What the two networks share; the subclasses say what they look at."""

    settings_class: ClassVar[type] = CNNSettings
    own_process: ClassVar[bool] = True
    #: Whether the images show radii.
    sees_radii: ClassVar[bool]

    def __init__(self, settings: CNNSettings | None = None):
        super().__init__(settings)
        self.network: dict[str, np.ndarray] | None = None
        self.log10_m200c_h_range = (np.nan, np.nan)

    @abstractmethod
    def _images(self, sample: ClusterSample) -> np.ndarray:
        """The network's input for each cluster, float32, shape (n, n_velocity, n_radius)."""

    @abstractmethod
    def _shape(self) -> tuple[int, int]:
        """Cells along v_los and R_proj of the network's input."""

    @property
    def is_fitted(self) -> bool:
        """Whether it can predict."""
        return self.network is not None

    @property
    def steps(self) -> int:
        """Epochs: how often `fit` calls ``progress``."""
        return self.settings.epochs

    def fit(
        self,
        sample: ClusterSample,
        *,
        rng: np.random.Generator,
        validation: ClusterSample | None = None,
        checkpoint: Path | None = None,
        progress: Progress = quiet,
    ) -> _CNN:
        """Train the network; see `zwicky.estimators.Estimator.fit`.

        The least and the greatest mass of the sample become y = 0 and 1 (Eq. 4). One number is drawn from
        `rng`, the seed of everything random in training. `checkpoint` is a file in which the state is kept
        after every epoch; a call that finds the same training there continues it, to the same weights bit
        by bit. `progress` is called after each epoch.

        Raises
        ------
        ZwickyError
            If a mass is not known, all masses are equal, a cluster makes no image, or the sample does not
            say its cylinder.
        """
        seed = int(rng.integers(2**62))
        require("torch", "train", f"training {self.name}")
        from zwicky.estimators.cnn.network import PhaseSpaceNetwork
        from zwicky.estimators.cnn.training import device_named, limit_to_one_thread, train

        self._learn_of(sample, self.settings.thin_min)
        if self.cylinder is None:
            self.cylinder = sample.cylinder  # says what is missing
        log10_mass = sample.log10_m200c_h
        low, high = float(log10_mass.min()), float(log10_mass.max())
        if low == high:
            raise ZwickyError(f"all training clusters have log10 M200c [Msun/h] = {low:g}; give a range")
        device = device_named(self.settings.device)
        self.log10_m200c_h_range = (low, high)
        network = PhaseSpaceNetwork(*self._shape()).to(device)
        with limit_to_one_thread():
            self.losses = train(
                network,
                self._images_of_epoch(sample, device),
                self._targets(sample, device),
                self.settings,
                seed,
                validation=None if validation is None else self._pair(validation, device),
                checkpoint=None if checkpoint is None else Path(checkpoint),
                digest=self._digest(seed, sample, validation),
                progress=progress,
            )
        self.network = {name: value.cpu().numpy().copy() for name, value in network.state_dict().items()}
        return self

    def faults(self, sample: ClusterSample) -> dict[int, str]:
        """Rows of another cylinder, or that make no image (see `zwicky.images.image_faults`)."""
        faults = super().faults(sample)
        if self.cylinder is None:
            return faults
        return image_faults(sample, self.cylinder, self.settings.images, radii=self.sees_radii) | faults

    def points(self, sample: ClusterSample) -> np.ndarray:
        """log10 M200c in Msun/h from the clusters' images, not confined to the training range; shape (n,)."""
        low, high = self.log10_m200c_h_range
        y = np.empty(len(sample))
        for first in range(0, len(sample), _CHUNK):
            rows = slice(first, first + _CHUNK)
            y[rows] = network_output(self.network, self._inputs(sample[rows]))
        return low + y * (high - low)

    def __repr__(self) -> str:
        if self.network is None:
            return f"<{type(self).__name__}: not fitted>"
        low, high = self.log10_m200c_h_range
        return (
            f"<{type(self).__name__}: trained {len(self.losses.train)} epochs on "
            f"{self.training.n_clusters} clusters, log10 M200c [Msun/h] {low:.2f} to {high:.2f}>"
        )

    def numbers(self) -> dict[str, Any]:
        """What turns the network's output into masses."""
        low, high = self.log10_m200c_h_range
        return {"log10_m200c_h_min": low, "log10_m200c_h_max": high}

    def weights(self) -> dict[str, np.ndarray]:
        """The network's weights by name."""
        return dict(self.network)

    def restore(self, numbers: Mapping[str, Any], weights: Mapping[str, np.ndarray]) -> None:
        """Take back what `numbers` and `weights` gave; it predicts without PyTorch.

        Raises
        ------
        ZwickyError
            If the weights are another network's.
        """
        masses = from_mapping(_Masses, numbers, "numbers")
        self.log10_m200c_h_range = masses.log10_m200c_h_min, masses.log10_m200c_h_max
        self.network = check_weights(weights, weight_shapes(*self._shape()), self.name)

    def _inputs(self, sample: ClusterSample) -> np.ndarray:
        """Images times their number of velocity cells: cells of a sum-normalised image train slowly.

        The velocity profile then has a mean of one in both networks, its sum over radius in `CNN2D`. A mean
        of one in each 2-D cell trains to a higher loss (docs/validation.md).
        """
        images = self._images(sample)
        images *= images.shape[1]
        return images

    def _targets(self, sample: ClusterSample, device: torch.device) -> torch.Tensor:
        import torch

        low, high = self.log10_m200c_h_range
        y = (sample.log10_m200c_h - low) / (high - low)
        return torch.from_numpy(y.astype(np.float32)).to(device)

    def _pair(self, sample: ClusterSample, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
        import torch

        require_known_masses(sample)
        self._refuse_faults(sample)
        return torch.from_numpy(self._inputs(sample)).to(device), self._targets(sample, device)

    def _images_of_epoch(
        self, sample: ClusterSample, device: torch.device
    ) -> Callable[[np.random.Generator], torch.Tensor]:
        import torch

        def images_of(seen: ClusterSample) -> torch.Tensor:
            return torch.from_numpy(self._inputs(seen)).to(device)

        if self.settings.thin_min is None:
            images = images_of(sample)
            return lambda rng: images
        return lambda rng: images_of(thinned(sample, self.settings.thin_min, rng=rng))

    def _digest(self, seed: int, *samples: ClusterSample | None) -> str:
        """What is trained and followed on what: equal for two calls that would give the same."""
        columns = [
            values
            for sample in samples
            if sample is not None
            for values in (sample.offsets, sample.v_los, sample.r_proj_comoving, sample.log10_m200c_h)
        ]
        return digest_of(self.name, self.configuration(), to_mapping(self.cylinder), seed, *columns)


class CNN1D(_CNN):
    """Mass from the distribution of v_los (Ho et al. 2019, CNN_1D of Fig. 4a); 40,043 parameters.

    Parameters
    ----------
    settings : CNNSettings, optional
        Images and training; the paper's by default.

    Examples
    --------
    >>> from zwicky.estimators import load_model
    >>> load_model("cnn_1d").is_fitted
    True
    """

    name: ClassVar[str] = "cnn_1d"
    about: ClassVar[str] = (
        "A convolutional network that weighs a galaxy cluster from the distribution of its galaxies' "
        "line-of-sight velocities: CNN_1D of Ho et al. (2019, ApJ 887, 25), Fig. 4a."
    )
    sees_radii: ClassVar[bool] = False

    def _images(self, sample: ClusterSample) -> np.ndarray:
        return velocity_images(sample, self.cylinder, self.settings.images)[:, :, None]

    def _shape(self) -> tuple[int, int]:
        return self.settings.images.n_cells, 1


class CNN2D(_CNN):
    """Mass from the distribution in (v_los, R_proj) (Ho et al. 2019, CNN_2D of Fig. 4b); 45,683 parameters.

    Parameters
    ----------
    settings : CNNSettings, optional
        Images and training; the paper's by default.

    Examples
    --------
    >>> from zwicky.estimators import load_model
    >>> load_model("cnn_2d").training.n_clusters > 1000
    True
    """

    name: ClassVar[str] = "cnn_2d"
    about: ClassVar[str] = (
        "A convolutional network that weighs a galaxy cluster from the joint distribution of its galaxies' "
        "line-of-sight velocities and projected radii: CNN_2D of Ho et al. (2019), Fig. 4b."
    )
    sees_radii: ClassVar[bool] = True

    def _images(self, sample: ClusterSample) -> np.ndarray:
        return phase_space_images(sample, self.cylinder, self.settings.images)

    def _shape(self) -> tuple[int, int]:
        return self.settings.images.n_cells, self.settings.images.n_cells
