"""Catalogues in HDF5: halotools' table of records with its attributes, and Uchuu's three files as one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from zwicky.errors import ZwickyError
from zwicky.io.kinds import faults, kind_of
from zwicky.io.readers import open_table
from zwicky.io.readers.table_file import TableFile
from zwicky.simulations.content import Content
from zwicky.simulations.layouts import UCHUU, Layout
from zwicky.units import critical_density

__all__ = ["is_halotools", "is_uchuu", "open_halotools", "open_uchuu"]

#: Rows from which the unit of halotools' radius is told.
_LOOK = 10_000
#: Halos' mean comoving density over today's critical one lies in this range in any definition and at any
#: redshift; a wrong unit would put it away by a factor of 10^9.
_DENSITIES = (20.0, 1e5)

_PART = re.compile(r"(?P<stem>.*)_data(?P<part>[123])(?P<suffix>\.h5|\.hdf5)", re.I)
_REDSHIFT = re.compile(r"_z(\d+)[p.](\d+)_", re.I)
#: One column that shows which of Uchuu's files it is.
_OF_PART = {"1": "obs_sm", "2": "x", "3": "vx"}


def is_halotools(layout: Layout, path: Path, start: bytes) -> bool:
    """Whether it is HDF5 with a table ``data`` of halos."""
    if kind_of(start) != "HDF5":
        return False
    try:
        with h5py.File(path, "r") as file:
            return "halo_id" in (file["data"].dtype.names or ())
    except Exception:  # whatever h5py raises over a file that is not this
        return False


def open_halotools(layout: Layout, paths: Sequence[Path]) -> Content:
    """The table ``data``, its attributes, the unit of its radius, and its parents under either name.

    Raises
    ------
    ZwickyError
        If the file is damaged, has no such table, or does not describe a cube.
    """
    (path,) = paths
    table = open_table(path, "data")
    own_parent = "halo_upid" not in table.columns and "halo_hostid" in table.columns
    notes = ["parent_id is halo_hostid, -1 where a halo is its own host"] if own_parent else []
    unit = _radius_unit(table)
    if "halo_rvir" in table.columns:
        told = f"is in {unit}, told from" if unit else "is left out: neither kpc/h nor Mpc/h goes with"
        notes.append(f"halo_rvir {told} halo_mvir")
    return Content((table,), _attributes(path), {"rvir": unit}, tuple(notes), names_itself=own_parent)


def _radius_unit(table: TableFile) -> str | None:
    """The unit of the radius: halotools converted it to Mpc/h in some files and left kpc/h in others."""
    if not {"halo_rvir", "halo_mvir"} <= set(table.columns):
        return None
    first = next(table.chunks(["halo_rvir", "halo_mvir"], _LOOK), None)
    if first is None:
        return None
    radius, mass = (first[name].astype(float) for name in ("halo_rvir", "halo_mvir"))
    good = (radius > 0) & (mass > 0) & np.isfinite(radius) & np.isfinite(mass)
    for unit, to_mpc in (("Mpc/h", 1.0), ("kpc/h", 1e-3)) if good.any() else ():
        # In Msun/h and Mpc/h the critical density today is that of H = 100 km/s/Mpc.
        volume = 4.0 / 3.0 * np.pi * (radius[good] * to_mpc) ** 3
        if _DENSITIES[0] < np.median(mass[good] / volume / critical_density(100.0)) < _DENSITIES[1]:
            return unit
    return None


def _attributes(path: Path) -> dict[str, Any]:
    """Name, scale factor, box and particle mass, as far as the file has them."""
    with faults(path, "HDF5"), h5py.File(path, "r") as file:
        attributes = {
            name: [_as_text(one) for one in np.atleast_1d(value)] for name, value in file.attrs.items()
        }

    def number(name: str) -> float | None:
        text = attributes.get(name)
        if text is None:
            return None
        try:
            numbers = [float(re.sub(r"[\[\](),]", " ", word)) for word in text]
        except ValueError:
            raise ZwickyError(
                f"{path}: attribute {name} = {' '.join(text)!r} is no number; fix the file"
            ) from None
        if not numbers or not np.isfinite(numbers).all() or len(set(numbers)) > 1:
            raise ZwickyError(
                f"{path}: attribute {name} = {numbers}; one finite number is wanted, for a cube"
            )
        return numbers[0]

    redshift, box = number("redshift"), number("Lbox")
    if redshift is not None and not redshift > -1:
        raise ZwickyError(f"{path}: attribute redshift = {redshift}; a redshift is above -1: fix the file")
    if box is not None and not box > 0:
        raise ZwickyError(f"{path}: attribute Lbox = {box}; a box has a positive side: fix the file")
    return {
        "simulation": next(iter(attributes.get("simname", [])), None),
        "scale_factor": None if redshift is None else 1.0 / (1.0 + redshift),
        "box_size_mpc_h": box,
        "particle_mass_msun_h": number("particle_mass"),
    }


def _as_text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def is_uchuu(layout: Layout, path: Path, start: bytes) -> bool:
    """Whether it is HDF5 under the name of one of the three files."""
    return kind_of(start) == "HDF5" and _PART.fullmatch(path.name) is not None


def open_uchuu(layout: Layout, paths: Sequence[Path]) -> Content:
    """The three files, those not given found by name, and what their name says: they have no header.

    Raises
    ------
    ZwickyError
        If one is missing, damaged or in another's place, or if they have not the same number of rows.
    """
    tables = [open_table(path) for path in _three_files(paths)]
    for number, table in zip("123", tables, strict=True):
        if _OF_PART[number] not in table.columns:
            raise ZwickyError(
                f"{table.path}: has no column {_OF_PART[number]!r}, so it is not part {number} of an "
                f"Uchuu-UM catalogue; it has {', '.join(table.columns) or 'nothing'}"
            )
    n = tables[0].columns[_OF_PART["1"]].rows
    for table in tables:
        for name, column in table.columns.items():
            if column.rows != n:
                raise ZwickyError(
                    f"{table.path}: {name} has {column.rows} rows where {tables[0].path.name} has {n}; the "
                    "files are not of one snapshot or one is cut short: fetch them again"
                )
    name, facts, notes = tables[0].path.name, {}, ()
    if name.split("_")[0] == UCHUU["simulation"]:
        facts = dict(UCHUU)
        notes = ("box and cosmology are those published for Uchuu, which the file's name names",)
    redshift = _REDSHIFT.search(name)
    if redshift:
        facts["scale_factor"] = 1.0 / (1.0 + float(f"{redshift[1]}.{redshift[2]}"))
    return Content(tuple(tables), facts, notes=notes, same_rows=True)


def _three_files(given: Sequence[Path]) -> tuple[Path, ...]:
    """The three files in order, those not given by the names of those that are."""
    found: dict[str, Path] = {}
    stems = set()
    for path in given:
        name = _PART.fullmatch(path.name)
        if name is None:
            raise ZwickyError(f"{path}: no name of an Uchuu-UM file; give one that ends in _data1.h5, 2 or 3")
        stems.add(name["stem"])
        if name["part"] in found:
            raise ZwickyError(f"{path}: is data{name['part']} a second time; give each of the three once")
        found[name["part"]] = path
    if len(stems) != 1:
        names = ", ".join(str(path) for path in given)
        raise ZwickyError(f"{names}: not the files of one catalogue; give _data1.h5 of one snapshot")
    for part in "123":
        name = _PART.fullmatch(given[0].name)
        beside = given[0].with_name(f"{name['stem']}_data{part}{name['suffix']}")
        if not found.setdefault(part, beside).exists():
            raise ZwickyError(
                f"{found[part]}: is not there, and {given[0].name} is only one of three files; put it beside"
            )
    return tuple(found[part] for part in "123")
