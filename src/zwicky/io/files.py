"""Files that are written whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import re
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError

from zwicky.errors import ZwickyError

__all__ = [
    "check_file_name",
    "check_files",
    "json_object",
    "make_directory",
    "provenance",
    "read_json",
    "sha256_of",
    "write_json",
    "written_whole",
]


def make_directory(path: Path | str) -> Path:
    """Make a directory and its parents if they are not there.

    Raises
    ------
    ZwickyError
        If it cannot be made, or if a file stands there.
    """
    path = Path(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise ZwickyError(f"{path}: a file stands in the way; give another directory") from error
    except OSError as error:
        raise ZwickyError(f"{path}: cannot be made ({error.strerror}); give another directory") from error
    return path


def check_file_name(path: Path | str) -> None:
    """Refuse a name that a file cannot be put in the place of: none, a folder's, a device's or a pipe's.

    Raises
    ------
    ZwickyError
        If it is one.
    """
    path = Path(path)
    if path.is_dir():  # no name at all is the folder where we are
        raise ZwickyError(f"{path}: is a directory; give the name of a file")
    if path.exists() and not path.is_file():
        raise ZwickyError(f"{path}: is a device or a pipe, which would be replaced; give the name of a file")


@contextlib.contextmanager
def written_whole(path: Path | str, *, durable: bool = True) -> Iterator[Path]:
    """Yield a temporary path beside `path` that takes its place only if the block succeeds.

    The temporary name keeps the suffix, so that writers which look at it still work. A link stays, and the
    file that it points to is exchanged. Who may read the new file is what the user's umask says. What is not
    `durable` is not waited for until it is on the disk: a kill cannot break it, a power cut can.

    Raises
    ------
    ZwickyError
        If the file cannot be written: the disk is full, the folder takes no files, or no file has the name.
    """
    path = Path(path)
    check_file_name(path)
    path = path.resolve() if path.is_symlink() else path
    make_directory(path.parent)
    _clear(path)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    with _refusals(path, temporary):
        try:
            with open(temporary, "wb") as handle:
                mode = stat.S_IMODE(os.fstat(handle.fileno()).st_mode)
            yield temporary
            os.chmod(temporary, mode)  # some writers make files that only their owner may read
            if durable:
                with open(temporary, "rb") as handle:
                    os.fsync(handle.fileno())
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def _refusals(path: Path, temporary: Path) -> Iterator[None]:
    """What the libraries say of a disk that takes no more, as one line."""
    try:
        yield
    except (OSError, SafetensorError) as error:
        if getattr(error, "filename", None) not in (None, str(temporary)):
            raise  # another file
        number = getattr(error, "errno", None)
        reason = os.strerror(number) if number else " ".join(str(error).split())[:120]
        raise ZwickyError(
            f"{path}: cannot be written ({reason}); check the disk's space and your permissions there"
        ) from error


def _clear(path: Path) -> None:
    """Remove what killed processes left of a file."""
    pattern = re.compile(rf"\.{re.escape(path.stem)}\.(\d+)\.part{re.escape(path.suffix)}")
    for name in os.listdir(path.parent):
        found = pattern.fullmatch(name)
        if found is not None and not is_running(found[1]):
            path.with_name(name).unlink(missing_ok=True)


def is_running(number: str) -> bool:
    """Whether another process, whose number is in a temporary name, still runs; else a killed one left it.

    This process's own number is no other's: in a container every process may have the same one.
    """
    if not number.isdecimal() or int(number) == os.getpid():
        return False
    try:
        os.kill(int(number), 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def write_json(path: Path | str, data: Any) -> None:
    """Write JSON whole; numpy scalars and arrays become numbers and lists, NaN becomes null."""
    with written_whole(path) as temporary:
        temporary.write_text(json.dumps(_plain(data), indent=2, allow_nan=False) + "\n", encoding="utf-8")


def read_json(path: Path | str) -> dict[str, Any]:
    """Read a JSON file that holds an object, as all of ours do.

    Raises
    ------
    ZwickyError
        If the file is missing, is not JSON or holds something else than an object.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise ZwickyError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    except UnicodeDecodeError as error:
        raise ZwickyError(f"{path}: is not valid JSON ({error}); make it again") from error
    return json_object(text, str(path))


def json_object(text: str, where: str) -> dict[str, Any]:
    """The object that a JSON text holds; `where` it is from is for the message of its `ZwickyError`."""
    try:
        found = json.loads(text, parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        raise ZwickyError(f"{where}: is not valid JSON ({error}); make it again") from error
    if not isinstance(found, dict):
        raise ZwickyError(f"{where}: holds a {type(found).__name__}, not an object; make it again")
    return found


def _refused(constant: str) -> None:
    raise ValueError(f"{constant} is no number")


def sha256_of(path: Path | str) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def check_files(directory: Path, facts: Mapping[str, Any], names: Iterable[str], advice: str) -> None:
    """Refuse files of a directory that are not as they were written.

    Parameters
    ----------
    directory
        Where they are.
    facts
        Its provenance, with the checksum of each file under ``sha256``.
    names
        The files.
    advice
        What to do, the end of the message.

    Raises
    ------
    ZwickyError
        For the first file that is missing, or that has another checksum or none.
    """
    written = facts.get("sha256")
    for name in names:
        path = directory / name
        try:
            found = sha256_of(path)
        except OSError as error:
            raise ZwickyError(f"{path}: cannot be read ({error.strerror}); {advice}") from error
        if not isinstance(written, dict) or written.get(name) != found:
            raise ZwickyError(f"{path}: is not what was written, its checksum differs; {advice}")


def provenance(**facts: Any) -> dict[str, Any]:
    """What made a file: versions and machine, and whatever `facts` the maker adds."""
    from zwicky import __version__

    def package(name: str) -> str:
        try:
            return version(name)
        except PackageNotFoundError:
            return "absent"

    return {
        "zwicky": __version__,
        "python": sys.version.split()[0],
        "packages": {
            name: package(name)
            for name in ("numpy", "numba", "astropy", "torch", "scikit-learn", "emcee", "colossus")
        },
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        **facts,
    }


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return str(value) if isinstance(value, Path) else value
