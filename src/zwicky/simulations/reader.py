"""The one interface of every foreign catalogue: what is in it, and its rows in chunks.

A reader knows one format. It says under which original column, and in which unit, each canonical field
stands, and yields rows already in Zwicky's units: comoving Mpc, Msun and km/s, all free of h. Memory stays
bounded by the chunk, whatever the size of the file.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from astropy.cosmology import FLRW

from zwicky.errors import ZwickyError

__all__ = ["FIELDS", "UNITS", "CatalogHeader", "CatalogReader", "Counted", "Field", "Range", "by_number"]

#: Canonical fields: data type, canonical unit, meaning.
FIELDS: Mapping[str, tuple[str, str, str]] = {
    "object_id": ("i8", "", "number of the halo or galaxy"),
    "parent_id": ("i8", "", "largest halo that holds it (upid), -1 if none"),
    "x": ("f8", "Mpc", "position, comoving"),
    "y": ("f8", "Mpc", "position, comoving"),
    "z": ("f8", "Mpc", "position, comoving"),
    "vx": ("f8", "km/s", "peculiar velocity, proper"),
    "vy": ("f8", "km/s", "peculiar velocity, proper"),
    "vz": ("f8", "km/s", "peculiar velocity, proper"),
    "m200c": ("f8", "Msun", "mass in 200 times the critical density"),
    "m200b": ("f8", "Msun", "mass in 200 times the mean density"),
    "m500c": ("f8", "Msun", "mass in 500 times the critical density"),
    "mvir": ("f8", "Msun", "virial mass"),
    "rvir": ("f8", "Mpc", "virial radius, comoving"),
    "m_peak": ("f8", "Msun", "largest mass ever"),
    "m_acc": ("f8", "Msun", "mass at accretion"),
    "v_rms": ("f8", "km/s", "three-dimensional velocity dispersion"),
    "v_max": ("f8", "km/s", "largest circular velocity"),
    "stellar_mass": ("f8", "Msun", "stellar mass"),
    "n_particles": ("i8", "", "particles"),
    "flags": ("i8", "", "UniverseMachine's flags; bit 16 means ignore"),
    "phantom": ("i8", "", "not zero where consistent-trees interpolated the halo"),
}

#: What a number in a file's unit is multiplied with: (factor, power of h, power of the scale factor) to reach
#: the canonical unit, named last. Lengths are comoving unless the unit says proper.
UNITS: Mapping[str, tuple[float, int, int, str]] = {
    "": (1.0, 0, 0, ""),
    "Msun": (1.0, 0, 0, "Msun"),
    "Msun/h": (1.0, -1, 0, "Msun"),
    "1e10 Msun": (1e10, 0, 0, "Msun"),
    "1e10 Msun/h": (1e10, -1, 0, "Msun"),
    "Mpc": (1.0, 0, 0, "Mpc"),
    "Mpc/h": (1.0, -1, 0, "Mpc"),
    "kpc": (1e-3, 0, 0, "Mpc"),
    "kpc/h": (1e-3, -1, 0, "Mpc"),
    "proper Mpc": (1.0, 0, -1, "Mpc"),
    "proper Mpc/h": (1.0, -1, -1, "Mpc"),
    "proper kpc": (1e-3, 0, -1, "Mpc"),
    "proper kpc/h": (1e-3, -1, -1, "Mpc"),
    "km/s": (1.0, 0, 0, "km/s"),
}


@dataclass(frozen=True)
class Field:
    """Where a canonical field comes from: the file's own column, and the unit it is in (a key of `UNITS`)."""

    column: str
    unit: str = ""

    def factor(self, h: float, scale_factor: float) -> float:
        """What the file's number is multiplied with to reach the canonical unit.

        >>> Field("Rvir", "kpc/h").factor(0.5, 1.0)
        0.002
        """
        scale, h_power, a_power, _ = UNITS[self.unit]
        return scale * h**h_power * scale_factor**a_power


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
    map_path : Path or None
        The column map that says what the columns are, where it takes one.
    cosmology : FLRW or None
        The whole cosmology, where the catalogue has more than the numbers in its header.
    """

    paths: tuple[Path, ...]
    header: CatalogHeader
    fields: dict[str, Field]
    parent_of: str = "rows"
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
        always = [name for name in ("flags", "phantom") if name in self.fields]
        wanted = list(dict.fromkeys([*fields, *(r.field for r in ranges), *always]))
        for name in wanted:
            if name not in self.fields:
                has = ", ".join(self.fields)
                raise ZwickyError(f"{self.paths[0]}: has no {name} ({FIELDS[name][2]}); it has {has}")
        columns = list(dict.fromkeys(self.fields[name].column for name in wanted))
        tests = list(dict.fromkeys([*always, *(r.field for r in ranges)]))
        for raw in self.raw_chunks(columns, rows):
            n = len(next(iter(raw.values())))
            counted.rows += n
            keep = np.ones(n, dtype=bool)
            tested = {name: self._canonical(name, raw, h, scale_factor) for name in tests}
            for name, bad, reason in (
                ("flags", lambda flags: flags & 16 != 0, "flags & 16"),
                ("phantom", lambda phantom: phantom != 0, "phantom"),
            ):
                if name in tested:
                    out = keep & bad(tested[name])
                    counted.drop(reason, out.sum())
                    keep &= ~out
            for r in ranges:
                out = keep & ~((tested[r.field] >= r.low) & (tested[r.field] <= r.high))
                counted.drop(f"{r.field} out of range", out.sum())
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
        if kind == "i8":
            return values.astype(np.int64, copy=False)
        with np.errstate(invalid="ignore", over="ignore"):  # what is damaged is told by who selects rows
            return values.astype(np.float64) * field.factor(h, scale_factor)


def by_number(path: Path) -> list[tuple[int, int, str]]:
    """Key that sorts paths by the numbers in them.

    >>> [path.name for path in sorted([Path("tab.10"), Path("tab.2")], key=by_number)]
    ['tab.2', 'tab.10']
    """
    parts = re.findall(r"\d+|\D+", str(path))
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts]
