"""Lines of text cut into cells: as many rows as there are lines, or an error that names the line."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from zwicky.errors import ZwickyError
from zwicky.io.foreign import ForeignColumn, masked_text

__all__ = ["Delimited", "cells_of"]


def cells_of(lines: Iterable[str], mark: str) -> Iterator[list[str]]:
    """The cells of each line, one list a line unless a quotation mark stays open.

    >>> list(cells_of(['1, "a, b"', "2,c"], ","))
    [['1', 'a, b'], ['2', 'c']]
    """
    if mark == "|":
        return map(_between_bars, lines)
    if mark == " ":
        lines = (line.replace("\t", " ").strip() for line in lines)
    return csv.reader(lines, delimiter=mark, skipinitialspace=True)


def _between_bars(line: str) -> list[str]:
    line = line.strip()
    line = line.removeprefix("|").removesuffix("|") if line.startswith("|") else line
    return [cell.strip() for cell in line.split("|")]


@dataclass(frozen=True)
class Delimited:
    """The rows of a text table, as lines that are cut again for every column that is read.

    Parameters
    ----------
    source
        Name of the file, for messages.
    header
        Names of the columns.
    lines, numbers
        A line a row, and which line of the file each is, counted from 1.
    mark
        What stands between cells; a blank stands for any white space.
    """

    source: str
    header: Sequence[str]
    lines: Sequence[str]
    numbers: Sequence[int]
    mark: str

    def rows(self) -> Iterator[list[str]]:
        """The cells of every row.

        Raises
        ------
        ZwickyError
            If a row has too few or too many cells, or a quotation mark runs over the end of its line.
        """
        n, row = len(self.header), 0
        reader = cells_of(self.lines, self.mark)
        try:
            for cells in reader:
                if getattr(reader, "line_num", row + 1) != row + 1:
                    break
                if len(cells) != n and not (len(cells) == n + 1 and not cells[n].strip()):
                    raise self._miscounted(row, len(cells))
                yield cells
                row += 1
        except csv.Error as error:
            if "field limit" not in str(error):
                raise
        if row != len(self.lines):
            raise ZwickyError(
                f"{self.source}: row {row + 1} (line {self.numbers[row]}) has a quotation mark that its line "
                "does not close; remove it"
            )

    def _miscounted(self, row: int, found: int) -> ZwickyError:
        if '"' in self.lines[row]:
            advice = "check its quotation marks"
        elif row == len(self.lines) - 1 and found < len(self.header):
            advice = "the file may be cut short: fetch or write it again"
        else:
            advice = "give every row one cell a column"
        return ZwickyError(
            f"{self.source}: row {row + 1} (line {self.numbers[row]}) has {found} cells, the header has "
            f"{len(self.header)}; {advice}"
        )

    def check(self) -> None:
        """Cut every row once, so that a bad one is found before any column is used."""
        for _ in self.rows():
            pass

    def columns(self, units: Sequence[str | None], is_text: Sequence[bool] | None = None):
        """The columns, to be read one by one."""
        texts = is_text or [False] * len(self.header)
        named = zip(self.header, units, texts, strict=True)
        return [
            ForeignColumn(name, unit, partial(self._cells, i), t) for i, (name, unit, t) in enumerate(named)
        ]

    def _cells(self, i: int):
        return masked_text([row[i] for row in self.rows()])
