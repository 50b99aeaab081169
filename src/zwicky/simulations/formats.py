"""Which format a file is of, told from its content, and which of many files holds the snapshot meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from zwicky.errors import ZwickyError
from zwicky.io.kinds import start_of
from zwicky.simulations.column_map import ColumnMap
from zwicky.simulations.known import KnownReader, recognises
from zwicky.simulations.layouts import FORMATS, Layout
from zwicky.simulations.mapped import MappedReader
from zwicky.simulations.paths import by_number, files_meant
from zwicky.simulations.reader import CatalogReader
from zwicky.simulations.selection import check_redshift

__all__ = ["OpenedSnapshot", "detect_format", "open_catalog", "open_mapped", "open_snapshot"]

#: Files closer than this in scale factor hold one snapshot.
ONE_SNAPSHOT = 1e-4


@dataclass(frozen=True)
class OpenedSnapshot:
    """A catalogue, and how it was chosen among several files.

    Parameters
    ----------
    reader
        Of the file or files.
    note
        A line for people; empty if there was no choice.

    Examples
    --------
    >>> from zwicky.simulations import read_column_map
    >>> open_mapped(read_column_map("my.toml"), "galaxies", None, None).note
    ''
    """

    reader: CatalogReader
    note: str = ""


def open_catalog(path: Path | str | Sequence[Path], format: str | None = None) -> CatalogReader:
    """The reader of a file, of the format given or of the one that its content tells.

    Parameters
    ----------
    path
        A file, a pattern such as ``"halos_20.*.ascii"``, or files that make one catalogue.
    format
        A key of `FORMATS`.

    Returns
    -------
    CatalogReader
        Nothing but the header has been read.

    Raises
    ------
    ZwickyError
        If there is no such file, if it is of no known format or of more than one, or as the reader.

    Examples
    --------
    >>> open_catalog("no_such_file")
    Traceback (most recent call last):
    ...
    zwicky.errors.ZwickyError: no_such_file...
    """
    files = _files(path) if isinstance(path, str | Path) else files_meant(path)
    return KnownReader(_layout(format or detect_format(files[0])), files)


def open_mapped(
    column_map: ColumnMap, kind: str, place: str | None, redshift: float | None
) -> OpenedSnapshot:
    """The ``"halos"`` or ``"galaxies"`` of a column map, or of a known format where the map has none.

    Parameters
    ----------
    column_map
        From `zwicky.simulations.read_column_map`.
    kind
        Which table.
    place
        Files to read instead of those that the map names.
    redshift
        As for `open_snapshot`.

    Returns
    -------
    OpenedSnapshot
        Its `reader` goes into `import_catalogs`.

    Raises
    ------
    ZwickyError
        As the readers; if the map has no such table and no file is given.

    Examples
    --------
    `my.toml` is the column map of *Bring your simulation*.

    >>> from zwicky.simulations import read_column_map
    >>> opened = open_mapped(read_column_map("my.toml"), "halos", None, None)
    >>> opened.reader.header.simulation
    'My simulation'
    """
    if getattr(column_map, kind) is not None:
        return OpenedSnapshot(MappedReader(column_map, kind, place or ()))
    if place is None:
        raise ZwickyError(
            f"{column_map.path}: has no [{kind}.columns]; write them, or give a file with --{kind}"
        )
    return open_snapshot(place, redshift)


def detect_format(path: Path | str) -> str:
    """The name of the one format that a file's content is of.

    Parameters
    ----------
    path
        Of the file.

    Returns
    -------
    str
        A key of `FORMATS`.

    Raises
    ------
    ZwickyError
        If it is of none, or of more than one.

    Examples
    --------
    >>> from pathlib import Path
    >>> names = "scale id desc_scale desc_id pid upid phantom x y z vx vy vz".split()
    >>> head = "#" + " ".join(f"{name}({column})" for column, name in enumerate(names))
    >>> _ = Path("hlist_0.9.list").write_text(head + chr(10))
    >>> detect_format("hlist_0.9.list")
    'hlist'
    """
    path = Path(path)
    found = _recognised(path)
    if len(found) == 1:
        return found[0]
    if found:
        raise ZwickyError(
            f"{path}: may be {' or '.join(found)}; say which with --halos-format or --galaxies-format"
        )
    raise ZwickyError(
        f"{path}: is of no format known here ({', '.join(FORMATS)}); "
        "describe its columns in a column map and give that with --map"
    )


def open_snapshot(
    place: Path | str, redshift: float | None = None, format: str | None = None
) -> OpenedSnapshot:
    """The catalogue of the snapshot nearest to a redshift, of a file, a pattern or a directory of files.

    Parameters
    ----------
    place
        A file, a pattern, or a directory, of which the files of a known format count.
    redshift
        Needed only if there is more than one snapshot.
    format
        A key of `FORMATS`; otherwise the content tells.

    Returns
    -------
    OpenedSnapshot
        Its `reader` goes into `import_catalogs`.

    Raises
    ------
    ZwickyError
        As `open_catalog`; if there are several snapshots and no redshift to choose by; if the nearest one is
        further off than `zwicky.simulations.selection.NEAR_SCALE_FACTOR`.

    Examples
    --------
    >>> open_snapshot("no_such_file", redshift=0.117)
    Traceback (most recent call last):
    ...
    zwicky.errors.ZwickyError: no_such_file...
    """
    paths = _files(place)
    if len(paths) == 1:
        return OpenedSnapshot(open_catalog(paths, format))
    names = {path: format or detect_format(path) for path in paths}
    if len(set(names.values())) > 1:
        some = {name: path for path, name in names.items()}
        shown = " and ".join(f"{path} ({name})" for name, path in list(some.items())[:2])
        raise ZwickyError(f"{place}: holds files of different formats, such as {shown}; give those of one")
    scales = {path: KnownReader(_layout(name), path).header.scale_factor for path, name in names.items()}
    known = sorted(a for a in scales.values() if a is not None)
    if not known or known[-1] - known[0] <= ONE_SNAPSHOT:
        return OpenedSnapshot(open_catalog(paths, names[paths[0]]), f"{len(paths)} files of one snapshot")
    unknown = [path for path, a in scales.items() if a is None]
    if unknown:
        raise ZwickyError(
            f"{unknown[0]}: the scale factor is in neither header nor name; give this file alone"
        )
    if redshift is None:
        raise ZwickyError(
            f"{place}: holds snapshots from redshift {1 / known[-1] - 1:.4f} to {1 / known[0] - 1:.4f}; "
            "choose one with --redshift"
        )
    wanted = 1.0 / (1.0 + redshift)
    nearest = min(known, key=lambda a: abs(a - wanted))
    chosen = [path for path, a in scales.items() if abs(a - nearest) <= ONE_SNAPSHOT]
    check_redshift(nearest, redshift, chosen[0])
    note = (
        f"{chosen[0].name} of {len(paths)} files, scale factor {nearest:.6g}: redshift {1 / nearest - 1:.4f} "
        f"where {redshift:g} was asked for, {abs(nearest - wanted):.2g} apart in scale factor"
    )
    return OpenedSnapshot(open_catalog(chosen, names[chosen[0]]), note)


def _layout(format: str) -> Layout:
    if format not in FORMATS:
        raise ZwickyError(f"format {format!r} is not known; use one of {', '.join(FORMATS)}")
    return FORMATS[format]


def _files(place: Path | str) -> tuple[Path, ...]:
    """The files meant, at least one; of a directory those of a known format."""
    if not Path(place).is_dir():
        return files_meant(place)
    inside = (path for path in Path(place).iterdir() if path.is_file() and not path.name.startswith("."))
    files = tuple(path for path in sorted(inside, key=by_number) if _recognised(path))
    if not files:
        raise ZwickyError(f"{place}: no file in this directory is of a known format ({', '.join(FORMATS)})")
    return files


def _recognised(path: Path) -> list[str]:
    start = start_of(path)
    return [name for name, layout in FORMATS.items() if recognises(layout, path, start)]
