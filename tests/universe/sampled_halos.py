"""Particles with known answers: NFW halos (Navarro, Frenk & White 1997) in a periodic box."""

import numpy as np

from zwicky.cosmology import paper_cosmology
from zwicky.tables import Snapshot, density_200c

#: Mass of a particle in Msun (6.4e11 Msun/h), mean separation, linking length and softening in Mpc.
MASS = 6.4e11 / 0.678
SEPARATION = (MASS / (0.307 * 2.77536627e11 * 0.678**2)) ** (1 / 3)
LINKING = 0.2 * SEPARATION
SOFTENING = 0.05 / 0.678


def snapshot_of(box_size, redshift=0.117):
    return Snapshot("sampled", redshift, box_size, paper_cosmology())


def radius_200c(n, snapshot):
    """r200c in comoving Mpc of a halo of `n` particles."""
    return (3 * n * MASS / (4 * np.pi * density_200c(snapshot))) ** (1 / 3)


def enclosed(x):
    """NFW mass inside x scale radii, up to a factor."""
    return np.log1p(x) - x / (1 + x)


def nfw_halo(rng, n, centre, snapshot, concentration=5.0, extent=1.5, sigma=500.0, bulk=(0.0, 0.0, 0.0)):
    """Positions and velocities of a halo of `n` particles in r200c, sampled out to `extent` r200c."""
    r200c = radius_200c(n, snapshot)
    n_all = round(n * enclosed(concentration * extent) / enclosed(concentration))
    x = np.linspace(0, concentration * extent, 10_000)
    radius = np.interp(rng.random(n_all) * enclosed(x[-1]), enclosed(x), x) * r200c / concentration
    direction = rng.standard_normal((n_all, 3))
    direction /= np.linalg.norm(direction, axis=1)[:, None]
    position = np.asarray(centre) + radius[:, None] * direction
    return wrapped(position, snapshot.box_size), np.asarray(bulk) + sigma * rng.standard_normal((n_all, 3))


def background(rng, snapshot, sigma=300.0):
    """Unclustered particles at the mean density."""
    n = round((snapshot.box_size / SEPARATION) ** 3)
    return wrapped(rng.random((n, 3)) * snapshot.box_size, snapshot.box_size), sigma * rng.standard_normal(
        (n, 3)
    )


def wrapped(position, box_size):
    position = (position % box_size).astype(np.float32)
    position[position >= box_size] = 0
    return position


def together(*parts):
    """Positions and velocities, float32, of all parts."""
    return tuple(np.concatenate(columns).astype(np.float32) for columns in zip(*parts, strict=True))
