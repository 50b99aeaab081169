"""Which layout an hlist has: told for people only, since columns are found by name.

The number of columns does not say it: two layouts have 73, with M200c in different places, and in the Erebos
simulations the eleventh column is M200b, not Mvir.
"""

from __future__ import annotations

from collections.abc import Sequence

from zwicky.simulations.names import plain_name

__all__ = ["layout_note", "layout_of"]

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


def layout_note(columns: Sequence[str]) -> str:
    """A line that says the layout, or that it is not known."""
    layout, n = layout_of(columns), len(columns)
    return f"layout: {layout}, {n} columns" if layout else f"layout not known, {n} columns, read by name"
