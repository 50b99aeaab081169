"""What an import takes, and where a catalogue lives: settings, headers, and their agreement."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from astropy.cosmology import FLRW, FlatLambdaCDM, LambdaCDM

from zwicky.errors import ZwickyError
from zwicky.settings import check_ranges, setting
from zwicky.simulations.reader import CatalogReader
from zwicky.tables import Snapshot
from zwicky.units import mpc

__all__ = ["ORPHAN_ID", "ImportSettings", "agreed_snapshot", "check_redshift"]

#: UniverseMachine numbers galaxies whose halo is no longer seen from here on.
ORPHAN_ID = 10**15

#: Two sources may differ by this relative amount in the box, h and the densities: roundings such as h = 0.678
#: for 0.6777. What is written down in the file is used.
SAME = 1e-3
#: Two files of one snapshot may differ by this in the scale factor: some names have two decimals of redshift.
SAME_SCALE_FACTOR = 0.005
#: A redshift asked for may be this far in scale factor from the snapshot's.
NEAR_SCALE_FACTOR = 0.005


@dataclass(frozen=True)
class ImportSettings:
    """Settings of an import.

    Parameters
    ----------
    min_log10_m200c_h
        Least log10 of M200c in Msun/h of a host halo.
    min_stellar_mass_msun
        Least stellar mass of a galaxy in Msun, without h; 0 takes galaxies whatever it is. The default is the
        selection of Ho et al. (2019), 10^9.5 in a unit without h; their text has Msun/h.
    tracers
        ``"all"`` galaxies, or ``"satellites"``: those with a parent halo, as in the paper's code. Centrals
        and field galaxies are then left out as interlopers too.
    orphans
        Whether to ``"keep"`` or ``"drop"`` galaxies whose halo is no longer seen (ids from 1e15).
    max_unmatched_share
        The import is refused if a larger share of the hosts has no galaxy of the same number, or a larger
        share of the massive central galaxies no halo.
    box_size_mpc_h, redshift, h, omega_m, omega_lambda
        What the files do not say: comoving side in Mpc/h, redshift, cosmology (flat where nothing says
        omega_lambda). Refused where it contradicts them.
    simulation
        Name of the simulation, for people.
    sigma8
        Normalisation of its power spectrum, for the comparison with a published mass function only.

    Raises
    ------
    ZwickyError
        If a value is out of range.

    Examples
    --------
    >>> settings = ImportSettings(box_size_mpc_h=1000.0, h=0.6777, omega_m=0.307115, simulation="MDPL2")
    >>> settings.min_log10_m200c_h, settings.tracers
    (13.0, 'all')
    """

    min_log10_m200c_h: float = setting(13.0, "[9, 16]", "log10 of Msun/h")
    min_stellar_mass_msun: float = setting(10**9.5, "[0, 1e13]", "Msun without h")
    tracers: Literal["all", "satellites"] = "all"
    orphans: Literal["keep", "drop"] = "keep"
    max_unmatched_share: float = setting(0.05, "[0, 1]", "a share")
    box_size_mpc_h: float | None = setting(None, "[1, 1e5]", "comoving Mpc/h")
    redshift: float | None = setting(None, "[0, 20]")
    h: float | None = setting(None, "[0.3, 1.5]", "H0 / (100 km/s/Mpc)")
    omega_m: float | None = setting(None, "[0.01, 1]", "matter today over the critical density")
    omega_lambda: float | None = setting(None, "[0, 1.5]", "dark energy today over the critical density")
    simulation: str | None = None
    sigma8: float | None = setting(None, "[0.3, 1.5]")

    def __post_init__(self):
        check_ranges(self)


def agreed_snapshot(readers: Sequence[CatalogReader], settings: ImportSettings) -> Snapshot:
    """Box, redshift, cosmology and name, from the headers and, for what they do not say, the settings.

    Raises
    ------
    ZwickyError
        If something is said nowhere, or if two sources contradict each other.
    """
    h = _agreed("h", "h", "--h", readers, settings)
    omega_m = _agreed("omega_m", "Omega_m", "--omega-m", readers, settings)
    box = _agreed("box_size_mpc_h", "box in Mpc/h", "--box", readers, settings)
    omega_lambda = _agreed("omega_lambda", "Omega_Lambda", "--omega-lambda", readers, settings, needed=False)
    redshift = _agreed_redshift(readers, settings)
    names = list(dict.fromkeys(r.header.simulation for r in readers if r.header.simulation))
    name = settings.simulation or " + ".join(names) or "a simulation without a name"
    whole = next((r.cosmology for r in readers if r.cosmology is not None), None)
    if whole is None:
        cosmology = _cosmology(h, omega_m, omega_lambda, name)
    else:
        cosmology = type(whole)(**whole.parameters, name=name)
    return Snapshot(name, redshift, mpc(box, cosmology.h), cosmology)


def check_redshift(scale_factor: float, redshift: float, where: object) -> None:
    """Refuse a snapshot that is too far from the redshift asked for.

    Raises
    ------
    ZwickyError
        If the scale factors differ by more than `NEAR_SCALE_FACTOR`.
    """
    away = abs(scale_factor - 1.0 / (1.0 + redshift))
    if away > NEAR_SCALE_FACTOR:
        raise ZwickyError(
            f"--redshift {redshift:g}: the nearest snapshot is {where} at redshift "
            f"{1 / scale_factor - 1:.4f}, {away:.4f} away in scale factor (at most {NEAR_SCALE_FACTOR:g}); "
            "give another file or redshift"
        )


def _agreed(
    name: str,
    what: str,
    option: str,
    readers: Sequence[CatalogReader],
    settings: ImportSettings,
    needed: bool = True,
) -> float | None:
    """The number that all who say one agree upon, the first reader's first; None if it is not needed."""
    said = [(str(r.paths[0]), getattr(r.header, name)) for r in readers]
    said.append((option, getattr(settings, name)))
    said = [(source, value) for source, value in said if value is not None]
    if not said:
        if not needed:
            return None
        files = " and ".join(dict.fromkeys(str(r.paths[0]) for r in readers))
        raise ZwickyError(f"{files}: the {what} is in no header; give {option}")
    source, value = said[0]
    if not (math.isfinite(value) and (value > 0 or (value == 0 and name == "omega_lambda"))):
        raise ZwickyError(f"{source}: the {what} is {value:g}; fix the header or the option")
    for other, its in said[1:]:
        if not abs(its - value) <= SAME * (value or 1.0):
            raise ZwickyError(
                f"the {what} is {value:g} in {source} but {its:g} in {other} (at most {SAME:g} apart, "
                "relatively); give what belongs together, or leave the option out"
            )
    return float(value)


def _agreed_redshift(readers: Sequence[CatalogReader], settings: ImportSettings) -> float:
    said = [(r.paths[0], r.header.scale_factor) for r in readers if r.header.scale_factor is not None]
    if not said:
        if settings.redshift is None:
            files = " and ".join(dict.fromkeys(str(r.paths[0]) for r in readers))
            raise ZwickyError(f"{files}: the scale factor is in no header or name; give --redshift")
        return settings.redshift
    source, a = said[0]
    if not 0.0 < a <= 1.001:
        raise ZwickyError(f"{source}: the scale factor is {a:g}; it must be above 0 and at most 1")
    for other, its in said[1:]:
        if not abs(its - a) <= SAME_SCALE_FACTOR:
            raise ZwickyError(
                f"{source} is of scale factor {a:g} but {other} of {its:g}; give two files of one snapshot"
            )
    if settings.redshift is not None:
        check_redshift(a, settings.redshift, source)
    return max(1.0 / a - 1.0, 0.0)


def _cosmology(h: float, omega_m: float, omega_lambda: float | None, name: str) -> FLRW:
    common = {"H0": 100.0 * h, "Om0": omega_m, "Tcmb0": 0.0, "name": name}
    if omega_lambda is None or abs(omega_m + omega_lambda - 1.0) <= SAME:
        return FlatLambdaCDM(**common)
    return LambdaCDM(Ode0=omega_lambda, **common)
