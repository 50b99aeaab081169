"""Which files a place means: a name, a pattern or several of them."""

from __future__ import annotations

import glob
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from zwicky.errors import ZwickyError

__all__ = ["by_number", "files_meant"]


def files_meant(places: Path | str | Sequence[Path | str], where: str = "") -> tuple[Path, ...]:
    """The files meant, at least one, each once; those of a pattern in the order of the numbers in them.

    Parameters
    ----------
    places
        A file, a pattern such as ``"halos_20.*.ascii"``, or several of either.
    where
        What a message begins with: the file that names them.

    Raises
    ------
    ZwickyError
        If there is none, or if one is not there, is a directory, or is meant twice.
    """
    start = f"{where}: " if where else ""
    found: list[Path] = []
    for place in [places] if isinstance(places, str | Path) else places:
        files = [Path(place)]
        if not files[0].exists():
            files = sorted(map(Path, glob.glob(str(place))), key=by_number)
        if not files:
            raise ZwickyError(f"{start}{place}: no such file; check the path or the pattern")
        found += files
    if not found:
        raise ZwickyError(f"{start}no files given; give at least one")
    folder = next((path for path in found if path.is_dir()), None)
    if folder is not None:
        raise ZwickyError(f"{start}{folder} is a directory; give a file or a pattern such as '{folder}/*'")
    path, times = Counter(path.resolve() for path in found).most_common(1)[0]
    if times > 1:
        raise ZwickyError(f"{start}{path}: given twice; give each file once")
    return tuple(found)


def by_number(path: Path) -> list[tuple[int, int, str]]:
    """Key that sorts paths by the numbers in them.

    >>> [path.name for path in sorted([Path("tab.10"), Path("tab.2")], key=by_number)]
    ['tab.2', 'tab.10']
    """
    parts = re.findall(r"\d+|\D+", str(path))
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts]
