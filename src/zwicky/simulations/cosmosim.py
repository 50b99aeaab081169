"""CSV files from CosmoSim's database, such as a query of ``MDPL2.Rockstar``.

Units are Rockstar's: Msun/h, comoving Mpc/h and, for radii, comoving kpc/h. What the columns are is up to the
query; names are compared without regard to capitals, and a first column ``row_id`` is no matter.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

from zwicky.simulations.behroozi import MASSES, PHASE_SPACE, TREES
from zwicky.simulations.reader import CatalogHeader, Field
from zwicky.simulations.rockstar import ROCKSTAR_UNITS
from zwicky.simulations.text_header import TextHead, described, first_number, names_in
from zwicky.simulations.text_reader import TextReader

__all__ = ["MDPL2_REDSHIFTS", "CosmoSim"]

#: Redshifts of MDPL2's last snapshots, by ``snapnum``.
MDPL2_REDSHIFTS: Mapping[int, float] = {
    125: 0.000,
    124: 0.022,
    123: 0.045,
    122: 0.069,
    121: 0.093,
    120: 0.117,
    119: 0.142,
    118: 0.168,
    117: 0.194,
    116: 0.221,
    115: 0.248,
    114: 0.276,
    113: 0.304,
}

_FIELDS: Mapping[str, tuple[str, str]] = {"object_id": ("rockstarid", "")} | PHASE_SPACE | MASSES | TREES


class CosmoSim(TextReader):
    """A query's result as CSV, plain or gzip; in slabs too, given together.

    >>> CosmoSim.recognises(Path("slab.csv"), b'"row_id","rockstarId","x"\\n')
    True
    """

    commas = True
    constant = ("scale", "snapnum")

    @classmethod
    def recognises(cls, path: Path, start: bytes) -> bool:
        """Whether a file that starts with these bytes, decompressed, is of this format."""
        lines = [line for line in start.splitlines() if line.strip() and not line.lstrip().startswith(b"#")]
        return bool(lines) and b"," in lines[0] and "rockstarid" in names_in(lines[0])

    @staticmethod
    def names_line(head: TextHead) -> str:
        """The line that names the columns: the one above the rows."""
        return head.lines[-1]

    def describe(self, head: TextHead) -> tuple[CatalogHeader, dict[str, Field]]:
        """Header and fields of one file; the scale factor only where a column has it."""
        names = self.names_line(head)
        header, fields = described(head, "cosmosim-csv", {"rockstarid"}, _FIELDS, ROCKSTAR_UNITS, names)
        scale = first_number(head, header.columns, "scale", self.commas)
        notes = list(header.notes)
        number = first_number(head, header.columns, "snapnum", self.commas)
        if number is not None and scale is None:
            redshift = MDPL2_REDSHIFTS.get(int(number))
            known = f"redshift {redshift:.3f} in MDPL2" if redshift is not None else "redshift not known"
            notes.append(f"snapnum {number:.0f}: {known}; the file has no scale factor")
        if "m200c" not in fields:
            notes.append("no M200c: add it to the query")
        return dataclasses.replace(header, scale_factor=scale, notes=tuple(notes)), fields
