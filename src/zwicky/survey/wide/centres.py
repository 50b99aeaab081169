"""The centres of a survey: a table of any format, a HATS catalogue or a folder of Parquet files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.io.centres import CONDITIONS, Centres, centres_of
from zwicky.io.columns import Named, column_named
from zwicky.io.files import sha256_of
from zwicky.io.foreign import ForeignColumn, ForeignTable, short_reason
from zwicky.io.memory import table_of
from zwicky.io.readers import read_tables
from zwicky.resume import digest_of
from zwicky.survey.wide.sources import data_files

__all__ = ["read_centres", "some_centres"]


def read_centres(path: Path, columns: dict[str, Named]) -> tuple[Centres, tuple[str, ...], str]:
    """The centres, which fit into memory, the names of their columns, and a digest of their files.

    Raises
    ------
    ZwickyError
        If they cannot be read, or lack a column.
    """
    if not path.exists():
        raise ZwickyError(
            f"{path}: does not exist; give a table, a HATS catalogue or a folder of Parquet files"
        )
    if path.is_file():
        table, digest = read_tables(path)[0], sha256_of(path)
    else:
        files = data_files(path)
        table = _of_files(path, files, columns)
        digest = digest_of([sha256_of(file) for file in files])
    return centres_of(table, columns, None, True)[0], tuple(table.names), digest


def _of_files(path: Path, files: list[Path], columns: dict[str, Named]) -> ForeignTable:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        names = pq.read_schema(files[0]).names
        there = ForeignTable(path.name, tuple(ForeignColumn(name, None, lambda: None) for name in names), 0)
        ours = ("cluster_id", "ra", "dec", "z", "redshift")
        found = [column_named(there, name, columns, of_centres=True) for name in ours]
        wanted = list(dict.fromkeys([c.name for c in found if c is not None]))
        wanted += [name for name in CONDITIONS if name in names]
        arrow = pa.concat_tables([pq.ParquetFile(file).read(columns=wanted) for file in files])
    except Exception as error:  # of Arrow
        raise ZwickyError(f"{path}: cannot be read ({short_reason(error)}); write it again") from error
    held = {name: arrow[name].to_numpy() for name in arrow.column_names}
    return table_of(held, path.name)


def some_centres(centres: Centres, rows: np.ndarray) -> Centres:
    """Some of the centres, with what is wrong with them and what is told of them."""
    some = enumerate(rows.tolist()) if centres.faults else ()
    faults = {i: centres.faults[row] for i, row in some if row in centres.faults}
    return Centres(
        *(getattr(centres, name)[rows] for name in ("cluster_id", "ra", "dec", "z")),
        source=centres.source,
        faults=faults,
        told={name: values[rows] for name, values in centres.told.items()},
    )
