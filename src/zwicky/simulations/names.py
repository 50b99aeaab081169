"""Names of columns in text headers, and scale factors in names of files."""

from __future__ import annotations

import re
from pathlib import Path

from zwicky.errors import ZwickyError

__all__ = [
    "ALIASES",
    "agreed_scale",
    "column_names",
    "is_whole",
    "names_at_top",
    "names_in",
    "plain_name",
    "scale_in_name",
]

#: Other spellings of a column, in small letters, and ours.
ALIASES = {"mmvir_all": "mvir_all", "vmax\\@mpeak": "vmax@mpeak", "snap_idx": "snap_num", "mmp?": "mmp"}

#: Columns of whole numbers, apart from all that end in "id".
_WHOLE = {"phantom", "mmp", "num_prog", "nprog", "snap_num", "snapnum", "np", "num_p", "num_cp", "flags"}


def plain_name(name: str) -> str:
    r"""A column's name to compare with: in small letters, one of its spellings.

    >>> plain_name(r"Vmax\@Mpeak")
    'vmax@mpeak'
    """
    return ALIASES.get(name.lower(), name.lower())


def column_names(line: str, path: Path, commas: bool = False) -> tuple[str, ...]:
    r"""Names in a header line: without ``#``, quotes and the number of the column behind each.

    A name that comes again gets its place behind it, counted from 0.

    Raises
    ------
    ZwickyError
        If a column's number is not its place.

    >>> column_names("#scale(0) A[x](500c)(1) Vmax\\@Mpeak", Path("hlist"))
    ('scale', 'A[x](500c)', 'Vmax\\@Mpeak')
    """
    words = line.lstrip("# \t").split("," if commas else None)
    names: list[str] = []
    for place, word in enumerate(words):
        name, number = re.fullmatch(r"(.*?)(?:\((\d+)\))?", word.strip(' \t"')).groups()
        if number is not None and int(number) != place:
            raise ZwickyError(
                f"{path}: the header numbers {name} as column {number}, but it stands at {place}; fix it"
            )
        names.append(name if name not in names else f"{name}({place})")
    return tuple(names)


def names_in(line: bytes) -> set[str]:
    """Plain names in a header line, whatever separates them.

    >>> sorted(names_in(b"# ID(0) Snap_idx(1)"))
    ['id', 'snap_num']
    """
    words = line.decode("utf-8-sig", "replace").lstrip("# \t").replace(",", " ").split()
    return {plain_name(re.sub(r"\(\d+\)$", "", word.strip('"'))) for word in words}


def names_at_top(start: bytes, commas: bool = False) -> set[str]:
    """Plain names at a file's beginning: in its first line, if that is a comment.

    With `commas`, in the first line that is no comment, if commas separate them.
    """
    lines = [line for line in start.removeprefix(b"\xef\xbb\xbf").split(b"\n") if line.strip() or not commas]
    if not commas:
        return names_in(lines[0]) if lines[0].lstrip().startswith(b"#") else set()
    line = next((line for line in lines if not line.lstrip().startswith(b"#")), b"")
    return names_in(line) if b"," in line else set()


def is_whole(name: str) -> bool:
    """Whether a column holds whole numbers: ids, flags, counts.

    >>> is_whole("Orig_halo_ID"), is_whole("Mvir")
    (True, False)
    """
    plain = plain_name(re.sub(r"\(\d+\)$", "", name))
    return plain.endswith("id") or plain in _WHOLE


def scale_in_name(path: Path) -> float | None:
    """The scale factor in a file's name, as in ``hlist_0.71240.list`` or ``sfr_catalog_0.895100.txt``.

    >>> scale_in_name(Path("sfh_catalog_1.002310.0.txt"))
    1.00231
    """
    found = re.search(r"_(\d\.\d{2,})(?!\d)", path.name)
    return float(found[1]) if found else None


def agreed_scale(path: Path, stated: float | None) -> float | None:
    """The scale factor that the file states, or else that of its name.

    Raises
    ------
    ZwickyError
        If both are there and differ by more than 0.001.
    """
    named = scale_in_name(path)
    if stated is not None and named is not None and abs(stated - named) > 1e-3:
        raise ZwickyError(
            f"{path}: its name says scale factor {named:g}, its contents {stated:g}; give the right file or "
            f"rename it"
        )
    return named if stated is None else stated
