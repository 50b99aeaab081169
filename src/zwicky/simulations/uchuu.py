"""Uchuu's UniverseMachine catalogues: ``Uchuu_UM_z<z>_data1.h5``, ``data2`` and ``data3`` as one.

One dataset a column, the columns of a galaxy spread over three files in the same order of rows: numbers and
masses in the first, positions in the second, velocities in the third. Halo masses are Msun/h and virial,
stellar masses Msun, positions comoving Mpc/h.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.simulations.reader import FIELDS, CatalogHeader, CatalogReader, Field
from zwicky.simulations.table_file import TableFile
from zwicky.simulations.tables import open_table

__all__ = ["UchuuUniverseMachine"]

_PART = re.compile(r"(?P<stem>.*)_data(?P<part>[123])(?P<suffix>\.h5|\.hdf5)", re.I)
_REDSHIFT = re.compile(r"_z(\d+)[p.](\d+)_", re.I)

#: What is published of the simulation that begins the name of the files (Ishiyama et al. 2021, Table 1): side
#: in Mpc/h, h, density of matter and of dark energy.
_SIMULATION, _BOX_MPC_H, _H, _OMEGA_M, _OMEGA_LAMBDA = "Uchuu", 2000.0, 0.6774, 0.3089, 0.6911

_FIELDS: Mapping[str, Field] = {
    "object_id": Field("id"),
    "parent_id": Field("upid"),
    **{name: Field(name, "Mpc/h") for name in "xyz"},
    **{name: Field(name, "km/s") for name in ("vx", "vy", "vz")},
    "mvir": Field("Mvir", "Msun/h"),
    "m_peak": Field("Mpeak", "Msun/h"),
    "v_max": Field("vmax", "km/s"),
    "stellar_mass": Field("obs_sm", "Msun"),
}
#: One column that shows which file it is.
_OF_PART = {"1": "obs_sm", "2": "x", "3": "vx"}


class UchuuUniverseMachine(CatalogReader):
    """The three files as one catalogue.

    Parameters
    ----------
    paths
        Any of the three files, or all: the others are found beside it by name.

    Raises
    ------
    ZwickyError
        If one of the three is missing or damaged, or if they do not have the same number of rows.
    """

    def __init__(self, paths: Path | str | Sequence[Path | str]) -> None:
        given = [Path(paths)] if isinstance(paths, str | Path) else [Path(path) for path in paths]
        self.paths = _three_files(given)
        self._parts = [open_table(path) for path in self.paths]
        self._home: dict[str, TableFile] = {}
        for number, part in zip("123", self._parts, strict=True):
            if _OF_PART[number] not in part.columns:
                raise ZwickyError(
                    f"{part.path}: has no column {_OF_PART[number]!r}, so it is not part {number} of an "
                    f"Uchuu-UM catalogue; it has {', '.join(part.columns) or 'nothing'}"
                )
            for name in part.columns:
                self._home.setdefault(name, part)
        n = self._parts[0].columns["obs_sm"].rows
        for part in self._parts:
            for name, column in part.columns.items():
                if column.rows != n:
                    raise ZwickyError(
                        f"{part.path}: {name} has {column.rows} rows where {self.paths[0].name} has {n}; the "
                        "files are not of one snapshot or one is cut short: fetch them again"
                    )
        self.fields = {name: field for name, field in _FIELDS.items() if field.column in self._home}
        self.header = _header(self.paths[0], tuple(self._home), n)

    @classmethod
    def recognises(cls, path: Path, start: bytes) -> bool:
        """Whether a file of this name that starts with these bytes is one of the three."""
        return start.startswith(b"\x89HDF\r\n\x1a\n") and _PART.fullmatch(path.name) is not None

    def raw_chunks(self, columns: Sequence[str], rows: int) -> Iterator[dict[str, np.ndarray]]:
        """Columns of all three files by their own names; see `CatalogReader.raw_chunks`."""
        unknown = [name for name in columns if name not in self._home]
        if unknown:
            raise ZwickyError(
                f"{self.paths[0]}: has no column {unknown[0]!r}; it has {', '.join(self.header.columns)}"
            )
        integers = frozenset(f.column for name, f in self.fields.items() if FIELDS[name][0] == "i8")
        streams = []
        for part in self._parts:
            here = [name for name in dict.fromkeys(columns) if self._home[name] is part]
            if here:
                streams.append(part.chunks(here, rows, integers))
        for chunks in zip(*streams, strict=True):
            yield {name: values for chunk in chunks for name, values in chunk.items()}


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
        names = ", ".join(str(path) for path in given) or "nothing"
        raise ZwickyError(f"{names}: not the files of one catalogue; give _data1.h5 of one snapshot")
    for part in "123":
        name = _PART.fullmatch(given[0].name)
        beside = given[0].with_name(f"{name['stem']}_data{part}{name['suffix']}")
        if not found.setdefault(part, beside).exists():
            raise ZwickyError(
                f"{found[part]}: is not there, and {given[0].name} is only one of three files; put it beside"
            )
    return tuple(found[part] for part in "123")


def _header(path: Path, columns: tuple[str, ...], n: int) -> CatalogHeader:
    """What the name of the file says: the format has no header of its own."""
    redshift = _REDSHIFT.search(path.name)
    known: dict[str, Any] = {}
    notes = [
        "virial mass only: M200c is joined from the halo catalogue by id",
        "stellar_mass is obs_sm, with the errors of an observation; sm is the true one",
    ]
    if path.name.split("_")[0] == _SIMULATION:
        known = {"simulation": _SIMULATION, "box_size_mpc_h": _BOX_MPC_H}
        known |= {"h": _H, "omega_m": _OMEGA_M, "omega_lambda": _OMEGA_LAMBDA}
        notes.append(f"box and cosmology are those published for {_SIMULATION}, which the file's name names")
    if redshift:
        known["scale_factor"] = 1.0 / (1.0 + float(f"{redshift[1]}.{redshift[2]}"))
    return CatalogHeader("uchuu", columns, n_rows=n, notes=tuple(notes), **known)
