"""UniverseMachine's galaxies as records: ``sfr_catalog_<a>.bin``, without a header, and numpy's ``.npy``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.io.kinds import faults, kind_of, start_of
from zwicky.io.readers import open_table
from zwicky.io.readers.records import open_records
from zwicky.simulations.content import Content
from zwicky.simulations.fields import FIELDS
from zwicky.simulations.layouts import UM_RECORD, Layout
from zwicky.simulations.names import scale_in_name

__all__ = ["is_array", "is_records", "open_array", "open_galaxies"]

#: Records looked at to tell whether a file holds what it should.
_LOOK = 256
#: What the masses and lengths of a galaxy lie within, whatever the simulation, in the file's units.
_LIMITS = {"pos": 1e5, "m": 1e17, "mp": 1e17, "r": 1e5, "v": 1e5, "obs_sm": 1e14}


def is_records(layout: Layout, path: Path, start: bytes) -> bool:
    """Whether name or numbers, in either byte order, are those of galaxies."""
    if path.name.startswith("sfr_catalog") and path.suffix == ".bin":
        return True
    if kind_of(start):
        return False
    look = np.frombuffer(start[: len(start) // UM_RECORD.itemsize * UM_RECORD.itemsize], UM_RECORD)[:_LOOK]
    return _plausible(look) or _plausible(look.view(UM_RECORD.newbyteorder()))


def is_array(layout: Layout, path: Path, start: bytes) -> bool:
    """Whether it is a structured array with the observed stellar mass."""
    return kind_of(start) == "numpy" and b"'obs_sm'" in start[:8192]


def open_galaxies(layout: Layout, paths: Sequence[Path]) -> Content:
    """The records of a file, looked at first: nothing in it says what it is.

    Raises
    ------
    ZwickyError
        If the file is empty or cut short, or holds numbers that no galaxy has.
    """
    (path,) = paths
    start_of(path)  # says what is wrong if nothing can be read
    table = open_records(path, "sfr_catalog", UM_RECORD)
    with faults(path, "sfr_catalog"):
        look = _some_records(path)
    if not _plausible(look):
        what = "holds numbers that no galaxy has, so it is damaged or is no sfr_catalog; fetch it again"
        if _plausible(look.view(UM_RECORD.newbyteorder())):
            what = (
                "is in big-endian byte order; write it again with numpy: fromfile with "
                "dtype.newbyteorder('>'), then astype(dtype).tofile"
            )
        raise ZwickyError(f"{path}: {what}")
    return Content((table,), {"scale_factor": scale_in_name(path)})


def open_array(layout: Layout, paths: Sequence[Path]) -> Content:
    """A structured array, its fields in any order, named as by UniverseMachine or by umachine_pyio.

    Raises
    ------
    ZwickyError
        If the file is damaged, or lacks what makes a galaxy.
    """
    (path,) = paths
    table = open_table(path)
    for name in ("object_id", "x", "stellar_mass"):
        if not any(columns[name][0] in table.columns for columns in layout.columns if name in columns):
            raise ZwickyError(
                f"{path}: has no {FIELDS[name][2]} under a name of UniverseMachine's; it has "
                f"{', '.join(table.columns)}"
            )
    return Content((table,), {"scale_factor": scale_in_name(path)})


def _some_records(path: Path) -> np.ndarray:
    """Records from the beginning and from the middle: a file half filled with zeros is told."""
    n = path.stat().st_size // UM_RECORD.itemsize
    with path.open("rb") as file:
        parts = []
        for first in (0, n // 2):
            file.seek(first * UM_RECORD.itemsize)
            parts.append(np.fromfile(file, UM_RECORD, min(_LOOK, n - first)))
    return np.concatenate(parts)


def _plausible(records: np.ndarray) -> bool:
    """Whether nine of ten records could be galaxies: finite, within `_LIMITS`, with a mass."""
    if not len(records):
        return False
    # A number read in the wrong byte order may be a signalling NaN, which warns where it is compared.
    with np.errstate(invalid="ignore"):
        good = (records["id"] >= 0) & (records["upid"] >= -1)
        good &= (records["m"] > 1.0) & (records["obs_sm"] >= 0)
        for name, most in _LIMITS.items():
            values = np.abs(records[name]) < most
            good &= values if values.ndim == 1 else values.all(axis=1)
    return bool(good.mean() >= 0.9)
