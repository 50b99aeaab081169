"""Columns in files of either kind, read with the checks that every table of ours goes through.

`zwicky.io.parquet_files` and `zwicky.io.hdf5_files` know the formats, `zwicky.io.storage` our tables.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.io.files import written_whole

__all__ = ["Column", "StoredTable", "checked_values", "read_file", "write_file"]

_FORMATS = {
    ".parquet": "zwicky.io.parquet_files",
    ".hdf5": "zwicky.io.hdf5_files",
    ".h5": "zwicky.io.hdf5_files",
}

#: Kinds of stored numbers that may become a column of a kind, by NumPy's letters.
_BECOMES = {"f": "fiu", "i": "iu", "b": "b"}


@dataclass(frozen=True, eq=False)
class Column:
    """A stored column: values of shape (n,), their unit ("" for none) and a line about them."""

    values: np.ndarray = field(repr=False)
    unit: str = ""
    about: str = ""


@dataclass(frozen=True, eq=False)
class StoredTable:
    """What a file of ours holds.

    Parameters
    ----------
    header
        Texts by name; ``zwicky_table`` says which table it is.
    columns
        Columns with one value a row.
    members
        Columns with several values a row, which `offsets` cut.
    offsets : int64, shape (n_rows + 1,), optional
        Where each row's members begin.
    """

    header: Mapping[str, str]
    columns: Mapping[str, Column] = field(repr=False)
    members: Mapping[str, Column] = field(default_factory=dict, repr=False)
    offsets: np.ndarray | None = field(default=None, repr=False)


def write_file(path: Path | str, table: StoredTable) -> None:
    """Write a table whole, as ``.parquet``, ``.hdf5`` or ``.h5``.

    Raises
    ------
    ZwickyError
        For another suffix.
    """
    path = Path(path)
    module = _format_of(path)
    with written_whole(path) as temporary:
        module.write(temporary, table)


def read_file(
    path: Path | str,
    kind: str,
    columns: Iterable[str],
    members: Iterable[str],
    optional: Iterable[str] = (),
    *,
    former: Mapping[str, str],
) -> StoredTable:
    """Read the columns named of a file that holds a table of a kind, and the `optional` that it has.

    A column that the file does not have is read from the name that `former` gives it.

    Raises
    ------
    ZwickyError
        If the file is missing, damaged, holds another kind of table or lacks a column.
    """
    path = Path(path)
    module = _format_of(path)
    try:
        table = module.read(path, kind, tuple(columns), tuple(members), tuple(optional), former)
    except ZwickyError as error:
        raise ZwickyError(f"{path}: {error}") from error
    except FileNotFoundError as error:
        raise ZwickyError(f"{path}: cannot be read (no such file); check the path") from error
    except Exception as error:  # whatever the libraries raise over damaged bytes
        reason = " ".join(str(error).split())[:160] or type(error).__name__
        raise ZwickyError(f"{path}: cannot be read ({reason}); make it again") from error
    return table


def check_kind(header: Mapping[str, str], kind: str) -> None:
    """Refuse a file whose header says that it is not a table of this kind."""
    found = header.get("zwicky_table")
    if found != kind:
        raise ZwickyError(f"holds {found or 'no table of ours'}, not a {kind}; give another file")


def names_in_file(names: Iterable[str], there: Collection[str], former: Mapping[str, str]) -> dict[str, str]:
    """The name that each column has in a file: its own, or where that is not there its former one."""
    found = {}
    for name in names:
        old = former.get(name, name)
        found[name] = old if name not in there and old in there else name
    return found


def checked_values(name: str, column: Column, dtype: np.dtype, unit: str) -> np.ndarray:
    """A stored column as its table wants it.

    Raises
    ------
    ZwickyError
        If it has another shape, holds something else than such numbers, or has a unit of another kind.
    """
    values = np.asarray(column.values)
    if values.ndim != 1:
        raise ZwickyError(f"column {name!r} has shape {values.shape}, not (n,); make the file again")
    if values.dtype.kind not in _BECOMES[dtype.kind]:
        raise ZwickyError(f"column {name!r} holds {values.dtype}, not {dtype}; make the file again")
    if dtype.kind == "i" and len(values) and not _fits(values, dtype):
        raise ZwickyError(f"column {name!r} holds numbers beyond {dtype}; make the file again")
    if column.unit == unit:
        return values
    import astropy.units as u

    try:
        return values * u.Unit(column.unit).to(unit)
    except (ValueError, TypeError, u.UnitConversionError) as error:
        raise ZwickyError(
            f"column {name!r} is in {column.unit!r:.40}, which is no {unit or 'plain number'}; "
            "make the file again"
        ) from error


def _fits(values: np.ndarray, dtype: np.dtype) -> bool:
    limits = np.iinfo(dtype)
    return int(values.min()) >= limits.min and int(values.max()) <= limits.max


def _format_of(path: Path) -> ModuleType:
    if path.suffix not in _FORMATS:
        raise ZwickyError(f"{path}: suffix {path.suffix!r} is not known; use one of {', '.join(_FORMATS)}")
    return import_module(_FORMATS[path.suffix])
