"""Numbers in cells of text, as people write them: plain, with a decimal comma, or sexagesimal."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

__all__ = ["decimals", "sexagesimal"]

_COMMA = re.compile(r"[-+]?\d*,\d+(?:[eE][-+]?\d+)?")
_FORTRAN = re.compile(r"[-+]?[\d.]+[dD][-+]?\d+")
# Cells are squeezed first: one blank at most stands between places, and no match takes long.
_PLACES = re.compile(
    r"([-+]?) ?(\d{1,3}) ?([:hd°ʰ ]) ?(\d{1,2}) ?[:m'′ᵐ ] ?(\d{1,2}(?:\.\d*)?) ?(?:s|\"|″|''|ˢ)?",
    re.IGNORECASE,
)
_LONGEST = 40


def decimals(cells: Sequence[str]) -> tuple[np.ndarray, str]:
    """Cells as float64 of shape (n,), and how they are written where that is worth a word.

    >>> decimals(["1.5", "-2e3"])[0].tolist(), decimals(["0,047", "12"])
    ([1.5, -2000.0], (array([ 0.047, 12.   ]), 'decimal commas'))

    Raises
    ------
    ValueError
        If one is no number; the message is that cell.
    """
    style = ""
    try:
        if any("_" in cell for cell in cells):  # Python reads 1_000 as a number, nobody else does
            raise ValueError
        return np.array([float(cell) for cell in cells], dtype=np.float64), style
    except ValueError:
        pass
    values = np.empty(len(cells))
    for i, cell in enumerate(cells):
        text = cell.strip().replace("\u2212", "-")
        if _COMMA.fullmatch(text):
            text, style = text.replace(",", "."), "decimal commas"
        elif _FORTRAN.fullmatch(text):
            text = text.replace("d", "e").replace("D", "e")
        try:
            if "_" in text:
                raise ValueError
            values[i] = float(text)
        except ValueError:
            raise ValueError(cell.strip()) from None
    return values, style


def sexagesimal(cells: Sequence[str]) -> tuple[np.ndarray, str]:
    """Sexagesimal cells in the unit of their first place, and the letter that says which unit that is.

    The letter is ``h`` or ``d``, or empty where colons or blanks stand between the places.

    >>> sexagesimal(["13:00:36", "-00:30:00"])
    (array([13.01, -0.5 ]), '')
    >>> sexagesimal(["13h00m36s"])[1]
    'h'

    Raises
    ------
    ValueError
        If one is not, or they are written in different ways; the message is that cell.
    """
    values, letters = np.empty(len(cells)), set()
    for i, cell in enumerate(cells):
        text = " ".join(cell[: _LONGEST + 1].split()).replace("\u2212", "-")
        found = _PLACES.fullmatch(text)
        if not found or len(text) > _LONGEST or int(found[4]) > 59 or float(found[5]) >= 60.0:
            raise ValueError(cell.strip()[:_LONGEST])
        letter = found[3].lower().replace("ʰ", "h").replace("°", "d")
        letters.add(letter if letter in "hd" else "")
        value = int(found[2]) + int(found[4]) / 60.0 + float(found[5]) / 3600.0
        values[i] = -value if found[1] == "-" else value
    if len(letters) > 1:
        raise ValueError(cells[0].strip()[:_LONGEST])
    return values, letters.pop() if letters else ""
