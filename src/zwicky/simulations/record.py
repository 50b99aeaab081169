"""What an import was made from and how: ``import.toml``, and what the provenance says of the files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zwicky.simulations.reader import CatalogReader
from zwicky.simulations.selection import ImportSettings
from zwicky.tables import Snapshot

__all__ = ["ImportRecord", "Source", "about", "inputs_of", "make_record"]


@dataclass(frozen=True)
class Source:
    """A catalogue that was read: format, names and checksums of its files, where each field is from.

    `columns` has an entry a canonical field, ``"m200c: M200c [Msun/h]"``; `column_map` is the checksum of the
    map that says what they are, where there is one.
    """

    format: str
    files: tuple[str, ...]
    sha256: tuple[str, ...]
    columns: tuple[str, ...]
    column_map: str = ""


@dataclass(frozen=True)
class ImportRecord:
    """All that determines an imported universe: the content of ``import.toml``."""

    simulation: str
    redshift: float
    box_size_mpc_h: float
    h: float
    omega_m: float
    omega_lambda: float
    w0: float
    settings: ImportSettings
    halos: Source
    galaxies: Source


def make_record(
    snapshot: Snapshot,
    settings: ImportSettings,
    halos: CatalogReader,
    galaxies: CatalogReader,
    inputs: list[dict[str, Any]],
) -> ImportRecord:
    """The record of an import; `inputs` from `inputs_of`, with the checksums in them."""
    checksums = {one["path"]: one["sha256"] for one in inputs}

    def source(reader: CatalogReader) -> Source:
        paths = [str(path.resolve()) for path in reader.paths]
        return Source(
            format=reader.header.format,
            files=tuple(Path(path).name for path in paths),
            sha256=tuple(checksums[path] for path in paths),
            columns=_columns(reader),
            column_map="" if reader.map_path is None else checksums[str(reader.map_path.resolve())],
        )

    cosmology = snapshot.cosmology
    return ImportRecord(
        simulation=snapshot.simulation,
        redshift=snapshot.redshift,
        box_size_mpc_h=round(snapshot.box_size * cosmology.h, 9),
        h=float(cosmology.h),
        omega_m=float(cosmology.Om0),
        omega_lambda=float(cosmology.Ode0),
        w0=float(getattr(cosmology, "w0", -1.0)),
        settings=settings,
        halos=source(halos),
        galaxies=source(galaxies),
    )


def _columns(reader: CatalogReader) -> tuple[str, ...]:
    """Where each canonical field is from, a line each."""
    return tuple(f"{name}: {f.column} [{f.unit}]" for name, f in reader.fields.items())


def about(reader: CatalogReader) -> dict[str, Any]:
    """Format, original column and unit of every field, and notes, for the provenance."""
    fields = {name: {"column": f.column, "unit": f.unit} for name, f in reader.fields.items()}
    return {"format": reader.header.format, "fields": fields, "notes": list(reader.header.notes)}


def inputs_of(*readers: CatalogReader) -> list[dict[str, Any]]:
    """Path, size and time of every file, each once; column maps come last."""
    inputs = []
    maps = [reader.map_path for reader in readers if reader.map_path is not None]
    for path in dict.fromkeys(path.resolve() for path in (*(p for r in readers for p in r.paths), *maps)):
        status = path.stat()
        inputs.append({"path": str(path), "bytes": status.st_size, "changed_ns": status.st_mtime_ns})
    return inputs
