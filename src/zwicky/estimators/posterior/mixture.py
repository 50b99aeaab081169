"""Mixtures of Gaussians in (log10 M200c, log10 density of tracers): what the network's numbers mean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import erfc, logsumexp, ndtr, ndtri

from zwicky.estimators.posterior.gaussians import sum_of_gaussians
from zwicky.parallel import cluster_pieces, run_pieces

__all__ = ["Mixture", "to_unit_density", "to_unit_mass", "unpack"]

#: Centre and scale of the network's units: log10 M200c [Msun/h] and log10 density [(h/Mpc)^3].
_MASS_CENTRE, _MASS_SCALE = 14.1, 0.5
_DENSITY_CENTRE, _DENSITY_SCALE = -2.0, 0.7
#: Log of the share of a Gaussian inside a range below which it is outside.
_OUTSIDE = -600.0
#: The least density per dex that is told from none.
_LEAST = 1e-35


def to_unit_mass(log10_m200c_h):
    """log10 M200c [Msun/h] in the network's units."""
    return (np.asarray(log10_m200c_h) - _MASS_CENTRE) / _MASS_SCALE


def to_unit_density(log10_density):
    """log10 of a density in (h/Mpc)^3 in the network's units."""
    return (np.asarray(log10_density) - _DENSITY_CENTRE) / _DENSITY_SCALE


@dataclass(frozen=True, eq=False)
class Mixture:
    """Joint densities of n clusters: k Gaussians each in log10 M200c [Msun/h] and log10 density [(h/Mpc)^3].

    The prior is flat in both; masses are confined to [low, high].

    Parameters
    ----------
    log_weight, mass, density, mass_std, density_std, rho : shape (n, k)
        Logarithms of the weights, which sum to one; means, standard deviations, correlations.
    low, high
        Range of log10 M200c [Msun/h].
    """

    log_weight: np.ndarray
    mass: np.ndarray
    density: np.ndarray
    mass_std: np.ndarray
    density_std: np.ndarray
    rho: np.ndarray
    low: float
    high: float

    def __len__(self) -> int:
        return len(self.mass)

    def __getitem__(self, rows) -> Mixture:
        names = ("log_weight", "mass", "density", "mass_std", "density_std", "rho")
        return Mixture(*(getattr(self, n)[rows] for n in names), self.low, self.high)

    def log_mass_density(self, log10_m200c_h: np.ndarray) -> np.ndarray:
        """Log density of the mass with nothing known of the tracers' density, shape (n, g)."""
        return self._on_grid(self.log_weight, self.mass, self.mass_std, log10_m200c_h)

    def log_mass_density_at(self, log10_m200c_h: np.ndarray) -> np.ndarray:
        """Log density of the mass at each cluster's own log10 M200c [Msun/h], shape (n,)."""
        own = np.asarray(log10_m200c_h, dtype=float)
        z = (own[:, None] - self.mass) / self.mass_std
        values = logsumexp(self.log_weight - np.log(self.mass_std * np.sqrt(2 * np.pi)) - 0.5 * z * z, axis=1)
        values -= logsumexp(self.log_weight + self._log_inside(self.mass, self.mass_std), axis=1)
        return np.where((own >= self.low) & (own <= self.high), values, -np.inf)

    def given_density(self, mean: np.ndarray, std: np.ndarray) -> tuple[np.ndarray, Mixture]:
        """Combine with a Gaussian prior of log10 density; `std` 0 is a density that is known.

        Parameters
        ----------
        mean, std : shape (n,) or numbers
            Of log10 of the density in (h/Mpc)^3.

        Returns
        -------
        log_evidence : shape (n,)
            Logarithm of the density that the cluster gives the prior, mass integrated over its range.
        Mixture
            What is then known.
        """
        mean, std = (np.broadcast_to(np.asarray(x, dtype=float), (len(self),))[:, None] for x in (mean, std))
        total = self.density_std**2 + std**2
        pull = (mean - self.density) / total
        log_weight = self.log_weight - 0.5 * (mean - self.density) * pull - 0.5 * np.log(2 * np.pi * total)
        shared = self.rho * self.mass_std * self.density_std
        mass = self.mass + shared * pull
        mass_var = self.mass_std**2 - shared**2 / total
        density = self.density + self.density_std**2 * pull
        density_var = self.density_std**2 - self.density_std**4 / total
        mass_std, density_std = (np.sqrt(np.maximum(x, 1e-12)) for x in (mass_var, density_var))
        # What is left of the covariance: shared - shared density_std^2 / total.
        left = shared * (1.0 - self.density_std**2 / total)
        with np.errstate(invalid="ignore", divide="ignore"):
            rho = np.where(density_std > 0, left / (mass_std * density_std), 0.0)
        before = logsumexp(self.log_weight + self._log_inside(self.mass, self.mass_std), axis=1)
        after = logsumexp(log_weight + self._log_inside(mass, mass_std), axis=1)
        log_weight = log_weight - logsumexp(log_weight, axis=1, keepdims=True)
        return after - before, Mixture(
            log_weight, mass, density, mass_std, density_std, rho, self.low, self.high
        )

    def log_share(self) -> np.ndarray:
        """Log of each Gaussian's share of the probability inside the range of mass, shape (n, k)."""
        share = self.log_weight + self._log_inside(self.mass, self.mass_std)
        return share - logsumexp(share, axis=1, keepdims=True)

    def density_moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation of log10 density, shape (n,) each."""
        log_inside = self._log_inside(self.mass, self.mass_std)
        weight = np.exp(self.log_weight + log_inside)
        weight /= weight.sum(axis=1, keepdims=True)
        # A Gaussian that is cut in mass moves in density by their correlation: moments of a cut normal.
        edges = [(edge - self.mass) / self.mass_std for edge in (self.low, self.high)]
        # One that lies outside altogether has no weight, and its moments no number.
        there = log_inside > _OUTSIDE
        low, high = (
            np.where(there, np.exp(-0.5 * x**2 - np.where(there, log_inside, 0.0)) / np.sqrt(2 * np.pi), 0.0)
            for x in edges
        )
        shift = low - high
        spread = np.where(there, 1.0 + edges[0] * low - edges[1] * high - shift**2, 1.0)
        mean_k = self.density + self.rho * self.density_std * shift
        var_k = self.density_std**2 * (1.0 - self.rho**2 + self.rho**2 * spread)
        mean = (weight * mean_k).sum(axis=1)
        second = (weight * (var_k + mean_k**2)).sum(axis=1)
        return mean, np.sqrt(np.maximum(second - mean**2, 0.0))

    def sample(self, n: int, *, rng: np.random.Generator) -> np.ndarray:
        """`n` draws of (log10 M200c [Msun/h], log10 density [(h/Mpc)^3]) of each, shape (clusters, n, 2)."""
        share = np.exp(self.log_weight + self._log_inside(self.mass, self.mass_std))
        edges = np.cumsum(share, axis=1)
        rows = np.arange(len(self))[:, None]
        which = (rng.random((len(self), n, 1)) * edges[:, None, -1:] > edges[:, None]).sum(axis=2)
        low, high = (ndtr((edge - self.mass) / self.mass_std)[rows, which] for edge in (self.low, self.high))
        z = ndtri(low + (high - low) * rng.random((len(self), n)))
        rho = self.rho[rows, which]
        other = rho * z + np.sqrt(1.0 - rho**2) * rng.standard_normal((len(self), n))
        mass = np.clip(self.mass[rows, which] + self.mass_std[rows, which] * z, self.low, self.high)
        return np.stack([mass, self.density[rows, which] + self.density_std[rows, which] * other], axis=2)

    def _log_inside(self, mass: np.ndarray, std: np.ndarray) -> np.ndarray:
        """Log of each Gaussian's share inside the range of mass."""
        below = 0.5 * erfc((self.high - mass) / (np.sqrt(2.0) * std))
        above = 0.5 * erfc((mass - self.low) / (np.sqrt(2.0) * std))
        return np.log(np.maximum(1.0 - below - above, 1e-300))

    def _on_grid(self, log_weight, mean, std, grid) -> np.ndarray:
        log_norm = logsumexp(log_weight + self._log_inside(mean, std), axis=1, keepdims=True)
        height = np.exp(log_weight - log_norm) / (std * np.sqrt(2.0 * np.pi))
        grid = np.asarray(grid, dtype=float)
        out = np.zeros((len(self), len(grid)))
        run_pieces(
            sum_of_gaussians,
            [(height[a:b], mean[a:b], std[a:b], grid, out[a:b]) for a, b in cluster_pieces(len(self))],
        )
        np.maximum(out, _LEAST, out=out)
        np.log(out, out=out)
        out[:, (grid < self.low) | (grid > self.high)] = -np.inf
        return out


def unpack(raw: np.ndarray, low: float, high: float) -> Mixture:
    """The mixture that an ensemble's raw numbers stand for: the members' mean density.

    Parameters
    ----------
    raw : shape (e, n, 6 k)
        Last layer of each of e networks: logits of the weights, means of mass and density, numbers that
        make their widths, and their correlation, k each, in the network's units.
    low, high
        Range of log10 M200c [Msun/h].
    """
    raw = np.asarray(raw, dtype=float)
    e, n, six_k = raw.shape
    k = six_k // 6
    logit, mass, density, s_mass, s_density, rho = (raw[:, :, i * k : (i + 1) * k] for i in range(6))
    mass, density = _MASS_CENTRE + _MASS_SCALE * mass, _DENSITY_CENTRE + _DENSITY_SCALE * density
    mass_std = _MASS_SCALE * np.exp(6.0 * np.tanh(s_mass / 6.0) - 1.0)
    density_std = _DENSITY_SCALE * np.exp(6.0 * np.tanh(s_density / 6.0) - 1.0)
    one = Mixture(*_flat(e, k, logit, mass, density, mass_std, density_std, 0.99 * np.tanh(rho)), low, high)
    inside = one._log_inside(one.mass, one.mass_std).reshape(n, e, k)
    weight = one.log_weight.reshape(n, e, k)
    # Each member's density is normalised inside the range of mass before the mean is taken.
    weight = weight - logsumexp(weight + inside, axis=2, keepdims=True)
    weight = weight.reshape(n, e * k)
    weight = weight - logsumexp(weight, axis=1, keepdims=True)
    return Mixture(weight, one.mass, one.density, one.mass_std, one.density_std, one.rho, low, high)


def _flat(e, k, *parts):
    """(e, n, k) arrays as (n, e k) ones."""
    return [np.ascontiguousarray(p.transpose(1, 0, 2)).reshape(p.shape[1], e * k) for p in parts]
