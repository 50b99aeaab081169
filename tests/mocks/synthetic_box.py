"""A made-up universe for tests: clumps with a mass, a radius and a dispersion, over a uniform background.

Positions are multiples of 2**-12 Mpc in a box of 256 Mpc, so that translations and reflections are exact.
"""

from __future__ import annotations

import numpy as np

from zwicky.cosmology import paper_cosmology
from zwicky.tables import GalaxyTable, HaloTable, Snapshot
from zwicky.units import GRAVITATIONAL_CONSTANT, critical_density, log10_msun

BOX = 256.0
QUANTUM = 2.0**-12


def quantised(position):
    """Positions rounded to the quantum and wrapped into the box."""
    return np.round(np.asarray(position) / QUANTUM) * QUANTUM % BOX


def synthetic_universe(seed=0, n_halos=150, n_field=30000, redshift=0.117):
    """Halos with log10 M200c from 13.4 to 15.2 Msun/h, and galaxies in and between them."""
    rng = np.random.default_rng(seed)
    cosmology = paper_cosmology()
    snapshot = Snapshot("synthetic", redshift, BOX, cosmology)
    log_mass_h = np.sort(13.4 + np.minimum(rng.exponential(0.35, n_halos), 1.8))[::-1]
    mass = 10 ** log10_msun(log_mass_h, cosmology.h)
    hubble = cosmology.H(redshift).to_value("km/(s Mpc)")
    r_proper = (3 * mass / (4 * np.pi * 200 * critical_density(hubble))) ** (1 / 3)
    sigma = np.sqrt(0.5 * GRAVITATIONAL_CONSTANT * mass / r_proper)
    radius = r_proper * (1 + redshift)
    position = quantised(rng.uniform(0, BOX, (n_halos, 3)))
    velocity = rng.normal(0, 300, (n_halos, 3))

    richness = 1 + rng.poisson(40 * 10 ** (log_mass_h - 14.17))
    host = np.repeat(np.arange(n_halos), richness)
    central = np.zeros(len(host), dtype=bool)
    central[np.cumsum(richness) - richness] = True
    away = rng.normal(size=(len(host), 3))
    away *= (radius[host] * rng.uniform(0.02, 0.99, len(host)) / np.linalg.norm(away, axis=1))[:, None]
    away[central] = 0.0
    inside = quantised(position[host] + away)
    motion = velocity[host] + sigma[host, None] * rng.normal(size=(len(host), 3)) * ~central[:, None]

    n = len(host) + n_field
    ids = rng.permutation(n_halos) + 1000
    fof = np.concatenate([ids[host] + 5000, np.full(n_field, -1)])
    # A tenth of the field galaxies belongs to the friends-of-friends group of some halo.
    infalling = len(host) + np.arange(n_field // 10)
    fallen = rng.integers(0, n_halos, len(infalling))
    fof[infalling] = ids[fallen] + 5000
    field = quantised(rng.uniform(0, BOX, (n_field, 3)))
    shell = rng.normal(size=(len(infalling), 3))
    shell *= (1.5 * radius[fallen] / np.linalg.norm(shell, axis=1))[:, None]
    field[: len(infalling)] = quantised(position[fallen] + shell)

    halos = HaloTable(snapshot, ids, position, velocity, mass, radius, sigma, ids + 5000)
    galaxies = GalaxyTable(
        snapshot,
        np.arange(n),
        np.concatenate([inside, field]),
        np.concatenate([motion, rng.normal(0, 350, (n_field, 3))]),
        np.concatenate([ids[host], np.full(n_field, -1)]),
        fof,
        np.concatenate([central, np.zeros(n_field, dtype=bool)]),
    )
    return halos, galaxies
