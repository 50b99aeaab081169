"""An observer's galaxies and cluster centres, read from any table in one walk.

File, table, our columns with their units and gaps, checks, lists: galaxies come as radii and velocities
(`PhaseSpaceList`) or as sky positions and redshifts (`SkyList`), cluster centres as `Centres`. All are inert:
which galaxy belongs to which cylinder is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.io.centres import Centres, centres_of
from zwicky.io.columns import QUALITY, WARNINGS, Named, column_named, missing, normal_name
from zwicky.io.doubts import check_degrees
from zwicky.io.foreign import ForeignColumn, ForeignTable
from zwicky.io.measures import Measure, labels, measure, radii
from zwicky.io.readers import read_tables
from zwicky.io.storage import read_sample
from zwicky.tables import ClusterSample

__all__ = ["Centres", "PhaseSpaceList", "SkyList", "read_observed"]

_SKY, _PLANE = ("ra", "dec", "z"), ("r_proj", "v_los")


@dataclass(frozen=True)
class PhaseSpaceList:
    """Galaxies with a projected radius and a velocity, one row each.

    Parameters
    ----------
    cluster_id : shape (n,), text or int64
        The cluster of each galaxy.
    r_proj : float64, shape (n,)
        Radius in Mpc, or in radians if `frame` is ``"angle"``.
    v_los : float64, shape (n,)
        Velocity in the cluster's rest frame, km/s.
    redshift : float64, shape (n,)
        Redshift of the galaxy or of its cluster, whichever the file has; NaN where it has none.
    frame : str
        ``"proper"``, ``"comoving"`` or ``"angle"``.
    units
        The units that `r_proj` and `v_los` were given with, by name; what has none is not there.
    unmeasured : bool, shape (n,), optional
        Rows for which the file has no velocity, or a number that stands for none: no galaxies of any cluster.
    n_without_id
        Rows that are not here because they name no cluster.
    source
        Name of the file, for messages.
    notes
        What was taken for what and what was not used, one line each.
    """

    cluster_id: np.ndarray
    r_proj: np.ndarray = field(repr=False)
    v_los: np.ndarray = field(repr=False)
    redshift: np.ndarray = field(repr=False)
    frame: str = "proper"
    units: Mapping[str, str] = field(default_factory=dict, repr=False)
    unmeasured: np.ndarray | None = field(default=None, repr=False)
    n_without_id: int = 0
    source: str = "galaxies"
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class SkyList:
    """Galaxies on the sky: `ra` and `dec` in degrees, `z` as observed, each of shape (n,).

    `cluster_id`, shape (n,), says which cluster each was observed for; None leaves that to the sky.
    `unmeasured`, shape (n,), says for which the file has no redshift, or a number that stands for none.
    `n_without_id` rows are not here because they name no cluster; `source` is the file's name, for messages,
    and `notes` say what was taken for what and what was not used.
    """

    ra: np.ndarray = field(repr=False)
    dec: np.ndarray = field(repr=False)
    z: np.ndarray = field(repr=False)
    cluster_id: np.ndarray | None = None
    unmeasured: np.ndarray | None = field(default=None, repr=False)
    n_without_id: int = 0
    source: str = "galaxies"
    notes: tuple[str, ...] = ()


def read_observed(
    galaxies: Path | str | ForeignTable,
    centres: Path | str | ForeignTable | Centres | None = None,
    *,
    h: float,
    columns: Mapping[str, Named] | None = None,
    redshift: float | None = None,
    comoving: bool = False,
    table: str | None = None,
    without_centre: bool = False,
    keep_warned: bool = False,
) -> tuple[PhaseSpaceList | SkyList | ClusterSample, Centres | None]:
    """Read galaxies and, where they are given, cluster centres.

    A galaxy file with `r_proj` and `v_los` is a `PhaseSpaceList`, unless centres are given and the file
    has `ra`, `dec` and `z` too. Of one without `cluster_id`, all galaxies are of the cluster named in the
    file's metadata or after the file.

    Parameters
    ----------
    galaxies, centres
        Files that `zwicky.io.readers.read_tables` can read, or such tables; centres may be `Centres`. A
        `ClusterSample` that Zwicky wrote is returned as it is.
    h
        Hubble constant of the observer's cosmology over 100 km/s/Mpc; used only for a unit with h in it.
    columns
        The user's names for our columns, `zwicky.io.columns.parse_columns`.
    redshift
        Redshift of the clusters where the files have none.
    comoving
        Radii without another word in their unit are comoving, not proper.
    table
        Which table of the galaxies' file, by its name or number; None takes the first with our columns.
    without_centre
        Galaxies on the sky may come without a centre, to have it found.
    keep_warned
        Use redshifts whose ``ZWARN`` is not 0 as well.

    Raises
    ------
    ZwickyError
        If a file cannot be read or lacks what is needed, or its numbers contradict what they are taken for.
    """
    if not isinstance(galaxies, ForeignTable) and _is_cluster_sample(Path(galaxies)):
        given = {"--clusters": centres, "--columns": columns, "--redshift": redshift, "--comoving": comoving}
        unused = [option for option, value in given.items() if value not in (None, False, {})]
        if unused:
            raise ZwickyError(
                f"{Path(galaxies).name}: is a sample that zwicky wrote, complete in itself; leave out "
                f"{' and '.join(unused)}"
            )
        return read_sample(galaxies), None
    columns = dict(columns or {})
    chosen, others = _chosen(_tables(galaxies), columns, table)
    from_table = None if centres is None or isinstance(centres, Centres) else _tables(centres)[0]
    _check_mapping(columns, [t for t in (chosen, from_table) if t is not None])

    has = {name: column_named(chosen, name, columns) for name in (*_SKY, *_PLANE)}
    on_sky, in_plane = (all(has[name] for name in names) for names in (_SKY, _PLANE))
    if not on_sky and not in_plane:
        raise _missing_galaxy_columns(has, chosen)
    if not on_sky and (isinstance(centres, Centres) or without_centre):
        lacking = [name for name in _SKY if not has[name]]
        raise ZwickyError(
            f"{chosen.source}: a centre needs galaxies with ra, dec and z, and there is no {lacking[0]}; "
            "give --redshift Z with r_proj and v_los"
        )
    read_sky = bool(on_sky and (centres is not None or without_centre or not in_plane))
    if read_sky and centres is None and not without_centre:
        raise ZwickyError(
            f"{chosen.source}: ra, dec and z need the cluster's centre; give --centre RA,DEC,Z, --centre "
            "find, or --clusters CENTRES, a table with cluster_id, ra, dec, z"
        )
    found, centre_names = (centres if isinstance(centres, Centres) else None), ()
    if from_table is not None:
        found, measured = centres_of(from_table, columns, redshift, read_sky)
        centre_names = _taken(from_table.source, measured, columns)
        if read_sky:
            check_degrees(from_table.source, measured, None) if from_table.n_rows >= 10 else None
    if read_sky and comoving:
        raise ZwickyError(
            f"{chosen.source}: radii come from ra, dec and z, always comoving; leave out --comoving"
        )
    names = _SKY if read_sky else _PLANE
    if read_sky:
        measures = {name: measure(chosen, name, has[name], columns) for name in names}
        frame = None
        check_degrees(chosen.source, measures, found)
    else:
        r_proj, frame = radii(chosen, has["r_proj"], columns, h)
        measures = {"r_proj": r_proj, "v_los": measure(chosen, "v_los", has["v_los"], columns)}
    warned, said = _warned(chosen, keep_warned)
    notes = (
        *(f"{chosen.source}: {note}" for note in (*chosen.notes, *others)),
        *_taken(chosen.source, measures, columns),
        *centre_names,
        *(f"{found.source}: {note}" for note in (found.notes if found is not None else ())),
        *(f"{chosen.source}: {note}" for m in measures.values() for note in m.notes),
        *(f"{chosen.source}: {note}" for note in said),
    )
    ids, gaps = _ids(chosen, columns, many=read_sky and found is not None and len(found.z) > 1)
    keep = np.ones(chosen.n_rows, dtype=bool) if gaps is None else ~gaps
    common = {"n_without_id": int(np.sum(~keep)), "source": chosen.source, "notes": notes}
    depth = measures["z" if read_sky else "v_los"]
    unmeasured = depth.missing | warned
    if read_sky:
        unmeasured |= measures["ra"].missing | measures["dec"].missing
        values = {name: found_measure.values[keep] for name, found_measure in measures.items()}
        values["z"] = np.where(warned[keep], np.nan, values["z"])
        sky_ids = None if ids is None else ids[keep]
        return SkyList(**values, cluster_id=sky_ids, unmeasured=unmeasured[keep], **common), found
    unmeasured |= measures["r_proj"].sentinel
    units = {name: m.unit for name, m in measures.items() if m.unit}
    if ids is None:
        name = str(chosen.meta.get("cluster_id", Path(chosen.source).name.partition(".")[0]))
        ids = np.full(chosen.n_rows, name)
    return (
        PhaseSpaceList(
            cluster_id=ids[keep],
            r_proj=measures["r_proj"].values[keep],
            v_los=np.where(warned, np.nan, measures["v_los"].values)[keep],
            redshift=_redshifts(chosen, columns, ids[keep], redshift, found is not None)[keep],
            frame=frame or ("comoving" if comoving else "proper"),
            units=units,
            unmeasured=unmeasured[keep],
            **common,
        ),
        found,
    )


def _tables(place: Path | str | ForeignTable) -> list[ForeignTable]:
    return [place] if isinstance(place, ForeignTable) else read_tables(place)


def _is_cluster_sample(path: Path) -> bool:
    try:
        if path.suffix == ".parquet":
            import pyarrow.parquet as pq

            return (pq.read_schema(path).metadata or {}).get(b"zwicky_table") == b"ClusterSample"
        with open(path, "rb") as file:
            if file.read(8) != b"\x89HDF\r\n\x1a\n":
                return False
        import h5py

        with h5py.File(path, "r") as file:
            return "zwicky_table" in file.attrs
    except (OSError, ValueError):  # PyArrow's error is a ValueError
        return False


def _chosen(
    tables: Sequence[ForeignTable], columns: Mapping[str, Named], asked: str | None
) -> tuple[ForeignTable, tuple[str, ...]]:
    """The table of a file that is meant, and a line about the others."""
    if asked is not None:
        for i, table in enumerate(tables):
            if asked.lower() in (table.name.lower(), table.place.lower(), table.place.rpartition(" ")[2]):
                return table, ()
            if asked == str(i + 1) and not table.place:
                return table, ()
        there = ", ".join(f"{_titled(table) or 'one without a name'}" for table in tables[:20])
        raise ZwickyError(f"{tables[0].source}: has no table {asked!r}; it has {there}")
    able = [table for table in tables if _has_galaxies(table, columns)]
    chosen = able[0] if able else tables[0]
    others = [table for table in tables if table is not chosen]
    if not others:
        return chosen, ()
    named = ", ".join(_titled(table) for table in others[:6]) + (", ..." if len(others) > 6 else "")
    return chosen, (f"read {_titled(chosen)}; left {named} (--table takes another)",)


def _titled(table: ForeignTable) -> str:
    return f"{table.place} {table.name}".strip() if table.name != table.place else table.place


def _has_galaxies(table: ForeignTable, columns: Mapping[str, Named]) -> bool:
    return any(all(column_named(table, name, columns) for name in names) for names in (_SKY, _PLANE))


def _check_mapping(columns: Mapping[str, Named], tables: list[ForeignTable]) -> None:
    for ours, theirs in columns.items():
        if not any(theirs.name.lower() == name.strip().lower() for table in tables for name in table.names):
            has = ", ".join(name for table in tables for name in table.names[:20])
            raise ZwickyError(f"--columns {ours}={theirs.name}: no such column; there are {has}")


def _missing_galaxy_columns(has: Mapping[str, ForeignColumn | None], table: ForeignTable) -> ZwickyError:
    sky = [name for name in _SKY if not has[name]]
    plane = [name for name in _PLANE if not has[name]]
    return missing(sky if len(sky) <= len(plane) and len(sky) < 3 else plane, table)


def _taken(source: str, measures: Mapping[str, Measure], columns: Mapping[str, Named]) -> tuple[str, ...]:
    """A line that says which columns were recognised though neither we nor the user call them so."""
    taken = [
        f"{found.origin} for {ours}"
        for ours, found in measures.items()
        if found.origin.strip().lower() not in (ours, columns[ours].name.lower() if ours in columns else ours)
        and not (ours == "z" and found.origin.strip().lower() == "redshift")
    ]
    return (f"{source}: took {', '.join(taken)}",) if taken else ()


def _warned(table: ForeignTable, keep: bool) -> tuple[np.ndarray, list[str]]:
    """Rows whose redshift comes with a warning, and a line about every column of warnings or quality."""
    warned, notes = np.zeros(table.n_rows, dtype=bool), []
    for column in table.columns:
        name = normal_name(column.name)
        if name in WARNINGS:
            found = measure(table, "redshift", ForeignColumn(column.name, None, column.read), {})
            bad = np.isfinite(found.values) & (found.values != 0)
            if bad.any():
                done = "used all the same" if keep else "their redshifts left out (--keep-warned uses them)"
                notes.append(f"{column.name} is not 0 in {bad.sum()} of {table.n_rows} rows: {done}")
                warned |= bad & (not keep)
        elif name in QUALITY:
            notes.append(f"{column.name} seems to say how good redshifts are and was not used")
    return warned, notes


def _ids(
    table: ForeignTable, columns: Mapping[str, Named], many: bool
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """The cluster of each galaxy, and the rows that name none; in a table of one cluster all rows count."""
    column = column_named(table, "cluster_id", columns)
    if column is None:
        return None, None
    ids, gaps = labels(table, column)
    if gaps.any() and not gaps.all() and (many or len(np.unique(ids[~gaps])) > 1):
        return ids, gaps
    if gaps.any():
        row = np.flatnonzero(gaps)[0] + 1
        raise ZwickyError(
            f"{table.source}: {column.name} is missing in row {row}; give every row its cluster"
        )
    return ids, None


def _redshifts(
    table: ForeignTable,
    columns: Mapping[str, Named],
    ids: np.ndarray,
    redshift: float | None,
    elsewhere: bool,
) -> np.ndarray:
    ours = "redshift" if column_named(table, "redshift", columns) else "z"
    column = column_named(table, ours, columns)
    written = next((v for k, v in table.meta.items() if str(k).lower() in ("redshift", "z")), None)
    if redshift is not None:
        if column and len(np.unique(ids)) > 1:
            raise ZwickyError(
                f"{table.source}: {column.name!r} has the redshifts of the clusters; leave out --redshift "
                f"{redshift:g}"
            )
        return np.full(table.n_rows, float(redshift))
    if column:
        return measure(table, ours, column, columns).values
    if written is None and not elsewhere:
        raise ZwickyError(
            f"{table.source}: no redshift, and the aperture is comoving; give --redshift Z or a column "
            "redshift"
        )
    try:
        value = np.nan if written is None else float(written)
    except (TypeError, ValueError):
        if not elsewhere:
            raise ZwickyError(
                f"{table.source}: the redshift {str(written)[:60]!r} of its metadata is no number; give "
                "--redshift Z"
            ) from None
        value = np.nan
    return np.full(table.n_rows, value)
