"""Readers of other people's tables: FITS, Parquet, VOTable, HDF5, numpy, ECSV and text of every layout.

Each format is opened in one module. `read_tables` gives every table of a file, to be read whole, as archives
hand them out; `open_table` gives one as columns of numbers in chunks, however large it is.

What a file is, is read from its first bytes and only then from its suffix, so that a renamed file is still
read. Every fault of a file becomes one line, nothing but the file itself is opened, and memory and time grow
no faster than its size. Nothing here knows what a galaxy is.
"""

from __future__ import annotations

import warnings
from importlib import import_module
from pathlib import Path
from types import ModuleType

from zwicky.errors import ZwickyError
from zwicky.io.foreign import ForeignTable, named
from zwicky.io.kinds import faults, kind_of, start_of
from zwicky.io.readers.source import Source
from zwicky.io.readers.table_file import TableFile

__all__ = ["open_table", "read_tables"]

#: Kinds of file by their names: the module that reads each, and the suffixes that promise it.
_KINDS = {
    "FITS": ("fits", {".fits", ".fit"}),
    "Parquet": ("parquet", {".parquet", ".pq"}),
    "HDF5": ("hdf5", set()),
    "numpy": ("records", set()),
    "VOTable": ("votable", {".vot", ".xml"}),
    "ECSV": ("ecsv", {".ecsv"}),
    "text": ("text", set()),
}
_KNOWN = "CSV, text, ECSV, FITS, Parquet, VOTable or HDF5"
#: Kinds that are read in parts from where they stand, which compression does not allow.
_IN_PLACE = ("Parquet", "HDF5", "FITS", "numpy")
#: Kinds that may hold several tables.
_SEVERAL = ("HDF5", "FITS", "VOTable")


def read_tables(path: Path | str) -> list[ForeignTable]:
    """Every table of a file of any known format; columns are read when they are asked for.

    Parameters
    ----------
    path
        CSV, text, ECSV, FITS, Parquet, VOTable, HDF5 or a structured array of numpy; it may be compressed
        with gzip, bzip2 or xz.

    Raises
    ------
    ZwickyError
        If the file is missing, empty, cut short, without rows or holds no table.
    """
    source, kind, module = _looked_into(Path(path))
    tables = _tables_of(source, kind, module)
    filled = [table for table in tables if table.n_rows]
    if not filled:
        raise ZwickyError(f"{path}: the table has no rows; give one with a row a galaxy or a cluster")
    return filled


def open_table(path: Path | str, table: str | None = None) -> TableFile:
    """One table of a file as named columns of numbers, to be read in chunks.

    Memory is bounded by the chunk for Parquet, HDF5, FITS, numpy and text in columns; ECSV, VOTable and other
    layouts of text are read whole.

    Parameters
    ----------
    path
        As for `read_tables`; text names its columns above the first row. What is compressed must be text.
    table
        HDF5 group or dataset, or name or number of a table; where None, the root, or the first table.

    Raises
    ------
    ZwickyError
        If the file is missing, empty, damaged or no table, or if there is no `table` of that name.
    """
    source, kind, module = _looked_into(Path(path))
    if kind == "text" and not kind_of(start_of(source.path)):
        raise ZwickyError(f"{path}: is no table known here; give {_KNOWN}")
    if table is not None and kind not in _SEVERAL:
        raise ZwickyError(f"{path}: table = {table!r}, but {kind} holds one table only; leave it out")
    if kind in _IN_PLACE and source.packed:
        raise ZwickyError(
            f"{path}: is compressed {kind}, which cannot be read in parts; unpack it, with gunzip for example"
        )
    if hasattr(module, "open_in_parts"):
        with faults(source.path, kind):
            return module.open_in_parts(source, table)
    tables = _tables_of(source, kind, module)
    with faults(source.path, kind):
        return TableFile.of(tables[0] if table is None else named(tables, table), source.path, kind)


def _looked_into(path: Path) -> tuple[Source, str, ModuleType]:
    """A file, its kind by the first bytes or else by the suffix (what neither tells is text), its module."""
    source = Source(path)
    start = start_of(path)
    source.check_kind(start)
    kind = kind_of(start)
    suffixes = {suffix.lower() for suffix in path.suffixes[-2:]}
    if kind in ("", "text"):
        kind = next((name for name, (_, theirs) in _KINDS.items() if suffixes & theirs), "text")
    # Each format's libraries are imported only for a file of that format.
    return source, kind, import_module(f"zwicky.io.readers.{_KINDS[kind][0]}")


def _tables_of(source: Source, kind: str, module: ModuleType) -> list[ForeignTable]:
    with faults(source.path, kind, _advice(source, kind)), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tables = module.tables_of(source)
    if not tables:
        raise ZwickyError(f"{source.path}: holds no table; give one with a row a galaxy or a cluster")
    return tables


def _advice(source: Source, kind: str) -> str:
    """What to do about a file that cannot be read: whether it ends too early can be seen at its end."""
    data = source.data
    cut_short = {
        "FITS": data[:7] == b"SIMPLE " and len(data) % 2880 > 0,
        "Parquet": data[:4] == b"PAR1" and data[-4:] != b"PAR1",
        "HDF5": True,
        "numpy": True,
        "VOTable": data[:1] == b"<" and b"</VOTABLE>" not in data[-200:].upper(),
        "ECSV": data[:7] == b"# %ECSV" and bytes(data).rpartition(b"\n# ")[2].count(b"\n") < 2,
    }.get(kind, False)
    if cut_short:
        return "the file may be cut short: fetch or write it again"
    return f"give {_KNOWN} under a name that says which"
