"""A model that needs no training, and clusters that look like clusters."""

from dataclasses import dataclass

import numpy as np

from zwicky.estimators import ErrorTable, PointEstimator, TrainingRange
from zwicky.images import galaxy_moments
from zwicky.progress import quiet
from zwicky.survey import observed_sample
from zwicky.tables import Cylinder


@dataclass(frozen=True)
class NoSettings:
    """Nothing to set."""


class VirialMass(PointEstimator):
    """log10 M [Msun/h] = 14.8 + 3 log10(sigma / 900 km/s): enough to see that the right galaxies arrive."""

    name, about, settings_class, is_fitted = "virial", "A test.", NoSettings, True

    def fit(self, sample, *, rng, validation=None, checkpoint=None, progress=quiet):
        return self

    def faults(self, sample):
        flat = np.flatnonzero(galaxy_moments(sample).v_sigma == 0)
        return super().faults(sample) | {int(row): "has velocities with no spread" for row in flat}

    def points(self, sample):
        cuts = zip(sample.offsets[:-1], sample.offsets[1:], strict=True)
        sigma = np.array([np.std(sample.v_los[a:b], ddof=1, dtype=float) for a, b in cuts])
        return 14.8 + 3 * np.log10(sigma / 900.0)

    def restore(self, numbers, weights):
        pass


def galaxies_of(rng, n=80, sigma=800.0, reach=2.3):
    """Radii in comoving Mpc evenly out to `reach` and normal velocities in km/s."""
    return reach * rng.uniform(0.01, 1.0, n), np.clip(rng.normal(0, sigma, n), -2100, 2100)


def sample_of(clusters, cosmology, redshift=0.1):
    """A sample of (r_proj, v_los) pairs."""
    counts = [len(r) for r, _ in clusters]
    return observed_sample(
        cosmology,
        np.broadcast_to(redshift, len(clusters)).astype(float),
        np.concatenate([[0], np.cumsum(counts)]),
        np.concatenate([r for r, _ in clusters]),
        np.concatenate([v for _, v in clusters]),
        "a test",
    )


def virial_model(**changes):
    """A model of the paper's cylinder that needs no training."""
    model = VirialMass()
    model.cylinder = Cylinder.in_mpc_h(1.6, v_cut_kms=2200.0, h=0.678)
    model.training = training_range(redshift=(0.117, 0.117), log10_m200c_h=(13.5, 15.3))
    model.errors = ErrorTable([13.0, 16.0], [10, 1000], [[0.4, 0.2], [0.2, 0.1]])
    for name, value in changes.items():
        setattr(model, name, value)
    return model


def training_range(**changes):
    """A range that every cluster lies in but for the changes."""
    everything = dict.fromkeys(("log10_m200c_h", "redshift", "n_galaxies", "sigma_v_kms"), (0.0, np.inf))
    return TrainingRange(**({"n_clusters": 1000} | everything | changes))
