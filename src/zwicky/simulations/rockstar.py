"""Rockstar's own catalogues: ``out_N.list``, a snapshot each, and ``halos_N.M.ascii``, a process each.

Written by Rockstar's ``io/meta_io.c`` (Behroozi, Wechsler & Wu 2013): masses in Msun/h, positions in comoving
Mpc/h, radii in comoving kpc/h, peculiar velocities in km/s. Masses include substructure. Which halo lies in
which is not in the file unless ``find_parents`` added the column PID.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from zwicky.simulations.behroozi import MASSES, PHASE_SPACE
from zwicky.simulations.reader import CatalogHeader, Field
from zwicky.simulations.text_header import TextHead, described, names_at_top
from zwicky.simulations.text_reader import TextReader

__all__ = ["ROCKSTAR_UNITS", "RockstarAscii", "RockstarOut"]

#: What Rockstar and consistent-trees have for masses, positions and radii.
ROCKSTAR_UNITS: Mapping[str, str] = {"masses": "Msun/h", "positions": "Mpc/h", "radii": "kpc/h"}

_FIELDS: Mapping[str, tuple[str, str]] = (
    {"object_id": ("id", ""), "parent_id": ("pid", "")} | PHASE_SPACE | MASSES
)
_OUT = {"id", "descid", "np", "x", "y", "z", "vx", "vy", "vz"}
_ASCII = {"id", "num_p", "x", "y", "z", "vx", "vy", "vz", "posuncertainty", "num_cp"}
_NO_PID = "no column PID: which halo lies in which is not known; Rockstar's find_parents adds it"
_PID = "PID is the smallest halo that holds a halo, not the largest: follow it up"


class RockstarOut(TextReader):
    """``out_N.list``: 40 columns, or more with Halfmass_Radius, rvmax and PID.

    >>> RockstarOut.recognises(Path("out_5.list"), b"#ID DescID Mvir Np X Y Z VX VY VZ\\n#a = 1.0\\n")
    True
    """

    @classmethod
    def recognises(cls, path: Path, start: bytes) -> bool:
        """Whether a file that starts with these bytes, decompressed, is of this format."""
        return names_at_top(start) >= _OUT

    def describe(self, head: TextHead) -> tuple[CatalogHeader, dict[str, Field]]:
        """Header and fields of one file."""
        wanted = _FIELDS | {"n_particles": ("np", "")}
        header, fields = described(head, "rockstar-out", _OUT, wanted, ROCKSTAR_UNITS)
        note = _PID if "parent_id" in fields else _NO_PID
        return dataclasses.replace(header, notes=(*header.notes, note)), fields


class RockstarAscii(TextReader):
    """``halos_N.M.ascii``: 53 columns, a file from each process that wrote; together they are one catalogue.

    >>> start = b"#id num_p x y z vx vy vz PosUncertainty num_cp\\n"
    >>> RockstarAscii.recognises(Path("halos_0.0.ascii"), start)
    True
    """

    def __init__(self, paths: Path | str | Sequence[Path | str]) -> None:
        super().__init__(paths)
        notes = (*self.header.notes, *_other_processes(self.paths))
        self.header = dataclasses.replace(self.header, notes=notes)

    @classmethod
    def recognises(cls, path: Path, start: bytes) -> bool:
        """Whether a file that starts with these bytes, decompressed, is of this format."""
        return names_at_top(start) >= _ASCII

    def describe(self, head: TextHead) -> tuple[CatalogHeader, dict[str, Field]]:
        """Header and fields of one file."""
        wanted = _FIELDS | {"n_particles": ("num_p", "")}
        header, fields = described(head, "rockstar-ascii", _ASCII, wanted, ROCKSTAR_UNITS)
        note = _PID if "parent_id" in fields else _NO_PID
        return dataclasses.replace(header, notes=(*header.notes, note)), fields


def _other_processes(paths: Sequence[Path]) -> list[str]:
    """A note where files of the same snapshot lie beside those given and were not given."""
    given = {path.resolve() for path in paths}
    notes = []
    for folder, snapshot in sorted(
        {(path.parent, found[1]) for path in paths if (found := _PROCESS.fullmatch(path.name))}
    ):
        left = [
            path
            for path in folder.glob(f"halos_{snapshot}.*")
            if _PROCESS.fullmatch(path.name) and path.resolve() not in given
        ]
        if left:
            notes.append(
                f"{len(left)} more files of this snapshot lie beside it; give "
                f"'halos_{snapshot}.*.ascii' to read all"
            )
    return notes


_PROCESS = re.compile(r"halos_(\d+)\.\d+\.ascii(?:\.gz)?")
