"""UniverseMachine's text catalogues: ``sfr_catalog_<a>.txt``, and histories, ``sfh_catalog_<a>.<n>.txt``.

Behroozi et al. (2019). Halo masses are Msun in ``sfh_catalog``. In ``sfr_catalog`` they are Msun in the first
data release and Msun/h as its program writes them today: the header's line on M tells, and Msun/h is assumed
without one. In both, stellar masses are Msun, radii comoving kpc/h, positions comoving Mpc/h. The stellar
mass taken is the observed one (obs_sm), with its errors; the true one stands in the column SM.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from pathlib import Path

from zwicky.simulations.behroozi import PHASE_SPACE
from zwicky.simulations.reader import CatalogHeader, Field
from zwicky.simulations.text_header import TextHead, agreed_scale, described, names_at_top
from zwicky.simulations.text_reader import TextReader

__all__ = ["UniverseMachineHistories", "UniverseMachineText"]

_GALAXY = {"object_id": ("id", ""), "parent_id": ("upid", ""), "stellar_mass": ("obs_sm", "Msun")}
_FIELDS: Mapping[str, tuple[str, str]] = _GALAXY | PHASE_SPACE
_SFR = _FIELDS | {
    "mvir": ("m", "Msun/h"),
    "m_peak": ("mp", "Msun/h"),
    "rvir": ("r", "kpc/h"),
    "v_max": ("v", "km/s"),
    "flags": ("flags", ""),
}
_SFH = _FIELDS | {
    "mvir": ("mnow", "Msun"),
    "m_peak": ("mpeak", "Msun"),
    "rvir": ("rvir", "kpc/h"),
    "v_max": ("vnow", "km/s"),
}
_NEEDED = {column for column, _ in _FIELDS.values()}
_NOTES = (
    "virial masses only: M200c is joined from Rockstar by id",
    "orphans, which have no halo any more, have ids of 1e15 and above",
)


class UniverseMachineText(TextReader):
    """``sfr_catalog_<a>.txt``: one snapshot, 28 columns.

    >>> UniverseMachineText.recognises(Path("sfr_catalog_1.000000.txt"), b"#ID UPID Flags X Y Z M\\n")
    False
    """

    @classmethod
    def recognises(cls, path: Path, start: bytes) -> bool:
        """Whether a file that starts with these bytes, decompressed, is of this format."""
        return names_at_top(start) >= _NEEDED | {"flags", "m", "mp"}

    def describe(self, head: TextHead) -> tuple[CatalogHeader, dict[str, Field]]:
        """Header and fields of one file."""
        masses = _unit_of_masses(head)
        units = {"masses": masses, "positions": "Mpc/h", "radii": "kpc/h"}
        needed = _NEEDED | {"flags", "m", "mp"}
        wanted = _SFR | {"mvir": ("m", masses), "m_peak": ("mp", masses)}
        return _dated(head, *described(head, "universe-machine-text", needed, wanted, units))


class UniverseMachineHistories(TextReader):
    """``sfh_catalog_<a>.<n>.txt``: the numbers of the last snapshot, without the histories behind them.

    >>> start = b"#ID UPID X Y Z VX VY VZ Mpeak Mnow SM Obs_SM SFH\\n#num_scales: 178\\n"
    >>> UniverseMachineHistories.recognises(Path("sfh_catalog_1.002310.0.txt"), start)
    True
    """

    @classmethod
    def recognises(cls, path: Path, start: bytes) -> bool:
        """Whether a file that starts with these bytes, decompressed, is of this format."""
        return names_at_top(start) >= _NEEDED | {"mnow", "mpeak"}

    def describe(self, head: TextHead) -> tuple[CatalogHeader, dict[str, Field]]:
        """Header and fields of one file."""
        units = {"masses": "Msun", "positions": "Mpc/h", "radii": "kpc/h"}
        needed = _NEEDED | {"mnow", "mpeak"}
        return _dated(head, *described(head, "universe-machine-histories", needed, _SFH, units))


def _unit_of_masses(head: TextHead) -> str:
    """What the header's line on M says, as in ``#M: Halo mass (Bryan & Norman 1998 virial mass, Msun)``."""
    for line in head.lines:
        found = re.match(r"#\s*M:.*\bMsun(\s*/\s*h)?\b", line)
        if found:
            return "Msun/h" if found[1] else "Msun"
    return "Msun/h"


def _dated(
    head: TextHead, header: CatalogHeader, fields: dict[str, Field]
) -> tuple[CatalogHeader, dict[str, Field]]:
    """With the scale factor of the name where the header has none, and the notes on every such file."""
    scale = agreed_scale(head.path, header.scale_factor)
    return dataclasses.replace(header, scale_factor=scale, notes=(*header.notes, *_NOTES)), fields
