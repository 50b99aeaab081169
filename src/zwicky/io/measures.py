"""A column as numbers in our units, with what is missing and where it came from.

Its unit is the one the user says, or else the file's; where there is neither, the one in the docstring of
`measure` holds. What is missing is NaN in the values and True in a mask, and never another number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import astropy.units as u
import numpy as np

from zwicky.errors import ZwickyError, printable
from zwicky.io.cells import decimals, sexagesimal
from zwicky.io.columns import Named, is_velocity_name
from zwicky.io.foreign import ForeignColumn, ForeignTable
from zwicky.io.spelling import parsed_unit, spelt
from zwicky.units import SPEED_OF_LIGHT_KMS

__all__ = ["Measure", "labels", "measure", "radii"]

_KMS = u.km / u.s
_UNITS = {
    "v_los": _KMS,
    "ra": u.deg,
    "dec": u.deg,
    "redshift_error_kms": _KMS,
    "centre_error_kms": _KMS,
    "aperture_mpc_h": u.Mpc,
}
_FRAME = re.compile(r"\b([cp])(?=[kM]?pc\b)")

#: Numbers that people write where there is none, and how often one must be there to be taken for that.
SENTINELS, REPEATED = (-9.0, -99.0, -999.0, -9999.0, -99999.0, 99.0, 999.0, 9999.0), 3
#: Beyond these values a sentinel needs no repetition: nothing can be there.
_POSSIBLE = {"z": (-0.5, 50.0), "redshift": (-0.5, 50.0), "ra": (-180.0, 360.0), "dec": (-90.0, 90.0)}

_WHOLE_NUMBER = re.compile(r"0|-?[1-9]\d{0,17}")
_POINT_ZERO = re.compile(r"-?\d{1,18}\.0+")
_LONGEST_LABEL = 200


@dataclass(frozen=True, eq=False)
class Measure:
    """One of our columns, from a table.

    Parameters
    ----------
    values : float64, shape (n,)
        In our unit; NaN where there is no number.
    blank, sentinel : bool, shape (n,)
        Where the file has nothing, and where it has a number that stands for nothing.
    origin
        The column's name in the file.
    unit
        The unit that the file or the user gives; None where neither does.
    notes
        What was taken for what, one line each.
    """

    values: np.ndarray = field(repr=False)
    blank: np.ndarray = field(repr=False)
    sentinel: np.ndarray = field(repr=False)
    origin: str
    unit: str | None
    notes: tuple[str, ...] = ()

    @property
    def missing(self) -> np.ndarray:
        """Rows without a value, shape (n,)."""
        return self.blank | self.sentinel


def measure(table: ForeignTable, ours: str, column: ForeignColumn, mapping: Mapping[str, Named]) -> Measure:
    """A column in degrees for `ra` and `dec`, in km/s for velocities, as redshifts for `z` and `redshift`.

    A redshift with a unit of velocity, or a name such as ``cz``, is taken as cz. Sexagesimal right
    ascensions are hours unless they say otherwise.

    Raises
    ------
    ZwickyError
        If the column holds text, or its unit cannot be converted or contradicts the numbers.
    """
    found, unit = _plain(table, ours, column, mapping)
    wanted = _UNITS.get(ours, u.dimensionless_unscaled)
    if unit is None:
        if ours in ("z", "redshift") and is_velocity_name(column.name):
            return _from_cz(table, column, found)
        return found
    parsed = parsed_unit(unit)
    if ours == "ra" and parsed == u.h:
        parsed = u.hourangle
    if ours in ("z", "redshift") and parsed is not None and parsed.is_equivalent(_KMS):
        return _with(found, found.values * parsed.to(_KMS) / SPEED_OF_LIGHT_KMS)
    if parsed is None or not parsed.is_equivalent(wanted):
        raise _bad_unit(table, column, unit, str(wanted) or "no unit")
    return _with(found, found.values * parsed.to(wanted))


def _from_cz(table: ForeignTable, column: ForeignColumn, found: Measure) -> Measure:
    known = found.values[np.isfinite(found.values)]
    if len(known) and np.median(np.abs(known)) < 20.0:
        raise ZwickyError(
            f"{table.source}: {column.name} looks like velocities by its name and like redshifts by its "
            f"median of {np.median(known):.3g}; say --columns z={column.name}[km/s] or "
            f"z={column.name}[redshift]"
        )
    note = f"took {column.name} for cz in km/s"
    return _with(found, found.values / SPEED_OF_LIGHT_KMS, (note,))


def radii(
    table: ForeignTable, column: ForeignColumn, mapping: Mapping[str, Named], h: float
) -> tuple[Measure, str | None]:
    """`r_proj` in Mpc, or in radians where its unit is an angle, and what its unit says of the frame.

    The second is ``"angle"``, ``"comoving"`` (units cMpc, ckpc), ``"proper"`` (pMpc, pkpc) or None
    where the unit does not say. Only a unit with an h in it, such as kpc/h, brings in `h`.
    """
    found, unit = _plain(table, "r_proj", column, mapping)
    if unit is None:
        return found, None
    unit_text = spelt(unit)
    letters = set(_FRAME.findall(unit_text))
    frame = {"c": "comoving", "p": "proper"}[letters.pop()] if len(letters) == 1 else None
    parsed = parsed_unit(_FRAME.sub("", unit_text))
    if parsed is not None:
        if parsed.is_equivalent(u.rad):
            return _with(found, found.values * parsed.to(u.rad)), "angle"
        if u.h in parsed.bases and (parsed * u.h).is_equivalent(u.Mpc):
            # The unit parser reads the h of Mpc/h as hours; no radius is a speed.
            return _with(found, found.values * (parsed * u.h).to(u.Mpc) / h), frame
        if parsed.is_equivalent(u.Mpc):
            return _with(found, found.values * parsed.to(u.Mpc)), frame
    raise _bad_unit(table, column, unit, "a length (Mpc, kpc, Mpc/h, cMpc) or an angle (deg, arcmin)")


def labels(table: ForeignTable, column: ForeignColumn) -> tuple[np.ndarray, np.ndarray]:
    """Names of clusters as text, and where there is none; both of shape (n,).

    Where every name is a whole number written the one way it can be, they are int64, which loses nothing.

    Raises
    ------
    ZwickyError
        If a name is too long, or floats are so large that different numbers have become one.
    """
    contents = table.contents(column)
    gaps = np.ma.getmaskarray(contents).copy()
    values = contents.data
    if values.dtype.kind == "f":
        gaps |= ~np.isfinite(values)
        if np.any(np.abs(values[~gaps]) >= 2.0**53):
            raise ZwickyError(
                f"{table.source}: {column.name} holds floats above 2^53, which have lost digits; store it as "
                "text or as 64-bit integers"
            )
    if values.dtype.kind in "iu" and not gaps.all() and values.max() < 2**63:
        return np.where(gaps, 0, values).astype(np.int64), gaps
    if values.dtype.kind in "iu":
        texts = [str(value) for value in values.tolist()]
    elif values.dtype.kind == "f":
        texts = [f"{v:.0f}" if v == np.rint(v) else repr(v) for v in np.where(gaps, 0.0, values).tolist()]
    else:
        texts = [printable(" ".join(str(value).split())) for value in values.tolist()]
        gaps |= np.fromiter((not text for text in texts), bool, len(texts))
    named = [text for text, gap in zip(texts, gaps, strict=True) if not gap]
    if longest := max((text for text in named if len(text) > _LONGEST_LABEL), key=len, default=""):
        raise ZwickyError(
            f"{table.source}: {column.name} holds a name of {len(longest)} letters; give "
            f"{_LONGEST_LABEL} at most"
        )
    if named and all(map(_POINT_ZERO.fullmatch, named)):
        texts = [text.partition(".")[0] for text in texts]
        named = [text.partition(".")[0] for text in named]
    if named and all(map(_WHOLE_NUMBER.fullmatch, named)):
        return np.array([0 if g else int(t) for t, g in zip(texts, gaps, strict=True)], dtype=np.int64), gaps
    return np.array(["" if gap else text for text, gap in zip(texts, gaps, strict=True)]), gaps


def unit_of(column: ForeignColumn, ours: str, mapping: Mapping[str, Named]) -> str | None:
    """The unit of a column: what the user says, or else what the file says, or None."""
    told = mapping.get(ours)
    if told and told.unit and told.name.lower() == column.name.lower():
        return told.unit
    return (column.unit or "").strip() or None


def _plain(
    table: ForeignTable, ours: str, column: ForeignColumn, mapping: Mapping[str, Named]
) -> tuple[Measure, str | None]:
    """The numbers of a column as they are, and the text of their unit or None."""
    contents = table.contents(column)
    unit, notes = unit_of(column, ours, mapping), []
    blank = np.ma.getmaskarray(contents).copy()
    values = np.full(len(contents), np.nan)
    if contents.dtype.kind in "iufb":
        values[~blank] = contents.data[~blank]
    else:
        cells = [str(cell) for cell in contents.data[~blank]]
        try:
            values[~blank], style = decimals(cells)
        except ValueError as error:
            try:
                values[~blank], style = _angles(table, ours, cells, unit)
            except ValueError:
                raise ZwickyError(
                    f"{table.source}: {column.name} holds {str(error)[:60]!r}, not one number a row; write "
                    "plain numbers"
                ) from None
            unit = "hourangle" if style.endswith("hours") else "deg"
        if style:
            notes.append(f"read {column.name} as {style}")
    sentinel = np.zeros(len(values), dtype=bool)
    for value, n in _sentinels(ours, values, unit):
        sentinel |= values == value
        notes.append(f"{column.name} is {value:g} in {n} {'row' if n == 1 else 'rows'}, taken for missing")
    values[sentinel] = np.nan
    return Measure(values, blank, sentinel, column.name, unit, tuple(notes)), unit


def _angles(table: ForeignTable, ours: str, cells: list[str], unit: str | None) -> tuple[np.ndarray, str]:
    """Sexagesimal cells of `ra` in hours or degrees, of `dec` in degrees, and which it is."""
    if ours not in ("ra", "dec"):
        raise ValueError
    values, letter = sexagesimal(cells)
    hours = ours == "ra" and letter != "d" and (letter == "h" or unit is None or parsed_unit(unit) != u.deg)
    if hours and np.any(np.abs(values) >= 24.0):
        raise ZwickyError(
            f"{table.source}: a sexagesimal right ascension of {values[np.abs(values) >= 24.0][0]:g} is no "
            "hour; name its unit, for example --columns ra=NAME[deg]"
        )
    return values, "sexagesimal hours" if hours else "sexagesimal degrees"


def _sentinels(ours: str, values: np.ndarray, unit: str | None) -> list[tuple[float, int]]:
    """Numbers that stand for missing ones, and how often each is there."""
    found = [(value, int(np.sum(values == value))) for value in SENTINELS]
    found = [(value, n) for value, n in found if n]
    if not found:
        return []
    low, high = _POSSIBLE.get(ours, (-np.inf, np.inf)) if unit is None else (-np.inf, np.inf)
    different, counts = np.unique(values[~np.isin(values, SENTINELS)], return_counts=True)
    others = int(counts.max(initial=1)) if len(different) else 1
    return [
        (value, n)
        for value, n in found
        if (n >= REPEATED and n > REPEATED * others) or not low <= value <= high
    ]


def _with(found: Measure, values: np.ndarray, notes: tuple[str, ...] = ()) -> Measure:
    return Measure(values, found.blank, found.sentinel, found.origin, found.unit, found.notes + notes)


def _bad_unit(table: ForeignTable, column: ForeignColumn, unit: str, allowed: str) -> ZwickyError:
    parsed = parsed_unit(unit)
    shown = unit if parsed is None else str(parsed)
    return ZwickyError(f"{table.source}: {column.name} is in {shown[:60]!r}; give {allowed}")
