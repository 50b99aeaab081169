"""What compiled kernels make of fixed inputs, into a file: run once a processor by test_processors.py."""

import sys

import numpy as np

from synthetic_clusters import APERTURE_MPC_H, V_CUT_KMS, synthetic_clusters
from zwicky.cosmology import paper_cosmology
from zwicky.estimators.sdm.divergence import clouds, divergences
from zwicky.images import galaxy_moments, phase_space_images, velocity_images
from zwicky.tables import Cylinder, Snapshot
from zwicky.universe import UniverseSettings, find_halos, friends_of_friends
from zwicky.universe.cells import cell_sort, reorder
from zwicky.universe.evolve import evolve, start
from zwicky.universe.measure import power_spectrum, projected_slab
from zwicky.universe.mesh import density_contrast, kick_long, smoothed_potential
from zwicky.universe.pairs import ShortRange, kick_short
from zwicky.universe.tracers import uniform_of_id

BOX = 50.0
SETTINGS = UniverseSettings(n_side=32, box_size_mpc_h=62.5, n_steps=16, n_substeps=2, redshifts=(0.117,))


def clustered(n):
    """Points of which half lie in clumps."""
    rng = np.random.default_rng(5)
    clumps = rng.random((20, 3))[rng.integers(0, 20, n // 2)] + 0.1 * (rng.random((n // 2, 3)) - 0.5) ** 3
    position = (np.concatenate([rng.random((n - n // 2, 3)), clumps]) % 1.0 * BOX).astype(np.float32)
    position[position >= BOX] = 0.0
    return position


def matter(position):
    """Of particles: sorted, grouped, counted, pulled."""
    force, n_mesh = ShortRange(0.05, 1.25, 5.6), 40
    n_cells = int(BOX / force.cutoff)
    order, starts = cell_sort(position, BOX, n_cells)
    group = friends_of_friends(position, BOX, 0.3)
    velocity = np.random.default_rng(6).normal(0, 300, position.shape).astype(np.float32)
    snapshot = Snapshot("made up", 0.117, BOX, paper_cosmology())
    halos, member_of = find_halos(snapshot, position, velocity, group, 5e11, 0.05)
    ordered = reorder(position, order)
    near, far = np.zeros_like(ordered), np.zeros_like(ordered)
    pairs = kick_short(ordered, near, starts, n_cells, BOX, force, 1.0)
    potential = smoothed_potential(ordered, starts, n_cells, BOX, n_mesh, force.split)
    kick_long(ordered, far, potential, BOX, 1.0)
    return {
        "cell order": order,
        "groups": group,
        "halo masses": halos.m200c,
        "halo positions": halos.position,
        "halo dispersions": halos.sigma_1d,
        "halo members": member_of,
        "galaxy draw": uniform_of_id(np.arange(1000), 1),
        "slab": projected_slab(position, BOX, 10.0, 64),
        "pairs": np.array(pairs),
        "density": density_contrast(ordered, starts, n_cells, BOX, n_mesh),
        "potential": potential[..., :n_mesh],
        "mesh force": far,
        "pair force": near,
        "power spectrum": power_spectrum(position, BOX, n_mesh)[1],
    }


def clusters():
    """Of galaxies in cylinders: images, moments, divergences."""
    sample = synthetic_clusters(60, seed=1)
    cylinder = Cylinder.in_mpc_h(APERTURE_MPC_H, v_cut_kms=V_CUT_KMS, h=sample.cosmology.h)
    made = clouds((sample.v_los / 500.0, sample.r_proj_comoving), sample.offsets, 3, 1e-3)
    return {
        "images of velocities": velocity_images(sample, cylinder),
        "images of phase space": phase_space_images(sample, cylinder),
        "moments": np.stack([np.asarray(a, float) for a in vars(galaxy_moments(sample)).values()]),
        "divergences": divergences(made, made),
    }


def universe():
    """Of a whole simulation: masses of its halos, largest first, and its power spectrum."""
    (particles,) = (p for p, redshift in evolve(start(SETTINGS), SETTINGS) if redshift is not None)
    box = SETTINGS.box_size_mpc
    group = friends_of_friends(particles.position, box, 0.2 * box / SETTINGS.n_side)
    place = np.empty_like(particles.position)
    place[particles.particle_id] = particles.position
    return {
        "universe: positions": place,
        "universe: groups": np.sort(np.bincount(group[group >= 0]))[::-1],
        "universe: power spectrum": power_spectrum(particles.position, box, SETTINGS.n_mesh)[1],
    }


if __name__ == "__main__":
    np.savez(sys.argv[1], **matter(clustered(30_000)), **clusters(), **universe())
