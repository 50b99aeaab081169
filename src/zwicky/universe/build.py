"""A universe made step by step in a directory, resumed where it was killed.

Beside the files of every universe (`zwicky.universe.directory`) it has, while the simulation runs,
``checkpoint.safetensors`` and, if they are to be kept, all particles in ``particles_z0.117.safetensors``.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.io import write_table
from zwicky.io.files import make_directory, provenance, write_json, written_whole
from zwicky.progress import Progress, quiet
from zwicky.settings import digest, read_toml, to_toml
from zwicky.tables import HaloTable, Snapshot
from zwicky.theory import linear_power, mass_function, nonlinear_power
from zwicky.universe.checkpoint import read_particles, write_particles
from zwicky.universe.constrained import peak_halo
from zwicky.universe.directory import SIMULATED, is_complete, is_imported, snapshot_file
from zwicky.universe.evolve import Particles, evolve, start, step_edges
from zwicky.universe.fof import friends_of_friends
from zwicky.universe.growth import Growth
from zwicky.universe.measure import power_spectrum, projected_slab
from zwicky.universe.overdensity import find_halos
from zwicky.universe.settings import UniverseSettings
from zwicky.universe.tracers import make_galaxies, tracer_density_for_richness

__all__ = ["make_universe", "read_settings"]

#: Friends-of-friends linking length in mean particle separations.
LINKING_LENGTH = 0.2


def read_settings(directory: Path | str) -> UniverseSettings:
    """Settings of the universe in a directory."""
    return read_toml(UniverseSettings, Path(directory) / SIMULATED)


def make_universe(
    settings: UniverseSettings,
    directory: Path | str,
    progress: Progress = quiet,
    checkpoint_seconds: float = 60.0,
    keep_particles: bool = False,
    device: str = "cpu",
) -> Path:
    """Simulate a universe into a directory, or go on where an earlier call was stopped.

    The same settings give the same files, resumed or not, on any number of cores of one kind of device.

    Parameters
    ----------
    settings
        What to simulate.
    directory
        Made if absent. If it holds an unfinished universe of the same settings, that is finished.
    progress
        Told of the steps, as the stage ``universe``.
    checkpoint_seconds
        Time between checkpoints, at least; they never take more than a fortieth of the time.
    keep_particles
        Keep all particles of every output, 28 bytes each.
    device
        ``"cpu"``, or ``"cuda"`` for gravity on an NVIDIA card: statistically the same universe.

    Returns
    -------
    Path
        The directory, for `read_halos` and `read_galaxies`.

    Raises
    ------
    ZwickyError
        If the directory holds a universe of other settings, or if galaxies were denser than particles.

    Examples
    --------
    A box of 12^3 particles, far too small to be of use:

    >>> from zwicky.universe import UniverseSettings, read_identity
    >>> settings = UniverseSettings(n_side=12, box_size_mpc_h=24.0, redshifts=(1.0,))
    >>> place = make_universe(settings, "my_universe")
    >>> read_identity(place)[1]
    (1.0,)
    """
    directory = make_directory(directory)
    name = digest(settings)
    settings_path = directory / SIMULATED
    if is_imported(directory):
        raise ZwickyError(f"{directory} holds an imported universe; choose another directory")
    if settings_path.exists() and digest(read_toml(UniverseSettings, settings_path)) != name:
        raise ZwickyError(f"{directory} holds a universe of other settings; choose another directory")
    checkpoint = directory / "checkpoint.safetensors"
    if is_complete(directory, settings):
        checkpoint.unlink(missing_ok=True)  # left by a process that was killed in between
        return directory
    _tracer_density(settings)
    if not settings_path.exists():
        with written_whole(settings_path) as temporary:
            temporary.write_text(to_toml(settings), encoding="utf-8")

    begin = time.monotonic()
    n_steps = len(step_edges(settings)[0]) - 1
    earlier = 0.0
    if checkpoint.exists():
        particles, earlier = read_particles(checkpoint, name)
    else:
        progress("universe", 0, n_steps, "initial conditions")
        particles = start(settings)

    def elapsed() -> float:
        return earlier + time.monotonic() - begin

    saved, interval = time.monotonic(), checkpoint_seconds
    for particles, redshift in evolve(particles, settings, device):  # noqa: B020 - the same object, moved on
        progress("universe", particles.step, n_steps, "gravity")
        if redshift is not None:
            _write_snapshot(directory, settings, particles, redshift, progress)
            if keep_particles:
                write_particles(snapshot_file(directory, "particles", redshift), particles, name, elapsed())
        if redshift is not None or time.monotonic() - saved > interval:
            begun = time.monotonic()
            write_particles(checkpoint, particles.settle(), name, elapsed())
            saved = time.monotonic()
            interval = max(checkpoint_seconds, 40.0 * (saved - begun)) if checkpoint_seconds else 0.0
    seconds = elapsed()
    facts = {
        "digest": name,
        "redshifts": list(settings.redshifts),
        "wall_s": seconds,
        "pairs": particles.pairs,
        "pairs_per_s": particles.pairs / max(particles.pair_seconds, 1e-9),
    }
    write_json(directory / "provenance.json", provenance(**facts))
    checkpoint.unlink(missing_ok=True)
    return directory


def _tracer_density(settings: UniverseSettings) -> float:
    """Galaxies per (Mpc/h)^3, which are particles and so no more than those."""
    density = settings.tracer_density_h3_mpc3 or tracer_density_for_richness(settings.flrw())
    own = settings.particle_density_h3_mpc3
    if density > own:
        raise ZwickyError(
            f"{density:.4g} galaxies per (Mpc/h)^3 are more than the {own:.4g} particles; give "
            "more particles, a smaller box, or a lower tracer_density_h3_mpc3 (--tracer-density)"
        )
    return density


def _write_snapshot(
    directory: Path, settings: UniverseSettings, particles: Particles, redshift: float, progress: Progress
) -> None:
    """Halos, galaxies and diagnostics of one output."""
    box, mass = settings.box_size_mpc, settings.particle_mass_msun
    name = f"zwicky {settings.n_side}^3, {settings.box_size_mpc_h:g} Mpc/h, seed {settings.seed}"
    snapshot = Snapshot(name, redshift, box, settings.flrw())
    progress("universe", 0, 1, "friends of friends")
    group_id = friends_of_friends(
        particles.position, box, LINKING_LENGTH * box / settings.n_side, settings.min_particles
    )
    progress("universe", 0, 1, "halos")
    velocity = particles.velocity
    halos, member_of = find_halos(
        snapshot, particles.position, velocity, group_id, mass, settings.softening_mpc, settings.min_particles
    )
    progress("universe", 0, 1, "galaxies")
    galaxies = make_galaxies(
        snapshot,
        particles.position,
        velocity,
        particles.particle_id,
        group_id,
        member_of,
        halos,
        _tracer_density(settings),
        settings.seed,
    )
    peak = {}
    if settings.peak_log10_m200c_h is not None:
        peak["peak_halo"] = peak_halo(settings, particles.particle_id, member_of)
    del velocity, group_id, member_of
    progress("universe", 0, 1, "diagnostics")
    write_table(snapshot_file(directory, "halos", redshift), halos)
    write_table(snapshot_file(directory, "galaxies", redshift), galaxies)
    with written_whole(snapshot_file(directory, "diagnostics", redshift)) as temporary:
        np.savez_compressed(temporary, **_diagnose(settings, particles.position, halos, redshift), **peak)


def _diagnose(settings: UniverseSettings, position: np.ndarray, halos: HaloTable, redshift: float) -> dict:
    """What the report draws of the matter and the halos, in the paper's units."""
    cosmology, box = settings.flrw(), settings.box_size_mpc
    h = cosmology.h
    k, power = power_spectrum(position, box, settings.n_mesh)
    growth = float(Growth(cosmology).first(1.0 / (1.0 + redshift)))
    linear = growth**2 * linear_power(k, cosmology, settings.sigma8, settings.n_s, settings.transfer)
    edges = np.arange(13.0, 15.61, 0.1)
    centres = 0.5 * (edges[1:] + edges[:-1])
    log10_m200c_h = np.log10(halos.m200c * h)
    nonlinear = nonlinear_power(k, redshift, cosmology, settings.sigma8, settings.n_s)
    theory = mass_function(10.0**centres / h, redshift, cosmology, settings.sigma8, settings.n_s)
    depth = min(box, 15.0 / h)
    return {
        "slice_map": projected_slab(position, box, depth, 512),
        "slice_extent_mpc": box,
        "slice_depth_mpc": depth,
        "k_mpc_h": k / h,
        "power": power * h**3,
        "power_linear": linear * h**3,
        "power_nonlinear": nonlinear * h**3,
        "mass_bin_edges": edges,
        "mass_counts": np.histogram(log10_m200c_h, bins=edges)[0],
        "mass_function_tinker": theory / h**3,
    }
