"""One partition, from its pieces on disk to its file of masses: what a worker does.

A worker needs this package and the same paths, nothing else; it keeps the model from one to the next.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

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
from zwicky.survey.search import SkyIndex
from zwicky.survey.sky import AROUND_VELOCITY
from zwicky.survey.weigh import cylinder_of
from zwicky.survey.wide.sources import read_piece

__all__ = ["Done", "Task", "Weighing", "do_task", "galaxies_around", "write_masses"]


#: Repeats of a galaxy may have redshifts this far outside, km/s, and their mean inside.
_SPARE_KMS = 3000.0


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
    files, groups
        Of each piece, and its row group.
    centres
        Of its clusters.
    angle : float64, shape (n,)
        How far around each galaxies are needed, radians.
    weighing
        What it is weighed with.
    """

    out: Path
    files: tuple[Path, ...]
    groups: tuple[int, ...]
    centres: Centres
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
        write_masses(task.out, task.centres, masses)
    weighed = int(np.isfinite(masses["log10_m200c"]).sum())
    return Done(len(task.centres.z), weighed, n_read, time.process_time() - start)


def galaxies_around(task: Task) -> tuple[SkyList, int]:
    """The galaxies near a partition's centres, and how many rows were read for them.

    Of each piece only what may lie in a cylinder is kept, so that memory is that of one piece and of the
    galaxies that count.
    """
    observing, centres = task.weighing.observing, task.centres
    columns = parse_columns(observing.columns)
    cylinder = cylinder_of(_model(task.weighing.model))
    limit = AROUND_VELOCITY * cylinder.v_cut_kms + _SPARE_KMS
    parts, n_read = [], 0
    for file, group in zip(task.files, task.groups, strict=True):
        piece = read_piece(file, group, columns, keep_warned=observing.keep_warned)
        n_read += len(piece.ra)
        index = SkyIndex.of(piece.ra, np.where(np.abs(piece.dec) <= 90.0, piece.dec, np.nan), piece.z)
        near = index.near_any(centres.ra, centres.dec, centres.z, task.angle, limit)
        parts.append([values[near] for values in (piece.ra, piece.dec, piece.z)])
    if not parts:
        return SkyList(*np.empty((3, 0))), n_read
    return SkyList(*(np.concatenate(values) for values in zip(*parts, strict=True))), n_read


def write_masses(path: Path, centres: Centres, masses: dict[str, np.ndarray]) -> None:
    """Write the masses of a partition whole, in the schema that every partition has."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from hats.pixel_math.spatial_index import SPATIAL_INDEX_COLUMN, compute_spatial_index

    def text(values: np.ndarray) -> pa.Array:
        return pa.array(values.astype(str).tolist(), type=pa.string())

    index = compute_spatial_index(centres.ra, centres.dec)
    columns: dict[str, Any] = {SPATIAL_INDEX_COLUMN: pa.array(np.asarray(index), type=pa.int64())}
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
