"""An observer's galaxies and cluster centres, read from any table.

Galaxies come as radii and velocities (`PhaseSpaceList`) or as sky positions and redshifts (`SkyList`);
cluster centres as `Centres`. All are inert: which galaxy belongs to which cylinder is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from astropy.table import Table

from zwicky.errors import ZwickyError
from zwicky.io.measures import (
    Named,
    column_named,
    labels,
    missing,
    numbers,
    radii,
    unit_of,
    without_label,
)
from zwicky.io.storage import read_sample
from zwicky.io.tabular import read_any
from zwicky.tables import ClusterSample

__all__ = ["Centres", "PhaseSpaceList", "SkyList", "read_observed"]

# So many galaxies within pi/2 of the celestial equator and 2 pi of the meridian, in degrees, are rare.
_MANY_GALAXIES = 20


@dataclass(frozen=True)
class PhaseSpaceList:
    """Galaxies with a projected radius and a velocity, one row each.

    Parameters
    ----------
    cluster_id : shape (n,), any type
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
    n_without_id
        Rows that are not here because they name no cluster.
    source
        Name of the file, for messages.
    """

    cluster_id: np.ndarray
    r_proj: np.ndarray = field(repr=False)
    v_los: np.ndarray = field(repr=False)
    redshift: np.ndarray = field(repr=False)
    frame: str = "proper"
    units: Mapping[str, str] = field(default_factory=dict, repr=False)
    n_without_id: int = 0
    source: str = "galaxies"


@dataclass(frozen=True)
class SkyList:
    """Galaxies on the sky: `ra` and `dec` in degrees, `z` as observed, each of shape (n,).

    `cluster_id`, shape (n,), says which cluster each was observed for; None leaves that to the sky.
    `n_without_id` rows are not here because they name no cluster; `source` is the file's name, for messages.
    """

    ra: np.ndarray = field(repr=False)
    dec: np.ndarray = field(repr=False)
    z: np.ndarray = field(repr=False)
    cluster_id: np.ndarray | None = None
    n_without_id: int = 0
    source: str = "galaxies"


@dataclass(frozen=True)
class Centres:
    """Cluster centres: `ra` and `dec` in degrees (NaN where not given) and redshift `z`, shape (n,).

    `faults` says of single rows what is wrong with their `cluster_id`.
    """

    cluster_id: np.ndarray
    ra: np.ndarray = field(repr=False)
    dec: np.ndarray = field(repr=False)
    z: np.ndarray = field(repr=False)
    source: str = "centres"
    faults: Mapping[int, str] = field(default_factory=dict, repr=False)


def read_observed(
    galaxies: Path | str,
    centres: Path | str | None = None,
    *,
    h: float,
    columns: Mapping[str, Named] | None = None,
    redshift: float | None = None,
    comoving: bool = False,
) -> tuple[PhaseSpaceList | SkyList | ClusterSample, Centres | None]:
    """Read galaxies and, where they are given, cluster centres.

    A galaxy file with `r_proj` and `v_los` is a `PhaseSpaceList`, unless centres are given and the file
    has `ra`, `dec` and `z` too. Of one without `cluster_id`, all galaxies are of the cluster named in the
    file's metadata or after the file.

    Parameters
    ----------
    galaxies, centres
        Files that `zwicky.io.tabular.read_any` can read. A `ClusterSample` that Zwicky wrote is returned
        as it is.
    h
        Hubble constant of the observer's cosmology over 100 km/s/Mpc; used only for a unit with h in it.
    columns
        The user's names for our columns, `zwicky.io.measures.parse_columns`.
    redshift
        Redshift of the clusters where the files have none.
    comoving
        Radii without another word in their unit are comoving, not proper.

    Raises
    ------
    ZwickyError
        If a file cannot be read or lacks what is needed.
    """
    if _is_cluster_sample(Path(galaxies)):
        given = {"--clusters": centres, "--columns": columns, "--redshift": redshift, "--comoving": comoving}
        unused = [option for option, value in given.items() if value not in (None, False, {})]
        if unused:
            raise ZwickyError(
                f"{Path(galaxies).name}: is a sample that zwicky wrote, complete in itself; leave out "
                f"{' and '.join(unused)}"
            )
        return read_sample(galaxies), None
    columns = dict(columns or {})
    table = read_any(galaxies)
    source = Path(galaxies).name
    centre_table = None if centres is None else read_any(centres)
    _check_mapping(columns, [t for t in (table, centre_table) if t is not None])

    has = {name: column_named(table, name, columns) for name in ("r_proj", "v_los", "ra", "dec", "z")}
    on_sky = all(has[name] for name in ("ra", "dec", "z"))
    in_phase_space = has["r_proj"] and has["v_los"]
    if not on_sky and not in_phase_space:
        raise _missing_galaxy_columns(has, table, source)
    read_sky = bool(on_sky and (centre_table is not None or not in_phase_space))
    if read_sky and centre_table is None:
        raise ZwickyError(
            f"{source}: ra, dec and z need the cluster's centre; give --clusters CENTRES, a table with "
            "cluster_id, ra, dec, z"
        )
    found = (
        None
        if centre_table is None
        else _centres(centre_table, Path(centres).name, columns, redshift, read_sky)
    )
    if read_sky:
        if comoving:
            raise ZwickyError(
                f"{source}: radii come from ra, dec and z, always comoving; leave out --comoving"
            )
        table, n_without_id = _with_id(table, columns, len(found.z) > 1)
        values = {name: numbers(table, name, has[name], columns, source) for name in ("ra", "dec", "z")}
        _check_degrees(source, table, has, columns, values, found)
        id_name = column_named(table, "cluster_id", columns)
        ids = labels(table, id_name, source) if id_name else None
        return SkyList(**values, cluster_id=ids, n_without_id=n_without_id, source=source), found

    table, n_without_id = _with_id(table, columns, False)
    units = {name: unit_of(table, name, has[name], columns) for name in ("r_proj", "v_los")}
    r_proj, frame = radii(table, has["r_proj"], columns, source, h)
    return (
        PhaseSpaceList(
            cluster_id=_cluster_ids(table, columns, source),
            r_proj=r_proj,
            v_los=numbers(table, "v_los", has["v_los"], columns, source),
            redshift=_redshifts(table, columns, source, redshift, found is not None),
            frame=frame or ("comoving" if comoving else "proper"),
            units={name: unit for name, unit in units.items() if unit},
            n_without_id=n_without_id,
            source=source,
        ),
        found,
    )


def _is_cluster_sample(path: Path) -> bool:
    try:
        if path.suffix == ".parquet":
            import pyarrow.parquet as pq

            return (pq.read_schema(path).metadata or {}).get(b"zwicky_table") == b"ClusterSample"
        with open(path, "rb") as file:
            return file.read(8) == b"\x89HDF\r\n\x1a\n"
    except (OSError, ValueError):  # PyArrow's error is a ValueError
        return False


def _check_mapping(columns: Mapping[str, Named], tables: list[Table]) -> None:
    for ours, theirs in columns.items():
        if not any(
            theirs.name.lower() == name.strip().lower() for table in tables for name in table.colnames
        ):
            has = ", ".join(name for table in tables for name in table.colnames)
            raise ZwickyError(f"--columns {ours}={theirs.name}: no such column; there are {has}")


def _with_id(table: Table, columns: Mapping[str, Named], many: bool) -> tuple[Table, int]:
    """Without the rows that name no cluster, and their number; in a table of one cluster all rows stay."""
    name = column_named(table, "cluster_id", columns)
    if name is None:
        return table, 0
    gaps = without_label(table, name)
    named = table[~gaps]
    if gaps.any() and len(named) and (many or len(set(map(str, named[name]))) > 1):
        return named, int(gaps.sum())
    return table, 0


def _check_degrees(
    source: str,
    table: Table,
    has: Mapping[str, str | None],
    columns: Mapping[str, Named],
    values: Mapping[str, np.ndarray],
    centres: Centres,
) -> None:
    if any(unit_of(table, name, has[name], columns) for name in ("ra", "dec")):
        return

    def small(ra, dec):
        return np.all(~(np.abs(ra) > 2 * np.pi)) and np.all(~(np.abs(dec) > np.pi / 2))

    ra, dec = values["ra"], values["dec"]
    if small(ra, dec) and (len(ra) > _MANY_GALAXIES or small(centres.ra, centres.dec)):
        ra, dec = has["ra"], has["dec"]
        raise ZwickyError(
            f"{source}: ra and dec look like radians: --columns ra={ra}[rad],dec={dec}[rad], "
            "or [deg] if they are degrees"
        )


def _missing_galaxy_columns(has: Mapping[str, str | None], table: Table, source: str) -> ZwickyError:
    sky = [name for name in ("ra", "dec", "z") if not has[name]]
    plane = [name for name in ("r_proj", "v_los") if not has[name]]
    return missing(sky if len(sky) <= len(plane) and len(sky) < 3 else plane, table, source)


def _centres(
    table: Table, source: str, columns: Mapping[str, Named], redshift: float | None, positions: bool
) -> Centres:
    names = {name: column_named(table, name, columns) for name in ("cluster_id", "ra", "dec", "z")}
    # What the user names a redshift comes before what merely has such a name.
    order = ("redshift", "z") if "redshift" in columns else ("z", "redshift")
    z_ours = next((ours for ours in order if column_named(table, ours, columns)), "z")
    names["z"] = column_named(table, z_ours, columns)
    if names["z"] is not None and redshift is not None:
        raise ZwickyError(
            f"{source}: {names['z']!r} has the redshifts of the clusters; leave out --redshift {redshift:g}"
        )
    needed = [*(["ra", "dec"] if positions else []), *(["z"] if redshift is None else [])]
    if len(table) > 1 or not positions:
        needed.append("cluster_id")
    lacking = [name for name in needed if names[name] is None]
    if lacking:
        raise missing(lacking, table, source)
    values = {}
    for name in ("ra", "dec", "z"):
        blank = redshift if name == "z" and redshift is not None else np.nan
        column = names[name]
        values[name] = (
            np.full(len(table), blank)
            if column is None
            else numbers(table, z_ours if name == "z" else name, column, columns, source)
        )
    ids, faults = _centre_ids(table, names["cluster_id"], source)
    return Centres(cluster_id=ids, **values, source=source, faults=faults)


def _centre_ids(table: Table, name: str | None, source: str) -> tuple[np.ndarray, dict[int, str]]:
    """Labels of the centres, and the rows among many whose label is missing or not theirs alone."""
    if name is None:
        return np.array([Path(source).stem]), {}
    gaps = without_label(table, name)
    if len(table) == 1 or gaps.all():
        return labels(table, name, source), {}
    ids = labels(table[~gaps], name, source)
    if gaps.any():
        named = iter(ids)
        ids = np.array([f"row {i + 1}" if gap else str(next(named)) for i, gap in enumerate(gaps)])
    _, which, counts = np.unique(ids, return_inverse=True, return_counts=True)
    again = np.flatnonzero(counts[which] > 1)
    if len(again) == len(table):
        raise ZwickyError(f"{source}: cluster_id {ids[0]} is there twice; give each cluster one row")
    faults = {int(i): "centre has no cluster_id" for i in np.flatnonzero(gaps)}
    return ids, faults | {int(i): "centre's cluster_id is there twice" for i in again}


def _cluster_ids(table: Table, columns: Mapping[str, Named], source: str) -> np.ndarray:
    name = column_named(table, "cluster_id", columns)
    if name:
        return labels(table, name, source)
    return np.full(len(table), str(table.meta.get("cluster_id", Path(source).name.partition(".")[0])))


def _redshifts(
    table: Table, columns: Mapping[str, Named], source: str, redshift: float | None, elsewhere: bool
) -> np.ndarray:
    ours = "redshift" if column_named(table, "redshift", columns) else "z"
    name = column_named(table, ours, columns)
    written = next((v for k, v in table.meta.items() if str(k).lower() in ("redshift", "z")), None)
    if redshift is not None:
        ids = column_named(table, "cluster_id", columns)
        if name and ids and len(set(table[ids])) > 1:
            raise ZwickyError(
                f"{source}: {name!r} has the redshifts of the clusters; leave out --redshift {redshift:g}"
            )
        return np.full(len(table), float(redshift))
    if name:
        return numbers(table, ours, name, columns, source)
    if written is None and not elsewhere:
        raise ZwickyError(
            f"{source}: no redshift, and the aperture is comoving; give --redshift Z or a column redshift"
        )
    try:
        value = np.nan if written is None else float(written)
    except (TypeError, ValueError):
        if not elsewhere:
            raise ZwickyError(
                f"{source}: the redshift {written!r} of its metadata is no number; give --redshift Z"
            ) from None
        value = np.nan
    return np.full(len(table), value)
