"""UniverseMachine's binary catalogues: ``sfr_catalog_<scale factor>.bin`` and the ``.npy`` made of it.

The records are those of UniverseMachine DR1 (Behroozi et al. 2019), 128 bytes each with 4 of padding, in
little-endian order and without a header. Halo masses are Msun/h, radii comoving kpc/h and positions comoving
Mpc/h, but stellar masses are Msun. The halo mass is the virial one; M200c must be joined from the halo
catalogue by number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.simulations.reader import FIELDS, CatalogHeader, CatalogReader, Field
from zwicky.simulations.table_file import faults, native, only_file
from zwicky.simulations.text_header import scale_in_name

__all__ = ["RECORD", "UniverseMachineArray", "UniverseMachineBinary"]

#: One galaxy in the file.
RECORD = np.dtype(
    [
        ("id", "<i8"),
        ("descid", "<i8"),
        ("upid", "<i8"),
        ("flags", "<i4"),
        ("uparent_dist", "<f4"),
        ("pos", "<f4", (6,)),
        *((name, "<f4") for name in ("vmp", "lvmp", "mp", "m", "v", "r", "rank1", "rank2", "ra", "rarank")),
        *((name, "<f4") for name in ("A_UV", "sm", "icl", "sfr", "obs_sm", "obs_sfr", "obs_uv", "empty")),
    ]
)

#: Rows read at once: 2 MiB of records, so that picking columns out of them stays in the processor's cache.
BLOCK = 1 << 14
#: Records looked at to tell whether a file holds what it should.
_LOOK = 256
#: What the masses and lengths of a galaxy lie within, whatever the simulation, in the file's units.
_LIMITS = {"pos": 1e5, "m": 1e17, "mp": 1e17, "r": 1e5, "v": 1e5, "obs_sm": 1e14}

#: Names of each field in the record, in its units; then those of umachine_pyio, whose halo masses are free
#: of h, as in the ``sfh_catalog`` that it reads. Its radius is in kpc/h or Mpc/h and says not which.
_NAMES: Mapping[str, Sequence[tuple[str, str]]] = {
    "object_id": (("id", ""), ("halo_id", "")),
    "parent_id": (("upid", ""), ("halo_upid", "")),
    **{axis: ((f"pos[{i}]", "Mpc/h"), (axis, "Mpc/h")) for i, axis in enumerate("xyz")},
    **{f"v{axis}": ((f"pos[{3 + i}]", "km/s"), (f"v{axis}", "km/s")) for i, axis in enumerate("xyz")},
    "mvir": (("m", "Msun/h"), ("mvir", "Msun")),
    "m_peak": (("mp", "Msun/h"), ("mpeak", "Msun")),
    "rvir": (("r", "kpc/h"),),
    "v_max": (("v", "km/s"), ("vmax", "km/s")),
    "stellar_mass": (("obs_sm", "Msun"),),
    "flags": (("flags", ""),),
}
_NOTES = (
    "virial mass only: M200c is joined from the halo catalogue by id",
    "stellar_mass is obs_sm, with the errors of an observation; sm is the true one",
)


def _columns_of(dtype: np.dtype) -> dict[str, tuple[str, int | None]]:
    """Columns of a record, components of vectors each by itself."""
    columns: dict[str, tuple[str, int | None]] = {}
    for name in dtype.names or ():
        shape = dtype[name].shape
        if shape and len(shape) == 1:
            columns |= {f"{name}[{i}]": (name, i) for i in range(shape[0])}
        elif not shape:
            columns[name] = (name, None)
    return columns


def _fields_of(columns: Mapping[str, object]) -> dict[str, Field]:
    found = {}
    for name, candidates in _NAMES.items():
        for column, unit in candidates:
            if column in columns and name not in found:
                found[name] = Field(column, unit)
    return found


class _Records(CatalogReader):
    """Records in a file, one after the other from `_start` on."""

    def __init__(self, path: Path, kind: str, dtype: np.dtype, start: int, n: int) -> None:
        self._columns, self._dtype, self._start, self._n = _columns_of(dtype), dtype, start, n
        self._kind = kind
        self.paths = (path,)
        self.fields = _fields_of(self._columns)
        self.header = CatalogHeader(
            kind, tuple(self._columns), scale_factor=scale_in_name(path), n_rows=n, notes=_NOTES
        )

    def raw_chunks(self, columns: Sequence[str], rows: int) -> Iterator[dict[str, np.ndarray]]:
        """Columns by their own names, ``pos[0]`` to ``pos[5]`` one by one; see `CatalogReader.raw_chunks`.

        At most `BLOCK` rows at a time.
        """
        path = self.paths[0]
        unknown = [name for name in columns if name not in self._columns]
        if unknown:
            raise ZwickyError(
                f"{path}: has no column {unknown[0]!r}; it has {', '.join(self.header.columns)}"
            )
        integers = {field.column for name, field in self.fields.items() if FIELDS[name][0] == "i8"}
        with faults(path, self._kind), path.open("rb") as file:
            file.seek(self._start)
            for done in range(0, self._n, min(rows, BLOCK)):
                wanted = min(rows, BLOCK, self._n - done)
                part = np.fromfile(file, self._dtype, wanted)
                if len(part) < wanted:
                    raise ZwickyError(
                        f"{path}: ends after {done + len(part)} of {self._n} records; fetch it again"
                    )
                chunk = {}
                for name in columns:
                    source, component = self._columns[name]
                    values = part[source] if component is None else part[source][:, component]
                    values = native(values, f"{path}: {name}", name in integers)
                    # Floats are converted on their way out; integers are not, and would hold on to the block.
                    chunk[name] = np.ascontiguousarray(values) if values.dtype.kind == "i" else values
                yield chunk


class UniverseMachineBinary(_Records):
    """``sfr_catalog_<scale factor>.bin``.

    Parameters
    ----------
    paths
        The file, one; the scale factor is taken from its name.

    Raises
    ------
    ZwickyError
        If it cannot be read, if its size is not one of whole records, or if what it holds is no such record.
    """

    def __init__(self, paths: Path | str | Sequence[Path | str]) -> None:
        path = only_file(paths)
        try:
            size = path.stat().st_size
            with path.open("rb") as file:
                look = _some_records(file, size)
        except OSError as error:
            raise ZwickyError(f"{path}: cannot be read ({error.strerror}); check the path") from error
        if not size:
            raise ZwickyError(f"{path}: the file is empty; fetch it again")
        if size % RECORD.itemsize:
            raise ZwickyError(
                f"{path}: {size} bytes are no whole number of records of {RECORD.itemsize}; the file is cut "
                "short or is no sfr_catalog: fetch it again"
            )
        if not _plausible(look):
            swapped = look.view(RECORD.newbyteorder())
            what = "holds numbers that no galaxy has, so it is damaged or is no sfr_catalog; fetch it again"
            if _plausible(swapped):
                what = (
                    "is in big-endian byte order; write it again with numpy: fromfile with "
                    "dtype.newbyteorder('>'), then astype(dtype).tofile"
                )
            raise ZwickyError(f"{path}: {what}")
        super().__init__(path, "universe-machine-binary", RECORD, 0, size // RECORD.itemsize)

    @classmethod
    def recognises(cls, path: Path, start: bytes) -> bool:
        """Whether a file that starts with these bytes is of this format, damaged or not."""
        if path.name.startswith("sfr_catalog") and path.suffix == ".bin":
            return True
        look = np.frombuffer(start[: len(start) // RECORD.itemsize * RECORD.itemsize], RECORD)[:_LOOK]
        if b"\0" not in start or start.startswith((b"\x93NUMPY", b"\x89HDF")):
            return False
        return _plausible(look) or _plausible(look.view(RECORD.newbyteorder()))


class UniverseMachineArray(_Records):
    """The same as a structured array of numpy, ``.npy``, with any order of fields.

    Parameters
    ----------
    paths
        The file, one; the scale factor is taken from its name. Fields are named as by UniverseMachine or by
        umachine_pyio.

    Raises
    ------
    ZwickyError
        If it cannot be read, is cut short, or is no array of such records.
    """

    def __init__(self, paths: Path | str | Sequence[Path | str]) -> None:
        path = only_file(paths)
        try:
            with path.open("rb") as file, faults(path, "a numpy array"):
                shape, dtype = _array_header(file)
                start, size = file.tell(), path.stat().st_size
        except OSError as error:
            raise ZwickyError(f"{path}: cannot be read ({error.strerror}); check the path") from error
        if not dtype.names or len(shape) != 1 or dtype.hasobject:
            raise ZwickyError(
                f"{path}: holds {dtype} in {len(shape)} dimensions, not records; save a structured array"
            )
        missing = [
            name for name in ("object_id", "x", "stellar_mass") if name not in _fields_of(_columns_of(dtype))
        ]
        if missing:
            raise ZwickyError(
                f"{path}: has no {FIELDS[missing[0]][2]} under a name of UniverseMachine's; it has "
                f"{', '.join(dtype.names)}"
            )
        expected = shape[0] * dtype.itemsize
        if size - start != expected:
            raise ZwickyError(
                f"{path}: {size - start} bytes where {shape[0]} records take {expected}; the file is cut "
                "short or damaged: write it again"
            )
        super().__init__(path, "universe-machine-array", dtype, start, shape[0])

    @classmethod
    def recognises(cls, path: Path, start: bytes) -> bool:
        """Whether a file that starts with these bytes is of this format."""
        return start.startswith(b"\x93NUMPY") and b"'obs_sm'" in start[:8192]


def _array_header(file) -> tuple[tuple[int, ...], np.dtype]:
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(file)
    return shape, dtype


def _some_records(file, size: int) -> np.ndarray:
    """Records from the beginning and from the middle: a file half filled with zeros is told."""
    n = size // RECORD.itemsize
    parts = []
    for first in (0, n // 2):
        file.seek(first * RECORD.itemsize)
        parts.append(np.fromfile(file, RECORD, min(_LOOK, n - first)))
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
