"""The known formats as tables: what each calls its columns, in which units, and what to beware of.

A layout is data. What is the same in all of them, and how their files are opened, is in
`zwicky.simulations.known`; only what no table can say (bytes to be judged, attributes, three files for one)
is code, in a file for each kind of file. Names are compared as `plain_name` leaves them, without capitals.

Sources: Rockstar's ``io/meta_io.c`` (Behroozi, Wechsler & Wu 2013), consistent-trees (Behroozi et al. 2013),
UniverseMachine's ``sfr_catalog`` and DR1 (Behroozi et al. 2019), CosmoSim's ``MDPL2.Rockstar``, Uchuu
(Ishiyama et al. 2021), halotools (Hearin et al. 2017). All of them have comoving positions and radii and
peculiar velocities in km/s.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

__all__ = ["FORMATS", "MDPL2_REDSHIFTS", "UCHUU", "UM_RECORD", "Columns", "Layout", "Note"]

#: Canonical field to the file's column and its unit (a key of `zwicky.simulations.fields.UNITS`).
Columns = Mapping[str, tuple[str, str]]


@dataclass(frozen=True)
class Note:
    """A line for people, said of a file that has the field `having` and not the field `lacking`."""

    text: str
    having: str = ""
    lacking: str = ""


@dataclass(frozen=True)
class Layout:
    """A known format.

    Parameters
    ----------
    name
        What `CatalogHeader.format` says.
    kind
        How it is stored, which decides how it is opened and recognised: ``"text"``, ``"csv"``, ``"records"``
        (UniverseMachine's bytes), ``"numpy"``, ``"halotools"`` or ``"uchuu"``.
    columns
        Of a field that several columns may hold, the first that is there is taken.
    needed
        Columns that make a file one of this format.
    in_parts
        Whether several files may be one catalogue.
    constant
        Columns that are the same in every row of one snapshot.
    scale_column
        The column that has the scale factor.
    scale_in_name
        Whether the file's name has it.
    remarks
        What the format has for ``"masses"``, ``"positions"`` and ``"radii"``, held against a text's remarks.
    mass_remark
        A remark that tells whether ``mvir`` and ``m_peak`` are in Msun/h (its first group) or Msun.
    part_name
        Name of a file of several, the snapshot being its first group.
    notes
        Lines for people.
    """

    name: str
    kind: Literal["text", "csv", "records", "numpy", "halotools", "uchuu"]
    columns: Sequence[Columns]
    needed: frozenset[str]
    in_parts: bool = False
    constant: tuple[str, ...] = ()
    scale_column: str = ""
    scale_in_name: bool = False
    remarks: Mapping[str, str] = field(default_factory=dict)
    mass_remark: str = ""
    part_name: str = ""
    notes: tuple[Note, ...] = ()


_POSITION: Columns = {axis: (axis, "Mpc/h") for axis in "xyz"}
_VELOCITY: Columns = {axis: (axis, "km/s") for axis in ("vx", "vy", "vz")}
_PHASE_SPACE = {**_POSITION, **_VELOCITY}

# Rockstar, consistent-trees and CosmoSim. Masses include substructure.
_ROCKSTAR: Columns = {
    **_PHASE_SPACE,
    "m200c": ("m200c", "Msun/h"),
    "m200b": ("m200b", "Msun/h"),
    "m500c": ("m500c", "Msun/h"),
    "mvir": ("mvir", "Msun/h"),
    "rvir": ("rvir", "kpc/h"),
    "v_rms": ("vrms", "km/s"),
    "v_max": ("vmax", "km/s"),
}
_TREES: Columns = {
    "parent_id": ("upid", ""),
    "m_peak": ("mpeak", "Msun/h"),
    "m_acc": ("macc", "Msun/h"),
    "phantom": ("phantom", ""),
}
_ROCKSTAR_REMARKS = {"masses": "Msun/h", "positions": "Mpc/h", "radii": "kpc/h"}
_PID = (
    Note("PID is the smallest halo that holds a halo, not the largest: follow it up", having="parent_id"),
    Note(
        "no column PID: which halo lies in which is not known; Rockstar's find_parents adds it",
        lacking="parent_id",
    ),
)

# UniverseMachine. The stellar mass taken is the observed one, Msun without h whatever the halo masses are in.
_UM: Columns = {
    "object_id": ("id", ""),
    "parent_id": ("upid", ""),
    "stellar_mass": ("obs_sm", "Msun"),
    **_PHASE_SPACE,
}
_UM_SFR: Columns = {
    "mvir": ("m", "Msun/h"),
    "m_peak": ("mp", "Msun/h"),
    "rvir": ("r", "kpc/h"),
    "v_max": ("v", "km/s"),
    "flags": ("flags", ""),
}
_UM_NEEDED = frozenset(column for column, _ in _UM.values())
_UM_TEXT_NOTES = (
    Note("virial masses only: M200c is joined from Rockstar by id"),
    Note("orphans, which have no halo any more, have ids of 1e15 and above"),
)
_UM_NOTES = (
    Note("virial mass only: M200c is joined from the halo catalogue by id"),
    Note("stellar_mass is obs_sm, with the errors of an observation; sm is the true one"),
)
#: One galaxy of ``sfr_catalog_<a>.bin``: 128 bytes, little-endian, the last 4 empty. ``pos`` is position and
#: velocity.
UM_RECORD = np.dtype(
    [
        ("id", "<i8"),
        ("descid", "<i8"),
        ("upid", "<i8"),
        ("flags", "<i4"),
        ("uparent_dist", "<f4"),
        ("pos", "<f4", (6,)),
        *((name, "<f4") for name in ("vmp", "lvmp", "mp", "m", "v", "r", "rank1", "rank2", "ra", "rarank")),
        *((name, "<f4") for name in ("A_UV", "sm", "icl", "sfr", "obs_sm", "obs_sfr", "obs_uv", "empty")),
    ]
)
_UM_RECORD_COLUMNS: Columns = {
    **_UM,
    **_UM_SFR,
    **{axis: (f"pos[{i}]", "Mpc/h") for i, axis in enumerate("xyz")},
    **{f"v{axis}": (f"pos[{3 + i}]", "km/s") for i, axis in enumerate("xyz")},
}
#: As umachine_pyio renames them: its halo masses are free of h, and it does not say whether its radius is in
#: kpc/h or Mpc/h.
_UM_PYIO_COLUMNS: Columns = {
    **_PHASE_SPACE,
    "object_id": ("halo_id", ""),
    "parent_id": ("halo_upid", ""),
    "mvir": ("mvir", "Msun"),
    "m_peak": ("mpeak", "Msun"),
    "v_max": ("vmax", "km/s"),
}

#: Redshifts of MDPL2's last snapshots, by ``snapnum``.
MDPL2_REDSHIFTS: Mapping[int, float] = {
    113: 0.304, 114: 0.276, 115: 0.248, 116: 0.221, 117: 0.194, 118: 0.168, 119: 0.142,
    120: 0.117, 121: 0.093, 122: 0.069, 123: 0.045, 124: 0.022, 125: 0.000,
}  # fmt: skip

#: What is published of Uchuu (Ishiyama et al. 2021, Table 1), whose name begins that of its files.
UCHUU: Mapping[str, str | float] = {
    "simulation": "Uchuu",
    "box_size_mpc_h": 2000.0,
    "h": 0.6774,
    "omega_m": 0.3089,
    "omega_lambda": 0.6911,
}

_LAYOUTS = (
    Layout(
        "rockstar-out",  # out_N.list: a snapshot each, 40 columns or more
        "text",
        ({"object_id": ("id", ""), "parent_id": ("pid", ""), **_ROCKSTAR, "n_particles": ("np", "")},),
        frozenset({"id", "descid", "np", *_PHASE_SPACE}),
        in_parts=True,
        remarks=_ROCKSTAR_REMARKS,
        notes=_PID,
    ),
    Layout(
        "rockstar-ascii",  # halos_N.M.ascii: a file from each process that wrote
        "text",
        ({"object_id": ("id", ""), "parent_id": ("pid", ""), **_ROCKSTAR, "n_particles": ("num_p", "")},),
        frozenset({"id", "num_p", "posuncertainty", "num_cp", *_PHASE_SPACE}),
        in_parts=True,
        remarks=_ROCKSTAR_REMARKS,
        part_name=r"halos_(\d+)\.\d+\.ascii(?:\.gz)?",
        notes=_PID,
    ),
    Layout(
        "hlist",  # hlist_<a>.list of consistent-trees: 67 to 83 columns, M200c at 37, 38 or 40
        "text",
        ({"object_id": ("id", ""), **_ROCKSTAR, **_TREES},),
        frozenset({"scale", "id", "desc_scale", "desc_id", "pid", "upid", "phantom", *_PHASE_SPACE}),
        in_parts=True,
        constant=("scale",),
        scale_column="scale",
        scale_in_name=True,
        remarks=_ROCKSTAR_REMARKS,
        notes=(
            Note("no M200c: join it from a catalogue that has it", lacking="m200c"),
            Note(
                "the radius in the file is not the virial one; the main mass is not mvir",
                having="mvir",
                lacking="rvir",
            ),
        ),
    ),
    Layout(
        "universe-machine-binary",  # sfr_catalog_<a>.bin
        "records",
        (_UM_RECORD_COLUMNS,),
        frozenset({"id", "obs_sm"}),
        scale_in_name=True,
        notes=_UM_NOTES,
    ),
    Layout(
        "universe-machine-array",  # the same saved by numpy, with its own names or those of umachine_pyio
        "numpy",
        (_UM_RECORD_COLUMNS, _UM_PYIO_COLUMNS),
        frozenset({"obs_sm"}),
        scale_in_name=True,
        notes=_UM_NOTES,
    ),
    Layout(
        "universe-machine-text",  # sfr_catalog_<a>.txt: halo masses were Msun in DR1 and are Msun/h today
        "text",
        ({**_UM, **_UM_SFR},),
        _UM_NEEDED | {"flags", "m", "mp"},
        in_parts=True,
        scale_in_name=True,
        remarks={"masses": "Msun/h", "positions": "Mpc/h", "radii": "kpc/h"},
        mass_remark=r"#\s*M:.*\bMsun(\s*/\s*h)?\b",
        notes=_UM_TEXT_NOTES,
    ),
    Layout(
        "universe-machine-histories",  # sfh_catalog_<a>.<n>.txt, read without the histories
        "text",
        (
            {
                **_UM,
                "mvir": ("mnow", "Msun"),
                "m_peak": ("mpeak", "Msun"),
                "rvir": ("rvir", "kpc/h"),
                "v_max": ("vnow", "km/s"),
            },
        ),
        _UM_NEEDED | {"mnow", "mpeak"},
        in_parts=True,
        scale_in_name=True,
        remarks={"masses": "Msun", "positions": "Mpc/h", "radii": "kpc/h"},
        notes=_UM_TEXT_NOTES,
    ),
    Layout(
        "uchuu",  # Uchuu_UM_z<z>_data1.h5, data2 and data3: the columns of a galaxy in three files
        "uchuu",
        (
            {
                **_UM,
                "mvir": ("mvir", "Msun/h"),
                "m_peak": ("mpeak", "Msun/h"),
                "v_max": ("vmax", "km/s"),
            },
        ),
        frozenset({"obs_sm", "x", "vx"}),  # one of each file
        in_parts=True,
        notes=_UM_NOTES,
    ),
    Layout(
        "cosmosim-csv",  # what a query of CosmoSim gives; its columns are up to the query
        "csv",
        ({"object_id": ("rockstarid", ""), **_ROCKSTAR, **_TREES},),
        frozenset({"rockstarid"}),
        in_parts=True,
        constant=("scale", "snapnum"),
        scale_column="scale",
        remarks=_ROCKSTAR_REMARKS,
        notes=(Note("no M200c: add it to the query", lacking="m200c"),),
    ),
    Layout(
        "halotools",  # one HDF5 file with a table "data"; the unit of its radius is told from its mass
        "halotools",
        (
            {
                name: (f"halo_{column}", unit)
                for name, (column, unit) in {"object_id": ("id", ""), **_ROCKSTAR, **_TREES}.items()
            },
            {"parent_id": ("halo_hostid", "")},
        ),
        frozenset({"halo_id", "halo_x"}),
    ),
)

#: The formats that are known, by name.
FORMATS: dict[str, Layout] = {layout.name: layout for layout in _LAYOUTS}
