"""What a universe will cost, said before it starts."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.universe.cells import cell_sort, reorder
from zwicky.universe.pairs import ShortRange, kick_short
from zwicky.universe.settings import UniverseSettings

__all__ = ["Plan", "plan_universe"]

#: Share of the 27 cells' particles that is near a cell's own, of uniform particles (measured: 186 of 308).
_NEAR = 0.6
#: Pairs that clustering brings, over those of uniform particles, averaged over a run to z = 0.117 (512^3).
_CLUSTERING = 1.1
#: Pairs of the shorter steps of strongly pulled particles, over one step for all (128^3 to z = 0.117).
_LEVELS = 1.16
#: Time of a whole run over that of its pair forces (512^3: transforms 15 %, sorting and mesh 35 %).
_WHOLE_OVER_PAIRS = 2.2


@dataclass(frozen=True)
class Plan:
    """Expected memory and time of a universe, and what the machine has.

    `pairs_per_second` was measured just now, on this machine, in a fraction of a second.

    Parameters
    ----------
    memory_bytes, available_bytes
        What the run takes at its largest, and what is free.
    seconds
        Of the pair force.
    pairs_per_second
        Measured here.

    Examples
    --------
    >>> plan = Plan(2_000_000_000, 16_000_000_000, seconds=120.0, pairs_per_second=1e9)
    >>> plan.check()  # it fits
    """

    memory_bytes: int
    available_bytes: int
    seconds: float
    pairs_per_second: float

    def __str__(self) -> str:
        minutes = self.seconds / 60
        duration = (
            f"{self.seconds:.0f} s"
            if minutes < 2
            else f"{minutes:.0f} min"
            if minutes < 100
            else f"{minutes / 60:.1f} h"
        )
        memory, available = self.memory_bytes / 2**30, self.available_bytes / 2**30
        rate = self.pairs_per_second / 1e9
        return (
            f"about {memory:.1f} GiB of memory ({available:.1f} free) and {duration} at {rate:.1f}e9 pairs/s"
        )

    def check(self) -> None:
        """Refuse what cannot fit.

        Raises
        ------
        ZwickyError
            If more memory is needed than the machine has free.
        """
        if self.memory_bytes > self.available_bytes:
            raise ZwickyError(
                f"this universe needs {self.memory_bytes / 2**30:.1f} GiB of memory and "
                f"{self.available_bytes / 2**30:.1f} are free; give a smaller n_side or mesh_factor"
            )


def plan_universe(settings: UniverseSettings) -> Plan:
    """Expected memory and time of `settings` on this machine.

    Parameters
    ----------
    settings
        Of the universe.

    Returns
    -------
    Plan
        Its `check` refuses what does not fit.

    Examples
    --------
    >>> from zwicky.universe import UniverseSettings
    >>> plan = plan_universe(UniverseSettings(n_side=32, box_size_mpc_h=62.5))
    >>> plan.memory_bytes < plan.available_bytes
    True
    """
    n, mesh = settings.n_particles, settings.n_mesh**3
    # Stepping: 29 bytes a particle and as many to sort into, and a mesh of 4 bytes a cell. Finding halos:
    # particles, velocities and groups twice, at most 112 bytes in all (measured). Initial conditions: 14
    # float32 fields, and the noise that they are cut from.
    noise = 8 * settings.noise_side**3 if settings.noise_side else 0
    memory = int(1.05 * max(58 * n + 4 * mesh, 112 * n, 56 * n + noise)) + 400 * 2**20
    rate = _pair_rate()
    split = settings.split_mesh_cells * settings.cutoff_splits / settings.mesh_factor
    cells = int(settings.n_side / split)
    neighbours = _NEAR * 27.0 * (settings.n_side / cells) ** 3
    levels = _LEVELS if settings.n_levels > 1 else 1.0
    pairs = levels * _CLUSTERING * neighbours * n * settings.n_steps * settings.n_substeps
    return Plan(memory, _available_memory(), _WHOLE_OVER_PAIRS * pairs / rate, rate)


def _pair_rate() -> float:
    """Pairs a second of the pair kernel on random particles, on all cores."""
    n = 40**3
    position = np.random.default_rng(0).random((n, 3), dtype=np.float32)
    force = ShortRange(0.001, 0.0125, 0.05625)
    order, starts = cell_sort(position, 1.0, 17)
    position = reorder(position, order)
    momentum = np.zeros_like(position)
    best = 0.0
    for _ in range(4):  # the first call compiles
        begin = time.perf_counter()
        pairs = kick_short(position, momentum, starts, 17, 1.0, force, 1.0)
        best = max(best, pairs / (time.perf_counter() - begin))
    return best


def _available_memory() -> int:
    """Bytes free on the machine, or left of the container's limit if that is less."""
    limit, used = (_number_in(f"/sys/fs/cgroup/memory.{name}") for name in ("max", "current"))
    left = np.inf if limit is None or used is None else limit - used
    return int(min(left, _free_memory()))


def _number_in(path: str) -> int | None:
    try:
        return int(Path(path).read_text())
    except (OSError, ValueError):  # no such file, or the word "max"
        return None


def _free_memory() -> int:
    meminfo = Path("/proc/meminfo")
    if meminfo.exists():
        for line in meminfo.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
