"""All partitions of a survey on Dask's workers, whole or not at all, and resumed where a killed run stood."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.estimators import load_model, read_provenance
from zwicky.io.directories import exclusive, free_directory, put_in_place, remove_directory
from zwicky.io.files import make_directory, provenance, read_json, sha256_of, write_json
from zwicky.io.parquet_files import rows_of_file
from zwicky.progress import Progress, quiet
from zwicky.resume import digest_of
from zwicky.settings import to_mapping
from zwicky.survey.masses import masses_table
from zwicky.survey.partition import weigh_lists
from zwicky.survey.wide.catalogue import finish_catalogue
from zwicky.survey.wide.centres import some_centres
from zwicky.survey.wide.partitions import Partition
from zwicky.survey.wide.plan import Plan
from zwicky.survey.wide.task import Done, Task, Weighing, do_task

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["CONTENTS", "weigh_survey"]

#: What a survey's masses consist of.
CONTENTS = (
    "dataset", "hats.properties", "properties", "partition_info.csv", "provenance.json", "unplaced.csv",
    "plan.json",
)  # fmt: skip

#: Partitions that wait at the scheduler beside those that are worked on, for each worker.
_WAITING = 2


def weigh_survey(
    plan: Plan,
    weighing: Weighing,
    out: Path,
    *,
    client: Client | None = None,
    progress: Progress = quiet,
) -> dict[str, Any]:
    """Weigh all clusters of a plan and write them as a HATS catalogue.

    Finished partitions stay in ``OUT.work`` until all are there; the same call goes on from them.

    Parameters
    ----------
    plan
        Of `plan_survey`.
    weighing
        What clusters are weighed with.
    out
        The catalogue's folder; an older one of a survey is replaced in one moment.
    client
        Of Dask; without one partitions are done one after the other in this process.
    progress
        Told of each partition.

    Returns
    -------
    dict
        What stands in ``provenance.json``.

    Raises
    ------
    ZwickyError
        If `out` holds other things, or a partition cannot be read.
    """
    free_directory(out, "a survey's masses", CONTENTS)
    work = out.with_name(f"{out.name}.work")
    with exclusive(out):
        digest = _digest(plan, weighing)
        if (done := _finished(out, digest)) is not None:
            remove_directory(work)
            return done
        if _kept(work) != digest:
            remove_directory(work)
            make_directory(work)
            write_json(work / "plan.json", {"digest": digest})
        total = len(plan.partitions)
        left = [p for p in plan.partitions if not _is_done(work / "dataset" / p.name, p)]
        progress("partitions", total - len(left), total)
        tasks = (_task(plan, p, weighing, work) for p in left)
        for n, _ in enumerate(_results(tasks, client), total - len(left) + 1):
            progress("partitions", n, total)
        facts = _facts(plan, weighing, work, digest)
        places = [(p.order, p.pixel) for p in plan.partitions]
        if client is None:
            finish_catalogue(work, out.name, places)
        else:  # a worker has imported what that takes a second to
            client.submit(finish_catalogue, work.absolute(), out.name, places, pure=False).result()
        write_json(work / "provenance.json", facts)
        (work / "plan.json").unlink()
        put_in_place(work, out)
        return facts


def _results(tasks: Iterable[Task], client: Client | None) -> Iterator[Done]:
    """What the tasks give, as they are done; few wait at the scheduler at a time."""
    if client is None:
        yield from map(do_task, tasks)
        return
    from distributed import KilledWorker, as_completed

    waiting = iter(tasks)
    workers = max(1, len(client.scheduler_info(n_workers=-1)["workers"]))
    running = as_completed(with_results=False)

    def submit() -> bool:
        task = next(waiting, None)
        if task is not None:
            running.add(client.submit(do_task, task, pure=False))
        return task is not None

    n = sum(submit() for _ in range((_WAITING + 1) * workers))
    while n:
        future = next(running)
        try:
            yield future.result()
        except KilledWorker as error:
            raise ZwickyError(
                "workers die over one partition, perhaps of too little memory; give fewer workers, finished "
                "partitions are kept"
            ) from error
        n += submit() - 1


def _task(plan: Plan, partition: Partition, weighing: Weighing, work: Path) -> Task:
    source, pieces = plan.source, partition.pieces
    return Task(
        out=(work / "dataset" / partition.name).absolute(),
        files=tuple(source.files[i].absolute() for i in source.file[pieces]),
        groups=tuple(source.group[pieces].tolist()),
        n_rows=tuple(source.n_rows[pieces].tolist()),
        centres=some_centres(plan.centres, partition.rows),
        index=partition.index,
        angle=plan.angle[partition.rows],
        weighing=weighing,
    )


def _is_done(path: Path, partition: Partition) -> bool:
    return path.is_file() and rows_of_file(path) == len(partition.rows)


def _kept(work: Path) -> str | None:
    try:
        return read_json(work / "plan.json").get("digest")
    except (ZwickyError, OSError):
        return None


def _finished(out: Path, digest: str) -> dict[str, Any] | None:
    """What a run of the same inputs wrote, if it is there whole."""
    try:
        facts = read_json(out / "provenance.json")
    except (ZwickyError, OSError):
        return None
    return facts if facts.get("digest") == digest else None


def _digest(plan: Plan, weighing: Weighing) -> str:
    """Of all that the masses follow from, and of how the sky is cut."""
    from zwicky import __version__

    cut = [[p.order, p.pixel, len(p.rows)] for p in plan.partitions]
    files = [p for p in (weighing.prior, weighing.density) if p is not None and Path(p).is_file()]
    models = [read_provenance(name) for name in (weighing.model, weighing.m_sigma)]
    models = [facts.get("sha256", facts) for facts in models]
    said = to_mapping(weighing)
    return digest_of(__version__, plan.digests, cut, [sha256_of(f) for f in files], models, said)


def _facts(plan: Plan, weighing: Weighing, work: Path, digest: str) -> dict[str, Any]:
    """Where the masses come from; clusters without a position are weighed into a table of their own."""
    placed = np.zeros(len(plan.centres.z), dtype=bool)
    for partition in plan.partitions:
        placed[partition.rows] = True
    lost = np.flatnonzero(~placed)
    if len(lost):
        _write_unplaced(plan, weighing, work, lost)
    return provenance(
        digest=digest,
        galaxies=str(plan.source.path),
        n_galaxies=int(plan.source.n_rows.sum()),
        n_clusters=len(plan.centres.z),
        n_weighed=sum(_n_weighed(work / "dataset" / p.name) for p in plan.partitions),
        n_unplaced=len(lost),
        inputs={"sha256": plan.digests},
        weighing=to_mapping(weighing),
        model=read_provenance(weighing.model),
    )


def _n_weighed(path: Path) -> int:
    import pyarrow.parquet as pq

    mass = pq.ParquetFile(path).read(columns=["log10_m200c"])["log10_m200c"].to_numpy()
    return int(np.isfinite(mass).sum())


def _write_unplaced(plan: Plan, weighing: Weighing, work: Path, rows: np.ndarray) -> None:
    from zwicky.io.lists import SkyList
    from zwicky.io.tabular import write_any

    model, m_sigma = load_model(weighing.model), load_model(weighing.m_sigma)
    nothing = SkyList(*np.empty((3, 0)))
    centres = some_centres(plan.centres, rows)
    write_any(
        work / "unplaced.csv",
        masses_table(weigh_lists(nothing, centres, model, m_sigma, observing=weighing.observing)),
    )
