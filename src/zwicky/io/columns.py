"""Which column of somebody's table is which of ours: by the user's word, by our name, or by a common name.

Archives call right ascension ``RAJ2000``, ``_RAJ2000``, ``RA (J2000)`` or ``TARGET_RA``; such names are
recognised for what has one meaning on every sky. Radii and velocities in a cluster's frame are not: whether
a radius is proper and a velocity at rest only the user knows.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from zwicky.errors import ZwickyError
from zwicky.io.foreign import ForeignColumn, ForeignTable

__all__ = [
    "COMMON_NAMES",
    "OUR_COLUMNS",
    "QUALITY",
    "WARNINGS",
    "Named",
    "column_named",
    "is_velocity_name",
    "missing",
    "nearest_name",
    "normal_name",
    "parse_columns",
]

#: The columns that an observer's files may have, under our names.
OUR_COLUMNS = ("cluster_id", "galaxy_id", "r_proj", "v_los", "redshift", "ra", "dec", "z")

_VELOCITIES = (
    "cz", "czhelio", "czhel", "helcz", "hrv", "vhelio", "vhel", "heliovel", "velocity", "radialvelocity",
    "radvel", "rv",
)  # fmt: skip

#: Common names of our columns by their letters and digits in lower case, the likeliest first.
COMMON_NAMES: Mapping[str, tuple[str, ...]] = {
    "cluster_id": (
        "clusterid", "cluster", "clustername", "clname", "clusname", "clid", "memmatchid", "groupid", "grpid",
    ),
    "galaxy_id": (
        "galaxyid", "galid", "objid", "specobjid", "bestobjid", "targetid", "objectid", "sourceid", "galaxy",
        "galaxyname", "objname", "objectname", "designation", "id", "name",
    ),
    "redshift": ("zclus", "zcluster", "zcl", "zlambda"),
    "ra": (
        "ra", "raj2000", "radeg", "raicrs", "ra2000", "al2000", "alpha2000", "alphaj2000", "targetra",
        "ratarg", "meanfiberra", "fiberra", "plugra", "rightascension", "raj2000deg", "rahms", "alpha",
        "rag", "ragal",
    ),
    "dec": (
        "dec", "decj2000", "dej2000", "decdeg", "dedeg", "decicrs", "deicrs", "dec2000", "de2000",
        "delta2000", "deltaj2000", "targetdec", "dectarg", "meanfiberdec", "fiberdec", "plugdec",
        "declination",
        "decj2000deg", "decdms", "dedms", "delta", "decl", "decg", "decgal",
    ),
    "z": (
        "z", "zspec", "specz", "zsp", "zs", "zbest", "zobs", "zhelio", "zhel", "helioz", "redshift", "zgal",
        "zfinal", "zspectroscopic", "spectroscopicredshift", *_VELOCITIES,
    ),
}  # fmt: skip

# In a table of centres these are the clusters' own.
_CENTRE_NAMES = ("name", "id", "cid", "group", "object", "objectname", "target")

# What others call the rest: for hints only, nothing is renamed without the user's word.
_ELSEWHERE = {
    "r_proj": ("r", "rp", "rproj", "radius", "dproj", "dist", "distance"),
    "v_los": ("v", "vlos", "vel", "velocity", "vpec"),
    "redshift": ("z",),
    "cluster_id": ("id", "cid", "group", "name"),
    "z": ("zphot", "photoz"),
}

#: Columns of warnings, in which a redshift is good where they are 0, and of other marks of quality.
WARNINGS = frozenset(["zwarn", "zwarning"])
QUALITY = frozenset(
    ["zqual", "zquality", "qz", "qualz", "zflag", "zflg", "fz", "nq", "qop", "zconf", "zq", "quality", "qf"]
)

_BRACKETS = re.compile(r"(?P<name>[^\[]*)\[(?P<unit>[^\]]+)\]")


@dataclass(frozen=True)
class Named:
    """The name a column has in the user's file, and its unit if the user gave one."""

    name: str
    unit: str | None = None


def parse_columns(text: str) -> dict[str, Named]:
    """What ``--columns`` says, by our names.

    >>> parse_columns("r_proj=R[kpc],v_los=vel")
    {'r_proj': Named(name='R', unit='kpc'), 'v_los': Named(name='vel', unit=None)}

    Raises
    ------
    ZwickyError
        For a piece that is not ``ours=theirs`` or a name that is not one of ours.
    """
    mapping = {}
    for piece in filter(None, (p.strip() for p in text.split(","))):
        ours, equals, theirs = (part.strip() for part in piece.partition("="))
        if not equals or not theirs:
            raise ZwickyError(
                f"--columns: {piece!r} is not ours=theirs; write for example r_proj=R,v_los=VEL"
            )
        if ours.lower() not in OUR_COLUMNS:
            near = difflib.get_close_matches(ours.lower(), OUR_COLUMNS, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise ZwickyError(
                f"--columns: {ours!r} is not one of our columns ({', '.join(OUR_COLUMNS)}){hint}"
            )
        if ours.lower() in mapping:
            raise ZwickyError(f"--columns: {ours} is given twice; give it one column")
        found = _BRACKETS.fullmatch(theirs)
        mapping[ours.lower()] = Named(found["name"].strip(), found["unit"]) if found else Named(theirs)
    return mapping


def normal_name(name: str) -> str:
    """The letters and digits of a name, in lower case: what all spellings of it share.

    >>> normal_name("_RA (J2000)")
    'raj2000'
    """
    return "".join(letter for letter in name.lower() if letter.isalnum())


def is_velocity_name(name: str) -> bool:
    """Whether a column of this name holds cz rather than z."""
    return normal_name(name) in _VELOCITIES


def column_named(
    table: ForeignTable, ours: str, mapping: Mapping[str, Named], *, of_centres: bool = False
) -> ForeignColumn | None:
    """The column of `table` that is our column `ours`, or None; the case of letters does not matter.

    A name that the user gave comes first; a file without it is searched for our own name, because one
    ``--columns`` serves the galaxies and the centres, and then for common names.

    Raises
    ------
    ZwickyError
        If two columns have the name, or differ only by case and neither is spelt as asked.
    """
    for wanted in dict.fromkeys([mapping[ours].name, ours] if ours in mapping else [ours]):
        spelt = [column for column in table.columns if column.name == wanted]
        same = [column for column in table.columns if column.name.strip().lower() == wanted.lower()]
        if len(spelt) > 1:
            raise ZwickyError(
                f"{table.source}: {len(spelt)} columns are named {wanted!r}; leave one, or rename it"
            )
        if len(same) > 1 and not spelt:
            raise ZwickyError(
                f"columns {' and '.join(c.name for c in same)} differ only by case; choose with "
                f"--columns {ours}=..."
            )
        if spelt or same:
            return (spelt or same)[0]
    common = COMMON_NAMES.get(ours, ()) + (_CENTRE_NAMES if of_centres and ours == "cluster_id" else ())
    by_name: dict[str, ForeignColumn] = {}
    for column in table.columns:
        by_name.setdefault(normal_name(column.name), column)
    return next((by_name[name] for name in common if name in by_name), None)


def missing(ours: Iterable[str], table: ForeignTable) -> ZwickyError:
    """The error for columns that `table` does not have, with what it has and the nearest names."""
    ours = list(ours)
    example = ",".join(f"{name}={nearest_name(name, table.names)}" for name in ours)
    has = ", ".join(table.names[:12]) + (", ..." if len(table.names) > 12 else "")
    return ZwickyError(
        f"{table.source}: no column {' or '.join(ours)}; it has {has}; say which is which with "
        f"--columns {example}"
    )


def nearest_name(ours: str, names: Iterable[str]) -> str:
    """The name that is likeliest to be our column `ours`, or ``THEIRS``.

    >>> nearest_name("cluster_id", ["CID", "dproj"])
    'CID'
    """
    theirs = {normal_name(name): name for name in names}
    known = [theirs[name] for name in _ELSEWHERE.get(ours, ()) if name in theirs]
    near = [theirs[name] for name in difflib.get_close_matches(ours, theirs, n=1)]
    return next(iter([*known, *near]), "THEIRS")
