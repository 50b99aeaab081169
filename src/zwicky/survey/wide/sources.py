"""Galaxies on disk, piece by piece: the row groups of a HATS catalogue or of a folder of Parquet files.

Of each piece it is known where on the sky it may lie, so that for some clusters only those pieces are read
that reach into their apertures, whatever margin a catalogue was made with. A piece of which nothing is known
is read for all.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.io.choice import SKY, warned_rows
from zwicky.io.columns import WARNINGS, Named, column_named, missing, normal_name
from zwicky.io.foreign import ForeignColumn, ForeignTable, short_reason
from zwicky.io.lists import SkyList
from zwicky.io.measures import measure
from zwicky.io.memory import table_of
from zwicky.resume import digest_of
from zwicky.survey.search import angular_separation, unit_vectors

if TYPE_CHECKING:
    import pyarrow.parquet as pq

__all__ = ["Source", "data_files", "is_hats", "open_source", "read_pieces"]

#: A pixel may bulge between its corners.
_BULGE = 1.05


@dataclass(frozen=True, eq=False)
class Source:
    """Pieces of a catalogue on disk.

    Parameters
    ----------
    path
        The folder or file.
    files
        Of the pieces, as the pieces count them.
    file, group : int64, shape (p,)
        File of each piece, and which of its row groups.
    n_rows : int64, shape (p,)
        Rows of each piece.
    names
        Columns of the first file.
    n_bytes
        Of all files.
    middle : float64, shape (p, 3)
        Unit vector towards the middle of the circle that a piece lies in; NaN where it has none.
    radius : float64, shape (p,)
        Radius of that circle in radians.
    box : float64, shape (p, 4)
        Least and largest right ascension and declination in degrees; NaN where they are not known.
    digest
        Of names, sizes and Parquet footers of the files: of everything but the columns' own bytes.
    """

    path: Path
    files: tuple[Path, ...] = field(repr=False)
    file: np.ndarray = field(repr=False)
    group: np.ndarray = field(repr=False)
    n_rows: np.ndarray = field(repr=False)
    names: tuple[str, ...] = field(repr=False)
    n_bytes: int
    middle: np.ndarray = field(repr=False)
    radius: np.ndarray = field(repr=False)
    box: np.ndarray = field(repr=False)
    digest: str = field(repr=False)

    def __len__(self) -> int:
        return len(self.file)


def is_hats(path: Path) -> bool:
    """Whether a folder is a HATS catalogue or a collection of them."""
    names = ("hats.properties", "properties", "collection.properties")
    return any((path / name).is_file() for name in names)


def data_files(path: Path) -> list[Path]:
    """The Parquet files of a folder in the order of their names, or the one file.

    Raises
    ------
    ZwickyError
        If there is none.
    """
    if path.is_file():
        return [path]
    found = sorted(p for p in path.rglob("*.parq*") if p.is_file() and not p.name.startswith(("_", ".")))
    if not found:
        raise ZwickyError(f"{path}: holds no Parquet files; make a catalogue of a table with `zwicky hats`")
    return found


def open_source(path: Path, columns: dict[str, Named]) -> Source:
    """What there is in a HATS catalogue, a folder of Parquet files or one such file.

    Parameters
    ----------
    path
        The catalogue.
    columns
        The user's names for our columns.

    Raises
    ------
    ZwickyError
        If it cannot be read or has no positions and redshifts.
    """
    if not path.exists():
        raise ZwickyError(f"{path}: does not exist; give a HATS catalogue or a folder of Parquet files")
    return _hats(path, columns) if is_hats(path) else _parquet(path, columns)


def _hats(path: Path, columns: dict[str, Named]) -> Source:
    from zwicky.extras import require

    require(None, "survey", "reading a HATS catalogue")
    import cdshealpix.nested
    from hats.io.paths import pixel_catalog_file

    try:
        with warnings.catch_warnings():  # of the libraries' own use of each other
            warnings.simplefilter("ignore")
            import lsdb

            catalogue = lsdb.open_catalog(path).hc_structure
    except Exception as error:  # of any of the libraries underneath
        raise ZwickyError(f"{path}: is no HATS catalogue that LSDB opens ({short_reason(error)})") from error
    pixels = catalogue.get_healpix_pixels()
    suffix = catalogue.catalog_info.npix_suffix
    files, of_pixel = [], []
    for number, pixel in enumerate(pixels):
        place = Path(str(pixel_catalog_file(catalogue.catalog_base_dir, pixel, npix_suffix=suffix)))
        mine = data_files(place) if place.is_dir() else [place]
        files += mine
        of_pixel += [number] * len(mine)
    order, number = (np.array([getattr(p, name) for p in pixels]) for name in ("order", "pixel"))
    middle, radius = np.empty((len(pixels), 3)), np.empty(len(pixels))
    for depth in np.unique(order):
        rows = np.flatnonzero(order == depth)
        lon, lat = cdshealpix.nested.healpix_to_lonlat(number[rows].astype(np.uint64), int(depth))
        middle[rows] = unit_vectors(lon.deg, lat.deg)
        lon, lat = cdshealpix.nested.vertices(number[rows].astype(np.uint64), int(depth))
        corners = angular_separation(middle[rows][:, None], unit_vectors(lon.deg, lat.deg))
        radius[rows] = _BULGE * corners.max(axis=1)
    found = _files(files, columns)
    pixel = np.array(of_pixel, dtype=np.int64)[[piece["file"] for piece in found]]
    return _source(path, files, found, middle[pixel], radius[pixel])


def _parquet(path: Path, columns: dict[str, Named]) -> Source:
    files = data_files(path)
    found = _files(files, columns)
    return _source(path, files, found, np.full((len(found), 3), np.nan), np.full(len(found), np.nan))


def _source(path, files, found, middle, radius) -> Source:
    sizes = [file.stat().st_size for file in files]
    footers = dict.fromkeys((piece["file"], piece["footer"]) for piece in found)
    names = [str(file.relative_to(path)) if file != path else file.name for file in files]
    return Source(
        path,
        tuple(files),
        np.array([piece["file"] for piece in found]),
        np.array([piece["group"] for piece in found]),
        np.array([piece["rows"] for piece in found]),
        tuple(_opened(files[0]).schema_arrow.names),
        sum(sizes),
        middle,
        radius,
        np.array([piece["box"] for piece in found]).reshape(len(found), 4),
        digest_of(names, sizes, [footer for _, footer in footers]),
    )


def _files(files: Sequence[Path], columns: dict[str, Named]) -> list[dict[str, Any]]:
    """What the footers say of the row groups, one after the other."""
    found = []
    for number, file in enumerate(files):
        metadata = _opened(file).metadata
        names = [metadata.schema.column(i).path for i in range(metadata.num_columns)]
        wanted = _wanted(file, names, columns)
        footer = _footer(file)
        for g in range(metadata.num_row_groups):
            group = metadata.row_group(g)
            piece = {"file": number, "group": g, "rows": group.num_rows, "footer": footer}
            found.append(piece | {"box": _box(group, names, wanted, columns)})
    return found


def _footer(file: Path) -> str:
    """Digest of a Parquet file's footer, which holds places, sizes and statistics of all that it has."""
    with file.open("rb") as stream:
        stream.seek(-8, 2)
        length = int.from_bytes(stream.read(4), "little")
        stream.seek(-8 - length, 2)
        return hashlib.sha256(stream.read(length)).hexdigest()


def _box(
    group: Any, names: list[str], wanted: dict[str, str], columns: dict[str, Named]
) -> tuple[float, ...]:
    """Least and largest right ascension and declination of a row group in degrees, NaN where not known."""
    box = []
    for ours in ("ra", "dec"):
        if ours in columns and columns[ours].unit is not None:
            box += (np.nan, np.nan)  # in the user's unit
            continue
        statistics = group.column(names.index(wanted[ours])).statistics
        known = statistics is not None and statistics.has_min_max
        ends = (statistics.min, statistics.max) if known else (np.nan, np.nan)
        # Columns in another unit are converted only when they are read: nothing is known of them here.
        plain = all(isinstance(end, float) for end in ends)
        box += ends if plain else (np.nan, np.nan)
    return tuple(box)


def _opened(file: Path) -> pq.ParquetFile:
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(file)
    except Exception as error:  # of Arrow
        raise ZwickyError(f"{file}: is no Parquet file that can be read ({short_reason(error)})") from error


def _wanted(file: Path, names: Sequence[str], columns: dict[str, Named]) -> dict[str, str]:
    """Which of the columns hold ours, and which warn of redshifts."""
    there = ForeignTable(file.name, tuple(ForeignColumn(name, None, lambda: None) for name in names), 0)
    found = {ours: column_named(there, ours, columns) for ours in SKY}
    if lacking := [ours for ours, column in found.items() if column is None]:
        raise missing(lacking, there)
    marks = [name for name in names if normal_name(name) in WARNINGS]
    return {ours: column.name for ours, column in found.items()} | {f"warns {name}": name for name in marks}


def read_pieces(
    file: Path, groups: Sequence[int], columns: dict[str, Named], *, keep_warned: bool = False
) -> SkyList:
    """The positions and redshifts of some row groups of a file; a redshift with a warning is NaN.

    Raises
    ------
    ZwickyError
        If they cannot be read.
    """
    opened = _opened(file)
    wanted = _wanted(file, opened.schema_arrow.names, columns)
    try:
        arrow = opened.read_row_groups(groups, list(dict.fromkeys(wanted.values())), use_threads=False)
        held = {name: arrow[name].to_numpy() for name in arrow.column_names}
    except Exception as error:  # of Arrow
        raise ZwickyError(f"{file}: cannot be read ({short_reason(error)}); write it again") from error
    if not len(arrow):
        return SkyList(*np.empty((3, 0)), source=file.name)
    table = table_of(held, file.name)
    ra, dec, z = (measure(table, ours, column_named(table, ours, columns), columns) for ours in SKY)
    warned, _ = warned_rows(table, keep_warned)
    redshift = np.where(warned, np.nan, z.values) if warned.any() else z.values
    return SkyList(ra.values, dec.values, redshift, source=file.name)
