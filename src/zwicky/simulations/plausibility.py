"""Whether an imported catalogue is physically plausible: what a wrong factor of h or unit would break.

Every check compares a number with one that follows from independent physics. It warns with both, and refuses
nothing: a simulation may be unusual.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.integrate import trapezoid

from zwicky.tables import GalaxyTable, HaloTable, Snapshot, rows_of, rvir
from zwicky.theory import mass_function
from zwicky.units import critical_density, log10_msun, mpc_h
from zwicky.universe.relations import EVRARD_2008

__all__ = ["GalaxyFacts", "HaloFacts", "expected_mass_function", "satellites_over_evrard", "warnings_of"]

#: Where the normalisation and the baryons are not known: values near those of every recent simulation. The
#: number of clusters changes by a third for 0.05 in sigma8.
USUAL_SIGMA8, USUAL_N_S, USUAL_BARYON_SHARE = 0.82, 0.965, 0.157

#: Largest plausible deviations: of a virial radius from its mass (equal by definition), of sigma from Evrard
#: et al. (2008), of the share of the box that galaxies span from one; and of the number of clusters, as a
#: factor, where the normalisation of the power spectrum is not known and where it is.
RADIUS, SIGMA, UNFILLED, NUMBER, NUMBER_KNOWN = 0.05, 0.10, 0.05, 1.6, 1.35
#: M200c over the virial mass lies in here for any concentration of a massive halo, z = 0 to 2.
M200C_OVER_MVIR = (0.70, 1.02)
#: One-dimensional rms of peculiar velocities in km/s.
HALO_RMS, GALAXY_RMS = (100.0, 600.0), (150.0, 900.0)
#: Dispersion of satellites over Evrard et al. (2008): 0.96 in a universe of our own, 1.09 to 1.11 in SAGE on
#: Mini-Millennium. Velocities times the scale factor show from z = 0.2 on, over its root from z = 0.5.
MEMBERS = (0.85, 1.15)
#: Fewer objects than this say nothing.
ENOUGH = 20


@dataclass(frozen=True, eq=False)
class HaloFacts:
    """What the halo catalogue has beyond a `HaloTable`; None where it has not. Arrays have one entry a host.

    Parameters
    ----------
    mvir : float64, shape (n,)
        Virial mass, Msun.
    rvir : float64, shape (n,)
        Virial radius, comoving Mpc.
    n_particles : int64, shape (n,)
        Particles of each.
    particle_mass_msun_h
        Mass of a particle in Msun/h.
    outside
        Share of all halos seen that lay outside the box by more than rounding.
    """

    mvir: np.ndarray | None = None
    rvir: np.ndarray | None = None
    n_particles: np.ndarray | None = None
    particle_mass_msun_h: float | None = None
    outside: float = 0.0


@dataclass(frozen=True, eq=False)
class GalaxyFacts:
    """What the galaxies say: all of them, before any cut on stellar mass.

    Parameters
    ----------
    low, high : float64, shape (3,)
        Least and largest coordinates, comoving Mpc.
    rms_kms
        One-dimensional rms of the peculiar velocities.
    n
        Galaxies seen.
    outside
        Share that lay outside the box by more than rounding.
    displaced
        Share of the hosts whose own galaxy lies outside r200c.
    mvir : float64, shape (n_hosts,)
        Virial mass that the galaxy catalogue has for each host, Msun, NaN where it has none.
    members
        Dispersion of the satellites over the published one, from `satellites_over_evrard`; None if unknown.
    """

    low: np.ndarray
    high: np.ndarray
    rms_kms: float
    n: int
    outside: float
    displaced: float
    mvir: np.ndarray
    members: float | None = None


def expected_mass_function(log10_m200c_h: np.ndarray, snapshot: Snapshot, sigma8: float | None) -> np.ndarray:
    """Mass function of Tinker et al. (2008), dn / dlog10 M200c per comoving Mpc^3.

    Parameters
    ----------
    log10_m200c_h : float64, shape (n,)
        log10 of M200c in Msun/h.
    snapshot
        Redshift and cosmology; baryons are the usual share where it does not say.
    sigma8
        Normalisation of the power spectrum; the usual one where it is None.
    """
    cosmology = snapshot.cosmology
    if not cosmology.Ob0:
        baryons = {"Ob0": USUAL_BARYON_SHARE * cosmology.Om0}
        cosmology = type(cosmology)(**{**cosmology.parameters, **baryons}, name=cosmology.name)
    mass = 10.0 ** log10_msun(log10_m200c_h, cosmology.h)
    return mass_function(mass, snapshot.redshift, cosmology, sigma8 or USUAL_SIGMA8, USUAL_N_S)


def warnings_of(
    halos: HaloTable,
    halo_facts: HaloFacts,
    galaxy_facts: GalaxyFacts,
    min_log10_m200c_h: float,
    sigma8: float | None = None,
) -> list[str]:
    """What is implausible, a line each with its numbers; empty if nothing is.

    Parameters
    ----------
    halos
        The host halos.
    halo_facts, galaxy_facts
        What the files say beyond the tables.
    min_log10_m200c_h
        Least log10 of M200c in Msun/h of a host.
    sigma8
        Normalisation of the power spectrum where it is known.
    """
    return [
        *_positions(halos, halo_facts, galaxy_facts),
        *_radii(halos, halo_facts),
        *_mass_definitions(halos, halo_facts, galaxy_facts),
        *_particles(halos, halo_facts),
        *_velocities(halos, galaxy_facts),
        *_dispersions(halos),
        *_members(halos, galaxy_facts),
        *_numbers(halos, min_log10_m200c_h, sigma8),
    ]


def _positions(halos: HaloTable, halo_facts: HaloFacts, facts: GalaxyFacts) -> Iterator[str]:
    box = halos.snapshot.box_size
    h = halos.snapshot.cosmology.h
    for what, share in (("halos", halo_facts.outside), ("galaxies", facts.outside)):
        if share > 0.001:
            yield (
                f"{share:.1%} of the {what} lie outside the box of {mpc_h(box, h):g} Mpc/h and were "
                "wrapped: is the box too small, or are positions in other units than thought?"
            )
    filled = float(np.min(facts.high - facts.low)) / box
    if facts.n >= 50 * ENOUGH and filled < 1.0 - UNFILLED:
        yield (
            f"the galaxies span {filled:.3f} of the box of {mpc_h(box, h):g} Mpc/h: is the box too large, "
            f"or is a factor h (1/h = {1 / h:.3f}) missing in the positions?"
        )
    if facts.displaced > 0.05:
        yield (
            f"{facts.displaced:.0%} of the hosts have their own galaxy outside r200c: are the positions of "
            "halos and galaxies in different units, or of different snapshots?"
        )


def _radii(halos: HaloTable, facts: HaloFacts) -> Iterator[str]:
    if facts.rvir is None:
        return
    if facts.mvir is not None:
        ratio = _median_ratio(facts.rvir, rvir(facts.mvir, halos.snapshot))
        low, high, law = 1.0 - RADIUS, 1.0 + RADIUS, "the virial masses (Bryan & Norman 1998) imply"
    else:
        ratio = _median_ratio(facts.rvir, halos.r200c)
        low, high, law = 1.1, 1.6, "r200c from M200c is (1.2 to 1.45 are usual)"
    if ratio is not None and not low <= ratio <= high:
        h = halos.snapshot.cosmology.h
        yield (
            f"virial radii are {ratio:.3f} times what {law}: is a factor h missing in radii (1/h = "
            f"{1 / h:.3f}) or masses (its cube root, {h ** (-1 / 3):.3f}), or are radii proper (1/a = "
            f"{1 + halos.snapshot.redshift:.3f})?"
        )


def _mass_definitions(halos: HaloTable, facts: HaloFacts, galaxies: GalaxyFacts) -> Iterator[str]:
    low, high = M200C_OVER_MVIR
    for where, mvir in (("the halo catalogue", facts.mvir), ("the galaxy catalogue", galaxies.mvir)):
        ratio = None if mvir is None else _median_ratio(halos.m200c, mvir)
        if ratio is not None and not low <= ratio <= high:
            h = halos.snapshot.cosmology.h
            yield (
                f"M200c is {ratio:.3f} times the virial mass in {where} ({low:g} to {high:g} are "
                f"plausible): is one of them in Msun and the other in Msun/h (1/h = {1 / h:.3f})?"
            )


def _particles(halos: HaloTable, facts: HaloFacts) -> Iterator[str]:
    """The mean matter density: particles of the stated mass in the box, and in the halos."""
    if facts.particle_mass_msun_h is None:
        return
    s = halos.snapshot
    particle = facts.particle_mass_msun_h / s.cosmology.h
    mean = s.cosmology.Om0 * critical_density(s.cosmology.H0.value)
    side = (mean * s.box_size**3 / particle) ** (1.0 / 3.0)
    if not 32.0 <= side <= 30000.0:
        yield (
            f"a particle mass of {facts.particle_mass_msun_h:.3g} Msun/h at the mean density of matter makes "
            f"{side:.0f}^3 particles in the box: are box, mass and Omega_m right?"
        )
    mass = facts.mvir if facts.mvir is not None else halos.m200c
    if facts.n_particles is not None:
        ratio = _median_ratio(mass, facts.n_particles * particle)
        if ratio is not None and not 1 / 1.3 <= ratio <= 1.3:
            yield (
                f"masses are {ratio:.3f} times particles x particle mass: are masses in Msun/h (1/h = "
                f"{1 / s.cosmology.h:.3f})?"
            )


def _median_ratio(a: np.ndarray, b: np.ndarray) -> float | None:
    """Median of a / b where both are positive; None where too few are."""
    good = (a > 0) & (b > 0) & np.isfinite(a) & np.isfinite(b)
    return float(np.median(a[good] / b[good])) if good.sum() >= ENOUGH else None


def _velocities(halos: HaloTable, facts: GalaxyFacts) -> Iterator[str]:
    samples = (
        ("halos", len(halos), float(np.sqrt(np.mean(halos.velocity**2))) if len(halos) else 0.0, HALO_RMS),
        ("galaxies", facts.n, facts.rms_kms, GALAXY_RMS),
    )
    for what, n, rms, (low, high) in samples:
        if n >= ENOUGH and not low <= rms <= high:
            yield (
                f"velocities of the {what} have a one-dimensional rms of {rms:.4g} km/s ({low:g} to "
                f"{high:g} are plausible): are they proper peculiar velocities in km/s?"
            )


def _dispersions(halos: HaloTable) -> Iterator[str]:
    known = np.isfinite(halos.sigma_1d) & (halos.sigma_1d > 0)
    if known.sum() < ENOUGH:
        return
    ratio = float(np.exp(np.median(np.log(halos.sigma_1d[known] / _evrard(halos)[known]))))
    if abs(ratio - 1.0) > SIGMA:
        h, slope = halos.snapshot.cosmology.h, EVRARD_2008[1]
        yield (
            f"velocity dispersions are {ratio:.3f} times those of Evrard et al. (2008) at the same M200c: "
            f"is a factor h missing in the masses (it makes {h**slope:.3f} or {h**-slope:.3f}), or are "
            "they not those of the whole halo?"
        )


def _evrard(halos: HaloTable) -> np.ndarray:
    """One-dimensional dispersion of the matter in each halo by Evrard et al. (2008), km/s."""
    s, (sigma15, slope, _) = halos.snapshot, EVRARD_2008
    return sigma15 * (halos.m200c * s.cosmology.h * float(s.cosmology.efunc(s.redshift)) / 1e15) ** slope


def satellites_over_evrard(halos: HaloTable, galaxies: GalaxyTable) -> float | None:
    """Dispersion of the satellites about their mean in each host, over the matter's by Evrard et al. (2008).

    All hosts with two satellites or more count by their degrees of freedom, so that poor ones do no harm.
    None if there are not enough hosts.
    """
    row = np.where(galaxies.is_central, -1, rows_of(halos.halo_id, galaxies.host_id))
    member = row >= 0
    row, velocity = row[member], galaxies.velocity[member].astype(float)
    count = np.bincount(row, minlength=len(halos))
    several = count >= 2
    if several.sum() < ENOUGH:
        return None
    squares = np.zeros(len(halos))
    for component in velocity.T:
        mean = np.bincount(row, component, len(halos)) / np.maximum(count, 1)
        squares += np.bincount(row, (component - mean[row]) ** 2, len(halos))
    freedom = 3.0 * np.sum(count[several] - 1)
    return float(np.sqrt(np.sum((squares / _evrard(halos) ** 2)[several]) / freedom))


def _members(halos: HaloTable, facts: GalaxyFacts) -> Iterator[str]:
    """The unit of the galaxies' velocities, which each simulation has in its own way."""
    low, high = MEMBERS
    if facts.members is not None and not low <= facts.members <= high:
        a = 1.0 / (1.0 + halos.snapshot.redshift)
        yield (
            f"satellites move with {facts.members:.3f} times the dispersion of Evrard et al. (2008) at their "
            f"hosts' M200c ({low:g} to {high:g} are plausible): are the galaxies' velocities proper and "
            f"peculiar, in km/s, and not times a (makes {a:.3f}; unit km/s/a) or over its root (makes "
            f"{a**-0.5:.3f}; unit km sqrt(a)/s)?"
        )


def _numbers(halos: HaloTable, least: float, sigma8: float | None) -> Iterator[str]:
    """Halos above 10^14 Msun/h, or above the mass where enough are expected, against Tinker et al. (2008)."""
    s = halos.snapshot
    for above in (14.0, 13.7, 13.4, 13.1, least):
        if above < least:
            continue
        grid = np.arange(above, 16.3, 0.02)
        expected = float(trapezoid(expected_mass_function(grid, s, sigma8), grid)) * s.box_size**3
        found = int(np.sum(halos.m200c * s.cosmology.h >= 10**above))
        if expected >= ENOUGH or found >= ENOUGH:
            break
    else:
        return
    ratio = max(found, 0.5) / expected
    most = NUMBER_KNOWN if sigma8 else NUMBER
    if abs(np.log(ratio)) > np.log(most) + 3.0 / np.sqrt(max(expected, found)):
        assumed = (
            f"sigma8 = {sigma8:g}" if sigma8 else f"sigma8 taken as {USUAL_SIGMA8:g}; say it with --sigma8"
        )
        yield (
            f"{found} hosts above 10^{above:g} Msun/h where Tinker et al. (2008) expect {expected:.4g} "
            f"({assumed}): a factor {ratio:.2f}; is a factor h missing in the masses, or in the box (h^3 = "
            f"{s.cosmology.h**3:.2f})?"
        )
