r"""The time integration: kick-drift-kick leapfrog with pair-force sub-steps.

In the momentum p = a^2 dx/dt (comoving x) the equations of motion are

.. math:: \frac{d\mathbf{x}}{dt} = \frac{\mathbf{p}}{a^2}, \qquad
          \frac{d\mathbf{p}}{dt} = -\frac{1}{a}\nabla\varphi, \qquad
          \nabla^2\varphi = \tfrac32 \Omega_m H_0^2\,\delta .

Mesh steps are uniform in sqrt(a) and each holds several pair-force steps (Tuckerman et al. 1992). The second
half of a kick and the first half of the next use the same positions and are one kick: the state keeps
the scale factor that the positions and each of the two kicks have reached, and nothing else.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from zwicky.kernels import kernel
from zwicky.parallel import available_cores, pieces, run_pieces
from zwicky.universe.cells import cell_sort, reorder
from zwicky.universe.forces import Forces
from zwicky.universe.growth import drift_factor
from zwicky.universe.initial import initial_conditions
from zwicky.universe.levels import middle, pair_step
from zwicky.universe.mesh import kick_long, smoothed_potential
from zwicky.universe.pairs import kick_short
from zwicky.universe.settings import UniverseSettings

__all__ = ["Particles", "evolve", "start", "step_edges"]


@dataclass
class Particles:
    """The state of a simulation between two mesh steps; everything that a checkpoint holds.

    Parameters
    ----------
    position : float32, shape (n, 3)
        Comoving Mpc in [0, box_size), sorted by cell of the pair force.
    momentum : float32, shape (n, 3)
        a^2 dx/dt in km/s.
    particle_id : uint32, shape (n,)
        Number of the grid point a particle started from.
    level : uint8, shape (n,)
        How often its last pair step was halved for a particle.
    a_short : float64, shape (n_levels,)
        Scale factors that the pair kicks of each level have reached.
    step
        Mesh steps done.
    a, a_long
        Scale factors that positions and mesh kicks have reached.
    pairs, pair_seconds
        Pairs evaluated so far, and the wall time that took.
    fetch
        Brings the arrays back from where the simulation holds them; set by `evolve`.
    """

    position: np.ndarray
    momentum: np.ndarray
    particle_id: np.ndarray
    level: np.ndarray
    a_short: np.ndarray
    step: int
    a: float
    a_long: float
    pairs: int = 0
    pair_seconds: float = 0.0
    fetch: Callable[[Particles], None] | None = None

    def settle(self) -> Particles:
        """These particles, their arrays fetched from the card that moves them, if one does."""
        if self.fetch is not None:
            self.fetch(self)
        return self

    @property
    def velocity(self) -> np.ndarray:
        """Peculiar velocity in proper km/s, float32, shape (n, 3); of a synchronised state."""
        return self.momentum / np.float32(self.a)


def step_edges(settings: UniverseSettings) -> tuple[np.ndarray, dict[int, float]]:
    """Scale factors between mesh steps, and which of them are outputs.

    Steps are uniform in sqrt(a) between outputs, shared out by length, at least one each.

    Returns
    -------
    edges : float64, shape (n + 1,)
        Scale factors, from the start to the last output.
    outputs
        Number of steps done at an output -> its redshift.
    """
    outputs = sorted(settings.redshifts, reverse=True)
    roots = np.sqrt(1.0 / (1.0 + np.array([settings.z_initial, *outputs])))
    edges = [roots[0]]
    at = {}
    for z, begin, end in zip(outputs, roots[:-1], roots[1:], strict=True):
        n = max(1, round(settings.n_steps * (end - begin) / (roots[-1] - roots[0])))
        edges.extend(np.linspace(begin, end, n + 1)[1:])
        at[len(edges) - 1] = z
    return np.array(edges) ** 2, at


def start(settings: UniverseSettings) -> Particles:
    """Particles at the initial redshift."""
    position, momentum = initial_conditions(settings)
    a = 1.0 / (1.0 + settings.z_initial)
    particle_id = np.arange(len(position), dtype=np.uint32)
    level = np.zeros(len(position), dtype=np.uint8)
    return Particles(position, momentum, particle_id, level, np.full(settings.n_levels, a), 0, a, a)


def evolve(
    particles: Particles, settings: UniverseSettings, device: str = "cpu"
) -> Iterator[tuple[Particles, float | None]]:
    """Run the simulation on from `particles`, which are changed in place.

    On a card (`device` = ``"cuda"``) their arrays are stale between outputs: `Particles.settle` fetches them.

    Yields
    ------
    particles, redshift
        After every mesh step; the redshift is None except at an output, where positions and momenta are at
        the same time. Whoever writes down what is yielded can go on from there to the same result.
    """
    edges, outputs = step_edges(settings)
    gravity = _gravity(settings, device)
    particles.fetch = gravity.fetch
    while particles.step < len(edges) - 1:
        begin, end = edges[particles.step : particles.step + 2]
        sub = np.linspace(np.sqrt(begin), np.sqrt(end), settings.n_substeps + 1) ** 2
        gravity.sort(particles)
        gravity.kick_long(particles, middle(begin, end))
        for i, (sub_begin, sub_end) in enumerate(itertools.pairwise(sub)):
            if i > 0:
                gravity.sort(particles)
            pair_step(gravity, particles, sub_begin, sub_end, settings.n_levels)
        particles.step += 1
        if particles.step in outputs:
            gravity.sort(particles)
            gravity.kick_long(particles, end)
            gravity.kick_short(particles, np.full(settings.n_levels, end))
            gravity.release(particles)
            yield particles, outputs[particles.step]
        else:
            yield particles, None


def _gravity(settings: UniverseSettings, device: str):
    """The forces on the processor, or on a card."""
    if device == "cpu":
        return _Gravity(settings)
    from zwicky.universe.cuda import CudaGravity

    return CudaGravity(settings, device)


class _Gravity(Forces):
    """The forces of one universe, the cell sort that they share, and the memory that both use again.

    Memory is taken once, not at every step: gigabytes that are fresh from the system cost more time in page
    faults than sorting into them does.
    """

    def __init__(self, settings: UniverseSettings):
        super().__init__(settings)
        self.starts = np.zeros(0, dtype=np.int64)
        self.memory: _Memory | None = None

    def fetch(self, p: Particles) -> None:
        """The particles' arrays are always the state."""

    def release(self, p: Particles) -> None:
        """Give the memory back, for whoever looks at the particles next."""
        self.memory = None

    def sort(self, p: Particles) -> None:
        if self.memory is None:
            self.memory = _Memory(len(p.position), self.n_mesh)
        memory = self.memory
        order, self.starts = cell_sort(p.position, self.box, self.n_cells, memory.sorting)
        # What was sorted leaves its memory to the next array of the same shape.
        p.position, memory.vectors = reorder(p.position, order, memory.vectors), p.position
        p.momentum, memory.vectors = reorder(p.momentum, order, memory.vectors), p.momentum
        p.particle_id, memory.ids = reorder(p.particle_id, order, memory.ids), p.particle_id
        p.level, memory.levels = reorder(p.level, order, memory.levels), p.level

    def kick_long(self, p: Particles, a: float) -> None:
        factor = self.mesh_factor(p.a_long, a)
        potential = smoothed_potential(
            p.position, self.starts, self.n_cells, self.box, self.n_mesh, self.short.split, self.memory.mesh
        )
        kick_long(p.position, p.momentum, potential, self.box, factor)
        p.a_long = a

    def kick_short(
        self, p: Particles, until: np.ndarray, least: int = 0, pair_step: tuple[float, float] | None = None
    ) -> int:
        """Pull particles of level `least` and above on to the scale factor ``until[level]``.

        With a pair step, particles first take the level that they need in it. Returns the highest in use.
        """
        table, gauge = self.pair_factors(p.a_short, until, pair_step)
        begin = time.perf_counter()
        p.pairs += kick_short(
            p.position, p.momentum, self.starts, self.n_cells, self.box, self.short, table,
            levels=(p.level, least, gauge),
        )  # fmt: skip
        p.pair_seconds += time.perf_counter() - begin
        p.a_short = until
        return int(p.level.max())

    def drift(self, p: Particles, a: float, wrap: bool = True) -> None:
        """Move the particles on to scale factor `a`; without `wrap` they may leave the box."""
        factor = np.float32(drift_factor(self.cosmology, p.a, a))
        box = np.float32(self.box)
        parts = pieces(len(p.position), 16 * available_cores())
        run_pieces(_drift, [(p.position[i:j], p.momentum[i:j], factor, box, wrap) for i, j in parts])
        p.a = a


class _Memory:
    """Room for a mesh and for sorting n particles: 29 bytes a particle and 4 a mesh cell."""

    def __init__(self, n: int, n_mesh: int):
        self.mesh = np.empty((n_mesh, n_mesh, n_mesh + 2), dtype=np.float32)
        self.sorting = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int32)
        self.vectors = np.empty((n, 3), dtype=np.float32)
        self.ids = np.empty(n, dtype=np.uint32)
        self.levels = np.empty(n, dtype=np.uint8)


@kernel
def _drift(position, momentum, factor, box, wrap):
    for i in range(len(position)):
        for axis in range(3):
            x = position[i, axis] + factor * momentum[i, axis]
            if not wrap:
                position[i, axis] = x
                continue
            if x < 0:
                x += box
            if x >= box:
                x -= box
            # Rounding can carry a tiny negative number to exactly the box size.
            position[i, axis] = x if 0 <= x < box else np.float32(0)
