"""`CNN1D` and `CNN2D`: cluster masses from density images (Ho et al. 2019, Sec. 3.2)."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from abc import abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.estimators.base import Estimator, Prediction
from zwicky.estimators.cnn.forward import network_output, weight_shapes
from zwicky.estimators.cnn.settings import CNNSettings, Losses
from zwicky.estimators.forward import check_weights
from zwicky.estimators.training_sample import require_cylinder, require_known_masses, training_range
from zwicky.extras import require
from zwicky.images import ImageSettings, member_moments, phase_space_images, thinned, velocity_images
from zwicky.settings import from_mapping, to_mapping
from zwicky.tables import ClusterSample
from zwicky.units import log10_msun

if TYPE_CHECKING:
    import torch

__all__ = ["CNN1D", "CNN2D"]

# Images are made and weighed this many clusters at a time: 40 MB in 2-D.
_CHUNK = 4096


class _CNN(Estimator):
    """What the two networks share; the subclasses say what they look at.

    Masses and lengths are learned in units of h, in which a redshift survey gives them whatever its h:
    a sample in another cosmology than the training sample's is read and weighed in its own h.
    """

    name: ClassVar[str]
    #: `fit` takes `validation`, `checkpoint` and `progress`.
    resumable: ClassVar[bool] = True
    #: A fold is worth a process of its own, with one thread.
    side_by_side: ClassVar[bool] = True

    def __init__(self, images: ImageSettings, settings: CNNSettings | None = None):
        self.images = images
        self.settings = settings or CNNSettings()
        self.network: dict[str, np.ndarray] | None = None
        self.losses = Losses()
        self.log10_m200c_h_range = (np.nan, np.nan)
        self.h = np.nan
        self.training: dict[str, Any] = {}

    @staticmethod
    @abstractmethod
    def _images(sample: ClusterSample, settings: ImageSettings) -> np.ndarray:
        """The network's input for each cluster, float32, shape (n, n_velocity, n_radius)."""

    @staticmethod
    @abstractmethod
    def _shape(images: ImageSettings) -> tuple[int, int]:
        """Cells along v_los and R_proj of the network's input for images of these settings."""

    @classmethod
    def from_settings(cls, images: ImageSettings | None, settings: Mapping[str, Any]) -> _CNN:
        """An unfitted estimator; see `zwicky.estimators.build_estimator`."""
        if images is None:
            raise ZwickyError(f"{cls.name} looks at images; give an ImageSettings")
        return cls(images, from_mapping(CNNSettings, settings, "training"))

    @property
    def steps(self) -> int:
        """Epochs: how often `fit` calls ``progress``."""
        return self.settings.epochs

    def fit(
        self,
        sample: ClusterSample,
        rng: np.random.Generator,
        *,
        validation: ClusterSample | None = None,
        checkpoint: Path | str | None = None,
        progress: Callable[[int, int, str], None] | None = None,
    ) -> _CNN:
        """Train the network.

        Parameters
        ----------
        sample
            Clusters with known masses. The least and the greatest become y = 0 and 1 (Eq. 4).
        rng
            One number is drawn from it, the seed of everything random in training.
        validation
            Clusters for the validation loss curve; they never influence the weights.
        checkpoint
            File in which the state is kept after every epoch. A call that finds the checkpoint of the
            same training there continues it, to the same weights bit by bit.
        progress
            Called as ``progress(epochs_done, epochs, text)`` after each epoch.

        Raises
        ------
        ZwickyError
            If a mass is not known, all masses are equal, or a cluster makes no image.
        """
        seed = int(rng.integers(2**62))
        require("torch", "train", f"training {self.name}")
        from zwicky.estimators.cnn.network import PhaseSpaceNetwork
        from zwicky.estimators.cnn.training import device_named, limit_to_one_thread, train

        require_known_masses(sample)
        log10_mass = sample.log10_m200c_h
        low, high = float(log10_mass.min()), float(log10_mass.max())
        if low == high:
            raise ZwickyError(f"all training clusters have log10 M200c [Msun/h] = {low:g}; give a range")
        device = device_named(self.settings.device)
        self.h = float(sample.cosmology.h)
        self.log10_m200c_h_range = (low, high)
        self.training = training_range(sample, member_moments(sample))
        network = PhaseSpaceNetwork(*self._shape(self.images)).to(device)
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

    def predict(self, sample: ClusterSample) -> Prediction:
        """Masses from the clusters' images; not confined to the training range.

        Raises
        ------
        ZwickyError
            If the network is not trained, or a cluster makes no image.
        """
        if self.network is None:
            raise ZwickyError(f"this {type(self).__name__} is not trained; call fit, or load a model")
        low, high = self.log10_m200c_h_range
        y = np.empty(len(sample))
        for first in range(0, len(sample), _CHUNK):
            rows = slice(first, first + _CHUNK)
            y[rows] = network_output(self.network, self._inputs(sample[rows]))
        return Prediction(log10_msun(low + y * (high - low), sample.cosmology.h))

    def images_for(self, sample: ClusterSample) -> ImageSettings:
        """The images this estimator makes of `sample`: the same aperture in Mpc/h, whatever the h."""
        return dataclasses.replace(
            self.images, aperture_mpc=self.images.aperture_mpc * self.h / sample.cosmology.h
        )

    def __repr__(self) -> str:
        if self.network is None:
            return f"<{type(self).__name__}: not trained>"
        low, high = self.log10_m200c_h_range
        return (
            f"<{type(self).__name__}: trained {len(self.losses.train)} epochs on "
            f"{self.training['n_clusters']} clusters, log10 M200c [Msun/h] {low:.2f} to {high:.2f}>"
        )

    def configuration(self) -> dict[str, Any]:
        """Settings, for ``config.toml``."""
        return {"images": to_mapping(self.images), "training": to_mapping(self.settings)}

    def normalisation(self) -> dict[str, Any]:
        """What turns galaxies into the network's input and its output into masses."""
        low, high = self.log10_m200c_h_range
        return {
            "log10_m200c_h_min": low,
            "log10_m200c_h_max": high,
            "aperture_mpc_h": self.images.aperture_mpc * self.h,
            "v_cut_kms": self.images.v_cut_kms,
            "h": self.h,
            "training": self.training,
            "losses": dataclasses.asdict(self.losses),
        }

    def weights(self) -> dict[str, np.ndarray]:
        """The network's weights by name."""
        return dict(self.network)

    @classmethod
    def from_parts(
        cls,
        configuration: Mapping[str, Any],
        normalisation: Mapping[str, Any],
        weights: Mapping[str, np.ndarray],
    ) -> _CNN:
        """The estimator whose parts the three methods above gave; it predicts without PyTorch."""
        estimator = cls(
            from_mapping(ImageSettings, configuration["images"], "images"),
            from_mapping(CNNSettings, configuration["training"], "training"),
        )
        estimator.log10_m200c_h_range = (
            normalisation["log10_m200c_h_min"],
            normalisation["log10_m200c_h_max"],
        )
        estimator.h = normalisation["h"]
        estimator.training = dict(normalisation["training"])
        estimator.losses = Losses(**normalisation["losses"])
        estimator.network = check_weights(weights, weight_shapes(*cls._shape(estimator.images)), cls.name)
        return estimator

    def _inputs(self, sample: ClusterSample) -> np.ndarray:
        """Images times their number of velocity cells: cells of a sum-normalised image train slowly.

        The velocity profile then has a mean of one in both networks, its sum over radius in `CNN2D`. A mean
        of one in each 2-D cell trains to a higher loss (docs/validation.md).
        """
        settings = self.images_for(sample)
        require_cylinder(sample, settings)
        images = self._images(sample, settings)
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
        return lambda rng: images_of(thinned(sample, rng, self.settings.thin_min))

    def _digest(self, seed: int, *samples: ClusterSample | None) -> str:
        """What is trained and followed on what: equal for two calls that would give the same."""
        digest = hashlib.sha256(json.dumps([self.name, self.configuration(), seed]).encode())
        for sample in samples:
            if sample is not None:
                for values in (sample.offsets, sample.v_los, sample.r_proj, sample.log10_m200c_h):
                    digest.update(values)
        return digest.hexdigest()


class CNN1D(_CNN):
    """Mass from the distribution of v_los (Ho et al. 2019, CNN_1D of Fig. 4a); 40,043 parameters.

    Parameters
    ----------
    images : ImageSettings
        Cells, bandwidth and velocity cut; see `zwicky.images.paper_images`.
    settings : CNNSettings, optional
        Training; the paper's by default.
    """

    name: ClassVar[str] = "cnn_1d"

    @staticmethod
    def _images(sample: ClusterSample, settings: ImageSettings) -> np.ndarray:
        return velocity_images(sample, settings)[:, :, None]

    @staticmethod
    def _shape(images: ImageSettings) -> tuple[int, int]:
        return images.n_cells, 1


class CNN2D(_CNN):
    """Mass from the distribution in (v_los, R_proj) (Ho et al. 2019, CNN_2D of Fig. 4b); 45,683 parameters.

    Parameters
    ----------
    images : ImageSettings
        Cells, bandwidth and cylinder; see `zwicky.images.paper_images`.
    settings : CNNSettings, optional
        Training; the paper's by default.
    """

    name: ClassVar[str] = "cnn_2d"

    @staticmethod
    def _images(sample: ClusterSample, settings: ImageSettings) -> np.ndarray:
        return phase_space_images(sample, settings)

    @staticmethod
    def _shape(images: ImageSettings) -> tuple[int, int]:
        return images.n_cells, images.n_cells
