"""Mock catalogues on disk: a directory that is complete once its provenance is there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from zwicky.errors import ZwickyError
from zwicky.io import make_directory, provenance, read_sample, sha256_of, whole_file, write_json, write_sample
from zwicky.mocks.catalogue import Mocks
from zwicky.mocks.settings import MockSettings
from zwicky.settings import digest, read_toml, to_toml

__all__ = ["mocks_directory", "read_mocks", "write_mocks"]

_SAMPLES = ("train", "test", "train_pure", "test_pure")


def mocks_directory(directory: Path | str) -> Path:
    """Make a directory for mocks, or accept one that holds nothing else.

    Raises
    ------
    ZwickyError
        If it holds other things: its provenance would be lost.
    """
    directory = make_directory(directory)
    names = {path.name for path in directory.iterdir() if not path.name.startswith(".")}
    if names - {"mocks.toml", "provenance.json", *(f"{name}.parquet" for name in _SAMPLES)}:
        raise ZwickyError(f"{directory}: holds other things than mocks; give another directory")
    return directory


def write_mocks(directory: Path | str, mocks: Mocks, **facts: Any) -> None:
    """Write ``train.parquet``, ``test.parquet``, their pure twins, ``mocks.toml`` and ``provenance.json``.

    The provenance is written last, with the checksums of the rest and whatever `facts` the caller adds (the
    seed, the universe): a directory without it is not complete.

    Raises
    ------
    ZwickyError
        If the directory holds other things.
    """
    directory = mocks_directory(directory)
    (directory / "provenance.json").unlink(missing_ok=True)
    with whole_file(directory / "mocks.toml") as temporary:
        temporary.write_text(to_toml(mocks.settings), encoding="utf-8")
    checksums = {}
    for name in _SAMPLES:
        path = directory / f"{name}.parquet"
        write_sample(path, getattr(mocks, name))
        checksums[path.name] = sha256_of(path)
    write_json(
        directory / "provenance.json",
        provenance(settings_digest=digest(mocks.settings), sha256=checksums, **facts),
    )


def read_mocks(directory: Path | str) -> Mocks:
    """Read the mocks that `write_mocks` wrote.

    Raises
    ------
    ZwickyError
        If the directory is not complete, or if a file in it cannot be read.
    """
    directory = Path(directory)
    if not (directory / "provenance.json").is_file():
        raise ZwickyError(f"{directory}: no complete mocks (no provenance.json); run `zwicky mock` again")
    samples = {name: read_sample(directory / f"{name}.parquet") for name in _SAMPLES}
    return Mocks(**samples, settings=read_toml(MockSettings, directory / "mocks.toml"))
