"""What a foreign file is, in words: its format, its units, and what an import would miss."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from zwicky.errors import ZwickyError
from zwicky.io.kinds import kind_of, start_of
from zwicky.io.readers import open_table
from zwicky.simulations.column_map import KINDS, read_column_map
from zwicky.simulations.fields import FIELDS, VECTORS
from zwicky.simulations.formats import detect_format, open_catalog
from zwicky.simulations.mapped import MappedReader
from zwicky.simulations.reader import CatalogReader

__all__ = ["describe_catalog", "describe_file", "describe_map"]

#: What an import needs of each table.
_NEEDED = {
    "halos": ("object_id", "m200c", *VECTORS),
    "galaxies": ("object_id", "parent_id", "stellar_mass", *VECTORS),
}
#: What it takes from options where the header does not say it.
_OPTIONS = {"scale_factor": "--redshift", "box_size_mpc_h": "--box", "h": "--h", "omega_m": "--omega-m"}


def describe_file(path: Path | str) -> dict[str, Any]:
    """Facts about a catalogue of a known format, or the columns of any other table, by what to call them.

    Raises
    ------
    ZwickyError
        If the file is neither, or as its reader.
    """
    try:
        detect_format(path)
    except ZwickyError as unknown:
        try:
            table = open_table(path)
        except ZwickyError as damaged:
            # Of a text that is no table the first says more, of a damaged binary file the second.
            binary = kind_of(start_of(Path(path))) in ("Parquet", "HDF5", "FITS", "numpy")
            raise (damaged if binary else unknown) from None
        if not table.columns:
            raise
        return {
            "kind": f"table ({table.kind}) of no simulation's layout",
            "columns": {name: column.unit or "(no unit)" for name, column in table.columns.items()},
            "as galaxies to be weighed": "zwicky predict",
            "as a simulation": "write a column map that says what its columns are; zwicky import --map",
        }
    return describe_catalog(open_catalog(path))


def describe_map(path: Path | str) -> dict[str, Any]:
    """Facts about the tables of a column map: those of the halos, then those of the galaxies.

    Raises
    ------
    ZwickyError
        If the map or a table that it names has a fault.
    """
    column_map = read_column_map(path)
    facts: dict[str, Any] = {"kind": "column map"}
    for kind in KINDS:
        facts[kind] = "not in the map"
        if getattr(column_map, kind) is not None:
            facts[kind] = describe_catalog(MappedReader(column_map, kind), (kind,))
    return facts


def describe_catalog(reader: CatalogReader, kinds: tuple[str, ...] = KINDS) -> dict[str, Any]:
    """Facts about a catalogue: header, fields with their columns and units, what is missing.

    Parameters
    ----------
    reader
        The catalogue.
    kinds
        What it might be imported as.
    """
    header = reader.header
    redshift = None if header.scale_factor is None else 1.0 / header.scale_factor - 1.0
    known = {
        "format": header.format,
        "files": [str(path) for path in reader.paths],
        "simulation": header.simulation,
        "rows": header.n_rows,
        "redshift": None if redshift is None else round(redshift, 6) + 0.0,
        "box, Mpc/h": header.box_size_mpc_h,
        "h": header.h,
        "Omega_m": header.omega_m,
        "Omega_Lambda": header.omega_lambda,
        "particle mass, Msun/h": header.particle_mass_msun_h,
    }
    fields = {
        name: f"{FIELDS[name][2]}; column {f.column}{f' in {f.unit}' if f.unit else ''}"
        for name, f in reader.fields.items()
    }
    used = {f.column for f in reader.fields.values()}
    facts = {"kind": "catalogue"} | {name: value for name, value in known.items() if value is not None}
    facts |= {"fields": fields, "columns not used": sum(name not in used for name in header.columns)}
    for kind in kinds:
        facts[f"to import as {kind}"] = _missing(reader, kind)
    if header.notes:
        facts["notes"] = list(header.notes)
    return facts


def _missing(reader: CatalogReader, kind: str) -> str:
    absent = [name for name in _NEEDED[kind] if name not in reader.fields]
    parts = [f"lacks {', '.join(absent)}"] if absent else []
    if kind == "halos" and "parent_id" not in reader.fields:
        parts.append("which halo lies in which is not in it: the galaxies' links must tell")
    asked = [option for name, option in _OPTIONS.items() if getattr(reader.header, name) is None]
    if asked:
        parts.append(f"give {', '.join(asked)} unless the other file says so")
    return "; ".join(parts) or "nothing is missing"
