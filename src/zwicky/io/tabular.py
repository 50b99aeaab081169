"""Tables in the formats observers keep them in: CSV, ECSV, FITS, Parquet and VOTable.

What a file is, is read from its first bytes and only then from its suffix, so that a renamed file is
still read. Every fault of a file becomes one line. Nothing here knows what a galaxy is.
"""

from __future__ import annotations

import gzip
import io
import re
import warnings
from pathlib import Path

import astropy.units as u
import numpy as np
from astropy.table import Column, MaskedColumn, QTable, Table

from zwicky.errors import ZwickyError
from zwicky.io.files import whole_file

__all__ = ["OUTPUT_FORMATS", "check_output", "read_any", "write_any"]

#: Suffixes that `write_any` knows, and astropy's name for each.
OUTPUT_FORMATS = {
    ".csv": "ascii.csv",
    ".ecsv": "ascii.ecsv",
    ".fits": "fits",
    ".parquet": "parquet",
    ".vot": "votable",
    ".xml": "votable",
}

_FITS_BLOCK = 2880
_MISSING = ("", "--", "NULL", "null", "None", "N/A", "NA")
_HEADER_UNIT = re.compile(r"^(?P<name>.+?)\s*[\[(]\s*(?P<unit>[^\])]+?)\s*[\])]$")


def read_any(path: Path | str) -> Table:
    """Read a table of any known format, with its units, its metadata and its missing values masked.

    Text tables have a header line and columns separated by commas, semicolons, tabs or blanks; lines
    that start with ``#`` are left out, and a unit may follow a name in brackets, ``r_proj [kpc]``. Of
    a FITS file the first table is read. Any of them but Parquet may be compressed with gzip.

    Raises
    ------
    ZwickyError
        If the file is missing, empty, cut short, without rows or not a table.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ZwickyError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    if not data:
        raise ZwickyError(f"{path}: the file is empty; give a table with a row a galaxy or a cluster")
    kind = "table"
    try:
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
        kind, reader = _reader_of(data, path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.filterwarnings("error", message=".*truncated.*")
            table = reader(data)
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        reason = reason if len(reason) <= 160 else reason[:157] + "..."
        raise ZwickyError(f"{path}: cannot be read as {kind} ({reason}); {_advice(kind, data)}") from error
    if not len(table):
        raise ZwickyError(f"{path}: the table has no rows; give one with a row a galaxy or a cluster")
    return table


def check_output(path: Path | str) -> None:
    """Refuse a name that `write_any` could not write to, before any work is done.

    Raises
    ------
    ZwickyError
        If the suffix is not known or the path is a directory.
    """
    path = Path(path)
    if path.suffix.lower() not in OUTPUT_FORMATS:
        raise ZwickyError(
            f"{path}: suffix {path.suffix!r} is not known; use one of {', '.join(OUTPUT_FORMATS)}"
        )
    if path.is_dir():
        raise ZwickyError(f"{path}: is a directory; give the name of a file")


def write_any(path: Path | str, table: QTable) -> None:
    """Write a table whole, in the format of the suffix; an older file of that name is replaced.

    Raises
    ------
    ZwickyError
        If the suffix is not known or the file cannot be written.
    """
    path = Path(path)
    check_output(path)
    kind = OUTPUT_FORMATS[path.suffix.lower()]
    try:
        with whole_file(path) as temporary:
            table.write(temporary, format=kind, overwrite=True)
    except OSError as error:
        raise ZwickyError(f"{path}: cannot be written ({error.strerror}); give another name") from error
    except ZwickyError:  # is a ValueError too, and says what is wrong
        raise
    except ValueError as error:  # FITS holds no letters beyond ASCII
        reason = " ".join(str(error).split())[:120]
        raise ZwickyError(f"{path}: cannot hold this table ({reason}); give a name in .ecsv") from error


def _advice(kind: str, data: bytes) -> str:
    """What to do about a file that cannot be read: whether it ends too early can be seen at its end."""
    text = kind in ("a text table", "ECSV")
    rows = [line for line in data.decode("utf-8", "replace").splitlines() if line.strip()] if text else []
    cut_short = {
        "table": data[:2] == b"\x1f\x8b",
        "FITS": data.startswith(b"SIMPLE ") and len(data) % _FITS_BLOCK > 0,
        "Parquet": data.startswith(b"PAR1") and not data.endswith(b"PAR1"),
        "VOTable": b"<" in data[:1] and b"</VOTABLE>" not in data[-200:].upper(),
        "ECSV": data.startswith(b"# %ECSV"),
    }.get(kind, False)
    if text and len(rows) > 1:
        header = next((row for row in rows if not row.lstrip().startswith("#")), "")
        mark = next((mark for mark in ",;\t" if mark in header), " ")
        cut_short = (cut_short and header == "") or len(_words(rows[-1], mark)) < len(_words(header, mark))
    if cut_short:
        return "the file may be cut short: fetch or write it again"
    return "give CSV, ECSV, FITS, Parquet or VOTable under a name that says which"


def _reader_of(data: bytes, path: Path):
    """What a file is, by its first bytes, and the function that reads those bytes."""
    start = data[:512].lstrip()
    suffix = path.suffix.lower()
    if start.startswith(b"SIMPLE ") or suffix in (".fits", ".fit"):
        return "FITS", _read_fits
    if start.startswith(b"PAR1") or suffix in (".parquet", ".pq"):
        return "Parquet", _read_parquet
    if start.startswith(b"<?xml") or b"<VOTABLE" in start or suffix in (".vot", ".xml"):
        return "VOTable", _read_votable
    if start.startswith(b"# %ECSV") or suffix == ".ecsv":
        return "ECSV", lambda data: Table.read(io.BytesIO(data), format="ascii.ecsv")
    return "a text table", _read_text


def _read_fits(data: bytes) -> Table:
    table = Table.read(io.BytesIO(data), format="fits", memmap=False)
    table.convert_bytestring_to_unicode()
    return table


def _read_votable(data: bytes) -> Table:
    from astropy.io import votable

    table = votable.parse_single_table(io.BytesIO(data), verify="ignore").to_table(use_names_over_ids=True)
    for name in table.colnames:
        if table[name].dtype.kind == "O":
            table[name] = [str(value) for value in table[name]]
    return table


def _read_parquet(data: bytes) -> Table:
    import pyarrow.parquet as pq

    # Through arrow rather than astropy: nulls stay missing values in columns of every type.
    arrow = pq.read_table(io.BytesIO(data))
    header = {key.decode(): value.decode() for key, value in (arrow.schema.metadata or {}).items()}
    table = Table()
    described = _astropy_units(header.pop("table_meta_yaml", ""), table)
    for field, chunks in zip(arrow.schema, arrow.columns, strict=True):
        name = field.name
        if name.startswith("__index_level") or name.removesuffix(".mask") in table.colnames:
            continue
        # astropy writes a mask as a column of its own, everyone else as nulls.
        masked = arrow[f"{name}.mask"] if f"{name}.mask" in arrow.column_names else chunks.is_null()
        mask = np.asarray(masked)
        values = np.asarray(chunks.to_numpy())
        if values.dtype.kind == "O":
            values = np.array([str(value) for value in values])
        table[name] = MaskedColumn(values, mask=mask) if mask.any() else Column(values)
        unit = described.get(name) or (field.metadata or {}).get(b"unit", b"").decode()
        if unit:
            table[name].unit = u.Unit(unit, parse_strict="silent")
    return table


def _astropy_units(text: str, table: Table) -> dict[str, str]:
    """Units by column in the header that astropy writes into Parquet; its metadata goes to `table`."""
    if not text:
        return {}
    from astropy.table import meta

    header = meta.get_header_from_yaml(text.splitlines())
    table.meta.update(header.get("meta", {}))
    return {column["name"]: str(column["unit"]) for column in header["datatype"] if column.get("unit")}


def _read_text(data: bytes) -> Table:
    lines = [line for line in data.decode("utf-8-sig").splitlines() if line.strip()]
    if not lines or "\x00" in lines[0]:
        raise ValueError("no text, or binary data of no known kind")
    first = next((i for i, line in enumerate(lines) if not line.lstrip().startswith("#")), len(lines))
    if first == len(lines):
        raise ValueError("nothing but comments")
    delimiter = next((mark for mark in ",;\t" if mark in lines[first]), " ")
    rows = lines[first:]
    if all(_is_number(word) for word in _words(lines[first], delimiter)):
        rows = [_commented_header(lines[:first], rows[0], delimiter), *rows]
    table = Table.read(
        rows,
        format="ascii.basic",
        delimiter=delimiter,
        comment="#",
        guess=False,
        fill_values=[(mark, "0") for mark in _MISSING],
    )
    for column in table.colnames:
        found = _HEADER_UNIT.match(column)
        if found:
            table[column].unit = u.Unit(found["unit"], parse_strict="silent")
            table.rename_column(column, found["name"])
    return table


def _commented_header(comments: list[str], row: str, delimiter: str) -> str:
    """The header when it is the last comment before the numbers, as in ``# ra dec z``."""
    header = comments[-1].lstrip("# \t") if comments else ""
    if len(_words(header, delimiter)) != len(_words(row, delimiter)):
        raise ValueError("the first line holds numbers; put the names of the columns above it")
    return header


def _words(line: str, delimiter: str) -> list[str]:
    return line.split(None if delimiter == " " else delimiter)


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return word.strip() in _MISSING
    return True
