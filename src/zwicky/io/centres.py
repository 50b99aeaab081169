"""Cluster centres: from a table, or from the command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.io.cells import decimals, sexagesimal
from zwicky.io.columns import Named, column_named, missing
from zwicky.io.foreign import ForeignColumn, ForeignTable
from zwicky.io.measures import Measure, labels, measure
from zwicky.tables import TRACERS

__all__ = ["CONDITIONS", "Centres", "centres_of", "parse_centre"]


@dataclass(frozen=True, eq=False)
class Centres:
    """Cluster centres: `ra` and `dec` in degrees (NaN where not given) and redshift `z`, shape (n,).

    `faults` says of single rows what is wrong with their `cluster_id`; `notes` what was taken for what.
    `told` are the columns of `CONDITIONS` that say how each was observed, NaN (-1 for the tracer) where one
    does not.
    """

    cluster_id: np.ndarray
    ra: np.ndarray = field(repr=False)
    dec: np.ndarray = field(repr=False)
    z: np.ndarray = field(repr=False)
    source: str = "centres"
    faults: Mapping[int, str] = field(default_factory=dict, repr=False)
    notes: tuple[str, ...] = ()
    told: Mapping[str, np.ndarray] = field(default_factory=dict, repr=False)


#: Columns of a table of centres that say how each cluster was observed, with their units: errors of a
#: galaxy's and of the cluster's redshift, radius reached, kind of galaxies.
CONDITIONS = {
    "redshift_error_kms": "km/s",
    "centre_error_kms": "km/s",
    "aperture_mpc_h": "comoving Mpc/h",
    "tracer": "kind",
}


def parse_centre(text: str) -> Centres:
    """The one centre, without a name, that ``--centre RA,DEC,Z`` gives: degrees, or sexagesimal hours.

    >>> centre = parse_centre("12:59:48,+27:30:00,0.05")
    >>> centre.ra.tolist(), centre.dec.tolist(), centre.z.tolist()
    ([194.95], [27.5], [0.05])

    Raises
    ------
    ZwickyError
        If it is no right ascension, declination and redshift.
    """
    parts = [part.strip() for part in text.split(",")]
    try:
        if len(parts) != 3:
            raise ValueError
        ra, dec = (_degrees(part, ours) for part, ours in zip(parts[:2], ("ra", "dec"), strict=True))
        z = float(parts[2])
    except ValueError:
        raise ZwickyError(
            f"--centre {text[:60]!r} is not RA,DEC,Z; give degrees and a redshift, such as "
            "194.95,27.98,0.0231 or 12:59:48,+27:58:48,0.0231, or the word find"
        ) from None
    if not (0.0 <= ra <= 360.0 and -90.0 <= dec <= 90.0 and 0.0 < z < 20.0):
        raise ZwickyError(
            f"--centre {text[:60]!r}: right ascension must be 0 to 360, declination -90 to 90 degrees and "
            f"the redshift above 0{': is it cz in km/s?' if z >= 20.0 else ''}"
        )
    return Centres(np.array([""]), np.array([ra]), np.array([dec]), np.array([z]), source="--centre")


def _degrees(text: str, ours: str) -> float:
    try:
        return float(decimals([text])[0][0])
    except ValueError:
        values, letter = sexagesimal([text])
        return float(values[0]) * (15.0 if ours == "ra" and letter != "d" else 1.0)


def centres_of(
    table: ForeignTable, columns: Mapping[str, Named], redshift: float | None, positions: bool
) -> tuple[Centres, dict[str, Measure]]:
    """The centres in a table, and its measures by our names.

    Parameters
    ----------
    table
        A row a cluster.
    columns
        The user's names for our columns.
    redshift
        Of the clusters, where the table has none.
    positions
        Whether right ascension and declination are needed.

    Raises
    ------
    ZwickyError
        If what is needed is not there, or every cluster is there twice.
    """
    names = {
        name: column_named(table, name, columns, of_centres=True) for name in ("cluster_id", "ra", "dec", "z")
    }
    # What the user names a redshift comes before what merely has such a name.
    order = ("redshift", "z") if "redshift" in columns else ("z", "redshift")
    found = ((ours, column_named(table, ours, columns)) for ours in order)
    z_ours, names["z"] = next(((ours, column) for ours, column in found if column), ("z", None))
    if names["z"] is not None and redshift is not None:
        raise ZwickyError(
            f"{table.source}: {names['z'].name!r} has the redshifts of the clusters; leave out --redshift "
            f"{redshift:g}"
        )
    needed = [*(["ra", "dec"] if positions else []), *(["z"] if redshift is None else [])]
    if table.n_rows > 1 or not positions:
        needed.append("cluster_id")
    lacking = [name for name in needed if names[name] is None]
    if lacking:
        raise missing(lacking, table)
    measures = {
        name: measure(table, z_ours if name == "z" else name, names[name], columns)
        for name in ("ra", "dec", "z")
        if names[name] is not None
    }
    blank = {"ra": np.nan, "dec": np.nan, "z": np.nan if redshift is None else redshift}
    values = {
        name: measures[name].values if name in measures else np.full(table.n_rows, value)
        for name, value in blank.items()
    }
    ids, faults = _ids(table, names["cluster_id"])
    notes = tuple(note for found in measures.values() for note in found.notes)
    said = {name: _told(table, name) for name in CONDITIONS}
    told = {name: column for name, column in said.items() if column is not None}
    return (
        Centres(cluster_id=ids, **values, source=table.source, faults=faults, notes=notes, told=told),
        measures,
    )


def _told(table: ForeignTable, name: str) -> np.ndarray | None:
    """One of `CONDITIONS`, if the table has a column of exactly this name."""
    column = next((column for column in table.columns if column.name == name), None)
    if column is None:
        return None
    if name == "tracer":
        kinds, gaps = labels(table, column)
        unknown = np.flatnonzero(~gaps & ~np.isin(kinds.astype(str), TRACERS))
        if len(unknown):
            raise ZwickyError(
                f"{table.source}: tracer {kinds[unknown[0]]!r} in row {unknown[0] + 1} is not known; use one "
                f"of {', '.join(TRACERS)}"
            )
        return np.where(gaps, -1, [TRACERS.index(kind) if kind in TRACERS else -1 for kind in kinds.tolist()])
    values = measure(table, name, column, {}).values
    bad = np.flatnonzero((values < 0) | np.isinf(values) | ((values == 0) & (name == "aperture_mpc_h")))
    if len(bad):
        raise ZwickyError(
            f"{table.source}: {name} = {values[bad[0]]:g} in row {bad[0] + 1} is not allowed; give "
            f"{CONDITIONS[name]} of at least 0, and above 0 for the aperture"
        )
    return values


def _ids(table: ForeignTable, column: ForeignColumn | None) -> tuple[np.ndarray, dict[int, str]]:
    """Labels of the centres, and the rows among many whose label is missing or not theirs alone."""
    if column is None:
        return np.array([Path(table.source).stem]), {}
    ids, gaps = labels(table, column)
    if gaps.all():
        raise ZwickyError(f"{table.source}: {column.name} is missing in row 1; give every row its cluster")
    if gaps.any():
        ids = np.array([f"row {i + 1}" if gap else str(ids[i]) for i, gap in enumerate(gaps)])
    _, which, counts = np.unique(ids, return_inverse=True, return_counts=True)
    again = np.flatnonzero(counts[which] > 1)
    if len(again) == table.n_rows and len(again) > 1:
        raise ZwickyError(f"{table.source}: cluster_id {ids[0]} is there twice; give each cluster one row")
    faults = {int(i): "centre has no cluster_id" for i in np.flatnonzero(gaps)}
    return ids, faults | {int(i): "centre's cluster_id is there twice" for i in again}
