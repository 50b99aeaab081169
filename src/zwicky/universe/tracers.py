"""Galaxies of a dark-matter universe: a random subsample of its particles, and one central a halo.

Whether a particle is a galaxy is decided by a hash of its number and a seed: the same particle is a galaxy
at every redshift and in every order of the arrays, and a denser sample holds every thinner one. Such
galaxies have no velocity bias, no luminosity and no colour, by construction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.kernels import kernel
from zwicky.kernels.splitmix import GOLDEN, mix64, unit_interval
from zwicky.parallel import available_cores, pieces, run_pieces
from zwicky.tables import GalaxyTable, HaloTable, Snapshot, rows_of
from zwicky.units import critical_density
from zwicky.universe.box import check_in_box

if TYPE_CHECKING:
    from astropy.cosmology import FLRW

__all__ = ["make_galaxies", "richness", "tracer_density_for_richness", "uniform_of_id"]


def tracer_density_for_richness(cosmology: FLRW, n_true: float = 40.0, log10_m200c_h: float = 14.17) -> float:
    """Number density of tracers that gives halos of one mass a median number of true members.

    A halo of mass M holds ``M / m_p`` particles; if a share f of them are galaxies and one central is
    added, its median richness is ``f M / m_p + 1``. The density f n_p is then ``(n_true - 1) rho_m / M``
    whatever the particle mass m_p. The defaults are the numbers of Ho et al. (2019), Sec. 5.3.

    Parameters
    ----------
    cosmology
        Any astropy FLRW cosmology; gives the comoving mean density of matter rho_m.
    n_true
        Median number of galaxies inside r200c, the central included; above 1.
    log10_m200c_h
        log10 of M200c in Msun/h.

    Returns
    -------
    float
        Comoving density in (h/Mpc)^3, centrals not included.

    Raises
    ------
    ZwickyError
        If `n_true` is not above 1.

    Examples
    --------
    >>> from zwicky.cosmology import paper_cosmology
    >>> round(tracer_density_for_richness(paper_cosmology()), 4)
    0.0225
    """
    if not n_true > 1:
        raise ZwickyError(f"n_true = {n_true}; give a number above 1: the central is one of them")
    # In Msun/h and Mpc/h the critical density is that of H = 100 km/s/Mpc.
    return (n_true - 1.0) * cosmology.Om0 * critical_density(100.0) / 10.0**log10_m200c_h


def make_galaxies(
    snapshot: Snapshot,
    position: np.ndarray,
    velocity: np.ndarray,
    particle_id: np.ndarray,
    group_id: np.ndarray,
    member_of: np.ndarray,
    halos: HaloTable,
    density_h3_mpc3: float,
    seed: int,
) -> GalaxyTable:
    """Galaxies of a snapshot: particles drawn at random by their number, and a central in every halo.

    Parameters
    ----------
    snapshot
        Box, redshift and cosmology.
    position, velocity : float32, shape (n, 3)
        Particles: comoving Mpc in [0, box_size); peculiar, proper, km/s.
    particle_id : integers, shape (n,)
        Unique, not negative, the same particle's at all times.
    group_id : int64, shape (n,)
        Friends-of-friends group, -1 for none.
    member_of : integers, shape (n,)
        Row of `halos` whose r200c holds the particle, -1 for none.
    halos
        Halos of the snapshot. Their centrals sit at the centre with the halo's velocity.
    density_h3_mpc3
        Comoving density of the drawn particles in (h/Mpc)^3, centrals not included; the number drawn
        varies about it as a binomial.
    seed
        Another seed, another draw.

    Returns
    -------
    GalaxyTable
        Drawn particles by rising particle number, which is their `galaxy_id`; then the centrals in
        the order of `halos`, numbered on from the largest particle number.

    Raises
    ------
    ZwickyError
        If the density is not above 0 or is above the particles' own, or a position is outside the box.
    """
    check_in_box(position, snapshot.box_size)
    particles_density = len(position) / snapshot.volume_mpc_h3
    if not 0 < density_h3_mpc3 <= particles_density * (1 + 1e-9):
        raise ZwickyError(
            f"density_h3_mpc3 = {density_h3_mpc3:g}; give one above 0 and up to {particles_density:.4g}, the "
            "density of the particles, or make the universe with more of them"
        )
    chosen = np.flatnonzero(uniform_of_id(particle_id, seed) < density_h3_mpc3 / particles_density)
    chosen = chosen[np.argsort(particle_id[chosen], kind="stable")]
    first_central = int(particle_id.max()) + 1
    host = member_of[chosen]
    host_id = np.full(len(chosen), -1, dtype=np.int64)
    host_id[host >= 0] = halos.halo_id[host[host >= 0]]
    centre = halos.position.astype(np.float32)
    centre[centre >= snapshot.box_size] = 0.0  # what rounding to float32 put on the far face
    return GalaxyTable(
        snapshot=snapshot,
        galaxy_id=np.concatenate(
            [particle_id[chosen].astype(np.int64), first_central + np.arange(len(halos))]
        ),
        position=np.concatenate([position[chosen], centre]),
        velocity=np.concatenate([velocity[chosen], halos.velocity]),
        host_id=np.concatenate([host_id, halos.halo_id]),
        fof_id=np.concatenate([group_id[chosen], halos.fof_id]),
        is_central=np.arange(len(chosen) + len(halos)) >= len(chosen),
    )


def richness(galaxies: GalaxyTable, halos: HaloTable) -> np.ndarray:
    """Galaxies inside the r200c of each halo, centrals included: int64, shape (n_halos,)."""
    row = rows_of(halos.halo_id, galaxies.host_id)
    return np.bincount(row[row >= 0], minlength=len(halos))


def uniform_of_id(particle_id: np.ndarray, seed: int) -> np.ndarray:
    """A number in [0, 1) for every particle number: the SplitMix64 hash (Steele et al. 2014).

    Parameters
    ----------
    particle_id : integers, shape (n,)
        Not negative.
    seed
        Any integer.

    Returns
    -------
    float64, shape (n,)

    Examples
    --------
    >>> u = uniform_of_id(np.arange(3), seed=1)
    >>> bool(np.all(u == uniform_of_id(np.arange(3), seed=1)))
    True
    """
    out = np.empty(len(particle_id))
    key = np.uint64(seed % 2**64)
    run_pieces(_hash, [(particle_id[a:b], key, out[a:b]) for a, b in pieces(len(out), 4 * available_cores())])
    return out


@kernel
def _hash(particle_id, key, out):
    start = mix64(key + GOLDEN)
    for i in range(len(particle_id)):
        out[i] = unit_interval(mix64(start + np.uint64(particle_id[i]) * GOLDEN))
