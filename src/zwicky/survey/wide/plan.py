"""What weighing a survey will read, hold and take, before anything is done."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from zwicky.cosmology import comoving_transverse_mpc, deferred_cosmology
from zwicky.errors import ZwickyError
from zwicky.estimators import ConditionalEstimator, Estimator
from zwicky.io.centres import Centres
from zwicky.io.choice import check_mapping
from zwicky.io.columns import parse_columns
from zwicky.survey.observe import Observing
from zwicky.survey.sky import around_mpc
from zwicky.survey.weigh import cylinder_of
from zwicky.survey.wide.centres import read_centres
from zwicky.survey.wide.partitions import MAX_CENTRES, Partition, partitions_of
from zwicky.survey.wide.sources import Source, open_source

__all__ = ["Plan", "plan_survey"]

#: What a worker holds beside galaxies (Python, compiled code, a block of densities), and bytes a galaxy that
#: is held while it is indexed, both measured; docs/benchmarks.md.
_WORKER_BYTES, _GALAXY_BYTES = 450e6, 150.0
#: Seconds of one core a cluster of 50 galaxies by a posterior or not, and a galaxy that is read, and seconds
#: until workers have begun; measured on a busy machine, docs/benchmarks.md.
_CLUSTER_SECONDS = {True: 75e-6, False: 50e-6}
_GALAXY_SECONDS, _START_SECONDS = 0.1e-6, 5.0
#: So many galaxies are read so many times over before a line says that the files are not sorted by place.
_OFTEN, _MANY = 6.0, 5_000_000


@dataclass(frozen=True, eq=False)
class Plan:
    """Partitions of a survey.

    Parameters
    ----------
    source, centres
        Galaxies on disk, and the clusters.
    angle : float64, shape (n,)
        How far around each cluster galaxies are needed, radians.
    partitions
        All of them; each cluster with a position is in one.
    digests
        Of the inputs, by name.
    cluster_seconds
        Of one core, a cluster of 50 galaxies.
    """

    source: Source
    centres: Centres
    angle: np.ndarray = field(repr=False)
    partitions: tuple[Partition, ...] = field(repr=False)
    digests: dict[str, str]
    cluster_seconds: float

    @property
    def rows_read(self) -> int:
        """Galaxies that are read in all; one that reaches into two partitions counts twice."""
        return int(sum(self.source.n_rows[p.pieces].sum() for p in self.partitions))

    @property
    def worker_bytes(self) -> float:
        """Memory of one worker, about: the largest piece is read while a partition's galaxies are held."""
        n = len(self.centres.z)
        rows = max((self.source.n_rows[p.pieces].max(initial=0) for p in self.partitions), default=0)
        share = max((len(p.rows) for p in self.partitions), default=0) / max(n, 1)
        held = min(share * float(self.source.n_rows.sum()), 20e6)
        return _WORKER_BYTES + _GALAXY_BYTES * (rows + held)

    def seconds(self, workers: int) -> float:
        """How long it takes, about."""
        work = self.cluster_seconds * len(self.centres.z) + _GALAXY_SECONDS * self.rows_read
        return _START_SECONDS + work / max(1, min(workers, len(self.partitions)))

    def lines(self, workers: int) -> list[str]:
        """What is to be done, a line each."""
        n, rows = len(self.centres.z), int(self.source.n_rows.sum())
        placed = sum(len(p.rows) for p in self.partitions)
        lost = f"; {n - placed} without a position" if placed < n else ""
        many = f"{workers} worker{'s' * (workers != 1)}"
        said = [
            f"{rows} galaxies, {self.source.n_bytes / 1e9:.2f} GB, in {len(self.source)} pieces",
            f"{n} clusters in {len(self.partitions)} partitions{lost}",
            f"{self.rows_read} galaxies to be read, {self.rows_read / max(rows, 1):.1f} times the catalogue",
            f"about {self.worker_bytes / 1e9:.1f} GB a worker, {self.seconds(workers):.0f} s with {many}",
        ]
        if self.rows_read > _OFTEN * max(rows, 1) and rows > _MANY:
            said.append("the galaxies are not sorted by place: `zwicky hats` makes a catalogue that is")
        return said + _no_places(self.source)


def _no_places(source: Source) -> list[str]:
    """A line if footers tell of positions that are none, which no cluster can have."""
    low_ra, high_ra, low_dec, high_dec = source.box.T
    wrong = (low_ra < -180.0) | (high_ra > 360.0) | (low_dec < -90.0) | (high_dec > 90.0)
    if not wrong.any():
        return []
    first = int(np.flatnonzero(wrong)[0])
    a, b, c, d = source.box[first]
    where = f"{source.files[source.file[first]].name}: ra from {a:g} to {b:g}, dec from {c:g} to {d:g}"
    what = f"({wrong.sum()} of {len(source)} pieces); give degrees"
    return [f"{where}: what is no place on the sky is left out {what}"]


def plan_survey(
    galaxies: Path, clusters: Path, model: Estimator, observing: Observing, *, max_centres: int = MAX_CENTRES
) -> Plan:
    """Cut a survey into partitions.

    Parameters
    ----------
    galaxies, clusters
        HATS catalogues or folders of Parquet files; clusters also a table of any format.
    model
        Whose cylinder says how far around a centre galaxies are needed.
    observing
        How to read them.
    max_centres
        Clusters of a partition, at most where that can be.

    Raises
    ------
    ZwickyError
        If a catalogue cannot be read, or lacks what is needed.
    """
    columns = parse_columns(observing.columns)
    centres, names, digest = read_centres(clusters, columns)
    source = open_source(galaxies, columns)
    check_mapping(columns, (*source.names, *names))
    if not source.n_rows.sum():
        raise ZwickyError(f"{galaxies}: holds no galaxies; give others")
    cosmology = deferred_cosmology(observing.cosmology or "ho2019")
    distance = comoving_transverse_mpc(centres.z, cosmology)
    # Repeats of a galaxy may lie a little outside, and their mean inside.
    spare = np.radians(4.0 * observing.merge_arcsec / 3600.0)
    angle = around_mpc(cylinder_of(model), cosmology.h) / distance + spare
    known = (np.abs(centres.dec) <= 90.0) & (centres.ra >= -180.0) & (centres.ra <= 360.0)
    ra, dec = (np.where(known, x, np.nan) for x in (centres.ra, centres.dec))
    found = partitions_of(ra, dec, np.minimum(angle, np.pi), source, max_centres)
    if not found:
        raise ZwickyError(f"{clusters}: no cluster has a position; give ra and dec in degrees")
    digests = {"galaxies": source.digest, "clusters": digest}
    seconds = _CLUSTER_SECONDS[isinstance(model, ConditionalEstimator)]
    return Plan(source, centres, np.minimum(angle, np.pi), tuple(found), digests, seconds)
