"""One partition, from its pieces on disk to its file of masses: what a worker does.

A worker needs this package and the same paths, nothing else; it keeps the model from one to the next.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from zwicky.cosmology import comoving_transverse_mpc, deferred_cosmology
from zwicky.estimators import Estimator, load_model
from zwicky.io.centres import Centres
from zwicky.io.columns import parse_columns
from zwicky.io.files import make_directory, written_whole
from zwicky.io.lists import SkyList
from zwicky.parallel import at_most
from zwicky.survey.density import read_density
from zwicky.survey.masses import COLUMNS
from zwicky.survey.observe import Observing
from zwicky.survey.partition import weigh_lists
from zwicky.survey.priors import prior_named
from zwicky.survey.sky import AROUND_VELOCITY, select
from zwicky.survey.weigh import cylinder_of
from zwicky.survey.wide.cells import SkyCells
from zwicky.survey.wide.partitions import SPATIAL_INDEX
from zwicky.survey.wide.sources import read_pieces

__all__ = [
    "Done",
    "Task",
    "Weighing",
    "do_task",
    "galaxies_around",
    "get_ready",
    "write_masses",
]


#: Repeats of a galaxy may have redshifts this far outside, km/s, and their mean inside.
_SPARE_KMS = 3000.0

#: Galaxies that are read at a time, about.
_ROWS = 500_000


@dataclass(frozen=True)
class Weighing:
    """What all partitions are weighed with: names and paths, which mean the same on every machine.

    Parameters
    ----------
    model, m_sigma
        As `zwicky.estimators.load_model` takes them.
    observing
        How galaxies and centres are read.
    prior
        ``flat``, ``hmf`` or a file.
    density
        File of `zwicky calibrate`, or None.
    """

    model: str
    m_sigma: str
    observing: Observing
    prior: str = "flat"
    density: str | None = None


@dataclass(frozen=True, eq=False)
class Task:
    """A partition and where its parts are.

    Parameters
    ----------
    out
        The file of its masses.
    files, groups, n_rows
        Of each piece, which row group of it, and how many galaxies that holds.
    centres
        Of its clusters.
    index : int64, shape (n,)
        Their HATS spatial index.
    angle : float64, shape (n,)
        How far around each galaxies are needed, radians.
    weighing
        What it is weighed with.
    """

    out: Path
    files: tuple[Path, ...]
    groups: tuple[int, ...]
    n_rows: tuple[int, ...]
    centres: Centres
    index: np.ndarray
    angle: np.ndarray
    weighing: Weighing


@dataclass(frozen=True)
class Done:
    """A partition that is written: clusters, those with a mass, galaxies read, seconds of processor."""

    n: int
    n_weighed: int
    n_read: int
    seconds: float


@lru_cache(maxsize=4)
def _model(name: str) -> Estimator:
    return load_model(name)


def get_ready(weighing: Weighing) -> None:
    """Import and read what every task of a worker needs."""
    for name in (weighing.model, weighing.m_sigma):
        _model(name)
    comoving_transverse_mpc(np.array([0.1]), deferred_cosmology(weighing.observing.cosmology or "ho2019"))


def do_task(task: Task) -> Done:
    """Weigh the clusters of a partition on one core and write them whole.

    Raises
    ------
    ZwickyError
        If a piece cannot be read.
    """
    start, weighing = time.process_time(), task.weighing
    with at_most(1):
        galaxies, n_read = galaxies_around(task)
        masses = weigh_lists(
            galaxies,
            task.centres,
            _model(weighing.model),
            _model(weighing.m_sigma),
            observing=weighing.observing,
            prior=prior_named(weighing.prior),
            density=None if weighing.density is None else read_density(weighing.density),
        )
        write_masses(task.out, task.index, task.centres, masses)
    weighed = int(np.isfinite(masses["log10_m200c"]).sum())
    return Done(len(task.centres.z), weighed, n_read, time.process_time() - start)


def galaxies_around(task: Task) -> tuple[SkyList, int]:
    """The galaxies near a partition's centres, and how many rows were read for them.

    Of what is read at a time only what is near enough to lie in a cylinder is kept, so that memory is that of
    `_ROWS` rows and of the galaxies that count.
    """
    observing, centres = task.weighing.observing, task.centres
    names = parse_columns(observing.columns)
    cylinder = cylinder_of(_model(task.weighing.model))
    limit = AROUND_VELOCITY * cylinder.v_cut_kms + _SPARE_KMS
    near = SkyCells.around(centres.ra, centres.dec, centres.z, task.angle, limit)
    parts, n_read = [SkyList(*np.empty((3, 0)))], 0
    for file, groups in _runs(task):
        piece = read_pieces(file, groups, names, keep_warned=observing.keep_warned)
        n_read += len(piece.ra)
        parts.append(select(piece, near.may_hold(piece.ra, piece.dec, piece.z)))
    return SkyList(
        *(np.concatenate([getattr(x, name) for x in parts]) for name in ("ra", "dec", "z"))
    ), n_read


def _runs(task: Task) -> Iterator[tuple[Path, list[int]]]:
    """Files and row groups of each that are read together."""
    pieces = zip(task.files, task.groups, task.n_rows, strict=True)
    for file, mine in itertools.groupby(pieces, key=lambda piece: piece[0]):
        groups, rows = [], 0
        for _, group, n in mine:
            if groups and rows + n > _ROWS:
                yield file, groups
                groups, rows = [], 0
            groups.append(group)
            rows += n
        yield file, groups


def write_masses(path: Path, index: np.ndarray, centres: Centres, masses: dict[str, np.ndarray]) -> None:
    """Write the masses of a partition whole, in the schema that every partition has."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    def text(values: np.ndarray) -> pa.Array:
        texts = values if values.dtype == object else values.astype(str)
        return pa.array(texts.tolist(), type=pa.string())

    columns: dict[str, Any] = {SPATIAL_INDEX: index}
    columns |= {"cluster_id": None, "ra": centres.ra, "dec": centres.dec, "z": centres.z}
    columns |= masses
    ids = masses["cluster_id"]
    columns["cluster_id"] = ids if ids.dtype.kind in "iu" else text(ids)
    columns["flag"] = text(masses["flag"])
    about = {name.encode(): text.encode() for name, text in COLUMNS.items()}
    table = pa.table(columns).replace_schema_metadata(about)
    make_directory(path.parent)
    with written_whole(path) as temporary:
        pq.write_table(table, temporary)
