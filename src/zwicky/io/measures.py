"""Columns of a foreign table as plain numbers in Zwicky's units.

A column is found by its name, whatever its case, or by the name the user says it has
(``--columns ours=theirs``, with a unit in brackets where the file has none). Its unit, where it has
one, is honoured; where it has none, the one in the first line of each reader below holds.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import astropy.units as u
import numpy as np
from astropy.table import Table

from zwicky.errors import ZwickyError
from zwicky.units import SPEED_OF_LIGHT_KMS

__all__ = [
    "OUR_COLUMNS",
    "Named",
    "column_named",
    "labels",
    "numbers",
    "parse_columns",
    "radii",
    "unit_of",
    "without_label",
]

#: The columns that an observer's files may have, under our names.
OUR_COLUMNS = ("cluster_id", "r_proj", "v_los", "redshift", "ra", "dec", "z")

# What others call our columns: for hints only, nothing is renamed without the user's word.
_ELSEWHERE = {
    "cluster_id": ("id", "cid", "cluster", "group", "name"),
    "r_proj": ("r", "rp", "rproj", "radius", "dproj", "dist", "distance"),
    "v_los": ("v", "vlos", "vel", "velocity", "v_pec"),
    "redshift": ("zclus", "z_cluster", "zcl", "z"),
    "ra": ("raj2000", "radeg", "ra_deg", "alpha"),
    "dec": ("de", "dej2000", "dedeg", "decdeg", "dec_deg", "delta", "decl"),
    "z": ("redshift", "zspec", "z_spec", "zobs", "z_obs", "cz"),
}

_UNITS = {"v_los": u.km / u.s, "ra": u.deg, "dec": u.deg}
_BRACKETS = re.compile(r"^(?P<name>.*?)\s*\[(?P<unit>[^\]]+)\]$")
_FRAME = re.compile(r"\b([cp])(?=[kM]?pc\b)")


@dataclass(frozen=True)
class Named:
    """The name a column has in the user's file, and its unit if the user gave one."""

    name: str
    unit: str | None = None


def parse_columns(text: str) -> dict[str, Named]:
    """What ``--columns`` says, by our names.

    >>> parse_columns("r_proj=R[kpc],v_los=vel")
    {'r_proj': Named(name='R', unit='kpc'), 'v_los': Named(name='vel', unit=None)}

    Raises
    ------
    ZwickyError
        For a piece that is not ``ours=theirs`` or a name that is not one of ours.
    """
    mapping = {}
    for piece in filter(None, (p.strip() for p in text.split(","))):
        ours, equals, theirs = (part.strip() for part in piece.partition("="))
        if not equals or not theirs:
            raise ZwickyError(
                f"--columns: {piece!r} is not ours=theirs; write for example r_proj=R,v_los=VEL"
            )
        if ours.lower() not in OUR_COLUMNS:
            raise ZwickyError(
                f"--columns: {ours!r} is not one of our columns ({', '.join(OUR_COLUMNS)})"
                f"{_hint(ours, OUR_COLUMNS)}"
            )
        if ours.lower() in mapping:
            raise ZwickyError(f"--columns: {ours} is given twice; give it one column")
        found = _BRACKETS.match(theirs)
        mapping[ours.lower()] = Named(found["name"], found["unit"]) if found else Named(theirs)
    return mapping


def column_named(table: Table, ours: str, mapping: Mapping[str, Named]) -> str | None:
    """The name in `table` of our column `ours`, or None; the case of letters does not matter.

    A name that the user gave comes first; a file without it is searched for our own name, because one
    ``--columns`` serves the galaxies and the centres.

    Raises
    ------
    ZwickyError
        If two columns differ only by case and neither is spelt as asked.
    """
    for wanted in dict.fromkeys([mapping[ours].name, ours] if ours in mapping else [ours]):
        if wanted in table.colnames:
            return wanted
        same = [name for name in table.colnames if name.strip().lower() == wanted.lower()]
        if len(same) > 1:
            raise ZwickyError(
                f"columns {' and '.join(same)} differ only by case; choose with --columns {ours}=..."
            )
        if same:
            return same[0]
    return None


def missing(ours: Iterable[str], table: Table, source: str) -> ZwickyError:
    """The error for columns that `table` does not have, with what it has and the nearest names."""
    ours = list(ours)
    example = ",".join(f"{name}={_nearest(name, table.colnames)}" for name in ours)
    has = ", ".join(table.colnames[:12]) + (", ..." if len(table.colnames) > 12 else "")
    return ZwickyError(
        f"{source}: no column {' or '.join(ours)}; it has {has}; say which is which with --columns {example}"
    )


def numbers(table: Table, ours: str, name: str, mapping: Mapping[str, Named], source: str) -> np.ndarray:
    """A column as float64: degrees for `ra` and `dec`, km/s for `v_los`, redshifts as they are.

    A missing value becomes NaN. A redshift with a unit of velocity is taken as cz.

    Raises
    ------
    ZwickyError
        If the column holds text, or its unit cannot be converted.
    """
    values, unit = _plain(table, ours, name, mapping, source)
    wanted = _UNITS.get(ours, u.dimensionless_unscaled)
    if unit is None:
        return values
    try:
        if ours in ("z", "redshift") and u.Unit(unit).is_equivalent(u.km / u.s):
            return values * u.Unit(unit).to(u.km / u.s) / SPEED_OF_LIGHT_KMS
        return values * u.Unit(unit).to(wanted)
    except (ValueError, u.UnitConversionError) as error:
        raise _bad_unit(source, name, unit, str(wanted) or "no unit") from error


def radii(
    table: Table, name: str, mapping: Mapping[str, Named], source: str, h: float
) -> tuple[np.ndarray, str | None]:
    """`r_proj` in Mpc, or in radians where its unit is an angle, and what its unit says of the frame.

    The second is ``"angle"``, ``"comoving"`` (units cMpc, ckpc), ``"proper"`` (pMpc, pkpc) or None
    where the unit does not say. Only a unit with an h in it, such as kpc/h, brings in `h`.
    """
    values, unit = _plain(table, "r_proj", name, mapping, source)
    if unit is None:
        return values, None
    letters = set(_FRAME.findall(unit))
    frame = {"c": "comoving", "p": "proper"}[letters.pop()] if len(letters) == 1 else None
    allowed = "a length (Mpc, kpc, Mpc/h, cMpc) or an angle (deg, arcmin)"
    try:
        parsed = u.Unit(_FRAME.sub("", unit).replace("littleh", "h"))
    except ValueError as error:
        raise _bad_unit(source, name, unit, allowed) from error
    if parsed.is_equivalent(u.rad):
        return values * parsed.to(u.rad), "angle"
    if (parsed * u.h).is_equivalent(u.Mpc) and u.h in parsed.bases:
        # The unit parser reads the h of Mpc/h as hours; no radius is a speed.
        return values * (parsed * u.h).to(u.Mpc) / h, frame
    if not parsed.is_equivalent(u.Mpc):
        raise _bad_unit(source, name, unit, allowed)
    return values * parsed.to(u.Mpc), frame


def without_label(table: Table, name: str) -> np.ndarray:
    """Which rows of a column of names or numbers are missing, blank or NaN."""
    gaps = np.ma.getmaskarray(table[name])
    values = np.asarray(table[name])
    if values.dtype.kind == "f":
        gaps = gaps | ~np.isfinite(values)
    if values.dtype.kind in "SU":
        gaps = gaps | (np.char.strip(values.astype(str)) == "")
    return gaps


def labels(table: Table, name: str, source: str) -> np.ndarray:
    """A column of names or whole numbers as it is; whole numbers in a float column become integers.

    Raises
    ------
    ZwickyError
        If a value is missing.
    """
    gaps = np.flatnonzero(without_label(table, name))
    values = np.asarray(table[name])
    if len(gaps):
        raise ZwickyError(f"{source}: {name} is missing in row {gaps[0] + 1}; give every row its cluster")
    if values.dtype.kind == "f" and np.all(values == np.round(values)):
        values = values.astype(np.int64)
    if values.dtype.kind in "SU":
        return np.char.strip(values.astype(str))
    return values.astype(values.dtype.newbyteorder("="))


def unit_of(table: Table, ours: str, name: str, mapping: Mapping[str, Named]) -> str | None:
    """The unit of a column: what the user says, or else what the file says, or None."""
    if ours in mapping and mapping[ours].unit and mapping[ours].name.lower() == name.lower():
        return mapping[ours].unit
    written = table[name].unit
    return (str(written).strip() or None) if written is not None else None


def _plain(table: Table, ours: str, name: str, mapping: Mapping[str, Named], source: str):
    """Values as native float64 with NaN for the missing ones, and the text of the unit or None."""
    values = table[name]
    unit = unit_of(table, ours, name, mapping)
    mask = np.ma.getmaskarray(values)
    plain = np.asarray(getattr(values, "value", values))
    if plain.dtype.kind not in "iufb" or plain.ndim != 1:
        shown = next(
            (str(v) for v, gap in zip(plain, mask, strict=True) if not gap and not _number(v)), plain[0]
        )
        raise ZwickyError(f"{source}: {name} holds {str(shown)!r}, not one number a row; write plain numbers")
    return np.where(mask, np.nan, plain.astype(np.float64)), unit


def _number(value) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def _bad_unit(source: str, name: str, unit: str, allowed: str) -> ZwickyError:
    return ZwickyError(f"{source}: {name} is in {unit!r}; give {allowed}")


def _nearest(ours: str, names: Iterable[str]) -> str:
    theirs = {name.strip().lower(): name for name in names}
    known = [theirs[name] for name in _ELSEWHERE[ours] if name in theirs]
    near = [theirs[name] for name in difflib.get_close_matches(ours, theirs, n=1)]
    return next(iter([*known, *near]), "THEIRS")


def _hint(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name.lower(), known, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
