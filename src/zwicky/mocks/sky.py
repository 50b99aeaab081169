"""A mock survey with its truth: galaxies and clusters of a universe as they stand in an observer's tables."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.mocks.light_cone import Seen, copies, hubble_flow_to, moving_redshift, see, shells
from zwicky.mocks.sky_settings import SkySettings
from zwicky.tables import GalaxyTable, HaloTable, rows_of
from zwicky.units import log10_msun_h, mpc

if TYPE_CHECKING:
    from astropy.cosmology import FLRW

__all__ = ["MockSky", "mock_sky", "number_brighter"]

#: Schechter function of Blanton et al. (2003): M* - 5 log h, alpha, phi* in (h/Mpc)^3.
_SCHECHTER = (-20.44, -1.05, 1.49e-2)

#: Galaxies are sorted by right ascension in bands of declination of so many degrees.
_BAND_DEG = 4.0


@dataclass(frozen=True, eq=False)
class MockSky:
    """Columns by name, each of one length a table.

    Parameters
    ----------
    galaxies
        What an observer has: ``galaxy_id``, ``ra``, ``dec`` (degrees) and ``z``, NaN where a target got no
        redshift.
    clusters
        ``cluster_id``, ``ra``, ``dec``, ``z`` and how they were observed: ``redshift_error_kms``,
        ``centre_error_kms``, ``tracer``.
    true_galaxies
        ``galaxy_id``, ``cluster_id`` of the cluster whose r200c holds it (-1 for none), ``z_cosmological``,
        ``z_true`` without the error, and ``has_redshift``.
    true_clusters
        ``cluster_id``, ``halo_id`` and ``redshift`` of the output, ``log10_m200c`` in Msun, ``ra_true``,
        ``dec_true``, ``z_cosmological``, ``z_true``, ``n_true`` members among the targets, and the
        ``completeness`` of their redshifts.
    """

    galaxies: dict[str, np.ndarray] = field(repr=False)
    clusters: dict[str, np.ndarray] = field(repr=False)
    true_galaxies: dict[str, np.ndarray] = field(repr=False)
    true_clusters: dict[str, np.ndarray] = field(repr=False)

    def __repr__(self) -> str:
        n = int(np.isfinite(self.galaxies["z"]).sum())
        return f"<MockSky: {n} galaxies with redshifts, {len(self.clusters['cluster_id'])} clusters>"


def mock_sky(
    snapshots: Sequence[tuple[HaloTable, GalaxyTable]],
    settings: SkySettings,
    *,
    rng: np.random.Generator,
    observer: np.ndarray | None = None,
) -> MockSky:
    """Survey a periodic universe from within.

    Parameters
    ----------
    snapshots
        Halos and galaxies of one universe, an output each, in any order.
    settings
        The survey.
    rng
        Source of the observer's place, of errors and of what is missed.
    observer : shape (3,), optional
        His place in the box, comoving Mpc.

    Raises
    ------
    ZwickyError
        If there is no output, or more galaxies are asked for than there are tracers.
    """
    if not snapshots:
        raise ZwickyError("no output to look at; give at least one")
    snapshots = sorted(snapshots, key=lambda one: one[0].snapshot.redshift)
    first = snapshots[0][0].snapshot
    observer = rng.uniform(0.0, first.box_size, 3) if observer is None else np.asarray(observer, dtype=float)
    flow = hubble_flow_to(first.cosmology, settings.z_max)
    mask = _Mask.draw(settings, rng=rng)
    spans = shells([halos.snapshot.redshift for halos, _ in snapshots], settings.z_min, settings.z_max)
    galaxies, clusters, n_clusters = [], [], 0
    for (halos, tracers), span in zip(snapshots, spans, strict=True):
        if span[0] >= span[1]:
            continue
        share = _share(tracers, settings)
        tracers = _biased(halos, tracers, settings.velocity_bias)
        massive = log10_msun_h(np.log10(halos.m200c), first.cosmology.h) >= settings.least_log10_m200c_h
        number_of = np.full(len(halos), -1, dtype=np.int64)
        low, high = (float(flow.distance(z)) for z in span)
        for shift in copies(first.box_size, observer, low, high):
            found = see(halos, observer, shift, span, flow)
            found = found[massive[found.row] & mask.lets_through(found)]
            number_of[:] = -1
            number_of[found.row] = n_clusters + np.arange(len(found))
            n_clusters += len(found)
            clusters.append(_true_clusters(halos, found, number_of[found.row]))
            seen = see(tracers, observer, shift, span, flow)
            seen = seen[mask.lets_through(seen) & _deep_enough(seen, tracers, share, settings, rng)]
            galaxies.append(_true_galaxies(halos, tracers, seen, number_of))
    return _observed(_joined(galaxies), _joined(clusters), settings, first.cosmology, rng)


def _share(tracers: GalaxyTable, settings: SkySettings) -> float:
    """Share of the tracers that a volume-limited survey sees."""
    there = len(tracers) / tracers.snapshot.volume_mpc_h3
    wanted = settings.density_h3_mpc3
    if wanted is None:
        return 1.0
    if wanted > there * (1 + 1e-9):
        raise ZwickyError(
            f"density_h3_mpc3 = {wanted:g}: the universe has {there:.4g} tracers per (Mpc/h)^3; give no more"
        )
    return wanted / there


def _biased(halos: HaloTable, tracers: GalaxyTable, bias: float) -> GalaxyTable:
    """Galaxies whose velocities about their halo are `bias` times those that they had."""
    if bias == 1.0:
        return tracers
    host = rows_of(halos.halo_id, tracers.host_id)
    mine = np.flatnonzero(host >= 0)
    velocity = np.array(tracers.velocity)
    about = halos.velocity[host[mine]]
    velocity[mine] = about + bias * (velocity[mine] - about)
    return dataclasses.replace(tracers, velocity=velocity)


def _deep_enough(
    seen: Seen, tracers: GalaxyTable, share: float, settings: SkySettings, rng: np.random.Generator
) -> np.ndarray:
    """Which galaxies the survey reaches; luminosities are drawn anew in every copy of the box."""
    if settings.flux_limit is not None:
        snapshot = tracers.snapshot
        # M - 5 log h of a galaxy at the limit: the distance modulus in Mpc/h, without K-correction.
        luminosity_distance_h = seen.distance * (1.0 + seen.z_cosmological) * snapshot.cosmology.h
        faintest = settings.flux_limit - 25.0 - 5.0 * np.log10(luminosity_distance_h)
        share = np.minimum(number_brighter(faintest) / (len(tracers) / snapshot.volume_mpc_h3), 1.0)
    return rng.random(len(seen)) < share


def number_brighter(magnitude: np.ndarray) -> np.ndarray:
    """Galaxies per (Mpc/h)^3 brighter than M - 5 log h in r at z = 0.1, Blanton et al. (2003).

    >>> number_brighter(np.array([-20.44, -18.0])).round(4)
    array([0.0032, 0.0279])
    """
    from scipy.special import gamma, gammaincc

    brightest, alpha, number = _SCHECHTER
    x = 10.0 ** (0.4 * (brightest - np.asarray(magnitude, dtype=float)))
    # Gamma(a, x) of a between -1 and 0 by its recurrence from a + 1.
    a = alpha + 1.0
    return number * (gamma(a + 1.0) * gammaincc(a + 1.0, x) - x**a * np.exp(-x)) / a


@dataclass(frozen=True, eq=False)
class _Mask:
    """The region of a survey, and unit vectors towards its holes, shape (k, 3)."""

    settings: SkySettings
    holes: np.ndarray

    @classmethod
    def draw(cls, settings: SkySettings, *, rng: np.random.Generator) -> _Mask:
        """Holes anywhere on the sky."""
        towards = rng.normal(size=(settings.holes, 3))
        return cls(settings, towards / np.linalg.norm(towards, axis=1, keepdims=True))

    def lets_through(self, seen: Seen) -> np.ndarray:
        """Which places are inside the region and outside the holes, bool, shape (n,)."""
        low_ra, high_ra, low_dec, high_dec = self.settings.region_deg
        inside = (seen.ra >= low_ra) & (seen.ra <= high_ra) & (seen.dec >= low_dec) & (seen.dec <= high_dec)
        if len(self.holes) and len(seen):
            from scipy.spatial import cKDTree

            chord = 2.0 * np.sin(0.5 * np.radians(self.settings.hole_deg))
            distance, _ = cKDTree(self.holes).query(_towards(seen.ra, seen.dec))
            inside &= distance > chord
        return inside


def _towards(ra_deg: np.ndarray, dec_deg: np.ndarray) -> np.ndarray:
    ra, dec = np.radians(ra_deg), np.radians(dec_deg)
    return np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=-1)


def _true_clusters(halos: HaloTable, seen: Seen, number: np.ndarray) -> dict[str, np.ndarray]:
    return {
        "cluster_id": number,
        "halo_id": halos.halo_id[seen.row],
        "redshift": np.full(len(seen), halos.snapshot.redshift),
        "log10_m200c": np.log10(halos.m200c[seen.row]),
        "ra_true": seen.ra,
        "dec_true": seen.dec,
        "z_cosmological": seen.z_cosmological,
        "z_true": seen.z,
        "distance": seen.distance,
    }


def _true_galaxies(
    halos: HaloTable, tracers: GalaxyTable, seen: Seen, number_of: np.ndarray
) -> dict[str, np.ndarray]:
    host = rows_of(halos.halo_id, tracers.host_id[seen.row])
    return {
        "cluster_id": np.where(host >= 0, number_of[host], -1),
        "z_cosmological": seen.z_cosmological,
        "z_true": seen.z,
        "ra": seen.ra,
        "dec": seen.dec,
    }


def _joined(parts: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]} if parts else {}


def _observed(
    galaxies: dict[str, np.ndarray],
    clusters: dict[str, np.ndarray],
    settings: SkySettings,
    cosmology: FLRW,
    rng: np.random.Generator,
) -> MockSky:
    """What the survey writes down of what it could have seen."""
    if not galaxies or not len(galaxies["ra"]) or not len(clusters["cluster_id"]):
        raise ZwickyError(
            "the survey holds no galaxies or no clusters; widen its region or its redshifts, or look for "
            "lighter halos"
        )
    n, n_clusters = len(galaxies["ra"]), len(clusters["cluster_id"])
    # Sorted by place, so that whoever reads a part of the sky reads little else.
    order = np.lexsort((galaxies["ra"], np.floor(galaxies["dec"] / _BAND_DEG)))
    galaxies = {name: values[order] for name, values in galaxies.items()}
    z = moving_redshift(galaxies["z_true"], rng.normal(0.0, settings.redshift_error_kms, n))
    has = rng.random(n) < settings.completeness
    has &= ~_collided(galaxies["ra"], galaxies["dec"], settings.collision_arcsec, rng)
    of = galaxies["cluster_id"]
    n_true = np.bincount(of[of >= 0], minlength=n_clusters)
    n_has = np.bincount(of[(of >= 0) & has], minlength=n_clusters)
    distance = clusters.pop("distance")
    ra, dec = _moved(clusters["ra_true"], clusters["dec_true"], distance, settings, cosmology, rng)
    ids = np.arange(n)
    return MockSky(
        galaxies={
            "galaxy_id": ids,
            "ra": galaxies.pop("ra"),
            "dec": galaxies.pop("dec"),
            "z": np.where(has, z, np.nan),
        },
        clusters={
            "cluster_id": clusters["cluster_id"],
            "ra": ra,
            "dec": dec,
            "z": moving_redshift(clusters["z_true"], rng.normal(0.0, settings.centre_error_kms, n_clusters)),
            "redshift_error_kms": np.full(n_clusters, settings.redshift_error_kms),
            "centre_error_kms": np.full(n_clusters, settings.centre_error_kms),
            "tracer": np.full(n_clusters, "all"),
        },
        true_galaxies={"galaxy_id": ids, **galaxies, "has_redshift": has},
        true_clusters={
            **clusters,
            "n_true": n_true,
            "completeness": np.where(n_true > 0, n_has / np.maximum(n_true, 1), np.nan),
        },
    )


def _collided(
    ra_deg: np.ndarray, dec_deg: np.ndarray, distance_arcsec: float, rng: np.random.Generator
) -> np.ndarray:
    """Targets that lose their fibre to a nearer one: by random priority, none left has such a neighbour."""
    lost = np.zeros(len(ra_deg), dtype=bool)
    if distance_arcsec == 0.0:
        return lost
    from scipy.spatial import cKDTree

    chord = 2.0 * np.sin(0.5 * np.radians(distance_arcsec / 3600.0))
    pairs = cKDTree(_towards(ra_deg, dec_deg)).query_pairs(chord, output_type="ndarray")
    priority = rng.permutation(len(ra_deg))
    first = np.where(priority[pairs[:, 0]] < priority[pairs[:, 1]], pairs[:, 0], pairs[:, 1])
    second = pairs.sum(axis=1) - first
    # In the order of the one that would stay: it takes the other's fibre if it has kept its own.
    for stays, goes in zip(*(x[np.argsort(priority[first])] for x in (first, second)), strict=True):
        lost[goes] |= not lost[stays]
    return lost


def _moved(
    ra_deg: np.ndarray,
    dec_deg: np.ndarray,
    distance: np.ndarray,
    settings: SkySettings,
    cosmology: FLRW,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Centres, some of which were put beside the halo, in degrees."""
    n = len(ra_deg)
    off = rng.random(n) < settings.miscentred
    angle = mpc(rng.rayleigh(settings.miscentring_mpc_h, n), cosmology.h) / distance * off
    turn = rng.uniform(0.0, 2.0 * np.pi, n)
    dec = np.radians(dec_deg)
    sin_dec = np.sin(dec) * np.cos(angle) + np.cos(dec) * np.sin(angle) * np.cos(turn)
    east = np.arctan2(np.sin(turn) * np.sin(angle) * np.cos(dec), np.cos(angle) - np.sin(dec) * sin_dec)
    moved = (ra_deg + np.degrees(east)) % 360.0, np.degrees(np.arcsin(np.clip(sin_dec, -1.0, 1.0)))
    return tuple(np.where(off, new, old) for new, old in zip(moved, (ra_deg, dec_deg), strict=True))
