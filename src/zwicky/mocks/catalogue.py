"""The mock catalogue: contaminated and pure, training and test samples of one universe (Sec. 2.4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.mocks.cylinders import Cylinders, count_in_cylinders, cut_cylinders
from zwicky.mocks.directions import LinesOfSight, orthogonal_lines
from zwicky.mocks.folds import halo_folds, spatial_folds
from zwicky.mocks.grid import GalaxyGrid, galaxy_grid
from zwicky.mocks.members import MemberLists, member_lists, observe_true_members
from zwicky.mocks.settings import LINES_A_HALO, MockSettings
from zwicky.mocks.training_set import flat_training_lines, lines_in_test_range
from zwicky.tables import TRACERS, ClusterSample, Cylinder, GalaxyTable, HaloTable, take
from zwicky.units import log10_msun, log10_msun_h

__all__ = ["Mocks", "check_same_snapshot", "make_mocks", "tracers_of"]


@dataclass(frozen=True)
class Mocks:
    """Mock observations of one universe.

    Parameters
    ----------
    train, test
        The contaminated catalogue: all galaxies in the cylinder.
    train_pure, test_pure
        The pure catalogue: the true members, for the rows of `train` and `test` that have enough of them;
        the same `cluster_id` is the same halo along the same line of sight.
    settings
        What they were made with.

    Examples
    --------
    >>> from zwicky.mocks import MockSettings
    >>> mocks = Mocks(sample, sample[:20], sample, sample[:20], MockSettings())
    >>> len(mocks.train), len(mocks.test)
    (100, 20)
    """

    train: ClusterSample
    test: ClusterSample
    train_pure: ClusterSample
    test_pure: ClusterSample
    settings: MockSettings


def tracers_of(galaxies: GalaxyTable, settings: MockSettings) -> GalaxyTable:
    """The galaxies that `settings.tracers` admits, as members and as interlopers."""
    if settings.tracers == "all":
        return galaxies
    return take(galaxies, (galaxies.host_id >= 0) & ~galaxies.is_central)


def check_same_snapshot(halos: HaloTable, galaxies: GalaxyTable) -> None:
    """Refuse halos and galaxies of different boxes, redshifts or cosmologies."""
    a, b = halos.snapshot, galaxies.snapshot
    for name in ("box_size", "redshift", "cosmology"):
        if getattr(a, name) != getattr(b, name):
            raise ZwickyError(
                f"halos have {name} = {getattr(a, name)} and galaxies {getattr(b, name)}; "
                "give two tables of one snapshot"
            )


@dataclass(frozen=True, eq=False)
class _Scene:
    """Everything that the samples of one universe share; arrays have one entry a halo."""

    halos: HaloTable
    galaxies: GalaxyTable
    grid: GalaxyGrid
    inside: MemberLists
    fold: np.ndarray
    settings: MockSettings

    def centres(self, lines: LinesOfSight) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return self.halos.position[lines.halo], self.halos.velocity[lines.halo], lines.direction

    @property
    def cylinder(self) -> Cylinder:
        return self.settings.cylinder(self.halos.snapshot.cosmology.h)


def make_mocks(
    halos: HaloTable, galaxies: GalaxyTable, settings: MockSettings, *, rng: np.random.Generator
) -> Mocks:
    """Observe a universe's clusters: cylinders, true members, a flat training set, a test set, folds.

    Parameters
    ----------
    halos, galaxies
        One snapshot of a universe.
    settings
        What to make.
    rng
        Randomness; only one number is drawn from it, and every bin and halo has a stream of its own.

    Returns
    -------
    Mocks
        Training and test samples, each also with its true members alone.

    Raises
    ------
    ZwickyError
        If the tables do not belong together, or if no cluster is massive or rich enough.

    Examples
    --------
    `halos` and `galaxies` are of one output of a universe, from `zwicky.universe.read_halos` and
    `zwicky.universe.read_galaxies`.

    >>> from zwicky.mocks import MockSettings
    >>> mocks = make_mocks(halos, galaxies, MockSettings(flat_density=10**-4.2), rng=np.random.default_rng(1))
    >>> len(mocks.train) > 100, mocks.train.cylinder
    (True, <Cylinder: 1.6 comoving Mpc/h (2.360 Mpc for h = 0.678), |v_los| <= 2200 km/s>)
    """
    check_same_snapshot(halos, galaxies)
    scene = _scene(halos, galaxies, settings)
    mass_h = log10_msun_h(np.log10(halos.m200c), halos.snapshot.cosmology.h)

    def richness(lines: LinesOfSight) -> np.ndarray:
        return count_in_cylinders(scene.grid, *scene.centres(lines), scene.cylinder)

    axes = orthogonal_lines(np.flatnonzero(scene.fold >= 0))
    candidates = axes[richness(axes) >= settings.n_min]
    seed = int(rng.integers(2**63))
    train_lines = flat_training_lines(
        candidates, mass_h, richness, settings, halos.snapshot.volume_mpc_h3, seed
    )
    samples = {}
    for name, lines in (("train", train_lines), ("test", lines_in_test_range(candidates, mass_h, settings))):
        if len(lines) == 0:
            raise ZwickyError(
                f"the {name} set is empty: no line of sight in its mass range has {settings.n_min} galaxies; "
                "make a larger or denser universe, or lower the limits"
            )
        samples[name] = _contaminated(scene, lines)
        samples[f"{name}_pure"] = _pure(scene, lines)
    return Mocks(**samples, settings=settings)


def _scene(halos: HaloTable, galaxies: GalaxyTable, settings: MockSettings) -> _Scene:
    tracers = tracers_of(galaxies, settings)
    if len(tracers) == 0:
        raise ZwickyError(
            f"no galaxy is left with tracers = {settings.tracers!r}; use tracers = 'all' or another catalogue"
        )
    least = log10_msun(settings.min_log10_m200c_h, halos.snapshot.cosmology.h)
    massive = np.flatnonzero(np.log10(halos.m200c) >= least)
    if len(massive) == 0:
        h = halos.snapshot.cosmology.h
        most = log10_msun_h(np.log10(halos.m200c.max()), h) if len(halos) else np.nan
        raise ZwickyError(
            f"no halo has log10 M200c >= {settings.min_log10_m200c_h:g} (Msun/h); "
            f"the most of {len(halos)} is {most:.2f}; lower min_log10_m200c_h or make a larger universe"
        )
    fold = np.full(len(halos), -1, dtype=np.int16)
    if settings.folds == "halo":
        fold[massive] = halo_folds(halos.m200c[massive], settings.n_folds)
    else:
        fold[massive] = spatial_folds(halos.position[massive], settings.n_folds)
    inside = member_lists(halos.halo_id, tracers.host_id)
    return _Scene(halos, tracers, galaxy_grid(tracers), inside, fold, settings)


def _contaminated(scene: _Scene, lines: LinesOfSight) -> ClusterSample:
    found = cut_cylinders(scene.grid, *scene.centres(lines), scene.cylinder)
    hosts = np.repeat(scene.halos.halo_id[lines.halo], found.counts)
    return _sample(scene, lines, found, scene.galaxies.host_id[found.galaxy] == hosts, "contaminated")


def _pure(scene: _Scene, lines: LinesOfSight) -> ClusterSample:
    members = scene.inside
    if scene.settings.pure == "fof":
        members = member_lists(scene.halos.fof_id, scene.galaxies.fof_id)
        if len(members.galaxy) == 0:
            raise ZwickyError("no galaxy is in a friends-of-friends group here; use pure = 'r200c'")
    lines = lines[members.counts[lines.halo] >= scene.settings.n_min]
    found = observe_true_members(scene.galaxies, members, lines.halo, *scene.centres(lines))
    return _sample(scene, lines, found, np.ones(len(found.galaxy), dtype=bool), "pure")


def _sample(
    scene: _Scene, lines: LinesOfSight, found: Cylinders, is_member: np.ndarray, kind: str
) -> ClusterSample:
    halos, snapshot = scene.halos, scene.halos.snapshot
    cylinder, n = scene.cylinder, len(lines)
    meta: dict[str, Any] = {
        "source": snapshot.simulation,
        "catalogue": kind,
        "pure": scene.settings.pure,
        "folds": scene.settings.folds,
    }
    return ClusterSample(
        cosmology=snapshot.cosmology,
        cluster_id=lines.halo * LINES_A_HALO + lines.number,
        halo_id=halos.halo_id[lines.halo],
        direction=lines.direction,
        redshift=np.full(n, snapshot.redshift),
        log10_m200c=np.log10(halos.m200c[lines.halo]),
        n_true=scene.inside.counts[lines.halo],
        fold=scene.fold[lines.halo],
        offsets=found.offsets,
        r_proj_comoving=found.r_proj_comoving,
        v_los=found.v_los,
        is_member=is_member,
        aperture_mpc=np.full(n, cylinder.aperture_mpc),
        v_cut_kms=np.full(n, cylinder.v_cut_kms),
        redshift_error_kms=np.zeros(n),
        centre_error_kms=np.zeros(n),
        tracer_density=np.full(n, len(scene.galaxies) / snapshot.box_size**3),
        completeness=np.ones(n),
        tracer=np.full(n, TRACERS.index(scene.settings.tracers)),
        meta=meta,
    )
