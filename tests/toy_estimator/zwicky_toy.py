"""Somebody else's estimator: log10 M is a straight line of the log number of galaxies."""

from dataclasses import dataclass

import numpy as np

from zwicky.estimators import PointEstimator
from zwicky.progress import quiet


@dataclass(frozen=True)
class RichnessSettings:
    """`degree` of the polynomial."""

    degree: int = 1


class Richness(PointEstimator):
    """Mass from the number of galaxies in the cylinder."""

    name, about, settings_class = "toy_richness", "Mass from counts.", RichnessSettings
    coefficients = None

    @property
    def is_fitted(self):
        return self.coefficients is not None

    def fit(self, sample, *, rng, validation=None, checkpoint=None, progress=quiet):
        self._learn_of(sample)
        number = np.log10(sample.n_galaxies)
        self.coefficients = np.polyfit(number, sample.log10_m200c_h, self.settings.degree).tolist()
        progress("fit", 1, 1, "least squares")
        return self

    def points(self, sample):
        return np.polyval(self.coefficients, np.log10(sample.n_galaxies))

    def numbers(self):
        return {"coefficients": self.coefficients}

    def restore(self, numbers, weights):
        self.coefficients = list(numbers["coefficients"])
