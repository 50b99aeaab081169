"""A universe on disk, simulated or imported: one directory that every later step reads alike.

====================================  ===================================================================
``universe.toml`` or ``import.toml``  every setting: what was simulated, or what was imported and how
``halos_z0.117.parquet``              hosts (one file an output redshift, like the next two)
``galaxies_z0.117.parquet``           tracers
``diagnostics_z0.117.npz``            what the report draws of the universe itself
``provenance.json``                   what made it, with ``digest`` and ``redshifts``; written last, so its
                                      presence says "complete"
====================================  ===================================================================
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.io import read_table
from zwicky.io.files import read_json
from zwicky.settings import digest, from_mapping
from zwicky.tables import GalaxyTable, HaloTable

__all__ = [
    "IMPORTED",
    "SIMULATED",
    "is_complete",
    "is_imported",
    "output_redshift",
    "read_galaxies",
    "read_halos",
    "read_identity",
    "read_peak_halo",
    "snapshot_file",
    "universes_in",
]

#: The file of settings that tells the two kinds of universe apart.
SIMULATED, IMPORTED = "universe.toml", "import.toml"


@dataclass(frozen=True)
class _Identity:
    """What later steps need of a universe's provenance."""

    digest: str
    redshifts: tuple[float, ...]


def snapshot_file(directory: Path | str, kind: str, redshift: float) -> Path:
    """Path of a universe's ``halos``, ``galaxies``, ``diagnostics`` or ``particles`` at a redshift.

    Parameters
    ----------
    directory
        Of the universe.
    kind
        One of the four.
    redshift
        Of the output.

    Returns
    -------
    Path

    Examples
    --------
    >>> snapshot_file("my_universe", "halos", 0.117).name
    'halos_z0.117.parquet'
    """
    suffix = {"diagnostics": "npz", "particles": "safetensors"}.get(kind, "parquet")
    return Path(directory) / f"{kind}_z{redshift:.3f}.{suffix}"


def is_complete(directory: Path | str, settings: Any = None) -> bool:
    """Whether a directory holds a finished universe, and of these settings if they are given.

    Parameters
    ----------
    directory
        Which may not exist.
    settings
        What it should have been made with.

    Returns
    -------
    bool

    Examples
    --------
    >>> is_complete("no_such_folder")
    False
    """
    path = Path(directory) / "provenance.json"
    if not path.exists():
        return False
    return settings is None or read_json(path).get("digest") == digest(settings)


def is_imported(directory: Path | str) -> bool:
    """Whether the universe in a directory was made by someone else's simulation.

    Parameters
    ----------
    directory
        Of the universe.

    Returns
    -------
    bool

    Examples
    --------
    >>> is_imported("no_such_folder")
    False
    """
    return (Path(directory) / IMPORTED).exists()


def _settings_files(directory: Path) -> list[str]:
    """Names of the files of settings in a directory: one where a universe stands, finished or not."""
    return [name for name in (SIMULATED, IMPORTED) if (directory / name).exists()]


def universes_in(directory: Path | str) -> list[Path]:
    """The directory if it holds a finished universe, else the finished universes that stand in it, by name.

    Parameters
    ----------
    directory
        Of one universe or of several.

    Returns
    -------
    list of Path

    Raises
    ------
    ZwickyError
        If there is none, or one of several is not finished.

    Examples
    --------
    >>> universes_in("no_such_folder")
    Traceback (most recent call last):
    ...
    zwicky.errors.ZwickyError: ...
    """
    directory = Path(directory)
    own = [directory] if _settings_files(directory) else []
    found = own or sorted(path for path in directory.glob("*/") if _settings_files(path))
    if not found:
        raise ZwickyError(
            f"{directory}: is no finished universe and holds none; give what `zwicky universe` wrote, or a "
            "folder of such"
        )
    for path in found:
        read_identity(path)  # refuses what is not finished
    return found


def read_identity(directory: Path | str) -> tuple[str, tuple[float, ...]]:
    """Digest and output redshifts of a finished universe: all that later steps need to know of its making.

    Parameters
    ----------
    directory
        Of a complete universe, simulated or imported.

    Returns
    -------
    digest : str
        Of everything that determines it.
    redshifts : tuple of float
        Of its outputs.

    Raises
    ------
    ZwickyError
        If the directory holds no universe, or none that is finished.

    Examples
    --------
    >>> read_identity("no_such_folder")
    Traceback (most recent call last):
    ...
    zwicky.errors.ZwickyError: no_such_folder...
    """
    directory = Path(directory)
    settings = _settings_files(directory)
    if not settings:
        raise ZwickyError(
            f"{directory}/{SIMULATED}: cannot be read (nor {IMPORTED}); "
            "give a directory that `zwicky universe` or `zwicky import` wrote"
        )
    if not is_complete(directory):
        maker = "universe" if settings[0] == SIMULATED else "import"
        raise ZwickyError(f"{directory}: this universe is not finished; run `zwicky {maker}` on it again")
    path = directory / "provenance.json"
    made = {name: value for name, value in read_json(path).items() if name in ("digest", "redshifts")}
    try:
        identity = from_mapping(_Identity, made, "it")
    except ZwickyError as error:
        raise ZwickyError(f"{path}: is not a universe's ({error}); make the universe again") from error
    return identity.digest, identity.redshifts


def output_redshift(redshifts: tuple[float, ...], wanted: float | None) -> float:
    """The output meant: the only one if none is named, else the one that is `wanted` to three decimals.

    Parameters
    ----------
    redshifts
        Of the outputs, as `read_identity` gives them.
    wanted
        One of them; None takes the only one.

    Returns
    -------
    float

    Raises
    ------
    ZwickyError
        If there is none such, or several to choose from.

    Examples
    --------
    >>> output_redshift((0.1171936,), None), output_redshift((0.0, 0.1171936), 0.117)
    (0.1171936, 0.1171936)
    """
    near = [z for z in redshifts if wanted is None or f"{z:.3f}" == f"{wanted:.3f}"]
    if len(near) == 1:
        return near[0]
    allowed = ", ".join(f"{z:g}" for z in redshifts)
    said = "none" if wanted is None else f"{wanted:g}"
    raise ZwickyError(f"--redshift {said} is not an output of this universe; give one of {allowed}")


def read_halos(directory: Path | str, redshift: float) -> HaloTable:
    """Halos of a universe at one of its output redshifts.

    Parameters
    ----------
    directory
        Of a complete universe.
    redshift
        Of the output.

    Returns
    -------
    HaloTable

    Raises
    ------
    ZwickyError
        If there is no such universe or output, or the file is damaged.

    Examples
    --------
    >>> read_halos("no_such_folder", 0.117)
    Traceback (most recent call last):
    ...
    zwicky.errors.ZwickyError: no_such_folder...
    """
    return read_table(HaloTable, snapshot_file(directory, "halos", redshift))


def read_galaxies(directory: Path | str, redshift: float) -> GalaxyTable:
    """Galaxies of a universe at one of its output redshifts.

    Parameters
    ----------
    directory
        Of a complete universe.
    redshift
        Of the output.

    Returns
    -------
    GalaxyTable

    Raises
    ------
    ZwickyError
        If there is no such universe or output, or the file is damaged.

    Examples
    --------
    >>> read_galaxies("no_such_folder", 0.117)
    Traceback (most recent call last):
    ...
    zwicky.errors.ZwickyError: no_such_folder...
    """
    return read_table(GalaxyTable, snapshot_file(directory, "galaxies", redshift))


def read_peak_halo(directory: Path | str, redshift: float) -> int | None:
    """Row of the halo that formed at the peak of constrained initial conditions; None if there is none.

    Parameters
    ----------
    directory
        Of a complete universe.
    redshift
        Of the output.

    Returns
    -------
    int or None
    """
    path = snapshot_file(directory, "diagnostics", redshift)
    try:
        with np.load(path, allow_pickle=False) as diagnostics:
            row = int(diagnostics["peak_halo"]) if "peak_halo" in diagnostics else -1
    except Exception as error:  # a spoilt archive raises one of many
        reason = " ".join(str(error).split())[:160] or type(error).__name__
        raise ZwickyError(f"{path}: cannot be read ({reason}); make the universe again") from error
    return None if row < 0 else row
