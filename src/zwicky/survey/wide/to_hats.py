"""An observer's table as a HATS catalogue: our names and units; hats-import sorts it by place."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.extras import require
from zwicky.io.centres import CONDITIONS
from zwicky.io.columns import WARNINGS, Named, column_named, normal_name
from zwicky.io.directories import exclusive, free_directory, put_in_place, remove_directory
from zwicky.io.foreign import ForeignTable, short_reason
from zwicky.io.measures import labels, measure
from zwicky.io.origin import origin_of
from zwicky.io.readers import read_tables

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["table_to_hats"]

_CONTENTS = ("dataset", "*properties", "*.csv", "*.fits", "*.parquet", "*.md", "*.png")

#: Galaxies of a pixel, at most, and of the parts of its file that are read by themselves.
MAX_ROWS, _GROUP_ROWS = 500_000, 20_000


def table_to_hats(
    tables: list[Path],
    out: Path,
    columns: dict[str, Named],
    client: Client,
    *,
    max_rows: int = MAX_ROWS,
) -> int:
    """Write a HATS catalogue of one table, or of several with the same columns; returns its rows.

    Parameters
    ----------
    tables
        Any that `zwicky.io.readers.read_tables` reads: of galaxies, or of centres.
    out
        Folder of the catalogue; an older one is replaced when the new one is whole.
    columns
        The user's names for our columns, with their units.
    client
        Of Dask.
    max_rows
        Rows of a pixel, at most.

    Raises
    ------
    ZwickyError
        If a table has no positions, or `out` holds other things.
    """
    require(None, "survey", "writing a HATS catalogue")
    import pyarrow as pa
    import pyarrow.parquet as pq

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from hats_import.catalog.arguments import ImportArguments
        from hats_import.pipeline import pipeline_with_client

    free_directory(out, "a HATS catalogue", _CONTENTS)
    work = out.with_name(f"{out.name}.work")
    with exclusive(out):
        remove_directory(work)
        parts = work / "tables"
        parts.mkdir(parents=True)
        n_rows = 0
        for number, path in enumerate(tables):
            held = _columns(read_tables(path)[0], columns)
            n_rows += len(held["ra"])
            pq.write_table(pa.table(held), parts / f"{number:05d}.parquet")
        arguments = ImportArguments(
            output_path=work,
            output_artifact_name=out.name,
            input_path=parts,
            file_reader="parquet",
            ra_column="ra",
            dec_column="dec",
            pixel_threshold=max_rows,
            row_group_kwargs={"num_rows": _GROUP_ROWS},
            progress_bar=False,
            tmp_dir=work,
        )
        try:
            with warnings.catch_warnings():  # of the libraries' own use of each other
                warnings.simplefilter("ignore")
                pipeline_with_client(arguments, client)
        except Exception as error:  # of any of the libraries underneath
            raise ZwickyError(f"{out}: hats-import failed ({short_reason(error)})") from error
        put_in_place(work / out.name, out)
        remove_directory(work)
    return n_rows


def _columns(table: ForeignTable, columns: dict[str, Named]) -> dict[str, Any]:
    """What is kept of a table, in our names and units, without the rows that have no position."""
    found = {name: column_named(table, name, columns) for name in ("ra", "dec", "z", "cluster_id")}
    for name in ("ra", "dec"):
        if found[name] is None:
            raise ZwickyError(
                f"{table.source}: no column {name}; it has {', '.join(table.names[:12])}; say which it is "
                f"with --columns {name}=THEIRS"
            )
    held = {
        name: measure(table, name, found[name], columns).values
        for name in ("ra", "dec", "z")
        if found[name] is not None
    }
    if found["cluster_id"] is not None:
        held["cluster_id"] = labels(table, found["cluster_id"])[0]
    held |= origin_of(table, columns, positions=False)[0]
    for column in table.columns:
        if column.name in CONDITIONS or normal_name(column.name) in WARNINGS:
            values = table.contents(column)
            held[column.name] = np.ma.filled(values, "" if values.dtype.kind == "O" else 0)
    placed = (np.abs(held["dec"]) <= 90.0) & (held["ra"] >= -180.0) & (held["ra"] <= 360.0)
    return {name: _plain(values[placed]) for name, values in held.items()}


def _plain(values: np.ndarray) -> Any:
    return values.astype(str).tolist() if values.dtype.kind in "OU" else values
