"""Eqs. 15-22 of Ho et al. (2019) done step by step, as the paper writes them, on every galaxy."""

from __future__ import annotations

import functools

import numpy as np

from zwicky.cosmology import DistanceRedshift, paper_cosmology
from zwicky.units import SPEED_OF_LIGHT_KMS as C


def plus(v1, v2):
    """Relativistic addition of velocities in km/s."""
    return (v1 + v2) / (1 + v1 * v2 / C**2)


def minus(v1, v2):
    """Relativistic subtraction of velocities in km/s."""
    return (v1 - v2) / (1 - v1 * v2 / C**2)


def hubble_velocity(z):
    """Eq. 19."""
    return C * ((1 + z) ** 2 - 1) / ((1 + z) ** 2 + 1)


@functools.cache
def distances(z_max):
    """Eq. 17 and its inverse in the paper's cosmology."""
    return DistanceRedshift(paper_cosmology(), z_max)


def step_by_step(separation, velocity, cluster_velocity, direction, snapshot):
    """R_proj in Mpc and v_los in km/s of galaxies at comoving separations, Eqs. 15-22."""
    assert snapshot.cosmology == paper_cosmology()
    tables = distances(snapshot.redshift + 0.3)
    z_los = np.asarray(direction, dtype=float)
    x_los = np.cross(z_los, [0.3, -0.5, 0.81])
    x_los /= np.linalg.norm(x_los)
    y_los = np.cross(z_los, x_los)
    separation = np.asarray(separation, dtype=float)
    depth = separation @ z_los
    sky = separation - depth[:, None] * z_los
    r_proj = np.hypot(sky @ x_los, sky @ y_los)
    z_gal = tables.redshift(tables.distance(snapshot.redshift) + depth)
    relative = np.asarray(velocity, dtype=float) - cluster_velocity
    v_clu_p = cluster_velocity @ z_los
    v_gal_p = v_clu_p + relative @ z_los
    v_gal = plus(v_gal_p, hubble_velocity(z_gal))
    v_clu = plus(v_clu_p, hubble_velocity(snapshot.redshift))
    return r_proj, minus(v_gal, v_clu)


def brute_force(galaxies, position, velocity, direction, aperture, v_cut, box=None):
    """Rows, R_proj and v_los of the galaxies in one cylinder; wrapped if `box` is given."""
    separation = galaxies.position.astype(float) - position
    if box is not None:
        separation -= box * np.rint(separation / box)
    off_axis = np.linalg.norm(np.cross(separation, direction), axis=1)
    near = np.flatnonzero(off_axis <= 1.001 * aperture)
    r_proj, v_los = step_by_step(
        separation[near], galaxies.velocity[near], velocity, direction, galaxies.snapshot
    )
    inside = (r_proj <= aperture) & (np.abs(v_los) <= v_cut)
    return near[inside], r_proj[inside], v_los[inside]
