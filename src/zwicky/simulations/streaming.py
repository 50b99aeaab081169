"""Chunks of a catalogue for an import: some 100 MB at a time, telling how far the file is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from zwicky.io.kinds import is_packed, start_of
from zwicky.progress import Progress
from zwicky.simulations.reader import CatalogReader, Counted, Range
from zwicky.tables import Snapshot

__all__ = ["CHUNK_ROWS", "chunks_told"]

#: Rows that are read at a time.
CHUNK_ROWS = 500_000


def chunks_told(
    reader: CatalogReader,
    fields: Sequence[str],
    snapshot: Snapshot,
    *,
    ranges: Sequence[Range] = (),
    counted: Counted,
    stage: str,
    progress: Progress,
) -> Iterator[dict[str, np.ndarray]]:
    """Chunks of canonical fields, as `CatalogReader.chunks` gives them at a snapshot.

    `progress` is told of the rows, of the number that the header has or the size of the file suggests.
    """
    total = reader.header.n_rows or _estimated_rows(reader)
    text = f"{reader.header.format}: {reader.paths[0].name}"
    progress(stage, 0, max(total, 1), text)
    for chunk in reader.chunks(
        fields,
        h=snapshot.cosmology.h,
        scale_factor=1.0 / (1.0 + snapshot.redshift),
        ranges=ranges,
        counted=counted,
        rows=CHUNK_ROWS,
    ):
        if total:
            progress(stage, min(counted.rows, total), total, text)
        yield chunk


def _estimated_rows(reader: CatalogReader) -> int:
    """Rows of a text by its size and the length of its first lines; 0 where it is packed."""
    if is_packed(reader.paths[0]):
        return 0
    start = start_of(reader.paths[0])
    return sum(path.stat().st_size for path in reader.paths) * start.count(b"\n") // max(len(start), 1)
