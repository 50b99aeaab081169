"""A catalogue of text in one file or several; the formats say only what their columns are."""

from __future__ import annotations

import dataclasses
import difflib
import glob
from abc import abstractmethod
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.simulations.reader import CatalogHeader, CatalogReader, Field, by_number
from zwicky.simulations.text import TextTable, read_columns
from zwicky.simulations.text_header import REMARKS, TextHead, is_whole, plain_name, read_head

__all__ = ["TextReader"]


class TextReader(CatalogReader):
    """A catalogue in one text file or in several with the same columns.

    A format says in `describe` what a file's head means; the rest is here.

    Parameters
    ----------
    paths
        A file, a pattern such as ``"halos_20.*.ascii"``, or files that make one catalogue.

    Raises
    ------
    ZwickyError
        If a file is missing, has no rows, or is not of this format, or if the files do not belong together.
    """

    #: Whether columns are separated by commas.
    commas = False
    #: Plain names of columns that are the same in every row of one snapshot.
    constant: tuple[str, ...] = ()

    def __init__(self, paths: Path | str | Sequence[Path | str]) -> None:
        self.paths = _files(paths)
        heads = [read_head(path, self.commas) for path in self.paths]
        if not any(head.first_row for head in heads):
            raise ZwickyError(f"{self.paths[0]}: has a header but no rows; fetch the file again")
        described = [self.describe(head) for head in heads]
        self.header, self.fields = described[0]
        for path, (header, _) in zip(self.paths, described, strict=True):
            _check_together(self.paths[0], self.header, path, header)
        notes = dict.fromkeys(note for header, _ in described for note in header.notes)
        self.header = dataclasses.replace(self.header, notes=tuple(notes))
        self._tables = []
        for head in heads:
            named, n = len(self.header.columns), len(head.first_row.split("," if self.commas else None))
            if head.first_row and n != named:
                raise ZwickyError(
                    f"{head.path}: the header names {named} columns, the first row has {n}; mend the header"
                )
            self._tables.append(
                TextTable(
                    path=head.path,
                    columns=self.header.columns,
                    integers=frozenset(name for name in self.header.columns if is_whole(name)),
                    start=head.size,
                    delimiter="," if self.commas else " ",
                    names_line=b"" if self.commas else self.names_line(head).encode(),
                )
            )

    @staticmethod
    def names_line(head: TextHead) -> str:
        """The line that names the columns: the first."""
        return head.lines[0]

    @abstractmethod
    def describe(self, head: TextHead) -> tuple[CatalogHeader, dict[str, Field]]:
        """Header and canonical fields of one file; ZwickyError if it is not of this format."""

    def raw_chunks(self, columns: Sequence[str], rows: int) -> Iterator[dict[str, np.ndarray]]:
        """Columns by their own names, int64 or float64, file by file; see `CatalogReader.raw_chunks`."""
        for name in columns:
            if name not in self.header.columns:
                near = difflib.get_close_matches(name, self.header.columns, 1)
                hint = f"; did you mean {near[0]}?" if near else f"; it has {', '.join(self.header.columns)}"
                raise ZwickyError(f"{self.paths[0]}: has no column {name!r}{hint}")
        same = [name for name in self.header.columns if plain_name(name) in self.constant]
        read = list(dict.fromkeys([*columns, *same]))
        first: dict[str, float] = {}
        for table in self._tables:
            for chunk in read_columns(table, read, rows):
                for name in same:
                    value = first.setdefault(name, float(chunk[name][0]))
                    other = chunk[name][np.abs(chunk[name] - value) > 1e-4]
                    if len(other):
                        raise ZwickyError(
                            f"{table.path}: rows of more than one snapshot ({name} {value:g} and "
                            f"{other[0]:g}); keep those of one"
                        )
                yield {name: chunk[name] for name in columns}


def _files(paths: Path | str | Sequence[Path | str]) -> tuple[Path, ...]:
    """The files meant, in the order of the numbers in their names where a pattern is given."""
    if not isinstance(paths, (str, Path)):
        files = tuple(Path(path) for path in paths)
    elif not Path(paths).exists() and glob.has_magic(str(paths)):
        files = tuple(sorted((Path(name) for name in glob.glob(str(paths))), key=by_number))
        if not files:
            raise ZwickyError(f"{paths}: no file has such a name; check the pattern")
    else:
        files = (Path(paths),)
    if not files:
        raise ZwickyError("no files given; give at least one")
    twice = [path for path, n in Counter(path.resolve() for path in files).items() if n > 1]
    if twice:
        raise ZwickyError(f"{twice[0]}: given twice; give each file once")
    return files


def _check_together(first: Path, a: CatalogHeader, path: Path, b: CatalogHeader) -> None:
    for name in ("columns", *REMARKS):
        if getattr(a, name) != getattr(b, name):
            values = "" if name == "columns" else f" ({name} {getattr(a, name)} and {getattr(b, name)})"
            raise ZwickyError(
                f"{path}: does not belong to {first}, the {name.replace('_', ' ')} differ{values}; "
                f"give files of one snapshot"
            )
