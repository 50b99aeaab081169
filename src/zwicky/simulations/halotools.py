"""Halo catalogues of halotools: one HDF5 file with a table ``data`` and the simulation in its attributes.

Every column begins with ``halo_``. Positions are comoving Mpc/h and masses Msun/h (Hearin et al. 2017). The
radius is in Mpc/h where halotools converted it and in kpc/h where it did not; which, is told from the mass,
since the two differ by a factor of 1000.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import h5py
import numpy as np

from zwicky.errors import ZwickyError
from zwicky.simulations.reader import FIELDS, CatalogHeader, CatalogReader, Field
from zwicky.simulations.table_file import TableFile, faults, only_file
from zwicky.simulations.tables import open_table
from zwicky.units import critical_density

__all__ = ["HalotoolsCatalog"]

_FIELDS: Mapping[str, Field] = {
    "object_id": Field("halo_id"),
    "parent_id": Field("halo_upid"),
    **{name: Field(f"halo_{name}", "Mpc/h") for name in "xyz"},
    **{name: Field(f"halo_{name}", "km/s") for name in ("vx", "vy", "vz")},
    **{name: Field(f"halo_{name}", "Msun/h") for name in ("m200c", "m200b", "m500c", "mvir")},
    "rvir": Field("halo_rvir"),
    "m_peak": Field("halo_mpeak", "Msun/h"),
    "m_acc": Field("halo_macc", "Msun/h"),
    "v_rms": Field("halo_vrms", "km/s"),
    "v_max": Field("halo_vmax", "km/s"),
    "phantom": Field("halo_phantom"),
}
#: Rows from which the unit of the radius is told.
_LOOK = 10_000
#: Halos' mean comoving density over today's critical one lies in this range in any definition and at any
#: redshift; a wrong unit would put it away by a factor of 10^9.
_DENSITIES = (20.0, 1e5)


class HalotoolsCatalog(CatalogReader):
    """A halo catalogue that halotools cached or wrote.

    Parameters
    ----------
    paths
        The HDF5 file, one.

    Raises
    ------
    ZwickyError
        If it is damaged, has no table ``data`` of halos, or does not describe a cube.
    """

    def __init__(self, paths: Path | str | Sequence[Path | str]) -> None:
        path = only_file(paths)
        self.paths = (path,)
        self._table: TableFile = open_table(path, "data")
        missing = [name for name in ("halo_id", "halo_x") if name not in self._table.columns]
        if missing:
            raise ZwickyError(
                f"{path}: its table has no column {missing[0]!r}; it has {', '.join(self._table.columns)}"
            )
        columns = self._table.columns
        self.fields = {name: field for name, field in _FIELDS.items() if field.column in columns}
        #: Whether the parent is the halo itself where there is none.
        self._own_parent = "parent_id" not in self.fields and "halo_hostid" in columns
        notes = []
        if self._own_parent:
            self.fields["parent_id"] = Field("halo_hostid")
            notes.append("parent_id is halo_hostid, -1 where a halo is its own host")
        if "rvir" in self.fields:
            unit = self._radius_unit()
            self.fields["rvir"] = Field("halo_rvir", unit or "Mpc/h")
            if unit is None:
                del self.fields["rvir"]
            told = f"is in {unit}, told from" if unit else "is left out: neither kpc/h nor Mpc/h goes with"
            notes.append(f"halo_rvir {told} halo_mvir")
        self.header = _header(path, tuple(columns), columns["halo_id"].rows, notes)

    @classmethod
    def recognises(cls, path: Path, start: bytes) -> bool:
        """Whether a file that starts with these bytes is of this format."""
        if not start.startswith(b"\x89HDF\r\n\x1a\n"):
            return False
        try:
            with h5py.File(path, "r") as file:
                return "halo_id" in (file["data"].dtype.names or ())
        except Exception:  # whatever h5py raises over a file that is not this
            return False

    def raw_chunks(self, columns: Sequence[str], rows: int) -> Iterator[dict[str, np.ndarray]]:
        """Columns by their own names; see `CatalogReader.raw_chunks`.

        Where the parent is ``halo_hostid``, the halo's own number comes along.
        """
        unknown = [name for name in columns if name not in self._table.columns]
        if unknown:
            raise ZwickyError(
                f"{self.paths[0]}: has no column {unknown[0]!r}; it has {', '.join(self.header.columns)}"
            )
        wanted = dict.fromkeys(columns)
        if self._own_parent and "halo_hostid" in wanted:
            wanted["halo_id"] = None
        integers = frozenset(f.column for name, f in self.fields.items() if FIELDS[name][0] == "i8")
        yield from self._table.chunks(list(wanted), rows, integers)

    def _canonical(
        self, name: str, raw: Mapping[str, np.ndarray], h: float, scale_factor: float
    ) -> np.ndarray:
        values = super()._canonical(name, raw, h, scale_factor)
        if name == "parent_id" and self._own_parent:
            return np.where(values == raw["halo_id"], -1, values)
        return values

    def _radius_unit(self) -> str | None:
        if "mvir" not in self.fields:
            return None
        first = next(self._table.chunks(["halo_rvir", "halo_mvir"], _LOOK), None)
        if first is None:
            return None
        radius, mass = (first[name].astype(float) for name in ("halo_rvir", "halo_mvir"))
        good = (radius > 0) & (mass > 0) & np.isfinite(radius) & np.isfinite(mass)
        if not good.any():
            return None
        for unit, to_mpc in (("Mpc/h", 1.0), ("kpc/h", 1e-3)):
            # In Msun/h and Mpc/h the critical density today is that of H = 100 km/s/Mpc.
            density = (
                mass[good] / (4.0 / 3.0 * np.pi * (radius[good] * to_mpc) ** 3) / critical_density(100.0)
            )
            if _DENSITIES[0] < np.median(density) < _DENSITIES[1]:
                return unit
        return None


def _header(path: Path, columns: tuple[str, ...], n: int | None, notes: Sequence[str]) -> CatalogHeader:
    with faults(path, "HDF5"), h5py.File(path, "r") as file:
        attributes = {name: np.atleast_1d(value) for name, value in file.attrs.items()}

    def number(name: str) -> float | None:
        values = attributes.get(name)
        if values is None:
            return None
        text = [value.decode() if isinstance(value, bytes) else str(value) for value in values]
        try:
            numbers = [float(re.sub(r"[\[\](),]", " ", word)) for word in text]
        except ValueError:
            raise ZwickyError(
                f"{path}: attribute {name} = {' '.join(text)!r} is no number; mend the file"
            ) from None
        if not numbers or not np.isfinite(numbers).all() or len(set(numbers)) > 1:
            raise ZwickyError(
                f"{path}: attribute {name} = {numbers}; one finite number is wanted, for a cube"
            )
        return numbers[0]

    redshift, box = number("redshift"), number("Lbox")
    if redshift is not None and not redshift > -1:
        raise ZwickyError(f"{path}: attribute redshift = {redshift}; a redshift is above -1: mend the file")
    if box is not None and not box > 0:
        raise ZwickyError(f"{path}: attribute Lbox = {box}; a box has a positive side: mend the file")
    name = attributes.get("simname")
    if name is not None:
        name = name[0].decode("utf-8", "replace") if isinstance(name[0], bytes) else str(name[0])
    return CatalogHeader(
        "halotools",
        columns,
        simulation=name,
        scale_factor=None if redshift is None else 1.0 / (1.0 + redshift),
        box_size_mpc_h=box,
        particle_mass_msun_h=number("particle_mass"),
        n_rows=n,
        notes=tuple(notes),
    )
