"""The one interface of every foreign catalogue: what is in it, and its rows in chunks.

A reader says under which original column, and in which unit, each canonical field stands, and yields rows
already in Zwicky's units (see `zwicky.simulations.fields`). Memory stays bounded by the chunk, whatever the
size of the file.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.simulations.fields import FIELDS, Field

if TYPE_CHECKING:
    from astropy.cosmology import FLRW

__all__ = ["CatalogHeader", "CatalogReader", "Counted", "Range"]


@dataclass(frozen=True)
class CatalogHeader:
    """What a file says of itself; None is what it does not say.

    Parameters
    ----------
    format
        Name of the format, such as ``"rockstar-out"``.
    columns
        Every column of the file, by its own name, in order.
    simulation
        Name of the simulation.
    scale_factor, box_size_mpc_h, h, omega_m, omega_lambda, particle_mass_msun_h
        As the file has them.
    n_rows
        Rows, where that is known without reading them all.
    notes
        Lines for people: variants recognised, what is missing, what to beware of.

    Examples
    --------
    >>> CatalogHeader("rockstar-out", ("ID", "M200c"), scale_factor=0.8951).simulation is None
    True
    """

    format: str
    columns: tuple[str, ...]
    simulation: str | None = None
    scale_factor: float | None = None
    box_size_mpc_h: float | None = None
    h: float | None = None
    omega_m: float | None = None
    omega_lambda: float | None = None
    particle_mass_msun_h: float | None = None
    n_rows: int | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Range:
    """Rows to keep: `low` <= field <= `high`, in the canonical unit; NaN is never kept."""

    field: str
    low: float = -np.inf
    high: float = np.inf

    def excludes(self, values: np.ndarray) -> np.ndarray:
        """Which values are not kept."""
        return ~((values >= self.low) & (values <= self.high))


@dataclass
class Counted:
    """Rows seen and rows that were left out, by reason; readers add to it as they go."""

    rows: int = 0
    dropped: dict[str, int] = field(default_factory=dict)

    def drop(self, reason: str, number: int) -> None:
        """Count rows left out; nothing is noted where there are none."""
        if number:
            self.dropped[reason] = self.dropped.get(reason, 0) + int(number)


class CatalogReader(ABC):
    """A foreign catalogue on disk.

    Attributes
    ----------
    paths : tuple of Path
        The file, or the files that make one catalogue.
    header : CatalogHeader
        What the file says of itself, read when the reader is made.
    fields : dict of str to Field
        The canonical fields that it has.
    parent_of : str
        What `parent_id` is the number of: another of the ``"rows"``, or one of the ``"halos"`` of another
        catalogue, which are numbered by themselves.
    names_itself : bool
        Whether a row that no other holds may be its own parent; its `parent_id` is then -1.
    map_path : Path or None
        The column map that says what the columns are, where it takes one.
    cosmology : FLRW or None
        The whole cosmology, where the catalogue has more than the numbers in its header.

    Examples
    --------
    >>> from zwicky.simulations import open_mapped, read_column_map
    >>> reader = open_mapped(read_column_map("my.toml"), "halos", None, None).reader
    >>> chunk = next(reader.chunks(["m200c"], h=0.7, scale_factor=1.0))
    >>> chunk["m200c"].shape
    (150,)
    """

    paths: tuple[Path, ...]
    header: CatalogHeader
    fields: dict[str, Field]
    parent_of: str = "rows"
    names_itself: bool = False
    map_path: Path | None = None
    cosmology: FLRW | None = None

    @abstractmethod
    def raw_chunks(self, columns: Sequence[str], rows: int) -> Iterator[dict[str, np.ndarray]]:
        """Columns by their own names, at most about `rows` rows at a time, in the file's order and units.

        Integers arrive as int64, the rest as float32 or float64, in the machine's byte order.

        Raises
        ------
        ZwickyError
            If the file is cut short or holds something that is no number: the file, the place, what to do.
        """

    def chunks(
        self,
        fields: Sequence[str],
        *,
        h: float,
        scale_factor: float,
        ranges: Sequence[Range] = (),
        counted: Counted | None = None,
        rows: int = 1_000_000,
    ) -> Iterator[dict[str, np.ndarray]]:
        """Canonical fields of the rows that pass, in canonical units, about `rows` read at a time.

        Rows to be ignored (`flags` with bit 16, phantoms) are left out wherever the format has them, and
        counted. So are rows outside `ranges`, by the field that left them out.

        Raises
        ------
        ZwickyError
            If a field is not in the file, or as `raw_chunks`.
        """
        counted = counted if counted is not None else Counted()
        tests = [(name, *test) for name, test in _IGNORED.items() if name in self.fields]
        tests += [(r.field, f"{r.field} out of range", r.excludes) for r in ranges]
        wanted = list(dict.fromkeys([*fields, *(name for name, *_ in tests)]))
        for name in wanted:
            if name not in self.fields:
                has = ", ".join(self.fields)
                raise ZwickyError(f"{self.paths[0]}: has no {name} ({FIELDS[name][2]}); it has {has}")
        needed = [*wanted, *(["object_id"] if self.names_itself and "parent_id" in wanted else [])]
        columns = list(dict.fromkeys(self.fields[name].column for name in needed))
        for raw in self.raw_chunks(columns, rows):
            n = len(next(iter(raw.values())))
            counted.rows += n
            keep = np.ones(n, dtype=bool)
            tested = {name: self._canonical(name, raw, h, scale_factor) for name, *_ in tests}
            for name, reason, bad in tests:
                out = keep & bad(tested[name])
                counted.drop(reason, out.sum())
                keep &= ~out
            # Only what is kept is converted: of a large file that is little.
            if not keep.all():
                kept = np.flatnonzero(keep)
                raw = {column: values[kept] for column, values in raw.items()}
                tested = {name: values[kept] for name, values in tested.items()}
            yield {
                name: tested[name] if name in tested else self._canonical(name, raw, h, scale_factor)
                for name in fields
            }

    def _canonical(
        self, name: str, raw: Mapping[str, np.ndarray], h: float, scale_factor: float
    ) -> np.ndarray:
        field, (kind, _, _) = self.fields[name], FIELDS[name]
        values = raw[field.column]
        if name == "parent_id" and self.names_itself:
            values = np.where(values == raw[self.fields["object_id"].column], -1, values)
        if kind == "i8":
            return values.astype(np.int64, copy=False)
        with np.errstate(invalid="ignore", over="ignore"):  # what is damaged is told by who selects rows
            return values.astype(np.float64) * field.factor(h, scale_factor)


#: Fields that mark rows to be ignored: the reason, and which they are.
_IGNORED = {
    "flags": ("flags & 16", lambda flags: flags & 16 != 0),
    "phantom": ("phantom", lambda phantom: phantom != 0),
}
