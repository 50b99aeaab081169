"""An observer's galaxies and cluster centres, read from any table in one walk.

File, table, our columns with their units and gaps, checks, lists: galaxies come as radii and velocities
(`PhaseSpaceList`) or as sky positions and redshifts (`SkyList`), cluster centres as `Centres`. All are inert:
which galaxy belongs to which cylinder is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.io.centres import Centres, centres_of
from zwicky.io.choice import (
    PLANE,
    SKY,
    check_mapping,
    chosen_table,
    missing_galaxy_columns,
    taken_for,
    warned_rows,
)
from zwicky.io.columns import Named, column_named, nearest_name
from zwicky.io.doubts import check_degrees, check_one_cluster
from zwicky.io.foreign import ForeignColumn, ForeignTable
from zwicky.io.lists import PhaseSpaceList, SkyList
from zwicky.io.measures import Measure, labels, measure, radii
from zwicky.io.origin import origin_of
from zwicky.io.readers import read_tables
from zwicky.io.storage import read_sample
from zwicky.tables import ClusterSample

__all__ = ["Centres", "PhaseSpaceList", "SkyList", "read_observed"]

# So many centres are enough to tell hours and radians from degrees.
_ENOUGH_CENTRES = 10


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
    with_origin: bool = False,
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
    with_origin
        Keep the galaxies' own ids and, beside radii, their positions, where the file has them.

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
    chosen, others = chosen_table(_tables(galaxies), columns, table)
    from_table = None if centres is None or isinstance(centres, Centres) else _tables(centres)[0]
    check_mapping(columns, [name for t in (chosen, from_table) if t is not None for name in t.names])
    has = {name: column_named(chosen, name, columns) for name in (*SKY, *PLANE)}
    read_sky = _is_on_sky(chosen, has, centres, without_centre, comoving)
    found, notes = (centres, centres.notes) if isinstance(centres, Centres) else (None, ())
    if from_table is not None:
        found, measured = centres_of(from_table, columns, redshift, read_sky)
        notes = (*taken_for(from_table.source, measured, columns), *_lines(from_table, found.notes))
        if read_sky and from_table.n_rows >= _ENOUGH_CENTRES:
            check_degrees(from_table.source, measured, None)
    frame = None
    if read_sky:
        measures = {name: measure(chosen, name, has[name], columns) for name in SKY}
        check_degrees(chosen.source, measures, found)
    else:
        r_proj, frame = radii(chosen, has["r_proj"], columns, h)
        measures = {"r_proj": r_proj, "v_los": measure(chosen, "v_los", has["v_los"], columns)}
    warned, said = warned_rows(chosen, keep_warned)
    ids, gaps = _ids(chosen, columns, many=read_sky and found is not None and len(found.z) > 1)
    keep = np.ones(chosen.n_rows, dtype=bool) if gaps is None else ~gaps
    origin, unkept = origin_of(chosen, columns, positions=not read_sky) if with_origin else ({}, ())
    common = {
        **{name: values[keep] for name, values in origin.items()},
        "n_without_id": int(np.sum(~keep)),
        "source": chosen.source,
        "notes": (
            *_lines(chosen, (*chosen.notes, *others)),
            *taken_for(chosen.source, measures, columns),
            *notes,
            *_lines(chosen, (*(note for m in measures.values() for note in m.notes), *said, *unkept)),
        ),
    }
    if read_sky:
        return _sky_list(measures, warned, keep, ids, common), found
    if ids is None:
        if redshift is None and found is None:
            _check_one_cluster(chosen, columns, measures["v_los"])
        name = str(chosen.meta.get("cluster_id", Path(chosen.source).name.partition(".")[0]))
        ids = np.full(chosen.n_rows, name)
    redshifts = _redshifts(chosen, columns, ids[keep], redshift, found is not None)
    frame = frame or ("comoving" if comoving else "proper")
    return _phase_space_list(measures, warned, keep, ids, redshifts, frame, common), found


def _is_on_sky(
    table: ForeignTable,
    has: Mapping[str, ForeignColumn | None],
    centres: object,
    without_centre: bool,
    comoving: bool,
) -> bool:
    """Whether galaxies are to be read as positions and redshifts."""
    on_sky, in_plane = (all(has[name] for name in names) for names in (SKY, PLANE))
    if not on_sky and not in_plane:
        raise missing_galaxy_columns(has, table)
    if not on_sky and (isinstance(centres, Centres) or without_centre):
        lacking = next(name for name in SKY if not has[name])
        raise ZwickyError(
            f"{table.source}: a centre needs galaxies with ra, dec and z, and there is no {lacking}; "
            "give --redshift Z with r_proj and v_los"
        )
    read_sky = on_sky and (centres is not None or without_centre or not in_plane)
    if read_sky and centres is None and not without_centre:
        raise ZwickyError(
            f"{table.source}: ra, dec and z need the cluster's centre; give --centre RA,DEC,Z, --centre "
            "find, or --clusters CENTRES, a table with cluster_id, ra, dec, z"
        )
    if read_sky and comoving:
        raise ZwickyError(
            f"{table.source}: radii come from ra, dec and z, always comoving; leave out --comoving"
        )
    return read_sky


def _sky_list(measures: Mapping[str, Measure], warned, keep, ids, common: dict) -> SkyList:
    unmeasured = warned | np.any([found.missing for found in measures.values()], axis=0)
    values = {name: found.values[keep] for name, found in measures.items()}
    values["z"] = np.where(warned[keep], np.nan, values["z"])
    return SkyList(
        **values, cluster_id=None if ids is None else ids[keep], unmeasured=unmeasured[keep], **common
    )


def _phase_space_list(
    measures: Mapping[str, Measure], warned, keep, ids, redshifts, frame: str, common: dict
) -> PhaseSpaceList:
    # A galaxy with a velocity and a blank for a radius stays: its cluster then has a problem.
    unmeasured = warned | measures["v_los"].missing | measures["r_proj"].sentinel
    return PhaseSpaceList(
        cluster_id=ids[keep],
        r_proj=measures["r_proj"].values[keep],
        v_los=np.where(warned, np.nan, measures["v_los"].values)[keep],
        redshift=redshifts[keep],
        frame=frame,
        units={name: found.unit for name, found in measures.items() if found.unit},
        unmeasured=unmeasured[keep],
        **common,
    )


def _lines(table: ForeignTable, notes: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"{table.source}: {note}" for note in notes)


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
    except (OSError, ValueError, KeyError, RuntimeError):  # what the libraries raise over damaged files
        return False


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


def _check_one_cluster(table: ForeignTable, columns: Mapping[str, Named], v_los: Measure) -> None:
    ours = "redshift" if column_named(table, "redshift", columns) else "z"
    column = column_named(table, ours, columns)
    if column is not None:
        values = measure(table, ours, column, columns).values
        hint = nearest_name("cluster_id", table.names)
        check_one_cluster(table.source, column.name, values, v_los.values, hint)


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
