"""Folders that are written whole or not at all, by one process at a time, and only where they may be.

A killed process may leave hidden names beside a folder, ``.NAME.NUMBER.part``; the next one that writes
there clears them.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import shutil
from collections.abc import Collection, Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from zwicky.errors import ZwickyError
from zwicky.io.files import is_running, make_directory

__all__ = ["exclusive", "free_directory", "put_in_place", "remove_directory", "whole_directory"]

# linux/fcntl.h and linux/fs.h
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2


def free_directory(directory: Path | str, what: str, names: Collection[str]) -> Path:
    """The directory, if `what` may be written to it: it is absent, empty or holds nothing else.

    Parameters
    ----------
    directory
        Where something is to be written.
    what
        For the message: ``"a model"``.
    names
        Patterns of the names that `what` consists of. Hidden names are not looked at.

    Raises
    ------
    ZwickyError
        If a file stands there, or if it holds other things, which would be lost.
    """
    directory = Path(directory)
    if directory.exists() and not directory.is_dir():
        raise ZwickyError(f"{directory}: a file stands in the way; give another folder")
    held = sorted(path.name for path in directory.iterdir()) if directory.is_dir() else []
    for name in held:
        if not name.startswith(".") and not any(fnmatchcase(name, pattern) for pattern in names):
            raise ZwickyError(f"{directory}: holds other things than {what} ({name}); give another folder")
    return directory


@contextlib.contextmanager
def whole_directory(path: Path | str) -> Iterator[Path]:
    """Yield a temporary directory beside `path` that takes its place only if the block succeeds.

    What was there is gone in the same moment: whenever the process is killed, `path` is the old directory or
    the new one, whole (on systems that cannot exchange two names at once, for a moment it is neither, and
    the next call puts the old one back). A link stays, and what it points to is exchanged.
    """
    path = Path(path).resolve()
    make_directory(path.parent)
    _clear(path)
    temporary = make_directory(path.with_name(f".{path.name}.{os.getpid()}.part"))
    try:
        yield temporary
        for part in (*temporary.rglob("*"), temporary):
            _sync(part)
        if path.exists():
            _exchange(temporary, path)
        else:
            os.rename(temporary, path)
        _sync(path.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def put_in_place(work: Path | str, path: Path | str) -> None:
    """Give a finished directory its name, and remove what had it: at every moment one of both is there.

    `work` lies beside `path`; killed in between, it is what `path` was.
    """
    work, path = Path(work), Path(path).resolve()
    for part in (*work.rglob("*"), work):
        _sync(part)
    if path.exists():
        _exchange(work, path)
        remove_directory(work)
    else:
        os.rename(work, path)
    _sync(path.parent)


def remove_directory(path: Path | str) -> None:
    """Remove a directory, if it is there, so that a killed process leaves it whole or not at all."""
    path = Path(path)
    _clear(path)
    hidden = path.with_name(f".{path.name}.{os.getpid()}.part")
    with contextlib.suppress(FileNotFoundError):
        os.rename(path, hidden)
    shutil.rmtree(hidden, ignore_errors=True)


@contextlib.contextmanager
def exclusive(path: Path | str) -> Iterator[None]:
    """Let no other process of ours write to `path` while the block runs.

    Raises
    ------
    ZwickyError
        If another does.
    """
    path = Path(path).resolve()
    make_directory(path.parent)
    lock = path.with_name(f".{path.name}.lock")
    handle = _locked(lock)
    if handle is None:
        raise ZwickyError(f"{path}: another zwicky is writing there; wait for it, or give another folder")
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)
        os.close(handle)


def _locked(lock: Path) -> int | None:
    """An open file with a lock on it, which ends with the process; None if another process has it."""
    try:
        import fcntl
    except ImportError:  # no locks on this system
        return os.open(lock, os.O_CREAT | os.O_RDWR, 0o666)
    while True:
        handle = os.open(lock, os.O_CREAT | os.O_RDWR, 0o666)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return None
        except OSError:  # nor on this disk
            return handle
        with contextlib.suppress(FileNotFoundError):
            if os.stat(lock).st_ino == os.fstat(handle).st_ino:
                return handle
        os.close(handle)  # the process that had it removed it: this name is another file by now


def _clear(path: Path) -> None:
    """Remove what killed processes left beside `path`, or put back what they had moved away."""
    pattern = re.compile(rf"\.{re.escape(path.name)}\.(\d+)\.(part|old)")
    for leftover in list(path.parent.iterdir()) if path.parent.is_dir() else []:
        found = pattern.fullmatch(leftover.name)
        if found is None or is_running(found[1]):
            continue
        if found[2] == "old" and not path.exists():
            os.rename(leftover, path)
        shutil.rmtree(leftover, ignore_errors=True)


def _exchange(new: Path, old: Path) -> None:
    """Give two directories each other's name, at once where the system can."""
    try:
        library = ctypes.CDLL(None, use_errno=True)
        done = library.renameat2(_AT_FDCWD, bytes(new), _AT_FDCWD, bytes(old), _RENAME_EXCHANGE) == 0
    except (AttributeError, OSError):
        done = False
    if not done:
        aside = old.with_name(f".{old.name}.{os.getpid()}.old")
        os.rename(old, aside)
        os.rename(new, old)
        shutil.rmtree(aside, ignore_errors=True)


def _sync(path: Path) -> None:
    """Ask the disk to keep a file or a directory's names through a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError:
        pass  # not every disk takes it for a directory
    finally:
        os.close(handle)
