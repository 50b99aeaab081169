"""A model that needs no training, and clusters that look like clusters."""

import numpy as np

from zwicky.estimators.base import Estimator, Prediction
from zwicky.survey import Model, observed_sample
from zwicky.units import log10_msun


class VirialMass(Estimator):
    """log10 M [Msun/h] = 14.8 + 3 log10(sigma / 900 km/s): enough to see that the right galaxies arrive."""

    def fit(self, sample, rng):
        return self

    def predict(self, sample):
        cuts = zip(sample.offsets[:-1], sample.offsets[1:], strict=True)
        sigma = np.array([np.std(sample.v_los[a:b], ddof=1, dtype=float) for a, b in cuts])
        return Prediction(log10_m200c=log10_msun(14.8 + 3 * np.log10(sigma / 900.0), sample.cosmology.h))


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
    table = {"log10_m200c_h": [13.0, 16.0], "n_galaxies": [10, 1000], "scatter_dex": [[0.4, 0.2], [0.2, 0.1]]}
    facts = {
        "name": "virial",
        "estimator": VirialMass(),
        "aperture_mpc_h": 1.6,
        "v_cut_kms": 2200.0,
        "training": {"redshift": (0.117, 0.117), "log10_m200c_h": (13.5, 15.3)},
        "error_table": table,
    }
    return Model(**(facts | changes))
