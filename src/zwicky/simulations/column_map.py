"""A column map: a small TOML file that says what the columns of any table are.

It names the files of the halos and of the galaxies, for each canonical field the column and its unit, and
what no table says of itself: box, redshift, cosmology and the name of the simulation.

.. code-block:: toml

    simulation = "My simulation"
    box_size_mpc_h = 1000.0
    redshift = 0.117
    cosmology = "Planck15"              # or [cosmology] with h or H0, Om0, and what else there is

    [halos]
    files = "halos_*.hdf5"              # beside the map, or a full path
    table = "Group"                     # HDF5 group or dataset, FITS extension; may be left out

    [halos.columns]
    object_id = { first = 0 }           # no column: rows are numbered from 0
    parent_id = -1                      # no column: every one is a host
    x = { column = "Pos[0]", unit = "kpc/h" }
    y = { column = "Pos[1]", unit = "kpc/h" }
    z = { column = "Pos[2]", unit = "kpc/h" }
    m200c = { column = "M200", unit = "1e10 Msun/h" }

    [galaxies.columns]
    parent_id = { column = "GroupNr", of = "halos" }
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from astropy.cosmology import FLRW, FlatLambdaCDM, FlatwCDM, LambdaCDM, wCDM

from zwicky.cosmology import cosmology_named
from zwicky.errors import ZwickyError
from zwicky.settings import from_mapping, read_toml
from zwicky.simulations.fields import FIELDS, units_of

__all__ = ["KINDS", "ColumnMap", "MappedColumn", "TableMap", "read_column_map"]

#: What a table may hold.
KINDS = ("halos", "galaxies")


@dataclass(frozen=True)
class MappedColumn:
    """Where a canonical field comes from.

    Parameters
    ----------
    column
        Name in the file; ``Pos[0]`` is the first component of a column of vectors.
    unit
        A key of `UNITS`; None is what the file itself says.
    of
        For a parent: whether it is the number of another row of this kind (``"rows"``; a row that names
        itself has none) or of a row of the halo table, numbered by itself (``"halos"``).
    first
        For an object's number: number of the first row, the others counting on from it.
    always
        For a parent: -1, if no row has one.
    """

    column: str | None = None
    unit: str | None = None
    of: Literal["rows", "halos"] = "rows"
    first: int | None = None
    always: int | None = None


@dataclass(frozen=True)
class TableMap:
    """Files of one table, which may be patterns, and its columns by canonical name."""

    files: tuple[Path, ...]
    table: str | None
    columns: Mapping[str, MappedColumn]


@dataclass(frozen=True)
class ColumnMap:
    """What the tables of a simulation are; None is what the map does not say.

    Parameters
    ----------
    path
        The map itself.
    simulation
        Name for people.
    box_size_mpc_h
        Comoving side in Mpc/h.
    scale_factor
        1 / (1 + redshift).
    cosmology
        Any astropy FLRW cosmology.
    halos, galaxies
        The tables; either may be missing where another file gives it.

    Examples
    --------
    >>> column_map = read_column_map("my.toml")  # of the page *Bring your simulation*
    >>> column_map.simulation, column_map.halos.columns["m200c"].unit
    ('My simulation', '1e10 Msun/h')
    """

    path: Path
    simulation: str | None
    box_size_mpc_h: float | None
    scale_factor: float | None
    cosmology: FLRW | None
    halos: TableMap | None
    galaxies: TableMap | None


@dataclass(frozen=True)
class _Cosmology:
    """The table ``[cosmology]``; names are astropy's."""

    H0: float | None = None
    h: float | None = None
    Om0: float | None = None
    Ode0: float | None = None
    Ob0: float | None = None
    w0: float | None = None
    Tcmb0: float = 0.0


@dataclass(frozen=True)
class _Table:
    """The table ``[halos]`` or ``[galaxies]``."""

    file: str | None = None
    files: object = None
    table: object = None
    columns: dict | None = None


@dataclass(frozen=True)
class _Text:
    """The whole of the TOML file."""

    simulation: str | None = None
    box_size_mpc_h: float | None = None
    box_size_mpc: float | None = None
    redshift: float | None = None
    scale_factor: float | None = None
    cosmology: object = None
    halos: _Table | None = None
    galaxies: _Table | None = None


def read_column_map(path: Path | str) -> ColumnMap:
    """Read a column map; the files it names are not opened.

    Parameters
    ----------
    path
        Of the TOML file.

    Returns
    -------
    ColumnMap
        For `open_mapped`.

    Raises
    ------
    ZwickyError
        For whatever is wrong with it: the name and value, what is allowed, what to do.

    Examples
    --------
    >>> column_map = read_column_map("my.toml")  # of the page *Bring your simulation*
    >>> column_map.galaxies.columns["parent_id"].of
    'halos'
    """
    path = Path(path)
    text = read_toml(_Text, path)
    where = path.name
    if text.halos is None and text.galaxies is None:
        raise ZwickyError(f"{where}: names neither halos nor galaxies; write [halos.columns]")
    _not_both(where, box_size_mpc_h=text.box_size_mpc_h, box_size_mpc=text.box_size_mpc)
    _not_both(where, redshift=text.redshift, scale_factor=text.scale_factor)
    _check(where, "redshift", text.redshift, lambda v: v > -1, "one above -1")
    for name in ("box_size_mpc_h", "box_size_mpc", "scale_factor"):
        _check(where, name, getattr(text, name), lambda v: v > 0, "one above 0")
    cosmology = _cosmology(where, text.cosmology)
    box = text.box_size_mpc_h
    if text.box_size_mpc is not None:
        if cosmology is None:
            raise ZwickyError(f"{where}: box_size_mpc needs h; add a cosmology, or give box_size_mpc_h")
        box = text.box_size_mpc * cosmology.h
    scale_factor = text.scale_factor
    if text.redshift is not None:
        scale_factor = 1.0 / (1.0 + text.redshift)
    tables = {kind: _table(path, kind, getattr(text, kind)) for kind in KINDS}
    return ColumnMap(path, text.simulation, box, scale_factor, cosmology, **tables)


def _not_both(where: str, **values: Any) -> None:
    if all(value is not None for value in values.values()):
        raise ZwickyError(f"{where}: says both {' and '.join(values)}; keep one")


def _check(where: str, name: str, value: float | None, good: Any, allowed: str) -> None:
    if value is not None and not (math.isfinite(value) and good(value)):
        raise ZwickyError(f"{where}: {name} = {value}; give {allowed}")


def _cosmology(where: str, value: Any) -> FLRW | None:
    if value is None:
        return None
    if isinstance(value, str):
        try:
            return cosmology_named(value)
        except ZwickyError as error:
            raise ZwickyError(f"{where}: {error}") from error
    if not isinstance(value, Mapping):
        raise ZwickyError(f"{where}: cosmology = {value!r}; give a name such as 'Planck15', or [cosmology]")
    where = f"{where} [cosmology]"
    c = from_mapping(_Cosmology, value, where)
    _not_both(where, H0=c.H0, h=c.h)
    if c.Om0 is None or (c.H0 is None and c.h is None):
        missing = "Om0" if c.Om0 is None else "h (or H0)"
        raise ZwickyError(f"{where}: {missing} is missing; it is needed")
    _check(where, "h", c.h, lambda v: 0.1 < v < 2.0, "H0 / (100 km/s/Mpc), such as 0.7")
    _check(where, "H0", c.H0, lambda v: 10.0 < v < 200.0, "km/s/Mpc, such as 70.0")
    _check(where, "Om0", c.Om0, lambda v: 0 < v <= 2, "one above 0, such as 0.3")
    for name in ("Ode0", "Ob0", "w0", "Tcmb0"):
        _check(where, name, getattr(c, name), lambda v: abs(v) < 10, "a number such as 0.7")
    numbers: dict[str, Any] = {"H0": c.H0 if c.h is None else 100.0 * c.h, "Om0": c.Om0, "Tcmb0": c.Tcmb0}
    numbers |= {name: v for name in ("Ode0", "w0", "Ob0") if (v := getattr(c, name)) is not None}
    curved, dark = c.Ode0 is not None, c.w0 is not None
    kind = {(0, 0): FlatLambdaCDM, (1, 0): LambdaCDM, (0, 1): FlatwCDM, (1, 1): wCDM}[curved, dark]
    try:
        return kind(**numbers)
    except ValueError as error:
        raise ZwickyError(f"{where}: {error}; fix it") from error


def _table(path: Path, kind: str, text: _Table | None) -> TableMap | None:
    if text is None:
        return None
    where = f"{path.name} [{kind}]"
    _not_both(where, file=text.file, files=text.files)
    files = text.file if text.files is None else text.files
    files = [] if files is None else [files] if isinstance(files, str) else files
    if not isinstance(files, list) or not all(isinstance(name, str) and name for name in files):
        raise ZwickyError(f"{where}: files = {files!r}; give a name, a pattern such as 'h_*.h5', or a list")
    table = None if text.table is None else str(text.table)
    if not text.columns:
        raise ZwickyError(
            f"{where}: has no columns; write [{kind}.columns] with x = {{column, unit}} and so on"
        )
    columns = {name: _column(f"{where} {name}", name, value) for name, value in text.columns.items()}
    return TableMap(tuple(path.parent / name for name in files), table, MappingProxyType(columns))


def _column(where: str, name: str, value: Any) -> MappedColumn:
    if name not in FIELDS:
        near = difflib.get_close_matches(name, FIELDS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"use one of {', '.join(FIELDS)}"
        raise ZwickyError(f"{where}: is no field; {hint}")
    if isinstance(value, str):
        value = {"column": value}
    elif name == "parent_id" and isinstance(value, int) and not isinstance(value, bool):
        value = {"always": value}
    if not isinstance(value, Mapping):
        raise ZwickyError(f"{where} = {value!r}; give a column, as {_example(name)}")
    column = from_mapping(MappedColumn, value, where)
    allowed = {"object_id": ("first",), "parent_id": ("of", "always")}.get(name, ())
    for key in ("first", "of", "always"):
        if key in value and key not in allowed:
            raise ZwickyError(f"{where}: {key} is not for {name}; leave it out")
    sources = [key for key in ("column", "first", "always") if getattr(column, key) is not None]
    if len(sources) != 1 or column.column == "":
        what = " and ".join(sources) if len(sources) > 1 else "no column"
        raise ZwickyError(f"{where}: has {what}; write {_example(name)}")
    if column.always not in (None, -1):
        raise ZwickyError(f"{where} = {column.always}; give -1 if no row has a parent, or {_example(name)}")
    if column.unit is not None and column.unit not in units_of(name):
        has = ", ".join(units_of(name)) if FIELDS[name][1] else "none: it is a plain number"
        raise ZwickyError(f"{where}: unit {column.unit!r} is not known; use {has}")
    return column


def _example(name: str) -> str:
    unit = {"Mpc": "Mpc/h", "Msun": "Msun/h", "km/s": "km/s", "": ""}[FIELDS[name][1]]
    return f'{name} = {{ column = "...", unit = "{unit}" }}' if unit else f'{name} = "..."'
