"""Halo lists of consistent-trees, ``hlist_<scale factor>.list``, in every layout, by the header's names.

Written by consistent-trees (Behroozi et al. 2013) in Rockstar's units. The number of columns does not say
which layout a file has: two have 73 columns with M200c in different places, and in the Erebos simulations the
eleventh column is M200b, not Mvir. So columns are found by name, and the layout is only told.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

from zwicky.simulations.behroozi import MASSES, PHASE_SPACE, TREES
from zwicky.simulations.reader import CatalogHeader, Field
from zwicky.simulations.rockstar import ROCKSTAR_UNITS
from zwicky.simulations.text_header import (
    TextHead,
    agreed_scale,
    described,
    first_number,
    names_at_top,
    plain_name,
)
from zwicky.simulations.text_reader import TextReader

__all__ = ["HList", "layout_of"]

_FIELDS: Mapping[str, tuple[str, str]] = {"object_id": ("id", "")} | PHASE_SPACE | MASSES | TREES
_NEEDED = {"scale", "id", "desc_scale", "desc_id", "pid", "upid", "phantom", "x", "y", "z", "vx", "vy", "vz"}

#: Layout, columns (0 for any), place of M200c, names it has and names it lacks.
_LAYOUTS: Sequence[tuple[str, int, int | None, set[str], set[str]]] = (
    ("Bolshoi, Bolshoi-P and MultiDark", 73, 38, {"last_mainleaf_depthfirst_id"}, {"halfmass_radius"}),
    ("Consuelo", 74, 38, {"last_mainleaf_depthfirst_id", "halfmass_radius"}, {"tidal_id"}),
    ("old, without M_pe", 67, 37, set(), {"last_mainleaf_depthfirst_id", "m_pe_diemer"}),
    ("old, with M_pe", 73, 37, {"m_pe_diemer", "halfmass_radius"}, {"last_mainleaf_depthfirst_id"}),
    ("consistent-trees 1.01", 82, 40, {"mvir", "tidal_id"}, {"rvmax", "sam_m200b"}),
    ("Uchuu", 83, 40, {"tidal_id", "rvmax"}, {"sam_m200b"}),
    ("Erebos, main mass M200b", 0, 40, {"sam_m200b", "m200b", "tidal_id"}, set()),
    ("BDM", 0, None, {"rrms", "axba", "axca"}, {"m200c"}),
)


def layout_of(columns: Sequence[str]) -> str:
    """Which of the known layouts the columns of an hlist are in; empty if none.

    >>> layout_of(["scale", "id", "upid", "Rrms", "Axba", "Axca"])
    'BDM'
    """
    plain = [plain_name(name) for name in columns]
    place = plain.index("m200c") if "m200c" in plain else None
    for name, number, m200c, has, lacks in _LAYOUTS:
        if number in (0, len(plain)) and place == m200c and has <= set(plain) and not lacks & set(plain):
            return name
    return ""


class HList(TextReader):
    """``hlist_<scale factor>.list``, plain or gzip.

    >>> HList.recognises(Path("hlist"), b"#scale(0) id(1) desc_scale(2) desc_id(3)\\n")
    False
    """

    constant = ("scale",)

    @classmethod
    def recognises(cls, path: Path, start: bytes) -> bool:
        """Whether a file that starts with these bytes, decompressed, is of this format."""
        return names_at_top(start) >= _NEEDED

    def describe(self, head: TextHead) -> tuple[CatalogHeader, dict[str, Field]]:
        """Header and fields of one file; the scale factor is that of its first row.

        Raises
        ------
        ZwickyError
            If it is no hlist, or if its name says another scale factor than its rows.
        """
        header, fields = described(head, "hlist", _NEEDED, _FIELDS, ROCKSTAR_UNITS)
        scale = agreed_scale(head.path, first_number(head, header.columns, "scale"))
        layout, n = layout_of(header.columns), len(header.columns)
        notes = [
            f"layout: {layout}, {n} columns" if layout else f"layout not known, {n} columns, read by name"
        ]
        if "m200c" not in fields:
            notes.append("no M200c: join it from a catalogue that has it")
        if "mvir" in fields and "rvir" not in fields:
            notes.append("the radius in the file is not the virial one; the main mass is not mvir")
        return dataclasses.replace(header, scale_factor=scale, notes=(*header.notes, *notes)), fields
