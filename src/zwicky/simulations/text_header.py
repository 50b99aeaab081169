"""The top of a text catalogue: the line that names the columns, and the remarks below it."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from zwicky.errors import ZwickyError
from zwicky.simulations.reader import CatalogHeader, Field
from zwicky.simulations.text import open_text

__all__ = [
    "ALIASES",
    "REMARKS",
    "TextHead",
    "agreed_scale",
    "column_names",
    "described",
    "first_number",
    "header_numbers",
    "is_whole",
    "names_at_top",
    "names_in",
    "plain_name",
    "read_head",
    "scale_in_name",
]

#: Other spellings of a column, in small letters, and ours.
ALIASES = {"mmvir_all": "mvir_all", "vmax\\@mpeak": "vmax@mpeak", "snap_idx": "snap_num", "mmp?": "mmp"}

#: Columns of whole numbers, apart from all that end in "id".
_WHOLE = {"phantom", "mmp", "num_prog", "nprog", "snap_num", "snapnum", "np", "num_p", "num_cp", "flags"}
#: A header may be this long: UniverseMachine's histories name some 1500 columns.
_LONGEST_HEAD = 4 << 20

_N = r"([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)"
#: Numbers in the remarks, by the name they have in a `CatalogHeader`.
REMARKS = {
    "scale_factor": rf"^#\s*a\s*=\s*{_N}",
    "omega_m": rf"^#.*\b(?:Om|Omega_M)\s*=\s*{_N}",
    "omega_lambda": rf"^#.*\b(?:Ol|Omega_L)\s*=\s*{_N}",
    "h": rf"^#.*\b(?:h|h0)\s*=\s*{_N}",
    "box_size_mpc_h": rf"^#\s*(?:Full )?box size\s*[:=]\s*{_N}\s*Mpc\s*/\s*h",
    "particle_mass_msun_h": rf"^#\s*Particle mass\s*:\s*{_N}\s*Msun\s*/\s*h",
}
_UNIT_REMARK = re.compile(
    r"^#\s*Units:\s*(?:all\s+)?(masses|positions|rvir|.*\bradii)\s+in\s+([MK]pc|Msun)\s*(/\s*h)?", re.I
)


@dataclass(frozen=True)
class TextHead:
    """The top of a text file: lines above the rows, the bytes they take, and the first row."""

    path: Path
    lines: tuple[str, ...]
    size: int
    first_row: str


def read_head(path: Path, commas: bool = False) -> TextHead:
    """Everything down to the first row; with `commas`, the first line that is no comment names the columns.

    Raises
    ------
    ZwickyError
        If the file cannot be read, is empty or holds no text.
    """
    lines: list[bytes] = []
    size = 0
    named = not commas
    with open_text(path) as file:
        while True:
            line = file.readline(_LONGEST_HEAD)
            if not line:
                first = b""
                break
            if b"\0" in line or size + len(line) > _LONGEST_HEAD:
                raise ZwickyError(f"{path}: this is no text table; give the catalogue itself")
            comment = not line.strip() or line.lstrip().startswith(b"#")
            if not comment and named:
                first = line
                break
            named = named or not comment
            lines.append(line)
            size += len(line)
    if not lines:
        raise ZwickyError(f"{path}: {'has no header' if first else 'is empty'}; fetch the file again")
    texts = tuple(text for part in lines if (text := _printable(part)))
    return TextHead(path, texts, size, _printable(first))


def _printable(line: bytes) -> str:
    """A line as text; what cannot be shown on one line of a message is shown as a question mark."""
    text = line.decode("utf-8-sig", "replace").strip()
    return "".join(c if c.isprintable() or c == "\t" else "?" for c in text)


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
                f"{path}: the header numbers {name} as column {number}, but it stands at {place}; mend it"
            )
        names.append(name if name not in names else f"{name}({place})")
    return tuple(names)


def plain_name(name: str) -> str:
    r"""A column's name to compare with: in small letters, one of its spellings.

    >>> plain_name(r"Vmax\@Mpeak")
    'vmax@mpeak'
    """
    return ALIASES.get(name.lower(), name.lower())


def names_in(line: bytes) -> set[str]:
    """Plain names in a header line, whatever separates them.

    >>> sorted(names_in(b"# ID(0) Snap_idx(1)"))
    ['id', 'snap_num']
    """
    words = line.decode("utf-8-sig", "replace").lstrip("# \t").replace(",", " ").split()
    return {plain_name(re.sub(r"\(\d+\)$", "", word.strip('"'))) for word in words}


def names_at_top(start: bytes) -> set[str]:
    """Plain names in the first line of a file's beginning; none if that is no comment."""
    line = start.lstrip(b"\xef\xbb\xbf").split(b"\n", 1)[0]
    return names_in(line) if line.lstrip().startswith(b"#") else set()


def is_whole(name: str) -> bool:
    """Whether a column holds whole numbers: ids, flags, counts.

    >>> is_whole("Orig_halo_ID"), is_whole("Mvir")
    (True, False)
    """
    plain = plain_name(re.sub(r"\(\d+\)$", "", name))
    return plain.endswith("id") or plain in _WHOLE


def described(
    head: TextHead,
    format_name: str,
    needed: Set[str],
    wanted: Mapping[str, tuple[str, str]],
    units: Mapping[str, str],
    names_line: str | None = None,
) -> tuple[CatalogHeader, dict[str, Field]]:
    """Header and canonical fields of a file, by its column names and remarks.

    Parameters
    ----------
    head
        The top of the file.
    format_name
        Name of the format.
    needed
        Plain names of the columns that make a file one of this format.
    wanted
        For each canonical field the plain name of its column and the unit that the format has it in.
    units
        What the format has for masses, positions and radii, held against the file's remarks.
    names_line
        The line that names the columns, separated by commas; by default the first, separated by blanks.

    Raises
    ------
    ZwickyError
        If a needed column is missing, or a remark names other units.
    """
    if names_line is None:
        columns = column_names(head.lines[0], head.path)
    else:
        columns = column_names(names_line, head.path, commas=True)
    place: dict[str, str] = {}
    for name in columns:
        place.setdefault(plain_name(name), name)
    missing = sorted(needed - set(place))
    if missing:
        raise ZwickyError(
            f"{head.path}: no {format_name} file, the header names no column {missing[0]}; "
            f"it names {', '.join(columns)[:200]}"
        )
    fields = {name: Field(place[plain], unit) for name, (plain, unit) in wanted.items() if plain in place}
    times = Counter(plain_name(re.sub(r"\(\d+\)$", "", name)) for name in columns)
    notes = tuple(
        f"{field.column} is there {times[plain_name(field.column)]} times; the first is read"
        for field in fields.values()
        if times[plain_name(field.column)] > 1
    )
    header = CatalogHeader(format_name, columns, **header_numbers(head, units), notes=notes)
    return header, fields


def header_numbers(head: TextHead, units: Mapping[str, str]) -> dict[str, float]:
    """Scale factor, cosmology, box and particle mass from the remarks; a box of size 0 is none.

    Parameters
    ----------
    head
        The top of the file.
    units
        What the format has for ``"masses"``, ``"positions"`` and ``"radii"``.

    Raises
    ------
    ZwickyError
        If a remark names other units.
    """
    numbers: dict[str, float] = {}
    for line in head.lines:
        for name, pattern in REMARKS.items():
            found = re.search(pattern, line, re.I)
            if found and name not in numbers and 0 < float(found[1]) < math.inf:
                numbers[name] = float(found[1])
        remark = _UNIT_REMARK.match(line)
        if remark:
            kind = remark[1].lower() if remark[1].lower() in units else "radii"
            stated = remark[2] + ("/h" if remark[3] else "")
            if stated.lower() != units[kind].lower():
                raise ZwickyError(
                    f"{head.path}: says that {kind} are in {stated}, but this format has them in "
                    f"{units[kind]}; use a column map that names the units"
                )
    return numbers


def first_number(head: TextHead, columns: Sequence[str], name: str, commas: bool = False) -> float | None:
    """The first row's number, not negative, in the column of plain name `name`; None if there is none."""
    words = head.first_row.split("," if commas else None)
    for column, word in zip(columns, words, strict=False):
        if plain_name(column) == name:
            try:
                number = float(word.strip(' \t"'))
            except ValueError:
                return None
            return number if 0 <= number < math.inf else None
    return None


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
