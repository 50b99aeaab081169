"""Survey conditions: what a real sample does to a cluster, drawn anew for each cluster and each look.

Everything here has a range and a source. Galaxies are not matter: they are slower or faster than it, less
concentrated, cluster more or less outside (Anbajagane et al. 2022; Hennig et al. 2017; Wu et al. 2013), and
those that fell in early are redder, colder and have fewer interlopers (Bayliss et al. 2017). Surveys reach a
radius, lose galaxies in crowded cores, put fibres no closer than so much, measure redshifts with errors,
some of them wrong altogether, and centre clusters by something that is not the centre of their mass.

The number of galaxies is drawn independently of mass, by thinning with a probability that is uniform in its
logarithm: how many galaxies there are says how sure to be, and of the mass only what the density of tracers,
where it is known, makes of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.mocks.deep import DeepViews
from zwicky.mocks.survey_kernels import observe_rows
from zwicky.mocks.survey_settings import SurveySettings
from zwicky.parallel import available_cores, pieces, run_pieces
from zwicky.tables import TRACERS, ClusterSample
from zwicky.units import SPEED_OF_LIGHT_KMS, log10_msun, mpc

if TYPE_CHECKING:
    from astropy.cosmology import FLRW

__all__ = [
    "Conditions",
    "ObservedViews",
    "draw_conditions",
    "observe",
    "sample_of",
]

_RED, _BLUE = TRACERS.index("red"), TRACERS.index("blue")

#: Columns of `Conditions` as the kernel takes them.
_KERNEL_COLUMNS = (
    "n_wanted",
    "aperture_mpc_h",
    "redshift_error_kms",
    "catastrophic",
    "core_loss",
    "pair_mpc_h",
    "centre_x_mpc_h",
    "centre_y_mpc_h",
    "centre_kms",
    "recentred",
    "velocity_bias",
    "bright_share",
    "bright_factor",
    "concentration",
    "interlopers",
    "central_share",
    "central_kms",
    "scale_r",
    "scale_v",
)


@dataclass(frozen=True, eq=False)
class Conditions:
    """How each of n clusters is observed; arrays of shape (n,) in the units of `SurveySettings`.

    `redshift` is where the observer sees the cluster, `scale_r` and `scale_v` what carries the view there
    from its simulation output at equal mass; `infall_accept`, shape (n, k), the chance of a particle of each
    time of infall to be of the sample's kind, and `accepted_share` its mean over the universe's particles.
    """

    n_wanted: np.ndarray
    redshift: np.ndarray
    aperture_mpc_h: np.ndarray
    redshift_error_kms: np.ndarray
    catastrophic: np.ndarray
    core_loss: np.ndarray
    pair_mpc_h: np.ndarray
    centre_x_mpc_h: np.ndarray
    centre_y_mpc_h: np.ndarray
    centre_kms: np.ndarray
    centre_error_kms: np.ndarray
    recentred: np.ndarray
    velocity_bias: np.ndarray
    bright_share: np.ndarray
    bright_factor: np.ndarray
    concentration: np.ndarray
    interlopers: np.ndarray
    central_share: np.ndarray
    central_kms: np.ndarray
    tracer: np.ndarray
    tracer_known: np.ndarray
    scale_r: np.ndarray
    scale_v: np.ndarray
    infall_accept: np.ndarray = field(repr=False)
    accepted_share: np.ndarray = field(repr=False)

    def __len__(self) -> int:
        return len(self.n_wanted)


@dataclass(frozen=True, eq=False)
class ObservedViews:
    """What the observer has, ragged, and what is true of it.

    Parameters
    ----------
    row : int64, shape (n,)
        Row of the deep views; looks that saw too few or too many galaxies are left out.
    look : int64, shape (n,)
        Row of the `Conditions`.
    offsets : int64, shape (n + 1,)
        Galaxies of cluster i are ``offsets[i]:offsets[i + 1]``.
    r_mpc_h, v_los : float32
        Projected radius, comoving Mpc/h, and velocity, km/s, as observed.
    is_member : bool
        True inside r200c in space.
    log10_m200c_h : float64, shape (n,)
        True mass, Msun/h.
    log10_density : float64, shape (n,)
        log10 of the comoving number density, (h/Mpc)^3, that tracers of this kind and completeness have
        in the whole universe.
    """

    row: np.ndarray
    look: np.ndarray
    offsets: np.ndarray
    r_mpc_h: np.ndarray
    v_los: np.ndarray
    is_member: np.ndarray
    log10_m200c_h: np.ndarray
    log10_density: np.ndarray

    def __len__(self) -> int:
        return len(self.row)

    @property
    def n_galaxies(self) -> np.ndarray:
        """Galaxies of each, shape (n,)."""
        return np.diff(self.offsets)


def draw_conditions(
    views: DeepViews, rows: np.ndarray, settings: SurveySettings, *, rng: np.random.Generator, **fixed: float
) -> Conditions:
    """Conditions for the views in `rows`, shape (n,).

    Parameters
    ----------
    views, rows
        What will be observed.
    settings
        Ranges to draw from.
    rng
        Randomness.
    fixed
        Columns of `Conditions` with one value for all, in place of what would be drawn.
    """
    n = len(rows)

    def uniform(span):
        return rng.uniform(*span, n)

    def log_uniform(span):
        return np.exp(rng.uniform(*np.log(span), n))

    def happens(share):
        return rng.random(n) < share

    z_view, omega_m = views.redshift[rows], views.omega_m[rows]
    mass = views.log10_m200c_h[rows]
    drawn: dict[str, np.ndarray] = {"n_wanted": log_uniform(settings.n_galaxies)}
    drawn["redshift"] = _jittered(views, z_view, settings.redshift_jitter, rng)
    low, high = settings.aperture_mpc_h
    drawn["aperture_mpc_h"] = np.where(happens(settings.full_aperture), high, uniform((low, high)))
    drawn["redshift_error_kms"] = log_uniform(settings.redshift_error_kms)
    drawn["catastrophic"] = uniform(settings.catastrophic)
    drawn["core_loss"] = np.where(happens(settings.core_loss_share), uniform(settings.core_loss), 0.0)
    arcsec = np.where(happens(settings.pair_share), log_uniform(settings.pair_arcsec), 0.0)
    beside = np.where(happens(settings.beside_galaxy_share), uniform(settings.beside_galaxy_mpc_h), 0.0)
    sigma = np.where(happens(settings.miscentred_share), uniform(settings.miscentring_mpc_h), beside)
    off = np.minimum(sigma * np.sqrt(-2.0 * np.log1p(-rng.random(n))), 2.0 * settings.miscentring_mpc_h[1])
    angle = rng.uniform(0.0, 2.0 * np.pi, n)
    drawn["centre_x_mpc_h"], drawn["centre_y_mpc_h"] = off * np.cos(angle), off * np.sin(angle)
    how = rng.random(n)
    drawn["recentred"] = (how < settings.recentred_share).astype(float)
    exact = how >= 1.0 - settings.exact_centre_share
    error = np.where(exact, 0.0, log_uniform(settings.centre_error_kms))
    drawn["centre_error_kms"] = fixed.get("centre_error_kms", error) * np.ones(n)
    drawn["centre_kms"] = drawn["centre_error_kms"] * rng.standard_normal(n)
    drawn["velocity_bias"] = uniform(settings.velocity_bias) + uniform(settings.velocity_bias_slope) * (
        mass - 14.5
    )
    drawn["bright_share"] = uniform(settings.bright_share)
    drawn["bright_factor"] = 1.0 - uniform(settings.bright_drop)
    kinds = rng.choice(len(settings.tracer_shares), n, p=settings.tracer_shares)
    drawn["tracer"] = np.full(n, int(fixed["tracer"])) if "tracer" in fixed else kinds
    drawn["tracer_known"] = happens(settings.tracer_known).astype(float)
    drawn["concentration"] = np.where(
        drawn["tracer"] == _RED,
        uniform(settings.red_concentration),
        uniform(settings.concentration),
    )
    drawn["interlopers"] = uniform(settings.interlopers)
    drawn["central_share"] = np.where(drawn["tracer"] == _BLUE, 0.0, settings.central_share)
    for name, value in fixed.items():
        if name not in drawn:
            raise ZwickyError(f"{name} is not a survey condition; use one of {', '.join(drawn)}")
        drawn[name] = np.full(n, value)
    z = drawn["redshift"]
    growth = _e(z, omega_m) / _e(z_view, omega_m)
    drawn["scale_r"] = growth ** (-2.0 / 3.0) * (1.0 + z) / (1.0 + z_view)
    drawn["scale_v"] = growth ** (1.0 / 3.0)
    drawn["central_kms"] = (
        uniform(settings.central_speed)
        * 1083.0
        * (_e(z, omega_m) * 10 ** (mass - 15.0)) ** 0.336
        * rng.standard_normal(n)
    )
    drawn["pair_mpc_h"] = np.deg2rad(arcsec / 3600.0) * _comoving_mpc_h(z, omega_m)
    accept = _infall_acceptance(views, rows, drawn["tracer"], settings, rng)
    share = np.einsum("ij,ij->i", accept, views.infall_share[rows])
    return Conditions(infall_accept=accept, accepted_share=share, **drawn)


def _infall_acceptance(views, rows, tracer, settings, rng) -> np.ndarray:
    """Chance of each time of infall to be of the kind, float64, shape (n, k)."""
    n = len(rows)
    half = rng.uniform(*settings.infall_gyr, n)[:, None]
    width = rng.uniform(*settings.infall_width_gyr, n)[:, None]
    field_red = rng.uniform(*settings.field_red, n)[:, None]
    since = views.infall_gyr[rows]
    red = field_red + (1.0 - field_red) / (1.0 + np.exp(-(since - half) / width))
    red = np.where(since < 0, field_red, red)
    kind = tracer[:, None]
    return np.where(kind == _RED, red, np.where(kind == _BLUE, 1.0 - red, 1.0))


def _jittered(views: DeepViews, z_view: np.ndarray, jitter: float, rng: np.random.Generator) -> np.ndarray:
    """Redshifts spread about the outputs, up to a share of the way to the next one, in log(1 + z)."""
    outputs = np.unique(views.redshift)
    at = np.searchsorted(outputs, z_view)
    x = np.log1p(outputs)
    below = np.diff(x, prepend=0.0)  # the lowest output reaches down to z = 0
    above = np.diff(x, append=x[-1] + (x[-1] - x[-2] if len(x) > 1 else 0.1))
    u = rng.uniform(-jitter, jitter, len(z_view))
    return np.maximum(np.expm1(x[at] + np.where(u < 0, u * below[at], u * above[at])), 0.003)


def _e(z, omega_m):
    """E(z) of a flat universe with a cosmological constant."""
    return np.sqrt(omega_m * (1.0 + z) ** 3 + 1.0 - omega_m)


def _comoving_mpc_h(z: np.ndarray, omega_m: np.ndarray) -> np.ndarray:
    """Comoving distance in Mpc/h by Gauss-Legendre quadrature; to 1e-8 below z = 3."""
    node, weight = np.polynomial.legendre.leggauss(16)
    at = 0.5 * z[:, None] * (node + 1.0)
    return SPEED_OF_LIGHT_KMS / 100.0 * 0.5 * z * (weight / _e(at, omega_m[:, None])).sum(axis=1)


def observe(
    views: DeepViews, rows: np.ndarray, conditions: Conditions, settings: SurveySettings, *, seed: int
):
    """Observe deep views under survey conditions.

    Parameters
    ----------
    views
        From `zwicky.mocks.deep.deep_views`.
    rows : int64, shape (n,)
        Views to look at; one may come more than once.
    conditions
        n of them, from `draw_conditions`.
    settings
        For the velocity cut, the bounds on the number of galaxies and the scale of losses in the core.
    seed
        Each look has a stream of random numbers of its own, whatever the number of threads.

    Returns
    -------
    ObservedViews
    """
    rows = np.ascontiguousarray(rows, dtype=np.int64)
    table = np.stack([getattr(conditions, name) for name in _KERNEL_COLUMNS], axis=1).astype(np.float64)
    accept = np.ascontiguousarray(conditions.infall_accept, dtype=np.float32)
    particles = (views.x, views.y, views.v_los, views.depth, views.infall)
    limits = (settings.v_cut_kms, settings.core_mpc_h, settings.n_min, settings.n_max)
    key = np.uint64(seed % 2**64)
    parts = run_pieces(
        observe_rows,
        [
            (rows[a:b], views.offsets, *particles, table[a:b], accept[a:b], key, a, *limits)
            for a, b in pieces(len(rows), max(4 * available_cores(), len(rows) // 256))
        ],
    )
    counts, chance, r, v, member = (np.concatenate(x) for x in zip(*parts, strict=True))
    kept = np.flatnonzero(counts > 0)
    density = views.density[rows] * chance * conditions.accepted_share
    return ObservedViews(
        row=rows[kept],
        look=kept,
        offsets=np.concatenate([[0], np.cumsum(counts[kept])]),
        r_mpc_h=r,
        v_los=v,
        is_member=member,
        log10_m200c_h=views.log10_m200c_h[rows[kept]],
        log10_density=np.log10(density[kept]),
    )


def sample_of(views: DeepViews, drawn: Conditions, seen: ObservedViews, cosmology: FLRW) -> ClusterSample:
    """What was observed as the table that every estimator takes, with what the observer knows in each row.

    Radii and masses, which views hold in units of h, are those of an observer who believes in `cosmology`.
    Where velocities were put on the median of the inner galaxies, the error of the centre is not known.
    """
    h, i = cosmology.h, seen.look
    n = len(seen)
    return ClusterSample(
        cosmology=cosmology,
        cluster_id=np.arange(n),
        halo_id=views.halo_id[seen.row],
        direction=np.full((n, 3), np.nan),
        redshift=drawn.redshift[i],
        log10_m200c=log10_msun(seen.log10_m200c_h, h),
        n_true=np.add.reduceat(seen.is_member, seen.offsets[:-1]) if n else np.zeros(0),
        fold=np.full(n, -1),
        offsets=seen.offsets,
        r_proj_comoving=mpc(seen.r_mpc_h, h),
        v_los=seen.v_los,
        is_member=seen.is_member,
        aperture_mpc=mpc(drawn.aperture_mpc_h[i], h),
        v_cut_kms=np.full(n, np.nan),
        redshift_error_kms=drawn.redshift_error_kms[i],
        centre_error_kms=np.where(drawn.recentred[i] > 0, np.nan, drawn.centre_error_kms[i]),
        tracer_density=10.0**seen.log10_density * h**3,
        tracer=np.where(drawn.tracer_known[i] > 0, drawn.tracer[i], -1),
        meta={"source": "deep views under survey conditions"},
    )
