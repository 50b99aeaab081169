"""Cylinder cuts: our cell grid against scipy's cKDTree, 3.1 million galaxies and 2,900 clusters.

The galaxies are made up: clusters with 20 members or more, small groups and a uniform field, in a box of
500 Mpc/h. Every method ends with the same galaxies in the same cylinders, which is checked.
"""

from __future__ import annotations

import time

import numpy as np
from scipy.spatial import cKDTree

from benchmarks.table import best_time, format_rows, row
from zwicky.cosmology import paper_cosmology
from zwicky.mocks.cylinders import cut_cylinders
from zwicky.mocks.grid import galaxy_grid
from zwicky.mocks.observables import hubble_flow
from zwicky.parallel import available_cores
from zwicky.tables import Cylinder, GalaxyTable, Snapshot
from zwicky.units import SPEED_OF_LIGHT_KMS as C

H = paper_cosmology().h
BOX, APERTURE, V_CUT = 500.0 / H, 1.6 / H, 2200.0


def made_up_galaxies(n: int, n_clusters: int, rng: np.random.Generator):
    """Galaxies, and the centres and velocities of the clusters."""
    centre, motion = rng.uniform(0, BOX, (n_clusters, 3)), rng.normal(0, 300, (n_clusters, 3))
    host = np.repeat(np.arange(n_clusters), rng.poisson(20 * (1 + rng.pareto(2, n_clusters))))
    n_groups = (n - len(host)) // 40
    group = rng.integers(0, n_groups, 20 * n_groups)
    place, drift = rng.uniform(0, BOX, (n_groups, 3)), rng.normal(0, 300, (n_groups, 3))
    n_field = n - len(host) - len(group)
    position = np.concatenate(
        [
            centre[host] + rng.normal(0, 0.6, (len(host), 3)),
            place[group] + rng.normal(0, 0.4, (len(group), 3)),
            rng.uniform(0, BOX, (n_field, 3)),
        ]
    )
    velocity = np.concatenate(
        [
            motion[host] + rng.normal(0, 700, (len(host), 3)),
            drift[group] + rng.normal(0, 250, (len(group), 3)),
            rng.normal(0, 300, (n_field, 3)),
        ]
    )
    position = np.minimum((position % BOX).astype(np.float32), np.nextafter(np.float32(BOX), np.float32(0)))
    none = np.full(n, -1)
    snapshot = Snapshot("made up", 0.117, BOX, paper_cosmology())
    return GalaxyTable(snapshot, np.arange(n), position, velocity, none, none, none > 0), centre, motion


def run(n_galaxies: int = 3_100_000, n_clusters: int = 2900) -> list[dict]:
    """Microseconds a cluster and line of sight, and seconds to build, on all cores."""
    galaxies, centre, motion = made_up_galaxies(n_galaxies, n_clusters, np.random.default_rng(1))
    position, velocity = (np.repeat(a, 3, axis=0) for a in (centre, motion))
    axes = np.tile(np.eye(3), (n_clusters, 1))
    tilted = np.random.default_rng(2).normal(size=axes.shape)
    tilted /= np.linalg.norm(tilted, axis=1)[:, None]
    m = len(position)
    grid = galaxy_grid(galaxies)
    place, speed = galaxies.position.astype(np.float64), galaxies.velocity.astype(np.float64)
    flow = hubble_flow(paper_cosmology(), 0.117, 12000.0)
    reach = _reach(flow, np.linalg.norm(speed, axis=1).max() + np.linalg.norm(motion, axis=1).max())

    def ours(direction):
        return cut_cylinders(grid, position, velocity, direction, Cylinder(APERTURE, V_CUT, H))

    # A cylinder of half-length 38 Mpc lies in a ball; what scatters in from further is lost to this method.
    ball_tree = cKDTree(place, boxsize=BOX * (1 + 1e-7))
    ball = np.hypot(_reach(flow, 0.0), APERTURE)
    few = np.arange(0, m, max(1, m // 300))

    def by_ball(rows):
        counts = []
        for i in rows:
            near = np.array(ball_tree.query_ball_point(position[i], ball))
            counts.append(_count(near, place, speed, position[i], velocity[i], axes[i], flow))
        return np.array(counts)

    # The plane suits one axis of the box only: galaxies near the axis of a cylinder, at any depth.
    plane_tree = cKDTree(place[:, :2], boxsize=BOX * (1 + 1e-7))
    along_z = few - few % 3 + 2

    def by_plane(rows):
        counts = []
        for i, near in zip(
            rows, plane_tree.query_ball_point(position[rows, :2], APERTURE * 1.0001, workers=-1), strict=True
        ):
            near = np.array(near)
            near = near[np.abs(_wrap(place[near, 2] - position[i, 2])) < reach]
            counts.append(_count(near, place, speed, position[i], velocity[i], axes[i], flow))
        return np.array(counts)

    counts = ours(axes).counts
    if not np.array_equal(by_plane(along_z), counts[along_z]):
        raise RuntimeError("the projected tree and the grid disagree")
    short = counts[few] - by_ball(few)
    if short.min() < 0 or short.sum() > 0.02 * counts[few].sum():
        raise RuntimeError("the ball and the grid disagree by more than what scatters in")
    us = best_time(lambda: ours(axes), 25) / m * 1e6
    us_cpu = best_time(lambda: ours(axes), 25, clock=time.process_time) / available_cores() / m * 1e6
    us_tilted = best_time(lambda: ours(tilted), 25) / m * 1e6
    us_ball = best_time(lambda: by_ball(few), 2) / len(few) * 1e6
    us_plane = best_time(lambda: by_plane(along_z), 2) / len(few) * 1e6
    us_search = best_time(lambda: ball_tree.query_ball_point(position[few], ball, workers=-1), 2)
    build = best_time(lambda: galaxy_grid(galaxies), 2)
    build_tree = best_time(lambda: cKDTree(place, boxsize=BOX * (1 + 1e-7)), 1)
    unit = "us a line of sight"
    return [
        row("cylinder cut", "zwicky, axes of the box", us, unit, us),
        row("cylinder cut", "zwicky, axes of the box, CPU time over cores", us_cpu, unit, us),
        row("cylinder cut", "zwicky, tilted", us_tilted, unit, us),
        row("cylinder cut", "cKDTree ball + filter", us_ball, unit, us),
        row("cylinder cut", "cKDTree ball, search only", us_search / len(few) * 1e6, unit, us),
        row("cylinder cut", "cKDTree in projection + filter, one axis", us_plane, unit, us),
        row("build", "zwicky grid", build, "s", build),
        row("build", "cKDTree", build_tree, "s", build),
    ]


def _reach(flow, v_extra: float) -> float:
    return np.arctanh((V_CUT + v_extra) / C) / flow.least_slope


def _wrap(separation):
    return separation - BOX * np.rint(separation / BOX)


def _count(near, place, speed, position, velocity, direction, flow) -> int:
    separation = _wrap(place[near] - position)
    depth = separation @ direction
    off_axis = separation - depth[:, None] * direction
    rapidity = flow(depth) + np.arctanh(speed[near] @ direction / C) - np.arctanh(velocity @ direction / C)
    inside = (np.einsum("ij,ij->i", off_axis, off_axis) <= APERTURE**2) & (
        np.abs(C * np.tanh(rapidity)) <= V_CUT
    )
    return int(inside.sum())


if __name__ == "__main__":
    print(format_rows(run()))
