"""Deep views of simulated clusters: every tracer of a wide cylinder, for mock surveys to be drawn from.

A deep view holds more than any survey sees: a cylinder wider and longer than the one that is weighed, all
particles in it, where each stands inside the halo and when it first fell into one. What a survey makes of
it is drawn anew every time, by `zwicky.mocks.conditions`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.mocks.cylinders import cut_cylinders
from zwicky.mocks.directions import even_lines, random_rotation
from zwicky.mocks.grid import galaxy_grid
from zwicky.mocks.survey_kernels import DEPTH_STEPS
from zwicky.mocks.survey_settings import DEEP_APERTURE_MPC_H, DEEP_V_CUT_KMS
from zwicky.tables import ClusterSample, Cylinder, GalaxyTable, HaloTable
from zwicky.units import log10_msun_h, mpc_h

__all__ = [
    "DeepViews",
    "InfallHistory",
    "choose_lines",
    "concatenate_views",
    "deep_views",
    "halo_numbers",
    "views_of_sample",
]

#: Halos that make a particle "fallen in" have at least this log10 M200c in Msun/h.
_INFALL_LOG10_MASS_H = 12.8
#: Lines of sight cut at once: bounds the memory of separations.
_BATCH = 2048


@dataclass(frozen=True, eq=False)
class DeepViews:
    """n deep views with their particles, ragged.

    Parameters
    ----------
    universe, halo_id : int64, shape (n,)
        Which simulation, by the caller's number, and which of its halos.
    redshift, log10_m200c_h : float64, shape (n,)
        Of the halo; mass in Msun/h.
    density : float64, shape (n,)
        Number density of all particles of the snapshot, comoving (h/Mpc)^3.
    infall_gyr, infall_share : float64, shape (n, k)
        The times of infall that the snapshot's particles have, in Gyr before it, and the share of all its
        particles that has each; never is -1.
    omega_m : float64, shape (n,)
        Matter density of its flat universe, for E(z).
    offsets : int64, shape (n + 1,)
        Particles of view i are ``offsets[i]:offsets[i + 1]``.
    x, y : float32
        Projected separation from the halo's centre, comoving Mpc/h.
    v_los : float32
        Line-of-sight velocity in the halo's rest frame, km/s.
    depth : uint8
        Distance from the centre in units of r200c / 250 inside it; 255 outside.
    infall : uint8
        Column of `infall_gyr` that holds the time since the particle first lay in a halo.
    """

    universe: np.ndarray
    halo_id: np.ndarray
    redshift: np.ndarray
    log10_m200c_h: np.ndarray
    density: np.ndarray
    omega_m: np.ndarray
    infall_gyr: np.ndarray = field(repr=False)
    infall_share: np.ndarray = field(repr=False)
    offsets: np.ndarray = field(repr=False)
    x: np.ndarray = field(repr=False)
    y: np.ndarray = field(repr=False)
    v_los: np.ndarray = field(repr=False)
    depth: np.ndarray = field(repr=False)
    infall: np.ndarray = field(repr=False)

    def __len__(self) -> int:
        return len(self.halo_id)

    def __repr__(self) -> str:
        halos = halo_numbers(self).max(initial=-1) + 1
        return f"<DeepViews: {len(self)} of {halos} halos, {len(self.x)} particles>"


#: Arrays of `DeepViews` with one entry a view, and with one a particle.
VIEW_COLUMNS = (
    "universe",
    "halo_id",
    "redshift",
    "log10_m200c_h",
    "density",
    "omega_m",
    "infall_gyr",
    "infall_share",
)
PARTICLE_COLUMNS = ("x", "y", "v_los", "depth", "infall")


def halo_numbers(views: DeepViews) -> np.ndarray:
    """A number for each halo, so that what is one halo is counted once.

    A halo is known by its universe and its id; that of a constrained peak has one id at all outputs
    (`zwicky.mocks.deep_universes`). Halos of boxes have ids of their output: what one was at an earlier
    output counts again.

    Parameters
    ----------
    views
        Of any universes.

    Returns
    -------
    int64, shape (n,)
        From 0 on, none left out.

    Examples
    --------
    >>> from zwicky.mocks.deep import concatenate_views, halo_numbers, views_of_sample
    >>> views = views_of_sample(sample[:20])
    >>> int(halo_numbers(concatenate_views([views, views])).max()) + 1 == len(np.unique(sample[:20].halo_id))
    True
    """
    both = np.stack([views.universe, views.halo_id], axis=1)
    return np.unique(both, axis=0, return_inverse=True)[1].reshape(-1)


class InfallHistory:
    """When the tracers of a universe first lay in a halo, followed from output to output.

    Tracers are the same particles at every output, known by number, so that one pass over the outputs,
    earliest first, says for each when it fell in, as finely as there are outputs. Central galaxies are no
    particles and are left to the survey.

    Examples
    --------
    >>> history = InfallHistory()
    >>> history.advance(np.array([1, 2]), np.array([False, True]), age_gyr=6.0)
    >>> history.advance(np.array([1, 2]), np.array([True, True]), age_gyr=9.0)
    >>> history.lookback_gyr(10.0).tolist(), history.event(np.array([1, 2, 3])).tolist()
    ([4.0, 1.0, -1.0], [1, 0, 2])
    """

    def __init__(self):
        self._ages: list[float] = []
        self._id = np.zeros(0, dtype=np.int64)  # rising
        self._event = np.zeros(0, dtype=np.uint8)

    def advance(self, galaxy_id: np.ndarray, in_halo: np.ndarray, age_gyr: float) -> None:
        """Note who is in a halo at an output; `age_gyr` is the universe's age then."""
        now = np.sort(galaxy_id[in_halo])  # np.unique hashes, which takes ten times as long
        now = now[np.diff(now, prepend=now[:1] - 1) > 0]
        new = np.setdiff1d(now, self._id, assume_unique=True)
        place = np.searchsorted(self._id, new)
        self._id = np.insert(self._id, place, new)
        self._event = np.insert(self._event, place, np.uint8(len(self._ages)))
        self._ages.append(float(age_gyr))

    def lookback_gyr(self, age_gyr: float) -> np.ndarray:
        """Gyr from each output so far to `age_gyr`, and -1, which stands for never; shape (k + 1,)."""
        return np.array([*(age_gyr - age for age in self._ages), -1.0])

    def event(self, galaxy_id: np.ndarray) -> np.ndarray:
        """Entry of `lookback_gyr` at which each tracer fell in, uint8, shape (n,)."""
        if len(self._id) == 0:
            return np.full(len(galaxy_id), len(self._ages), dtype=np.uint8)
        place = np.searchsorted(self._id, galaxy_id).clip(max=len(self._id) - 1)
        return np.where(self._id[place] == galaxy_id, self._event[place], len(self._ages)).astype(np.uint8)


def in_group(halos: HaloTable, galaxies: GalaxyTable) -> np.ndarray:
    """Which galaxies lie in a halo that makes them fallen in: bool, shape (n_galaxies,)."""
    massive = log10_msun_h(np.log10(halos.m200c), halos.snapshot.cosmology.h) >= _INFALL_LOG10_MASS_H
    return np.isin(galaxies.host_id, halos.halo_id[massive])


def choose_lines(
    log10_m200c_h: Sequence[np.ndarray],
    edges: np.ndarray,
    per_bin: int,
    most: int,
    *,
    rng: np.random.Generator,
) -> list[tuple[np.ndarray, np.ndarray]]:
    """How often each halo of several catalogues is looked at, for a flat mass function of all together.

    Parameters
    ----------
    log10_m200c_h
        One array of masses a catalogue.
    edges
        Edges of the bins of mass.
    per_bin
        Views that each bin is to have.
    most
        Most views of one halo.
    rng
        Chooses among the halos of full bins.

    Returns
    -------
    list of (row, lines)
        For each catalogue, rows of the halos looked at and their numbers of lines of sight.
    """
    which = np.concatenate([np.full(len(m), i) for i, m in enumerate(log10_m200c_h)])
    row = np.concatenate([np.arange(len(m)) for m in log10_m200c_h])
    mass_bin = np.digitize(np.concatenate(list(log10_m200c_h)), edges) - 1
    lines = np.zeros(len(row), dtype=np.int64)
    for b in range(len(edges) - 1):
        inside = rng.permutation(np.flatnonzero(mass_bin == b))
        if len(inside) >= per_bin:
            lines[inside[:per_bin]] = 1
        elif len(inside):
            each, extra = divmod(per_bin, len(inside))
            lines[inside] = each
            lines[inside[:extra]] += 1
    lines = np.minimum(lines, most)
    return [
        (row[here], lines[here]) for here in ((which == i) & (lines > 0) for i in range(len(log10_m200c_h)))
    ]


def deep_views(
    halos: HaloTable,
    galaxies: GalaxyTable,
    history: InfallHistory,
    row: np.ndarray,
    lines: np.ndarray,
    universe: int,
    *,
    rng: np.random.Generator,
) -> DeepViews:
    """Look at halos of one snapshot.

    Parameters
    ----------
    halos, galaxies
        One snapshot, `galaxies` without centrals.
    history
        Of the universe, up to this snapshot.
    row, lines : shape (m,)
        Rows of `halos`, and along how many lines of sight each is seen.
    universe
        A number for the simulation.
    rng
        Orients each halo's lines of sight.

    Raises
    ------
    ZwickyError
        If nothing is looked at.
    """
    if len(row) == 0:
        raise ZwickyError("no halo to look at; lower the least mass, or give another universe")
    snapshot = halos.snapshot
    h = snapshot.cosmology.h
    seen = np.repeat(row, lines)
    direction = np.concatenate([even_lines(int(n)) @ random_rotation(rng=rng).T for n in lines])
    # A halo is as often seen from the front as from the back.
    direction *= rng.choice([-1.0, 1.0], len(direction))[:, None]
    grid = galaxy_grid(galaxies)
    infall = history.event(galaxies.galaxy_id)
    times = history.lookback_gyr(float(snapshot.cosmology.age(snapshot.redshift).to_value("Gyr")))
    parts: list[dict[str, np.ndarray]] = []
    counts = []
    for first in range(0, len(seen), _BATCH):
        here = slice(first, first + _BATCH)
        halo, toward = seen[here], direction[here]
        found = cut_cylinders(
            grid,
            halos.position[halo],
            halos.velocity[halo],
            toward,
            Cylinder(DEEP_APERTURE_MPC_H, DEEP_V_CUT_KMS, h=1.0),
        )
        counts.append(found.counts)
        parts.append(_particles(halos, galaxies, infall, found, halo, toward))
    share = np.bincount(infall, minlength=len(times)) / len(infall)
    n = len(seen)
    return DeepViews(
        universe=np.full(n, universe, dtype=np.int64),
        halo_id=halos.halo_id[seen],
        redshift=np.full(n, snapshot.redshift),
        log10_m200c_h=log10_msun_h(np.log10(halos.m200c[seen]), h),
        density=np.full(n, len(galaxies) / snapshot.volume_mpc_h3),
        omega_m=np.full(n, float(snapshot.cosmology.Om0)),
        infall_gyr=np.tile(times, (n, 1)),
        infall_share=np.tile(share, (n, 1)),
        offsets=np.concatenate([[0], np.cumsum(np.concatenate(counts))]),
        **{name: np.concatenate([part[name] for part in parts]) for name in PARTICLE_COLUMNS},
    )


def _particles(halos, galaxies, infall, found, halo, toward) -> dict[str, np.ndarray]:
    """Columns of the particles of some views."""
    snapshot = halos.snapshot
    h, box = snapshot.cosmology.h, snapshot.box_size
    view = np.repeat(np.arange(len(halo)), found.counts)
    separation = galaxies.position[found.galaxy] - halos.position[halo][view]
    separation -= box * np.round(separation / box)
    # Any two axes across the line of sight: the view is turned about it at random when it is observed.
    least = np.eye(3)[np.argmin(np.abs(toward), axis=1)]
    first = np.cross(toward, least)
    first /= np.linalg.norm(first, axis=1)[:, None]
    second = np.cross(toward, first)
    depth = np.linalg.norm(separation, axis=1) / halos.r200c[halo][view]
    hosted = galaxies.host_id[found.galaxy] == halos.halo_id[halo][view]
    return {
        "x": (h * np.einsum("ij,ij->i", separation, first[view])).astype(np.float32),
        "y": (h * np.einsum("ij,ij->i", separation, second[view])).astype(np.float32),
        "v_los": found.v_los,
        "depth": np.where(hosted, np.rint(DEPTH_STEPS * np.minimum(depth, 1.0)), 255).astype(np.uint8),
        "infall": infall[found.galaxy],
    }


def concatenate_views(views: Sequence[DeepViews]) -> DeepViews:
    """All views of several, in order; infall tables are padded with shares of zero."""
    width = max(v.infall_gyr.shape[1] for v in views)

    def padded(name, value):
        return np.concatenate(
            [
                np.pad(
                    getattr(v, name), ((0, 0), (0, width - getattr(v, name).shape[1])), constant_values=value
                )
                for v in views
            ]
        )

    columns = {
        name: np.concatenate([getattr(v, name) for v in views])
        for name in (*VIEW_COLUMNS, *PARTICLE_COLUMNS)
        if not name.startswith("infall_")
    }
    counts = np.concatenate([np.diff(v.offsets) for v in views])
    return DeepViews(
        offsets=np.concatenate([[0], np.cumsum(counts)]),
        infall_gyr=padded("infall_gyr", -1.0),
        infall_share=padded("infall_share", 0.0),
        **columns,
    )


def views_of_sample(sample: ClusterSample) -> DeepViews:
    """Cylinders that were cut already, taken for deep views: what they lack, no survey can lose.

    Galaxies stand at the angle zero, true members halfway out and in the halo for ever; where a row does not
    say its tracers' density, that is the mean density of the galaxies in its cylinder.
    """
    h, n = sample.cosmology.h, len(sample)
    density = sample.tracer_density / h**3
    shape = np.pi * mpc_h(sample.cylinder.aperture_mpc, h) ** 2
    length = (
        2.0
        * sample.cylinder.v_cut_kms
        * (1.0 + sample.redshift)
        / (100.0 * sample.cosmology.efunc(sample.redshift))
    )
    density = np.where(np.isfinite(density), density, sample.n_galaxies / (shape * length))
    return DeepViews(
        universe=np.zeros(n, dtype=np.int64),
        halo_id=sample.halo_id,
        redshift=sample.redshift,
        log10_m200c_h=sample.log10_m200c_h,
        density=density,
        omega_m=np.full(n, float(sample.cosmology.Om0)),
        infall_gyr=np.zeros((n, 1)),
        infall_share=np.ones((n, 1)),
        offsets=sample.offsets,
        x=mpc_h(sample.r_proj_comoving, h).astype(np.float32),
        y=np.zeros(len(sample.r_proj_comoving), dtype=np.float32),
        v_los=sample.v_los,
        depth=np.where(sample.is_member, DEPTH_STEPS // 2, 255).astype(np.uint8),
        infall=np.zeros(len(sample.r_proj_comoving), dtype=np.uint8),
    )
