"""Deep views of all the clusters of several universes, with a flat mass function at every redshift."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.mocks.deep import DeepViews, InfallHistory, choose_lines, concatenate_views, deep_views, in_group
from zwicky.processes import run_in_processes
from zwicky.progress import Progress, quiet
from zwicky.settings import check_ranges, setting
from zwicky.tables import take
from zwicky.units import log10_msun_h
from zwicky.universe import read_galaxies, read_halos, read_identity
from zwicky.universe.build import read_settings
from zwicky.universe.directory import is_imported, read_peak_halo

__all__ = ["DeepSettings", "require_histories", "views_of_universes"]


@dataclass(frozen=True)
class DeepSettings:
    """How universes are looked at.

    Parameters
    ----------
    range_log10_m200c_h
        Masses of the halos, Msun/h.
    bin_dex, per_bin
        At each output redshift every bin of mass has about this many views, from all universes together.
    most
        Views of one halo at one redshift.
    max_redshift
        Earlier outputs only tell when particles fell in.
    min_particles
        Halos of fewer particles are not looked at.
    """

    range_log10_m200c_h: tuple[float, ...] = (12.8, 15.4)
    bin_dex: float = setting(0.1, "(0, inf)")
    per_bin: int = setting(400, "[1, inf)")
    most: int = setting(40, "[1, inf)")
    max_redshift: float = 1.3
    min_particles: int = setting(60, "[1, inf)")

    def __post_init__(self):
        low, high = self.range_log10_m200c_h
        if not 10.0 < low < high < 17.0:
            raise ZwickyError(
                f"range_log10_m200c_h = {self.range_log10_m200c_h}; give log10 of Msun/h, the lower first"
            )
        check_ranges(self)


def views_of_universes(
    directories: Sequence[Path | str],
    settings: DeepSettings,
    *,
    rng: np.random.Generator,
    workers: int = 1,
    progress: Progress = quiet,
) -> DeepViews:
    """Look at the clusters of universes, output by output.

    Universes with a constrained peak give the halo of the peak only: what stands beside it is no fair sample.
    Tracers must be the same particles at every output, as `zwicky universe` makes them, and the denser the
    better: a universe for this has all its particles as tracers.

    Parameters
    ----------
    directories
        Finished universes.
    settings
        What to look at.
    rng
        Chooses halos and lines of sight; each universe has a stream of its own.
    workers
        Universes read side by side; each takes the memory of its largest output.
    progress
        Called after every universe.

    Raises
    ------
    ZwickyError
        If a directory holds no universe, or none has a halo in the range of mass.
    """
    directories = [Path(d) for d in directories]
    redshifts = [sorted(read_identity(d)[1], reverse=True) for d in directories]
    plan = _plan(directories, redshifts, settings, rng)
    streams = rng.spawn(len(directories))
    jobs = [(i, d, redshifts[i], plan, streams[i]) for i, d in enumerate(directories)]

    def tell(number: int) -> None:
        progress("clusters of universes", number + 1, len(directories), directories[number].name)

    if workers > 1:
        views = run_in_processes(_views_of_universe, jobs, workers, finished=tell)
    else:
        views = []
        for number, job in enumerate(jobs):
            views.append(_views_of_universe(job))
            tell(number)
    found = [one for some in views for one in some]
    if not found:
        low, high = settings.range_log10_m200c_h
        raise ZwickyError(
            f"no universe has a halo of {settings.min_particles} particles or more with log10 M200c [Msun/h] "
            f"in {low:g} to {high:g} at z <= {settings.max_redshift:g}; give larger or finer ones"
        )
    return concatenate_views(found)


def _views_of_universe(job: tuple) -> list[DeepViews]:
    """Deep views of one universe, output by output, earliest first."""
    number, directory, redshifts, plan, rng = job
    history = InfallHistory()
    found = []
    for z in redshifts:
        halos, galaxies = read_halos(directory, z), read_galaxies(directory, z)
        galaxies = take(galaxies, ~galaxies.is_central)
        age = float(halos.snapshot.cosmology.age(z).to_value("Gyr"))
        history.advance(galaxies.galaxy_id, in_group(halos, galaxies), age)
        if (number, z) in plan:
            row, lines = plan[number, z]
            views = deep_views(halos, galaxies, history, row, lines, number, rng=rng)
            if _peak_of(directory, z) is not None:  # one halo at all outputs, whose ids differ
                views = dataclasses.replace(views, halo_id=np.zeros(len(views), dtype=np.int64))
            found.append(views)
    return found


def _plan(directories, redshifts, settings: DeepSettings, rng) -> dict[tuple[int, float], tuple]:
    """Rows and numbers of lines of sight for each universe and output."""
    low, high = settings.range_log10_m200c_h
    edges = np.linspace(low, high, max(1, round((high - low) / settings.bin_dex)) + 1)
    outputs = sorted({f"{z:.2f}" for zs in redshifts for z in zs if z <= settings.max_redshift})
    plan = {}
    for output in outputs:
        masses, keys = [], []
        for number, directory in enumerate(directories):
            for z in redshifts[number]:
                if f"{z:.2f}" == output:
                    masses.append(_masses(directory, z, settings))
                    keys.append((number, z))
        chosen = choose_lines(masses, edges, settings.per_bin, settings.most, rng=rng)
        plan |= {key: lines for key, lines in zip(keys, chosen, strict=True) if len(lines[0])}
    return plan


def _masses(directory: Path, z: float, settings: DeepSettings) -> np.ndarray:
    """log10 M200c [Msun/h] of the halos that may be looked at, NaN for the others."""
    halos = read_halos(directory, z)
    mass = log10_msun_h(np.log10(halos.m200c), halos.snapshot.cosmology.h)
    allowed = np.ones(len(halos), dtype=bool)
    if not is_imported(directory):
        least = settings.min_particles * read_settings(directory).particle_mass_msun
        allowed &= halos.m200c >= least
    peak = _peak_of(directory, z)
    if peak is not None:
        allowed &= np.arange(len(halos)) == peak
    return np.where(allowed, mass, np.nan)


def _peak_of(directory: Path, z: float) -> int | None:
    """Row of the constrained peak's halo; None where there is no such peak."""
    return None if is_imported(directory) else read_peak_halo(directory, z)


def require_histories(directories: Sequence[Path | str], max_redshift: float) -> None:
    """Refuse universes whose earliest output that is looked at has none before it.

    Nobody knows when the galaxies of such an output fell into a halo, which is what tells red from blue.

    Parameters
    ----------
    directories
        Finished universes.
    max_redshift
        As in `DeepSettings`.

    Raises
    ------
    ZwickyError
        If there is one.

    Examples
    --------
    >>> require_histories([], 1.3)
    """
    for directory in directories:
        _, redshifts = read_identity(directory)
        first = max((z for z in redshifts if z <= max_redshift), default=None)
        if first is not None and first == max(redshifts):
            raise ZwickyError(
                f"{directory}: no output is earlier than that of z = {first:g}, so that nobody knows when "
                "its galaxies fell in, and red cannot be told from blue; give one with earlier outputs "
                f"(max_redshift = {max_redshift:g} says which are only that), or tracer_shares = "
                "[1.0, 0.0, 0.0] under [survey] in the settings of training"
            )
