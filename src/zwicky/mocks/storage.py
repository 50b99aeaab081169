"""Mock catalogues on disk: a directory that is written whole, with the checksums of its files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from zwicky.errors import ZwickyError
from zwicky.io import read_sample, write_sample
from zwicky.io.directories import exclusive, free_directory, whole_directory
from zwicky.io.files import check_files, provenance, read_json, sha256_of, write_json
from zwicky.mocks.catalogue import Mocks
from zwicky.mocks.settings import MockSettings
from zwicky.settings import digest, read_toml, to_toml

__all__ = ["mocks_directory", "read_mocks", "write_mocks"]

_SAMPLES = ("train", "test", "train_pure", "test_pure")
_FILES = tuple(f"{name}.parquet" for name in _SAMPLES)


def mocks_directory(directory: Path | str) -> Path:
    """The directory, if mocks may be written to it: it is absent, empty or holds mocks.

    Parameters
    ----------
    directory
        Wanted.

    Returns
    -------
    Path

    Raises
    ------
    ZwickyError
        If it holds other things: they would be lost.
    """
    return free_directory(directory, "mocks", ["mocks.toml", "provenance.json", *_FILES])


def write_mocks(directory: Path | str, mocks: Mocks, **facts: Any) -> None:
    """Write ``train.parquet``, ``test.parquet``, their pure twins, ``mocks.toml`` and ``provenance.json``.

    The directory is written whole, in place of any mocks there. The provenance has the checksums of the rest
    and whatever `facts` the caller adds (the seed, the universe).

    Parameters
    ----------
    directory
        Made if absent.
    mocks
        What `make_mocks` gave.
    facts
        For the provenance.

    Raises
    ------
    ZwickyError
        If the directory holds other things, or if another process is writing there.

    Examples
    --------
    >>> from zwicky.mocks import Mocks, MockSettings
    >>> write_mocks("mocks", Mocks(sample, sample, sample, sample, MockSettings()), seed=1)
    >>> len(read_mocks("mocks").train) == len(sample)
    True
    """
    directory = mocks_directory(directory)
    with exclusive(directory), whole_directory(directory) as place:
        (place / "mocks.toml").write_text(to_toml(mocks.settings), encoding="utf-8")
        for name in _SAMPLES:
            write_sample(place / f"{name}.parquet", getattr(mocks, name))
        checksums = {name: sha256_of(place / name) for name in ("mocks.toml", *_FILES)}
        facts |= {"settings_digest": digest(mocks.settings), "sha256": checksums}
        write_json(place / "provenance.json", provenance(**facts))


def read_mocks(directory: Path | str) -> Mocks:
    """Read the mocks that `write_mocks`, and so ``zwicky mock``, wrote.

    Parameters
    ----------
    directory
        Of the mocks.

    Returns
    -------
    Mocks
        Its ``train`` and ``test`` are what estimators learn from and are judged on.

    Raises
    ------
    ZwickyError
        If the directory is not complete, or if a file in it is not what was written.

    Examples
    --------
    >>> from zwicky.mocks import Mocks, MockSettings
    >>> write_mocks("mocks", Mocks(sample, sample[:20], sample, sample[:20], MockSettings()))
    >>> len(read_mocks("mocks").test)
    20
    """
    directory = Path(directory)
    path = directory / "provenance.json"
    if not path.is_file():
        raise ZwickyError(f"{directory}: no complete mocks (no provenance.json); run `zwicky mock` again")
    check_files(directory, read_json(path), ("mocks.toml", *_FILES), "run `zwicky mock` again")
    samples = {name: read_sample(directory / f"{name}.parquet") for name in _SAMPLES}
    return Mocks(**samples, settings=read_toml(MockSettings, directory / "mocks.toml"))
